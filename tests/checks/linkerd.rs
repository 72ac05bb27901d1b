//! What Linkerd takes, wherever a profile starts from `linkerd`.

use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::check::CheckId as Id;
use anchorite::check::{Finding, Outcome};
use anchorite::plan::profile::BuiltIn;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm};

use crate::Case;
use crate::made::{Draft, Signer};
use crate::planned::{findings_of, found};
use crate::play::ceremony::{FIRST, LATER, try_prepare, try_prepare_with};
use crate::requests::{Room, rcgen_request};

const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;
const PASS: Outcome = Outcome::Pass;

/// A first ceremony with this root key, whose first intermediate has a profile of these lines.
fn first(key: &str, lines: &str) -> Vec<Finding> {
    let text = FIRST
        .replace("ec:P-384", key)
        .replace("\"etcd.csr\"", "\"etcd.csr\"\nprofile = \"mesh\"");
    found(&format!(
        "{text}\n[profile.mesh]\nbase = \"linkerd\"\n{lines}\n"
    ))
}

fn root(key: &str) -> Vec<Finding> {
    first(key, "")
}

fn own(lines: &str) -> Vec<Finding> {
    first("ec:P-256", lines)
}

/// A later ceremony under a root that exists.
fn under(key: RootKey, algorithm: SignatureAlgorithm, lines: &str) -> Vec<Finding> {
    let signer = Signer::new(key, algorithm);
    let view = LedgerView {
        root: Some(Draft::root(&signer).certificate(&signer)),
        ..LedgerView::default()
    };
    let text = LATER.replace("\"later.csr\"", "\"later.csr\"\nprofile = \"mesh\"");
    let text = format!("{text}\n[profile.mesh]\nbase = \"linkerd\"\n{lines}\n");
    findings_of(try_prepare(&text, view))
}

/// A later ceremony under a P-256 root, with these anchors beside it.
fn trusting(anchors: &[&Certificate], profile: &str) -> Vec<Finding> {
    let signer = Signer::p256();
    let view = LedgerView {
        root: Some(Draft::root(&signer).certificate(&signer)),
        ..LedgerView::default()
    };
    let names: Vec<String> = (0..anchors.len()).map(|at| format!("{at}.pem")).collect();
    let text = LATER.replace(
        "\"later.csr\"",
        &format!("\"later.csr\"\nprofile = \"{profile}\""),
    );
    let text = format!("{text}\n[handover.trust_bundle]\nname = \"roots\"\nalso = {names:?}\n");
    let files = names.iter().map(String::as_str);
    let files = files.zip(anchors.iter().map(|one| one.der.clone()));
    let files: Vec<(&str, Vec<u8>)> = files.collect();
    findings_of(try_prepare_with(&text, view, &files))
}

/// A root of another ceremony.
fn another(key: RootKey, algorithm: SignatureAlgorithm) -> Certificate {
    let signer = Signer::new(key, algorithm);
    Draft::root(&signer).certificate(&signer)
}

/// The anchors of a trust bundle.
fn bundles() -> Vec<Case> {
    let p256 = another(RootKey::P256, SignatureAlgorithm::EcdsaSha256);
    let p384 = another(RootKey::P384, SignatureAlgorithm::EcdsaSha384);
    let trust = |wanted, name, found| Case::new(Id::TrustAnchors, wanted, name, found);
    let anchor = |wanted, name, found| Case::new(Id::LinkerdAnchor, wanted, name, found);
    vec![
        trust(PASS, "the root alone", trusting(&[], "vault")),
        trust(PASS, "two beside it", trusting(&[&p256, &p384], "vault")),
        trust(FAIL, "one twice", trusting(&[&p256, &p384, &p256], "vault")),
        anchor(PASS, "P-256 beside it", trusting(&[&p256], "linkerd")),
        anchor(FAIL, "P-384 beside it", trusting(&[&p384], "linkerd")),
    ]
}

/// This ceremony's own root is in its bundle by itself.
#[test]
fn the_own_root_is_not_named_again() {
    let signer = Signer::p256();
    let view = LedgerView {
        root: Some(Draft::root(&signer).certificate(&signer)),
        ..LedgerView::default()
    };
    let text =
        format!("{LATER}\n[handover.trust_bundle]\nname = \"roots\"\nalso = [\"again.pem\"]\n");
    // Whatever is no request is the root here.
    let found = findings_of(try_prepare(&text, view));
    let failed = found.iter().find(|one| one.outcome == FAIL).unwrap();
    assert_eq!(failed.id, Id::TrustAnchors, "{found:?}");
}

/// A request under one of the built-in profiles.
fn request(built_in: BuiltIn, algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<Finding> {
    let mut room = Room::empty();
    room.profile = Some(built_in.profile());
    room.check(&rcgen_request(algorithm, false))
}

pub fn cases() -> Vec<Case> {
    let case = Case::new;
    let anchor = |wanted, name, found| case(Id::LinkerdAnchor, wanted, name, found);
    let mut cases = vec![
        anchor(PASS, "a new P-256 root", root("ec:P-256")),
        anchor(
            PASS,
            "a new RSA-4096 root with SHA-256",
            root("rsa:4096\"\ndigest = \"sha256"),
        ),
        anchor(FAIL, "its own digest, SHA-512", root("rsa:4096")),
        anchor(
            FAIL,
            "PSS with SHA-256",
            root("rsa:4096\"\ndigest = \"sha256\"\nsignature = \"pss"),
        ),
        anchor(FAIL, "RSA-3072", root("rsa:3072\"\ndigest = \"sha256")),
        anchor(FAIL, "P-384", root("ec:P-384")),
        anchor(FAIL, "P-521", root("ec:P-521")),
        anchor(FAIL, "Ed25519", root("ed25519")),
        anchor(
            PASS,
            "an existing P-256 root",
            under(RootKey::P256, SignatureAlgorithm::EcdsaSha256, ""),
        ),
        anchor(
            FAIL,
            "an existing P-384 root",
            under(RootKey::P384, SignatureAlgorithm::EcdsaSha384, ""),
        ),
        anchor(
            FAIL,
            "an existing RSA root with SHA-384",
            under(RootKey::Rsa4096, SignatureAlgorithm::RsaSha384, ""),
        ),
    ];
    let length = |wanted, name, lines| case(Id::LinkerdPathLength, wanted, name, own(lines));
    cases.extend([
        length(PASS, "of 1", ""),
        length(PASS, "of 2", "path_length = 2"),
        length(PASS, "none", "path_length = \"none\""),
        length(FAIL, "of 0", "path_length = 0"),
    ]);
    let validity = |wanted, name, found| case(Id::LinkerdValidity, wanted, name, found);
    cases.extend([
        validity(PASS, "60 days", own("validity = \"60d\"")),
        validity(NOTICE, "an hour less", own("validity = \"1439h\"")),
        validity(PASS, "to a new root's end", own("not_after = \"issuer\"")),
        validity(
            NOTICE,
            "to an existing root's end",
            under(
                RootKey::P256,
                SignatureAlgorithm::EcdsaSha256,
                "not_after = \"issuer\"",
            ),
        ),
    ]);
    let key = |wanted, name, algorithm| {
        let found = request(BuiltIn::Linkerd, algorithm);
        case(Id::RequestLinkerd, wanted, name, found)
    };
    cases.extend([
        key(PASS, "P-256", &rcgen::PKCS_ECDSA_P256_SHA256),
        key(PASS, "RSA", &rcgen::PKCS_RSA_SHA256),
        key(FAIL, "P-384", &rcgen::PKCS_ECDSA_P384_SHA384),
        key(FAIL, "P-521", &rcgen::PKCS_ECDSA_P521_SHA512),
        key(FAIL, "Ed25519", &rcgen::PKCS_ED25519),
    ]);
    cases.extend(bundles());
    cases
}

/// Another profile under the same root has no word about Linkerd.
#[test]
fn other_profiles_are_not_asked() {
    let told = found(FIRST);
    let asked = |one: &Finding| one.id.public().contains("LINKERD");
    assert!(!told.iter().any(asked), "{told:?}");
    let told = request(BuiltIn::VaultIssuingCas, &rcgen::PKCS_ECDSA_P384_SHA384);
    assert!(!told.iter().any(asked), "{told:?}");
}
