//! Ceremonies that a person stops, or answers wrongly: what is told, what is kept, and that
//! `run --resume` or `abort` go on from there.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::proof;
use common::real::*;

const SEALED: &str = "0001-acme-root-g1";
const OPEN: &str = "0001-acme-root-g1.open";
const MOUNTS: [&str; 2] = ["pki/etcd", "pki/kubernetes"];

/// The prompts of a first run of the template, in their order.
const PROMPTS: [&str; 9] = [
    "PIN of the token:",
    "type the date from your own watch",
    "of the lock's digest:",
    "Type the token's label",
    "of step root's digest:",
    "of step etcd's digest:",
    "of step kubernetes's digest:",
    "of step crl's digest:",
    "Type \"seal\"",
];

fn root_in(stage: &Stage) -> String {
    format!("ledger/{}/out/root.pem", stage.ledger_names()[0])
}

#[test]
fn ctrl_c_at_every_prompt_and_on_again() {
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for prompt in (half..PROMPTS.len()).step_by(2) {
                    ctrl_c_at(prompt);
                }
            });
        }
    });
}

fn ctrl_c_at(prompt: usize) {
    let stage = Stage::first_root();
    let stopped = stage.run_with(&[], &at(prompt, Act::CtrlC));
    stopped.exit(5).says("error: stopped by a person\n");
    assert!(
        stopped.prompts[prompt].contains(PROMPTS[prompt]),
        "{prompt}"
    );
    assert_eq!(stopped.prompts.len(), prompt + 1);
    let token_did = [
        "nothing was signed",
        "nothing was signed",
        "nothing was signed",
        "nothing was signed",
        "the token generated the root key; nothing was signed",
        "the token generated the root key; the token signed root",
        "the token generated the root key; the token signed root, etcd",
        "the token generated the root key; the token signed root, etcd, kubernetes",
        "the token generated the root key; the token signed root, etcd, kubernetes, crl",
    ][prompt];
    if prompt == 0 {
        // Nothing is written before the PIN.
        assert_eq!(stopped.last_lines(1), token_did);
        assert_eq!(stage.ledger_names(), [""; 0]);
        stage.run().exit(0);
    } else {
        let open = format!(
            "{token_did}\n{OPEN} stays open: anchorite run --resume goes on, anchorite abort ends it"
        );
        assert_eq!(stopped.last_lines(2), open);
        assert_eq!(stage.ledger_names(), [OPEN]);
        let before = proof::serials(&proof::entries(&stage, OPEN));
        let resumed = stage.resume();
        resumed.exit(0);
        let after = proof::serials(&proof::entries(&stage, SEALED));
        for (product, serial) in &before {
            assert_eq!(after.get(product), Some(serial), "{product}");
            assert!(
                !resumed
                    .screen
                    .contains(&format!("of step {product}'s digest")),
                "{product} was approved before"
            );
        }
        assert_eq!(after.len(), 3);
    }
    assert_eq!(stage.ledger_names(), [SEALED]);
    assert_eq!(stage.private_keys(), 1);
    proof::verify(&stage, SEALED, &root_in(&stage), &MOUNTS);
}

#[test]
fn a_wrong_pin_is_tried_once() {
    for wrong in ["not-the-pin", ""] {
        let stage = Stage::first_root();
        let played = stage.run_with(&[], &at(0, Act::Type(wrong.to_owned())));
        played.exit(4).says("error: the token refused the PIN\n");
        assert_eq!(played.prompts.len(), 1);
        assert_eq!(played.last_lines(1), "nothing was signed");
        assert_eq!(stage.ledger_names(), [""; 0]);
        stage.run().exit(0);
    }
}

#[test]
fn wrong_words_once_are_asked_again() {
    let stage = Stage::first_root();
    let acts = BTreeMap::from([
        (2, Act::Type("adult chambermaid".to_owned())),
        (6, Act::Type("adult chambermaid extra".to_owned())),
    ]);
    let played = stage.run_with(&[], &acts);
    played.exit(0).says("That is not what the paper says.\n");
    assert_eq!(played.prompts.len(), PROMPTS.len() + 2);
    let entries = proof::entries(&stage, SEALED);
    let refused = entries
        .iter()
        .filter(|entry| entry["type"] == "answer" && entry["data"]["accepted"] == false);
    assert_eq!(refused.count(), 2);
}

#[test]
fn wrong_words_three_times_sign_nothing() {
    let stage = Stage::first_root();
    let acts = (4..7)
        .map(|prompt| (prompt, Act::Type("adult chambermaid".to_owned())))
        .collect();
    let played = stage.run_with(&[], &acts);
    played
        .exit(5)
        .says("error: step root: the answer was wrong three times\n")
        .says("\nthe token generated the root key; nothing was signed\n");
    assert_eq!(played.prompts.len(), 7);
    assert_eq!(stage.ledger_names(), [OPEN]);
    assert!(proof::serials(&proof::entries(&stage, OPEN)).is_empty());
    stage.resume().exit(0);
    proof::verify(&stage, SEALED, &root_in(&stage), &MOUNTS);
}

#[test]
fn a_bare_enter_is_never_an_approval() {
    let stage = Stage::first_root();
    // Each question but the PIN's is met with Enter first.
    let acts: Acts = (0..8)
        .map(|one| (1 + 2 * one, Act::Type(String::new())))
        .collect();
    let played = stage.run_with(&[], &acts);
    played.exit(0);
    assert_eq!(played.prompts.len(), 1 + 2 * 8);
    for entry in proof::entries(&stage, SEALED) {
        let data = &entry["data"];
        if entry["type"] == "answer" && data["accepted"] == true {
            assert_ne!(data["value"], "", "{entry}");
        }
    }
}

#[test]
fn an_open_ceremony_is_resumed_or_aborted_and_nothing_else() {
    let stage = Stage::first_root();
    stage.run_with(&[], &at(6, Act::CtrlC)).exit(5);
    let again = stage.run();
    again
        .exit(1)
        .says("error: the ceremony 0001-acme-root-g1.open was interrupted and is still open\n")
        .says("hint: anchorite run --resume goes on with it, anchorite abort ends it\n");
    assert_eq!(again.last_lines(1), "nothing was signed");
    assert!(again.prompts.is_empty());

    let other = stage.quiet(&["abort", "another", "--ledger", "ledger"]);
    assert_eq!(other.status.code(), Some(1), "{}", stderr(&other));
    let aborted = stage.quiet(&["abort", "acme-root-g1", "--ledger", "ledger"]);
    assert_eq!(aborted.status.code(), Some(0), "{}", stderr(&aborted));
    assert_eq!(
        stdout(&aborted),
        "aborted: 0001-acme-root-g1\nsigned: etcd, root\npossibly signed: nothing\n\
         a root key was generated in the token, or may have been: it is still there\n"
    );
    assert_eq!(stage.ledger_names(), [SEALED]);
    let seal = stage.read(&format!("ledger/{SEALED}/SEAL.txt"));
    assert!(seal.contains("aborted"), "{seal}");
    let place = format!("ledger/{SEALED}");
    stage.tool(&place, "sha256sum --check --strict --quiet SHA256SUMS");
    let nothing = stage.resume();
    assert_ne!(nothing.end, common::pty::End::Exit(0), "{}", nothing.screen);
}

#[test]
fn the_same_file_is_needed_to_resume() {
    let mut stage = Stage::first_root();
    stage.run_with(&[], &at(5, Act::CtrlC)).exit(5);
    let changed = stage.read("first-root.toml").replace("20y", "21y");
    stage.file = "changed.toml".to_owned();
    stage.write("changed.toml", &changed);
    stage.lock();
    stage
        .resume()
        .exit(1)
        .says("was begun with another file, plan or input");
    stage.file = "first-root.toml".to_owned();
    stage.resume().exit(0);
    proof::verify(&stage, SEALED, &root_in(&stage), &MOUNTS);
}

#[test]
fn a_power_cut_at_every_prompt() {
    for prompt in [1, 3, 4, 6, 8] {
        let stage = Stage::first_root();
        let cut = stage.run_with(&[], &at(prompt, Act::PowerCut));
        assert_eq!(cut.end, common::pty::End::Signal(9));
        let before = proof::serials(&proof::entries(&stage, OPEN));
        stage.resume().exit(0);
        let after = proof::serials(&proof::entries(&stage, SEALED));
        assert!(
            before
                .iter()
                .all(|(product, serial)| after[product] == *serial)
        );
        proof::verify(&stage, SEALED, &root_in(&stage), &MOUNTS);
    }
}
