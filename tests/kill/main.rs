//! A small ceremony that cannot go on, for real: killed by strace before a sync, a rename, or a
//! write to the transcript; refused by the disk (`faults`); on a disk that is too small. Then it
//! is brought to its end. `make crash` plays every such point.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod faults;
mod small_disk;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::proof;
use common::pty::End;
use common::real::*;

const SEALED: &str = "0001-acme-root-g1";
const OPEN: &str = "0001-acme-root-g1.open";
const NEW: &str = "0001-acme-root-g1.new";
const MOUNTS: [&str; 2] = ["pki/etcd", "pki/nomad"];

/// A root, two intermediates that are approved together, a CRL and the seal.
const CEREMONY: &str = r#"
format = "anchorite/ceremony/0"
id = "acme-root-g1"
title = "A small ceremony"
token = { label = "acme-root-g1" }
root = { subject = { O = "Acme", CN = "Acme Root G1" }, key = "ec:P-256", validity = "20y" }

[[step]]
id = "key"
do = "generate-root-key"

[[step]]
id = "root"
do = "issue-root"

[[step]]
id = "clusters"
do = "issue-intermediate"
profile = "vault"
  [[step.request]]
  mount = "pki/etcd"
  request = "requests/etcd.csr"
  [[step.request]]
  mount = "pki/nomad"
  request = "requests/nomad.csr"

[[step]]
id = "crl"
do = "issue-crl"
next_update = "6mo"
"#;

/// Where the program can be killed: before the n-th of these calls. With a path, only calls
/// on this file count.
const CALLS: [(&str, Option<&str>); 4] = [
    ("fsync", None),
    ("renameat2", None),
    ("mkdirat", None),
    (
        "write",
        Some("ledger/0001-acme-root-g1.open/transcript.jsonl"),
    ),
];

/// The program under strace, killed before the n-th call, or only watched.
fn traced(
    stage: &Stage,
    (call, path): (&str, Option<&str>),
    kill: Option<usize>,
    arguments: &[&str],
) -> std::process::Command {
    let mut command = stage.command("strace");
    command.args(["-f", "-qq", "-o", "trace", "-e", &format!("trace={call}")]);
    if let Some(path) = path {
        command.arg("-P").arg(stage.path(path));
    }
    if let Some(n) = kill {
        let inject = format!("inject={call}:signal=SIGKILL:when={n}");
        command.args(["-e", &inject]);
    }
    command.arg(env!("CARGO_BIN_EXE_anchorite")).args(arguments);
    command
}

/// strace must work here: where it does not, these tests show nothing.
fn need_strace(stage: &Stage) {
    let tried = stage
        .command("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .output()
        .expect("strace is not installed; these tests need it: apt-get install strace");
    assert!(
        tried.status.success(),
        "strace cannot trace here (a container without ptrace?): {}",
        stderr(&tried)
    );
}

fn count(stage: &Stage, call: &str) -> usize {
    stage.read("trace").matches(&format!(" {call}(")).count()
}

#[test]
fn killed_and_resumed() {
    let all = std::env::var("ANCHORITE_ALL_KILLS").is_ok_and(|value| value == "1");
    let mut points = Vec::new();
    for (at, call) in CALLS.into_iter().enumerate() {
        let stage = Stage::with(CEREMONY);
        need_strace(&stage);
        let run = traced(&stage, call, None, &stage.run_arguments(&[]));
        play(run, &stage.paper(), &Acts::new()).exit(0);
        let calls = count(&stage, call.0);
        assert!(calls > 5, "{} {}: {calls}", call.0, stage.read("trace"));
        // A fixed sample, with the first and the last; the calls are sampled out of step.
        let step = if all { 1 } else { 6 };
        let sample: Vec<usize> = (1..=calls)
            .filter(|n| (n + at) % step == 0 || *n == 1 || n + 2 > calls)
            .collect();
        eprintln!("{}: {} of {calls} points", call.0, sample.len());
        points.extend(sample.into_iter().map(|n| (call, n)));
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((call, n)) = points.get(next.fetch_add(1, Ordering::SeqCst)) {
                    eprintln!("killed before {} {n}: {}", call.0, kill_at(*call, *n));
                }
            });
        }
    });
}

/// Kills one ceremony and brings it to its end; says where it stood.
fn kill_at(call: (&str, Option<&str>), n: usize) -> String {
    let stage = Stage::with(CEREMONY);
    let paper = stage.paper();
    let run = traced(&stage, call, Some(n), &stage.run_arguments(&[]));
    let killed = play(run, &paper, &Acts::new());
    assert_eq!(killed.end, End::Signal(9), "{}", killed.screen);
    bring_to_end(&stage, &paper)
}

/// Begins it anew or resumes it, whichever it needs, and verifies what came of it; says where
/// it stood.
fn bring_to_end(stage: &Stage, paper: &Paper) -> String {
    let left = stage.ledger_names();
    let mut before = BTreeMap::new();
    let stood = match left.first().map(String::as_str) {
        None => {
            play(
                stage.anchorite(&stage.run_arguments(&[])),
                paper,
                &Acts::new(),
            )
            .exit(0);
            "nothing was begun".to_owned()
        }
        // Laid out, and no ceremony yet.
        Some(NEW) => {
            let arguments = stage.run_arguments(&["--resume"]);
            play(stage.anchorite(&arguments), paper, &Acts::new())
                .exit(1)
                .says("error: no interrupted ceremony is in this ledger\n");
            let arguments = stage.run_arguments(&[]);
            play(stage.anchorite(&arguments), paper, &Acts::new()).exit(0);
            "before it was open".to_owned()
        }
        Some(OPEN) => {
            let transcript = format!("ledger/{OPEN}/transcript.jsonl");
            let mut last = "before its transcript".to_owned();
            if stage.path(&transcript).exists() {
                let entries = proof::entries(stage, OPEN);
                before = proof::serials(&entries);
                if let Some(entry) = entries.last() {
                    last = format!("after {}", entry["type"]);
                }
            }
            let arguments = stage.run_arguments(&["--resume"]);
            play(stage.anchorite(&arguments), paper, &Acts::new()).exit(0);
            last
        }
        Some(SEALED) => {
            let arguments = stage.run_arguments(&["--resume"]);
            play(stage.anchorite(&arguments), paper, &Acts::new())
                .exit(1)
                .says("error: no interrupted ceremony is in this ledger\n")
                .says("the last one, 0001-acme-root-g1, is sealed\n");
            "sealed".to_owned()
        }
        Some(other) => panic!("{other}"),
    };
    assert_eq!(stage.ledger_names(), [SEALED]);
    let entries = proof::entries(stage, SEALED);
    let after = proof::serials(&entries);
    assert_eq!(after.len(), 3);
    for (product, serial) in &before {
        assert_eq!(after[product], *serial, "{product} has another serial");
    }
    let keys = entries
        .iter()
        .filter(|entry| entry["type"] == "key-intended")
        .count();
    assert_eq!((keys, stage.private_keys()), (1, 1));
    let root = format!("ledger/{SEALED}/out/root.pem");
    proof::verify(stage, SEALED, &root, &MOUNTS);
    stood
}

#[test]
fn a_torn_line_is_cut_and_kept() {
    let stage = Stage::with(CEREMONY);
    stage.run_with(&[], &at(5, Act::PowerCut));
    let transcript = format!("ledger/{OPEN}/transcript.jsonl");
    let whole = stage.read(&transcript);
    let n = whole.lines().count();
    let torn = format!("{{\"n\":{},\"prev\":\"00", n + 1);
    stage.write(&transcript, &format!("{whole}{torn}"));
    stage.resume().exit(0);
    let kept = stage.read(&format!("ledger/{SEALED}/evidence/torn-{n}.bin"));
    assert_eq!(kept, torn);
    let entries = proof::entries(&stage, SEALED);
    assert_eq!(entries[n]["type"], "resumed");
    assert_eq!(
        entries[n]["data"]["torn"]["path"],
        format!("evidence/torn-{n}.bin")
    );
    let root = format!("ledger/{SEALED}/out/root.pem");
    proof::verify(&stage, SEALED, &root, &MOUNTS);
}

#[test]
fn a_line_that_was_changed_stops_the_resumption() {
    let stage = Stage::with(CEREMONY);
    stage.run_with(&[], &at(5, Act::PowerCut));
    let transcript = format!("ledger/{OPEN}/transcript.jsonl");
    let whole = stage.read(&transcript);
    let changed = whole.replacen("\"accepted\":true", "\"accepted\":truE", 1);
    stage.write(&transcript, &changed);
    let played = stage.resume();
    played.exit(6).says("nothing was signed");
    assert_eq!(stage.read(&transcript), changed);
}

#[test]
fn a_kept_rehearsal_goes_on_by_itself() {
    for (call, n) in [("fsync", 30), ("renameat2", 12)] {
        let stage = Stage::empty("ceremony.toml");
        stage.write("ceremony.toml", CEREMONY);
        let arguments = ["rehearse", "ceremony.toml", "--keep", "kept"];
        let killed = traced(&stage, (call, None), Some(n), &arguments)
            .output()
            .unwrap();
        assert_ne!(killed.status.code(), Some(0), "{}", stdout(&killed));
        eprintln!("{:?} {}", killed.status, stderr(&killed));
        let again = stage.quiet(&arguments);
        assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
        assert!(stdout(&again).contains("\nDone: 4 certificates and CRLs signed"));
        assert!(
            stage
                .path(&format!("kept/ledger/{SEALED}/SEAL.txt"))
                .exists()
        );
    }
}
