//! Cross-signing: an old root and a new one of the same name certify each other, and stock tools
//! find both ways up.

use std::process::Command;

use anchorite::ceremony::prepare::{Ingredients, PrepareError, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::plan::make::Draft;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::pem;

use crate::play::ceremony::{FIRST, LATER, inputs};
use crate::play::world::World;
use crate::{products, whole};

const STEP: &str = "[[step]]\nid = \"cross\"\ndo = \"cross-sign\"\ncertificate = \"other.pem\"\n";

fn job(world: &mut World, source: &str, other: &[u8]) -> Result<Job, PrepareError> {
    let view = world.view();
    let mut files = match view.root {
        Some(_) => inputs(source, view.root.as_ref()),
        None => Draft::parse(source)
            .unwrap()
            .input_paths()
            .into_iter()
            .map(|path| (path, Vec::new()))
            .collect(),
    };
    files.insert("other.pem".to_owned(), other.to_vec());
    let existing = source
        .contains("[root]\ncertificate")
        .then(|| view.root.clone());
    Ok(Job {
        prepared: prepare(Ingredients {
            file_name: "cross.toml",
            source,
            inputs: files,
            ledger: view.state(),
            register: view.register,
        })?,
        rehearsal: false,
        root: existing.flatten(),
        tool_sha256: Digest::of(b"tool"),
        environment: b"{}\n".to_vec(),
        environment_findings: Vec::new(),
    })
}

fn later(steps: &str) -> String {
    format!("{}{steps}", &LATER[..LATER.find("[[step]]").unwrap()])
}

fn new_root() -> String {
    let start = FIRST.find("[[step]]\nid = \"etcd\"").unwrap();
    let source = FIRST.replace("id = \"acme-root\"", "id = \"acme-root-g2\"");
    let start = start + "-g2".len();
    format!("{}{STEP}", &source[..start])
}

fn openssl_takes(world: &World, trusted: &[u8], between: &[u8], last: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, der) in [("root", trusted), ("between", between), ("last", last)] {
        std::fs::write(folder.path().join(name), pem::encode("CERTIFICATE", der)).unwrap();
    }
    let at = world.clock.0.get() + 60;
    let out = Command::new("openssl")
        .current_dir(folder.path())
        .args(["verify", "-x509_strict", "-no-CApath", "-no-CAstore"])
        .args(["-attime", &at.to_string()])
        .args(["-CAfile", "root", "-untrusted", "between", "last"])
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn old_with_new_and_new_with_old() {
    let mut old = whole(FIRST);
    let old_root = old.view().root.unwrap();
    let mut new = World::new();
    let source = new_root();
    let started = job(&mut new, &source, &old_root.der).unwrap();
    let session = new.plain(&started, false);
    assert!(session.result.is_ok(), "{:?}", session.result.err());
    let new_root = new.view().root.unwrap();
    assert_eq!(new_root.fields.subject, old_root.fields.subject);
    assert_ne!(new_root.fields.spki, old_root.fields.spki);
    let old_with_new = products(&new, "0001-acme-root-g2")["cross"].clone();
    let fields = Certificate::from_der(&old_with_new).unwrap().fields;
    assert_eq!(fields.spki, old_root.fields.spki);
    assert_eq!(
        fields.subject_key_identifier(),
        old_root.fields.subject_key_identifier()
    );
    let report = new.verify_ledger(&new_root);
    assert!(
        report.first_broken().is_none(),
        "{:?}",
        report.first_broken()
    );
    let etcd = products(&old, "0001-acme-root")["etcd"].clone();
    openssl_takes(&new, &new_root.der, &old_with_new, &etcd);

    let started = job(&mut old, &later(STEP), &new_root.der).unwrap();
    let session = old.plain(&started, false);
    assert!(session.result.is_ok(), "{:?}", session.result.err());
    let new_with_old = products(&old, "0002-later")["cross"].clone();
    let fields = Certificate::from_der(&new_with_old).unwrap().fields;
    assert_eq!(fields.spki, new_root.fields.spki);
    let report = old.verify_ledger(&old_root);
    assert!(
        report.first_broken().is_none(),
        "{:?}",
        report.first_broken()
    );
    // The new root's cross-certificate leads to the old root, and with it what is below the new.
    openssl_takes(&old, &old_root.der, &new_with_old, &old_with_new);
    for (name, count) in [("cross-bundle.pem", 2), ("cross.pem", 1)] {
        let file = old.bytes(&format!("0002-later/out/cross-signed/{name}"));
        let text = String::from_utf8(file).unwrap();
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), count);
    }
    assert_eq!(old.view().root, Some(old_root));
    assert_eq!(new.view().root, Some(new_root));
}

#[test]
fn a_cross_certificate_may_be_renewed_and_has_a_mount() {
    let mut world = whole(FIRST);
    let mut other = World::new();
    let source = FIRST.replace("Acme Root G1", "Other Root");
    let start = source.find("[[step]]\nid = \"etcd\"").unwrap();
    let started = job(&mut other, &source[..start], b"").unwrap();
    assert!(other.plain(&started, false).result.is_ok());
    let other_root = other.view().root.unwrap();
    for id in ["one", "two"] {
        let source = later(&format!("{STEP}mount = \"pki/other\"\n"))
            .replace("id = \"later\"", &format!("id = \"{id}\""));
        let started = job(&mut world, &source, &other_root.der).unwrap();
        let found = started.prepared.findings.iter().flat_map(|(_, list)| list);
        let renewal = found
            .filter(|one| one.words.contains("a renewal of"))
            .count();
        assert_eq!(renewal, usize::from(id == "two"));
        assert!(world.plain(&started, false).result.is_ok());
    }
    let root = world.view().root.unwrap();
    let report = world.verify_ledger(&root);
    assert!(
        report.first_broken().is_none(),
        "{:?}",
        report.first_broken()
    );
    let sheet = String::from_utf8(world.bytes("0003-two/out/HANDOVER.md")).unwrap();
    assert!(sheet.contains("issuers/import/cert") && sheet.contains("manual_chain"));
    assert!(world.file("0003-two/out/pki/other/bundle.pem").is_some());
}

#[test]
fn what_is_not_cross_signed() {
    let mut world = whole(FIRST);
    let root = world.view().root.unwrap();
    let etcd = products(&world, "0001-acme-root")["etcd"].clone();
    for (bytes, id) in [
        (root.der.as_slice(), "CROSS-NAME"),
        (etcd.as_slice(), "CROSS-SIGNATURE"),
        (b"nothing".as_slice(), "CERT-CONTAINER"),
    ] {
        let Err(PrepareError::Refused(list)) = job(&mut world, &later(STEP), bytes) else {
            panic!("{id}");
        };
        assert_eq!(list[0].id.public(), id);
    }
}
