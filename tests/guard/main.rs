//! What protects a real ledger: its mirror, and what `run` refuses to build on. Each ceremony
//! here is held on a SoftHSM token and a real disk.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod end;
mod mirrors;

use std::fs;
use std::path::Path;

use common::real::*;

/// One more CRL under the root.
fn crl(id: &str) -> String {
    format!(
        "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"The next CRL\"\n\
         token = {{ label = \"acme-root-g1\" }}\nroot = {{ certificate = \"root.pem\" }}\n\
         [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nnext_update = \"6mo\"\n"
    )
}

/// Plans and locks a later ceremony for the ledger as it stands.
fn next(stage: &mut Stage, id: &str) {
    next_of(stage, id, &crl(id));
}

fn next_of(stage: &mut Stage, id: &str, text: &str) {
    let root = fs::read(stage.path("ledger/0001-one/out/root.pem")).unwrap();
    fs::write(stage.path("root.pem"), root).unwrap();
    stage.file = format!("{id}.toml");
    stage.write(&format!("{id}.toml"), text);
    stage.lock();
}

fn copy(stage: &Stage, from: &str, to: &str) {
    stage.tool(".", &format!("cp -r {from} {to}"));
    stage.tool(".", &format!("chmod -R u+w {to}"));
}

fn remove(stage: &Stage, path: &str) {
    stage.tool(".", &format!("chmod -R u+w {path}"));
    stage.tool(".", &format!("rm -r {path}"));
}

#[track_caller]
fn assert_same(stage: &Stage) {
    stage.tool(".", "diff -r --exclude .lock ledger mirror");
}

/// Refused before any question, with these words.
#[track_caller]
fn refused(stage: &Stage, more: &[&str], words: &str) {
    let played = stage.run_with(more, &Acts::new());
    played.exit(1);
    let screen = played.screen.replace("\n  ", " ");
    assert!(screen.contains(words), "no {words:?}:\n{screen}");
    assert!(played.prompts.is_empty(), "{}", played.screen);
    assert_eq!(played.last_lines(1), "nothing was signed");
}

const MIRROR: [&str; 2] = ["--mirror", "mirror"];

#[test]
fn what_is_no_whole_ledger_is_refused_in_its_own_words() {
    let mut stage = Stage::with(&root_and_crl("one"));
    stage.run().exit(0);
    next(&mut stage, "two");
    stage.run().exit(0);
    next(&mut stage, "three");
    stage.run().exit(0);
    next(&mut stage, "four");
    let foreign = Stage::with(&root_and_crl("one"));
    foreign.run().exit(0);
    stage.tool(".", "mv ledger good");
    let with = |change: &dyn Fn(&Path), words: &str, verify: &str| {
        copy(&stage, "good", "ledger");
        change(&stage.path("ledger"));
        refused(&stage, &[], words);
        let told = stage.quiet(&["verify", "ledger", "--root", "root.pem"]);
        assert_eq!(told.status.code(), Some(1), "{}", stdout(&told));
        let text: Vec<&str> = std::str::from_utf8(&told.stdout)
            .unwrap()
            .split_whitespace()
            .collect();
        let text = text.join(" ");
        assert!(text.contains(verify), "no {verify:?}:\n{text}");
        remove(&stage, "ledger");
    };
    let rename = |from: &'static str, to: &'static str| {
        move |ledger: &Path| fs::rename(ledger.join(from), ledger.join(to)).unwrap()
    };
    with(
        &|ledger: &Path| fs::remove_dir_all(ledger.join("0002-two")).unwrap(),
        "0003-three: ceremony 0002 is missing before it",
        "0003-three: ceremony 0002 must stand here",
    );
    with(
        &rename("0002-two", "0002-too"),
        "the ledger does not verify",
        "0002-too: the seal is of ceremony two",
    );
    with(
        &|ledger: &Path| {
            for (from, to) in [
                ("0002-two", "x"),
                ("0003-three", "0002-three"),
                ("x", "0003-two"),
            ] {
                fs::rename(ledger.join(from), ledger.join(to)).unwrap();
            }
        },
        "0002-three: its seal does not name the one before",
        "0002-three: its seal does not name the seal before it",
    );
    let seals = ["SEAL.txt", "SEAL.txt.root.p7s"];
    with(
        &|ledger: &Path| {
            for name in seals {
                let bytes = fs::read(foreign.path("ledger/0001-one").join(name)).unwrap();
                fs::write(ledger.join("0001-one").join(name), bytes).unwrap();
            }
        },
        "0001-one: the transcript does not end where its seal says",
        "the signature does not verify under the given root",
    );
    with(
        &|ledger: &Path| fs::write(ledger.join("0001-one/out/root.crl"), "x").unwrap(),
        "the ledger does not verify",
        "out/root.crl",
    );
    // The whole ledger as it was two ceremonies ago: the plan names a newer one.
    copy(&stage, "good", "ledger");
    remove(&stage, "ledger/0003-three");
    let played = stage.run();
    played
        .exit(1)
        .says("is not what it was when the plan was locked");
    assert_eq!(played.last_lines(1), "nothing was signed");
}
