//! What `run` refuses before it asks anything, or at the step where it matters.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::process::Stdio;

use common::pty::{End, Next, Pty};
use common::real::*;

const SEALED: &str = "0001-acme-root-g1";
const OPEN: &str = "0001-acme-root-g1.open";

/// `run` ends with this code and these words, before any question.
#[track_caller]
fn refused(stage: &Stage, more: &[&str], code: i32, words: &str) {
    let names = stage.ledger_names();
    let played = stage.run_with(more, &Acts::new());
    println!("$ {code}\n{}", played.screen);
    played.exit(code).says(words);
    assert!(played.prompts.is_empty(), "{}", played.screen);
    assert_eq!(played.last_lines(1), "nothing was signed");
    assert_eq!(stage.ledger_names(), names);
}

#[test]
fn no_terminal() {
    let stage = Stage::first_root();
    let run = stage
        .command("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_anchorite")])
        .args(stage.run_arguments(&[]))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2), "{}", stderr(&run));
    assert_eq!(
        stderr(&run),
        "error: standard input is not a terminal, and a ceremony needs a person at one\n\
         hint: a ceremony is answered by a person at a terminal; anchorite rehearse needs none\n\
         nothing was signed\n"
    );
    assert!(!stage.path("ledger").exists());
}

#[test]
fn no_lock() {
    let stage = Stage::empty("first-root.toml");
    stage.write("first-root.toml", &stage.new_file("first-root"));
    let played = stage.run();
    played
        .exit(1)
        .says("error: the ceremony file is not locked: there is no first-root.plan\n")
        .says("hint: anchorite plan FILE --lock writes plan and lock");
    assert_eq!(played.last_lines(1), "nothing was signed");
}

#[test]
fn whatever_changed_since_the_lock_is_named() {
    let stage = Stage::first_root();
    let changed = |name: &str, bytes: &[u8], what: &str| {
        let before = fs::read(stage.path(name)).unwrap();
        fs::write(stage.path(name), bytes).unwrap();
        let words = format!("error: {what} is not what it was when the plan was locked\n");
        refused(&stage, &[], 1, &words);
        fs::write(stage.path(name), before).unwrap();
    };
    let file = stage.read("first-root.toml");
    changed(
        "first-root.toml",
        file.replace("20y", "21y").as_bytes(),
        "first-root.toml",
    );
    changed(
        "first-root.toml",
        format!("{file}\n").as_bytes(),
        "first-root.toml",
    );
    let other = fs::read(stage.path("requests/nomad.csr")).unwrap();
    changed("requests/etcd.csr", &other, "requests/etcd.csr");
    let plan = stage.read("first-root.plan");
    changed("first-root.plan", format!("{plan} ").as_bytes(), "the plan");
    let lock = stage.read("first-root.lock");
    changed(
        "first-root.lock",
        format!("{lock}\n").as_bytes(),
        "the lock",
    );
    let twice = format!("{lock}{}", lock.lines().next().unwrap());
    changed("first-root.lock", twice.as_bytes(), "the lock");
    changed("first-root.lock", b"", "the lock");

    // One byte of a request: its own signature is the first to tell.
    let request = stage.read("requests/etcd.csr");
    let middle = request.len() / 2;
    let swapped = if request.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut edited = request.clone();
    edited.replace_range(middle..=middle, swapped);
    stage.write("requests/etcd.csr", &edited);
    let played = stage.run();
    played.exit(1).says("requests/etcd.csr");
    assert_eq!(played.last_lines(1), "nothing was signed");
    stage.write("requests/etcd.csr", &request);
    stage.run().exit(0);
}

#[test]
fn one_ledger_has_one_writer() {
    let stage = Stage::first_root();
    let paper = stage.paper();
    let mut first = Pty::start(stage.anchorite(&stage.run_arguments(&[])));
    let Next::Prompt(prompt) = first.next() else {
        panic!("{}", first.screen());
    };
    first.line(&paper.answer(&prompt));
    let Next::Prompt(prompt) = first.next() else {
        panic!("{}", first.screen());
    };
    for more in [&[][..], &["--resume"]] {
        let second = play(
            stage.anchorite(&stage.run_arguments(more)),
            &paper,
            &Acts::new(),
        );
        second
            .exit(6)
            .says("error: another process is using the ledger ledger\n")
            .says("hint: wait for it, or end it; two never write one ledger\n");
        assert!(second.prompts.is_empty());
    }
    let abort = stage.quiet(&["abort", "acme-root-g1", "--ledger", "ledger"]);
    assert_eq!(abort.status.code(), Some(6), "{}", stderr(&abort));
    // The first is not disturbed.
    first.line(&paper.answer(&prompt));
    loop {
        match first.next() {
            Next::Prompt(prompt) => first.line(&paper.answer(&prompt)),
            Next::Ended(end) => {
                assert_eq!(end, End::Exit(0), "{}", first.screen());
                break;
            }
        }
    }
    assert_eq!(stage.ledger_names(), [SEALED]);
}

#[test]
fn a_root_is_made_once() {
    let mut stage = Stage::first_root();
    stage.run().exit(0);
    refused(
        &stage,
        &[],
        1,
        "REQ-KEY-TAKEN: ceremony acme-root-g1 certified this key as etcd",
    );
    // Even where nothing else of it is taken.
    let file = stage.new_file("first-root");
    let root_alone = file.split("[[step]]\nid      = \"etcd\"").next().unwrap();
    stage.file = "again.toml".to_owned();
    stage.write("again.toml", root_alone);
    stage.lock();
    refused(
        &stage,
        &[],
        1,
        "this ledger already belongs to the root C=DE, O=Acme, CN=Acme Root G1",
    );
}

#[test]
fn the_token_must_be_the_one_that_is_named() {
    let stage = Stage::first_root();
    let module = softhsm();
    let sha256 = stage.tool(".", &format!("sha256sum {module}"))[..64].to_owned();
    let site = |text: &str| stage.write("site.toml", &format!("module = \"{module}\"\n{text}"));

    refused(&stage, &["--module", "none.so"], 4, "none.so");
    stage.write("text.so", "this is no library\n");
    refused(&stage, &["--module", "./text.so"], 4, "text.so");
    let libc = [
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/lib/aarch64-linux-gnu/libm.so.6",
    ]
    .into_iter()
    .find(|path| fs::exists(path).unwrap())
    .unwrap_or("/lib64/libm.so.6");
    refused(&stage, &["--module", libc], 4, "is not a PKCS#11 module");
    site(&format!("module_sha256 = \"{}\"\n", "ab".repeat(32)));
    refused(
        &stage,
        &["--site", "site.toml"],
        4,
        "find out who replaced the module",
    );
    site("token_serial = \"0123456789abcdef\"\n");
    refused(
        &stage,
        &["--site", "site.toml"],
        4,
        "the site file says 0123456789abcdef",
    );
    site("serial = \"1\"\n");
    refused(&stage, &["--site", "site.toml"], 3, "unknown field");

    // Two tokens with one label are told apart by their serial alone.
    stage.make_token(LABEL);
    refused(&stage, &[], 4, "2 tokens are labelled \"acme-root-g1\"");
    let listed = stdout(&stage.quiet(&["token", "list", "--module", &module]));
    let serial = listed
        .lines()
        .find_map(|line| line.strip_prefix("serial "))
        .unwrap()
        .trim();
    site(&format!(
        "module_sha256 = \"{sha256}\"\ntoken_serial = \"{serial}\"\n"
    ));
    stage
        .run_with(&["--site", "site.toml"], &Acts::new())
        .exit(0);
}

#[test]
fn a_label_that_no_token_has() {
    let stage = Stage::empty("first-root.toml");
    let file = stage.new_file("first-root");
    let other = file.replace("label = \"acme-root-g1\"", "label = \"acme-root-g2\"");
    assert_ne!(file, other);
    stage.write("first-root.toml", &other);
    stage.lock();
    refused(
        &stage,
        &[],
        4,
        "no token is labelled \"acme-root-g2\"; the module shows \"acme-root-g1\"",
    );
}

#[test]
fn a_foreign_key_with_the_roots_label() {
    let stage = Stage::first_root();
    let module = softhsm();
    stage.tool(
        ".",
        &format!(
            "pkcs11-tool --module {module} --token-label {LABEL} --login --pin {PIN} \
             --keypairgen --key-type EC:secp384r1 --id 0a --label {LABEL}"
        ),
    );
    let played = stage.run();
    played
        .exit(1)
        .says("refused: KEY-UNIQUE: the token already holds a key labelled acme-root-g1\n")
        .says("\nnothing was signed\n");
    assert_eq!(stage.private_keys(), 1);
    assert_eq!(stage.ledger_names(), [OPEN]);
    let aborted = stage.quiet(&["abort", OPEN, "--ledger", "ledger"]);
    assert_eq!(
        stdout(&aborted),
        "aborted: 0001-acme-root-g1\nsigned: nothing\npossibly signed: nothing\n"
    );
    assert_eq!(stage.ledger_names(), [SEALED]);
}

#[test]
fn a_ledger_with_strange_things_in_it() {
    let stage = Stage::first_root();
    fs::create_dir(stage.path("ledger")).unwrap();
    stage.write("ledger/note.txt", "");
    let paper = {
        let other = Stage::first_root();
        other.paper()
    };
    let play = || {
        play(
            stage.anchorite(&stage.run_arguments(&[])),
            &paper,
            &Acts::new(),
        )
    };
    play()
        .exit(1)
        .says("error: the ledger cannot be read: note.txt does not belong into a ledger\n");
    fs::remove_file(stage.path("ledger/note.txt")).unwrap();
    std::os::unix::fs::symlink("/tmp", stage.path("ledger/0001-x")).unwrap();
    play()
        .exit(6)
        .says("0001-x is neither a plain file nor a folder");
    fs::remove_file(stage.path("ledger/0001-x")).unwrap();
    play().exit(0);
}
