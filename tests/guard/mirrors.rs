//! The second copy of a ledger, on a real disk.

use std::fs;

use crate::common::real::*;
use crate::{MIRROR, assert_same, copy, next, refused};

#[test]
fn a_mirror_is_kept_brought_up_to_date_and_told_from_another() {
    let mut stage = Stage::with(&root_and_crl("one"));
    stage
        .run_with(&MIRROR, &Acts::new())
        .exit(0)
        .says("ENV-MIRROR");
    assert_same(&stage);
    let root = "ledger/0001-one/out/root.pem";
    let verified = stage.quiet(&["verify", "mirror", "--root", root]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));

    // Interrupted with it, resumed without it, and the next one finds that it lags.
    next(&mut stage, "two");
    stage.run_with(&MIRROR, &at(2, Act::PowerCut));
    assert_same(&stage);
    stage.resume().exit(0);
    next(&mut stage, "three");
    copy(&stage, "ledger", "before");
    copy(&stage, "tokens", "tokens-before");
    stage
        .run_with(&MIRROR, &Acts::new())
        .exit(0)
        .says("the mirror lagged, and was brought up to date: 0002-two");
    assert_same(&stage);

    // The ledger as it was before: the mirror knows better.
    stage.tool(".", "mv ledger newer");
    copy(&stage, "before", "ledger");
    refused(
        &stage,
        &MIRROR,
        "the mirror is ahead of the ledger: it holds ceremony 0003-three",
    );

    // Two ledgers that went on from one seal: the token knows which was first, and a copy of
    // the token from before does not.
    next(&mut stage, "fork");
    stage
        .run()
        .exit(1)
        .says("LEDGER-NOTE: the token knows 3 ceremonies")
        .says("nothing was signed");
    stage.tool(".", "rm -r tokens");
    copy(&stage, "tokens-before", "tokens");
    stage.run().exit(0);
    next(&mut stage, "four");
    refused(
        &stage,
        &MIRROR,
        "the mirror went its own way: 0003-three is another ceremony",
    );

    let seal = "mirror/0001-one/SEAL.txt";
    let text = stage.read(seal);
    stage.tool(".", "chmod -R u+w mirror");
    stage.write(seal, &text.replace("completed", "aborted"));
    refused(
        &stage,
        &MIRROR,
        "the mirror is forged: the root did not sign the seal of 0001-one",
    );
    stage.write(seal, &text);
    let other = "mirror/0002-two/out/HANDOVER.md";
    stage.write(other, "x");
    refused(
        &stage,
        &MIRROR,
        "the mirror differs from the ledger: 0002-two/out/HANDOVER.md",
    );

    // Itself, or inside of it.
    for inside in ["ledger", "ledger/mirror"] {
        let played = stage.run_with(&["--mirror", inside], &Acts::new());
        played.exit(2).says("the mirror is the ledger itself");
    }
    assert!(!stage.path("ledger/mirror").exists());
}

/// After a power cut each medium may have kept another part: no copy is cut to fit the other.
#[test]
fn ledger_and_mirror_that_kept_different_parts() {
    let mut stage = Stage::with(&root_and_crl("one"));
    stage.run_with(&MIRROR, &Acts::new()).exit(0);
    next(&mut stage, "two");
    stage.run_with(&MIRROR, &at(3, Act::PowerCut));
    assert_same(&stage);
    let open = "0002-two.open";
    let (transcript, input) = ("transcript.jsonl", "in/root.pem");
    let text = stage.read(&format!("ledger/{open}/{transcript}"));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let shorter = lines[..lines.len() - 2].concat();
    stage.write(&format!("ledger/{open}/{transcript}"), &shorter);
    fs::remove_file(stage.path(&format!("mirror/{open}/{input}"))).unwrap();
    let ahead = "the mirror is ahead of the ledger: it holds";
    let resume = ["--resume", "--mirror", "mirror"];
    refused(&stage, &resume, &format!("{ahead} more entries of {open}"));
    // The other way round it is the same: neither of them has all.
    stage.tool(".", "mv ledger other");
    stage.tool(".", "mv mirror ledger");
    stage.tool(".", "mv other mirror");
    refused(&stage, &resume, &format!("{ahead} {open}/{input}"));
    // A person puts the file back where the longer transcript is, and goes on from there.
    copy(
        &stage,
        &format!("mirror/{open}/{input}"),
        &format!("ledger/{open}/{input}"),
    );
    let resumed = stage.run_with(&resume, &Acts::new());
    resumed
        .exit(0)
        .says("the mirror lagged, and was brought up to date: 0002-two.open");
    assert_same(&stage);
    let verified = stage.quiet(&["verify", "mirror", "--root", "root.pem"]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
}
