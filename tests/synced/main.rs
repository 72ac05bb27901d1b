//! What is safe when something relies on it, as the kernel sees it: a real ceremony with a mirror
//! on a real token, under strace. Each file is synced before it is renamed, each name before the
//! transcript goes on, and the transcript, on both media, before the token is asked. The other
//! tests cannot tell: a disk that loses no power keeps what was never synced.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod disk;

use std::fs;
use std::path::Path;

use common::person::{Act, Acts, Played, at, play};
use common::proof;
use common::real::{Stage, root_and_crl};
use disk::Disk;

const MIRRORED: [&str; 2] = ["--mirror", "mirror"];

/// With an intermediate, for folders within folders.
fn stage() -> Stage {
    let intermediate = r#"
[[step]]
id = "etcd"
do = "issue-intermediate"
profile = "vault"
mount = "pki/etcd"
request = "requests/etcd.csr"
"#;
    let ceremony = root_and_crl("acme-root-g1");
    Stage::with(&format!("{ceremony}{intermediate}"))
}

fn media(stage: &Stage) -> [String; 2] {
    ["ledger", "mirror"].map(|name| stage.path(name).to_str().unwrap().to_owned())
}

fn traced(stage: &Stage, arguments: &[&str]) -> Played {
    let paper = stage.paper();
    let mut command = stage.command("strace");
    // A line's type stands in its first 300 octets.
    command
        .args(["-f", "-qq", "-y", "-s", "300", "-o", "trace"])
        .args(["-e", calls::TRACED])
        .arg(env!("CARGO_BIN_EXE_anchorite"))
        .args(arguments);
    play(command, &paper, &Acts::new())
}

/// Everything that the program did, to its end.
#[track_caller]
fn judged(stage: &Stage, mut disk: Disk) -> Disk {
    for call in calls::read(&stage.read("trace")) {
        disk.see(&call);
    }
    disk.ended();
    let faults = disk.faults.join("\n");
    assert!(disk.faults.is_empty(), "{}:\n{faults}", disk.faults.len());
    disk
}

/// What a run that died left below a folder.
fn left(disk: &mut Disk, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        disk.left(path.to_str().unwrap(), path.is_file());
        if path.is_dir() {
            left(disk, &path);
        }
    }
}

fn intents(stage: &Stage) -> usize {
    let folder = &stage.ledger_names()[0];
    let entries = proof::entries(stage, folder);
    let intended = |word: &str| word == "sign-intended" || word == "key-intended";
    let found = entries
        .iter()
        .filter(|one| intended(one["type"].as_str().unwrap()));
    found.count()
}

#[test]
fn nothing_relies_on_what_is_not_synced() {
    let stage = stage();
    traced(&stage, &stage.run_arguments(&MIRRORED)).exit(0);
    let disk = judged(&stage, Disk::new(&media(&stage)));
    // Key, root, CRL, intermediate, and the seal that no entry announces.
    assert_eq!((intents(&stage), disk.asked), (4, 5));
    let entries = proof::entries(&stage, &stage.ledger_names()[0]).len();
    assert_eq!(disk.lines, 2 * entries);
    assert!(disk.renames >= 2 * 14, "{}", disk.renames);
}

/// A resume reads what the run before it may never have synced.
#[test]
fn a_resume_builds_on_nothing_that_is_not_synced() {
    let stage = stage();
    stage.run_with(&MIRRORED, &at(3, Act::PowerCut));
    let mut disk = Disk::new(&media(&stage));
    for name in ["ledger", "mirror"] {
        left(&mut disk, &stage.path(name));
    }
    let resume = [&["--resume"][..], &MIRRORED].concat();
    traced(&stage, &stage.run_arguments(&resume)).exit(0);
    let disk = judged(&stage, disk);
    assert!(
        disk.asked >= 3 && disk.renames >= 2 * 5,
        "{} {}",
        disk.asked,
        disk.renames
    );
}
