//! What must hold at the end of a ceremony, whatever happened on its way.

use std::collections::{BTreeMap, BTreeSet};

use anchorite::audit::Verdict;
use anchorite::ceremony::abort::Aborted;
use anchorite::ceremony::run::Job;
use anchorite::digest::{Digest, hex};
use anchorite::ledger::entry::{Entry, Event};
use anchorite::ledger::kinds::CeremonyOutcome;
use anchorite::ledger::register::Certainty;
use anchorite::ledger::seal::Seal;
use anchorite::ledger::seal_signature::SealForm;
use anchorite::plan::{SealMode, lock};
use anchorite::x509::certificate::{Certificate, CertificateFields};
use anchorite::x509::cms;

use crate::play::ceremony::mounts;
use crate::play::products::{judge_chain, out_files, signed};
use crate::play::world::World;
use crate::{SEALED, Spot};

/// The verifier reads everything again: some of the worlds, the same ones each time.
pub(crate) fn is_sampled(world: &World) -> bool {
    world.clock.0.get() % 8 == 0
}

fn serial_of(body: &[u8]) -> Option<String> {
    Some(CertificateFields::from_tbs(body).ok()?.serial.to_string())
}

/// Everything that must hold at the end, whatever happened on the way.
pub(crate) fn judge(world: &mut World, job: &Job, spot: Spot<'_>) {
    assert_eq!(world.names(), [SEALED], "{spot}");
    let entries = world.entries(SEALED);
    judge_signatures(world, job, &entries, spot);
    judge_intents(&entries, spot);
    judge_folder(world, job, &entries, spot);
    let view = world.view();
    if is_sampled(world) {
        let report = world.verify(SEALED, view.root.as_ref().unwrap());
        let broken = report.first_broken();
        assert_eq!(report.verdict, Verdict::Verified, "{spot}: {broken:?}");
    }
    for (name, object) in signed(&entries, |path| world.bytes(&format!("{SEALED}/{path}"))) {
        let Ok(certificate) = Certificate::from_der(&object) else {
            continue;
        };
        let known = view.register.issued.iter().find(|one| one.product == name);
        let known = known.unwrap_or_else(|| panic!("{spot}: the register lacks {name}"));
        assert_eq!(known.serial, certificate.fields.serial, "{spot}");
        assert_eq!(known.certainty, Certainty::Signed, "{spot}");
    }
}

/// What the token did, against what the transcript says.
fn judge_signatures(world: &World, job: &Job, entries: &[Entry], spot: Spot<'_>) {
    let hardware = world.hardware.borrow();
    assert_eq!(hardware.violations, [""; 0], "{spot}");
    assert_eq!(hardware.generated, 1, "{spot}: keys generated");
    let ready: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Ok(Event::KeyReady { id, .. }) => Some(id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        ready,
        BTreeSet::from([hex(&hardware.keys[0].id.0).as_str()]),
        "{spot}"
    );
    let seal_text = world.bytes(&format!("{SEALED}/SEAL.txt"));
    let seal = Seal::from_text(&seal_text).unwrap();
    let algorithm = job.prepared.plan.root.signature_algorithm().unwrap();
    let mut bodies: BTreeMap<String, &[u8]> = BTreeMap::new();
    for signature in &hardware.signatures {
        if signature.message.first() == Some(&0x31) {
            let expected = cms::signed_attributes(&seal_text, algorithm, seal.ended);
            assert_eq!(signature.message, expected.0, "{spot}: another seal");
            continue;
        }
        let digest = Digest::of(&signature.message);
        let intended = entries.iter().any(
            |entry| matches!(&entry.event, Ok(Event::SignIntended { tbs_sha256, .. }) if *tbs_sha256 == digest),
        );
        assert!(intended, "{spot}: {digest} was signed without an intent");
        if let Some(serial) = serial_of(&signature.message) {
            let before = bodies.insert(serial.clone(), &signature.message);
            assert!(
                before.is_none_or(|body| body == signature.message),
                "{spot}: serial {serial} has two bodies"
            );
        }
    }
}

/// Intents that repeat another say so; all others were approved in their step.
fn judge_intents(entries: &[Entry], spot: Spot<'_>) {
    let mut seen: BTreeMap<&str, (u64, Digest)> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let Ok(Event::SignIntended {
            product,
            tbs_sha256,
            again_of,
            ..
        }) = &entry.event
        else {
            continue;
        };
        match (again_of, seen.get(product.as_str())) {
            (Some(n), Some((before, digest))) => {
                assert_eq!((n, tbs_sha256), (before, digest), "{spot}: {product}");
            }
            (None, None) => {
                let approved = entries[..at].iter().any(|earlier| {
                    earlier.step == entry.step
                        && matches!(&earlier.event, Ok(Event::Answer { id, accepted: true, .. }) if id == "approve")
                });
                assert!(approved, "{spot}: {product} was not approved");
            }
            other => panic!("{spot}: {product}: {other:?}"),
        }
        seen.insert(product, (entry.n, *tbs_sha256));
    }
}

/// The sealed folder: nothing half-written, nothing missing, everything in its sums.
fn judge_folder(world: &World, job: &Job, entries: &[Entry], spot: Spot<'_>) {
    let files = world.store.disk.borrow().files_below(SEALED);
    for path in files.keys() {
        assert!(!path.ends_with(".part"), "{spot}: {path}");
    }
    let form = SealForm::of(job.prepared.plan.root.signature_algorithm().unwrap());
    let seal = Seal::from_text(&files["SEAL.txt"]).unwrap();
    assert_eq!(seal.outcome, CeremonyOutcome::Completed, "{spot}");
    assert_eq!(seal.entries, entries.last().unwrap().n, "{spot}");
    assert_eq!(seal.sums, Digest::of(&files["SHA256SUMS"]), "{spot}");
    let sums = lock::read(std::str::from_utf8(&files["SHA256SUMS"]).unwrap()).unwrap();
    let covered: BTreeMap<&str, Digest> = sums
        .iter()
        .map(|line| (line.path.as_str(), line.sha256))
        .collect();
    for (path, bytes) in &files {
        match path.as_str() {
            "SHA256SUMS" | "SEAL.txt" => {}
            name if form.names().contains(&name) => {}
            path => assert_eq!(
                covered.get(path),
                Some(&Digest::of(bytes)),
                "{spot}: {path}"
            ),
        }
    }
    for path in covered.keys() {
        assert!(files.contains_key(*path), "{spot}: {path} is missing");
    }
    for path in [
        "evidence/environment.json",
        "evidence/token.json",
        "VERIFY.txt",
    ] {
        assert!(files.contains_key(path), "{spot}: {path} is missing");
    }
    let objects = signed(entries, |path| files[path].clone());
    let root = Certificate::from_der(&objects["root"]).unwrap();
    if job.prepared.plan.seal == SealMode::Direct {
        for name in form.names() {
            assert!(files.contains_key(*name), "{spot}: {name} is missing");
        }
        let octets = form.signature_in(&files[form.holder()]).unwrap();
        let hardware = world.hardware.borrow();
        assert!(
            hardware
                .signatures
                .iter()
                .any(|one| one.octets == octets && one.message[0] == 0x31),
            "{spot}"
        );
    }
    let out: BTreeMap<String, Vec<u8>> = files
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("out/")?.to_owned(), bytes.clone())))
        .collect();
    let expected = out_files(&job.prepared.plan, &root, &objects);
    assert!(
        out == expected,
        "{spot}: out/ is not what the transcript says: {:?} {:?}",
        out.keys(),
        expected.keys()
    );
    let at = world.clock.0.get();
    for (mount, name) in [(0, "clusters/etcd"), (1, "clusters/apps/a")] {
        let key = &mounts()[mount].key;
        judge_chain(&root.der, &objects[name], key, Some(&objects["crl"]), at);
    }
}

/// What an abort leaves, against what the token did.
pub(crate) fn judge_aborted(world: &mut World, aborted: &Aborted, spot: &str) {
    let entries = world.entries(SEALED);
    let results: BTreeSet<&String> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Ok(Event::Signed { product, .. }) => Some(product),
            _ => None,
        })
        .collect();
    assert_eq!(
        aborted.signed.iter().collect::<BTreeSet<_>>(),
        results,
        "{spot}"
    );
    let hardware = world.hardware.clone();
    let hardware = hardware.borrow();
    assert_eq!(hardware.violations, [""; 0], "{spot}");
    // Whatever the token signed is on one of the two lists.
    for signature in &hardware.signatures {
        if signature.message[0] == 0x31 {
            continue;
        }
        let digest = Digest::of(&signature.message);
        let product = entries.iter().find_map(|entry| match &entry.event {
            Ok(Event::SignIntended {
                product,
                tbs_sha256,
                ..
            }) if *tbs_sha256 == digest => Some(product),
            _ => None,
        });
        let product = product.unwrap_or_else(|| panic!("{spot}: {digest} is on no list"));
        assert!(
            aborted.signed.contains(product) != aborted.possibly_signed.contains(product),
            "{spot}: {product}"
        );
    }
    assert!(aborted.key_in_token || hardware.keys.is_empty(), "{spot}");
    let view = world.view();
    if let Some(root) = view.root.as_ref().filter(|_| is_sampled(world)) {
        let report = world.verify(SEALED, root);
        let broken = report.first_broken();
        assert!(broken.is_none(), "{spot}: {broken:?}");
    }
    for signature in &hardware.signatures {
        if let Ok(fields) = CertificateFields::from_tbs(&signature.message) {
            assert!(view.register.has_serial(&fields.serial), "{spot}");
        }
    }
    let files = world.store.disk.borrow().files_below(SEALED);
    let seal = Seal::from_text(&files["SEAL.txt"]).unwrap();
    assert_eq!(
        seal.root,
        view.root.as_ref().map(Certificate::digest),
        "{spot}"
    );
    assert_eq!(seal.sums, Digest::of(&files["SHA256SUMS"]), "{spot}");
    assert_eq!(
        seal.next_crl,
        view.register.next_crl_due(),
        "{spot}: when the next CRL is due"
    );
    assert!(files.keys().all(|path| !path.ends_with(".part")), "{spot}");
}
