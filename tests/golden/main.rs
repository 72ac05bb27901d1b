//! Ledgers of real ceremonies, kept as they were made: each must verify as it did on that day.
//! `edition-*/README.md` says what they show; `make.rs` makes a new set.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "token")]
#[path = "../common/mod.rs"]
mod common;

mod expected;
mod judge;
#[cfg(feature = "token")]
mod make;

use std::fs;
use std::path::{Path, PathBuf};

use judge::{EXPECTED, Golden};

/// Where the editions are.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Names of the folders in a folder, sorted.
fn folders(place: &Path) -> Vec<String> {
    let found = fs::read_dir(place).unwrap().map(Result::unwrap);
    let folders = found.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every ledger of every edition.
fn ledgers(home: &Path) -> Vec<Golden> {
    let mut found = Vec::new();
    for edition in folders(home) {
        if edition.starts_with("edition-") {
            let place = home.join(&edition);
            let names = folders(&place).into_iter();
            found.extend(names.map(|name| Golden::at(&place.join(name))));
        }
    }
    found
}

/// What differs from what is recorded; a set without ledgers differs too.
fn faults(home: &Path) -> Vec<String> {
    let ledgers = ledgers(home);
    if ledgers.is_empty() {
        return vec![format!("no golden ledger is below {}", home.display())];
    }
    ledgers.iter().flat_map(Golden::faults).collect()
}

#[test]
fn every_golden_ledger_verifies_as_it_did() {
    let faults = faults(&home());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The whole text of every report: a commit that changes it renews the snapshots and says so.
#[test]
fn every_report_is_as_it_was_read() {
    for golden in ledgers(&home()) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(golden.place());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("verify", golden.text()));
    }
}

/// Each key and each kind of step is in the newest edition.
#[test]
fn every_key_and_every_step_is_there() {
    let edition = folders(&home())
        .into_iter()
        .rfind(|name| name.starts_with("edition-"));
    let edition = home().join(edition.expect("an edition"));
    let mut plans = String::new();
    let names = folders(&edition);
    for golden in names.iter().map(|name| Golden::at(&edition.join(name))) {
        for ceremony in golden.ceremonies() {
            let plan = format!("ledger/{ceremony}/script/ceremony.toml");
            plans += &fs::read_to_string(golden.place().join(plan)).unwrap();
        }
    }
    for words in [
        "rsa:3072",
        "pss",
        "ec:P-256",
        "ec:P-384",
        "ec:P-521",
        "ed25519",
        "generate-root-key",
        "issue-root",
        "adopt-root",
        "issue-intermediate",
        "step.request",
        "renew = true",
        "rekey = true",
        "cross-sign",
        "certificate-request",
        "revoke",
        "issue-crl",
        "final = true",
        "confirm-copy",
        "destroy-key",
        "webtrust",
        "[[waiver]]",
        "root = \"none\"",
        "[[person]]",
        "trust_bundle",
        "cert_manager",
        "spki_list",
    ] {
        assert!(plans.contains(words), "{words}");
    }
}

/// A golden ledger elsewhere, that may be written.
fn copied(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("edition-0").join(name);
    copy_all(&home().join("edition-0").join(name), &to);
    (folder, to)
}

/// Copies contents alone: what is sealed is read-only in a ledger, and not in git.
fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else if entry.file_name() != ".lock" {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

#[test]
fn a_set_without_ledgers_fails() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(faults(folder.path()).len(), 1);
    fs::create_dir(folder.path().join("edition-0")).unwrap();
    assert_eq!(faults(folder.path()).len(), 1);
}

#[test]
fn a_ledger_without_its_expectation_fails() {
    let (folder, place) = copied("rsa-3072");
    assert_eq!(faults(folder.path()), [""; 0]);
    fs::remove_file(place.join(EXPECTED)).unwrap();
    let found = faults(folder.path());
    assert!(found[0].contains("no expected.json"), "{found:?}");
}

/// One octet, in each kind of file.
#[test]
fn a_changed_octet_is_refused() {
    let (folder, place) = copied("rsa-3072");
    let ceremony = "ledger/0002-golden";
    for name in [
        "SEAL.txt",
        "SEAL.txt.root.p7s",
        "SHA256SUMS",
        "VERIFY.txt",
        "transcript.jsonl",
        "script/ceremony.toml",
        "script/ceremony.plan",
        "script/ceremony.lock",
        "in/requests/etcd.csr",
        "out/root.pem",
        "out/root.crl",
        "out/HANDOVER.md",
        "out/pki/etcd/intermediate.pem",
    ] {
        let file = place.join(ceremony).join(name);
        let whole = fs::read(&file).unwrap();
        let mut changed = whole.clone();
        let middle = whole.len() / 2;
        changed[middle] ^= 1;
        fs::write(&file, &changed).unwrap();
        let golden = Golden::at(&place);
        for path in ["ledger", ceremony] {
            let (code, _) = golden.verify(path);
            assert_eq!(code, 1, "{name}, {path}");
        }
        assert_eq!(golden.script(ceremony).0, 1, "{name}");
        if name == "SEAL.txt" {
            assert!(faults(folder.path()).len() > 1, "{name}");
        }
        fs::write(&file, &whole).unwrap();
    }
    assert_eq!(faults(folder.path()), [""; 0]);
}

/// Writes the expectation of each ledger that has none; one that is there is taken away by hand.
#[test]
#[ignore = "writes expectations: make golden-expected"]
fn record_what_is_not_expected_yet() {
    for golden in ledgers(&home()) {
        if !golden.place().join(EXPECTED).exists() {
            golden.record();
        }
    }
}
