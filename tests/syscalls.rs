//! No network and no child process, as the kernel sees it: every verb under strace, on a real
//! token. Only `rehearse` starts anything, and that is itself.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::{Command, Stdio};

use common::person::{Acts, play};
use common::real::Stage;

/// What a network or another program needs.
const CALLS: &str = "trace=execve,execveat,fork,vfork,socket,connect,bind,sendto,sendmsg";

fn traced(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = stage.command("strace");
    command
        .args(["-f", "-qq", "-o", "trace", "-e", CALLS])
        .arg(env!("CARGO_BIN_EXE_anchorite"))
        .args(arguments);
    command
}

/// The calls that were seen, without the one that started the program itself.
fn seen(stage: &Stage) -> Vec<String> {
    let trace = stage.read("trace");
    let lines = trace.lines().filter(|line| line.contains('(')).skip(1);
    lines.map(str::to_owned).collect()
}

fn quiet(stage: &Stage, arguments: &[&str], code: i32) -> Vec<String> {
    let output = traced(stage, arguments)
        .stdin(Stdio::null())
        .output()
        .expect("these tests need strace: apt-get install strace");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(
        stage.read("trace").contains("execve("),
        "strace cannot trace here (a container without ptrace?)"
    );
    seen(stage)
}

#[test]
fn a_ceremony_and_its_verification_start_nothing_and_open_no_socket() {
    let stage = Stage::first_root();
    let none: [String; 0] = [];
    assert_eq!(quiet(&stage, &["token", "list"], 0), none);
    let file = "first-root.toml";
    assert_eq!(quiet(&stage, &["plan", file], 0), none);
    stage.lock();
    let paper = stage.paper();
    play(
        traced(&stage, &stage.run_arguments(&[])),
        &paper,
        &Acts::new(),
    )
    .exit(0);
    assert_eq!(seen(&stage), none);
    let folder = format!("ledger/{}", stage.ledger_names()[0]);
    let root = format!("{folder}/out/root.pem");
    assert_eq!(
        quiet(&stage, &["verify", &folder, "--root", &root], 0),
        none
    );
    assert_eq!(
        quiet(&stage, &["verify", "ledger", "--root", &root], 0),
        none
    );
}

#[test]
fn a_rehearsal_starts_itself_alone() {
    let stage = Stage::first_root();
    let calls = quiet(&stage, &["rehearse", "first-root.toml"], 0);
    let program = format!("execve(\"{}\"", env!("CARGO_BIN_EXE_anchorite"));
    let (itself, others): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .filter(|line| !line.contains("vfork("))
        .partition(|line| line.contains(&program));
    assert_eq!(itself.len(), 1);
    assert_eq!(others, [""; 0]);
}

/// What was hashed and approved is what is signed from: a request that is swapped after it was
/// read is swapped in vain.
#[test]
fn each_input_is_opened_once() {
    let stage = Stage::first_root();
    let paper = stage.paper();
    let mut command = stage.command("strace");
    command
        .args([
            "-f",
            "-qq",
            "-o",
            "trace",
            "-e",
            "trace=open,openat,openat2",
        ])
        .arg(env!("CARGO_BIN_EXE_anchorite"))
        .args(stage.run_arguments(&[]));
    play(command, &paper, &Acts::new()).exit(0);
    let trace = stage.read("trace");
    let (reading, _) = trace
        .split_once("etcd.csr.part")
        .expect("the requests were never copied into the ledger");
    let opened = |name: &str| reading.matches(&format!("\"{name}\"")).count();
    for name in ["etcd.csr", "kubernetes.csr"] {
        assert_eq!(opened(name), 1, "{name}");
    }
    // The ledger has copies; the file beside the operator is not looked at again.
    assert_eq!(trace.matches("\"first-root.toml\"").count(), 1);
}
