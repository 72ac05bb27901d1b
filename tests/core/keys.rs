//! Every root key with every algorithm that it may have: a first ceremony, a later one that
//! goes on with the same algorithm, the verifier, and rcgen's bytes where its model reaches.

use anchorite::audit::Verdict;
use anchorite::ledger::seal_signature::SealForm;
use anchorite::ports::TokenError;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use anchorite::x509::name::Name;
use anchorite::x509::public_key::{KeyKind, PublicKey, RootKey, SignatureAlgorithm};
use anchorite::x509::root::{algorithm_of, key_of};
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::{CertificateParts, signed_object};
use anchorite::x509::time::UtcTime;

use crate::play::ceremony::{FIRST, LATER, first_job, job, mounts, subject};
use crate::play::ports::Crash;
use crate::play::products::{rcgen_algorithm, rcgen_crl, rcgen_intermediate, rcgen_root};
use crate::play::token::Pair;
use crate::play::world::{Setting, World};
use crate::{SEALED, products, whole};

/// The lines of `[root]` that choose a key and an algorithm.
fn lines(key: RootKey, algorithm: SignatureAlgorithm) -> String {
    let mut lines = format!("key = \"{}\"\n", key.word());
    if matches!(key.kind(), KeyKind::Rsa { .. }) {
        let digest = algorithm.hash().to_string().to_lowercase().replace('-', "");
        let padding = if algorithm.is_pss() { "pss" } else { "pkcs1" };
        lines += &format!("digest = \"{digest}\"\nsignature = \"{padding}\"\n");
    }
    lines
}

#[test]
fn every_root_goes_on_with_its_algorithm() {
    for key in RootKey::ALL {
        for &algorithm in key.algorithms() {
            goes_on(key, algorithm);
        }
    }
}

fn goes_on(key: RootKey, algorithm: SignatureAlgorithm) {
    let spot = format!("{} {}", key.word(), algorithm.name());
    let source = FIRST.replace("key = \"ec:P-384\"\n", &lines(key, algorithm));
    let mut world = whole(&source);
    let later = job(LATER, world.view(), 2);
    if let Err(failure) = world.plain(&later, false).result {
        panic!("{spot}: {}", failure.error);
    }
    let first = products(&world, SEALED);
    let root = Certificate::from_der(&first["root"]).unwrap();
    assert_eq!(key_of(&root), Some(key), "{spot}");
    assert_eq!(algorithm_of(&root), Some(algorithm), "{spot}");
    let mut all: Vec<_> = first.values().cloned().collect();
    all.extend(products(&world, "0002-later").into_values());
    assert_eq!(all.len(), 6, "{spot}");
    for object in all {
        let found = Certificate::from_der(&object)
            .map(|one| (one.algorithm, one.fields.algorithm))
            .or_else(|_| Crl::from_der(&object).map(|one| (one.algorithm, one.fields.algorithm)));
        assert_eq!(
            found,
            Ok((algorithm.to_der(), algorithm.to_der())),
            "{spot}"
        );
    }
    for folder in [SEALED, "0002-later"] {
        for form in SealForm::ALL {
            for name in form.names() {
                let there = world.file(&format!("{folder}/{name}")).is_some();
                assert_eq!(there, form == SealForm::of(algorithm), "{spot}: {name}");
            }
        }
    }
    world.is_verified(&root, &spot);
    if rcgen_algorithm(&root.fields.spki, algorithm).is_none() {
        assert!(algorithm.is_pss(), "{spot}: rcgen does not know it");
        return;
    }
    let name = || subject("Acme Root G1");
    assert_eq!(root.tbs, rcgen_root(&root.fields, name()), "{spot}");
    let etcd = Certificate::from_der(&first["etcd"]).unwrap();
    let theirs = rcgen_intermediate(
        &etcd.fields,
        subject(mounts()[0].name),
        &root.fields,
        name(),
        None,
    );
    assert_eq!(etcd.tbs, theirs, "{spot}");
    let crl = Crl::from_der(&first["crl"]).unwrap();
    assert_eq!(
        crl.tbs,
        rcgen_crl(&crl.fields, &root.fields, name()),
        "{spot}"
    );
}

/// A root that was never signed: the verifier takes its algorithm from the plan.
#[test]
fn a_root_given_up_before_its_signature_was_to_sign_as_planned() {
    let key = lines(RootKey::Rsa3072, SignatureAlgorithm::PssSha256);
    let source = FIRST.replace("key = \"ec:P-384\"\n", &key);
    let mut world = World::new();
    let first = first_job(&source, 1);
    let mut setting = Setting::default();
    let calls = World::new().plain(&first, false).token_calls;
    let at = calls.iter().position(|call| call == "C_Sign").unwrap() + 1;
    setting.faults.fail_at = Some((at, TokenError::PinLocked));
    assert!(world.run(&first, false, &setting).result.is_err());
    let open = world.open_folder().unwrap();
    world.abort(&open).unwrap();
    let other = whole(FIRST);
    let given = Certificate::from_der(&products(&other, SEALED)["root"]).unwrap();
    let report = world.verify(SEALED, &given);
    let aborted = matches!(&report.verdict, Verdict::Consistent(why) if why.starts_with("aborted"));
    assert!(aborted, "{}", report.to_text());
}

/// A certificate that says it signed itself so; nobody looks at the signature here.
fn root(key: &PublicKey, algorithm: SignatureAlgorithm) -> Vec<u8> {
    let name = Name::build(&[]);
    let tbs = CertificateParts {
        serial: &Serial::template_mark(),
        algorithm,
        issuer: &name,
        not_before: UtcTime::TEMPLATE_START,
        not_after: UtcTime::NO_END,
        subject: &name,
        spki: key.spki(),
        extensions: &[],
    }
    .assemble();
    signed_object(&tbs.0, algorithm, &[0])
}

#[test]
fn an_existing_root_keeps_its_own_algorithm_where_its_key_may() {
    let rsa = Pair::generate(RootKey::Rsa4096).public();
    let p384 = Pair::generate(RootKey::P384).public();
    let modulus = [&[0xc0][..], &[0xff; 255]].concat();
    let small = PublicKey::from_rsa(&modulus, &[1, 0, 1]).unwrap();
    let of = |der: &[u8]| algorithm_of(&Certificate::from_der(der).unwrap());
    for own in [
        SignatureAlgorithm::RsaSha256,
        SignatureAlgorithm::PssSha256,
        SignatureAlgorithm::RsaSha512,
    ] {
        assert_eq!(of(&root(&rsa, own)), Some(own));
        assert_eq!(of(&root(&small, own)), None);
    }
    // A P-384 root signed over SHA-256, as OpenSSL does where nobody says otherwise.
    let other = root(&p384, SignatureAlgorithm::EcdsaSha256);
    assert_eq!(of(&other), Some(SignatureAlgorithm::EcdsaSha384));
    // An old root over SHA-1: sha1WithRSAEncryption differs in its last octet.
    let sha256 = SignatureAlgorithm::RsaSha256.to_der();
    let mut sha1 = sha256.clone();
    sha1[12] = 5;
    let mut old = root(&rsa, SignatureAlgorithm::RsaSha256);
    while let Some(at) = old.windows(sha256.len()).position(|part| part == sha256) {
        old[at..at + sha1.len()].copy_from_slice(&sha1);
    }
    assert_eq!(of(&old), Some(SignatureAlgorithm::RsaSha512));
}

/// All that is left is its name: who gives the ceremony up finds the root's signature, in
/// whatever form the root's key has it.
#[test]
fn a_seal_that_is_signed_needs_no_token_for_its_name() {
    for key in ["ed25519", "ec:P-256"] {
        let source = FIRST.replace("ec:P-384", key);
        let calls = whole_calls(&source);
        let name = calls.iter().rposition(|call| call.contains("rename"));
        let setting = Setting {
            dies_at: name.map(|at| at + 1),
            ..Setting::default()
        };
        let mut world = World::new();
        let dead = world.run(&first_job(&source, 1), false, &setting);
        assert!(dead.result.is_err(), "{key}");
        world.crash(Crash::Kept);
        let aborted = world.abort("acme-root");
        let aborted = aborted.unwrap_or_else(|error| panic!("{key}: {error}"));
        assert!(aborted.completed && world.names() == [SEALED], "{key}");
        let root = world.view().root.unwrap();
        assert_eq!(world.verify_ledger(&root).verdict, Verdict::Verified);
    }
}

fn whole_calls(source: &str) -> Vec<String> {
    World::new().plain(&first_job(source, 1), false).store_calls
}
