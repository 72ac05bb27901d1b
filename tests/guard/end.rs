//! The end of the root's key: what comes after the seal, in ledger and mirror, read by the tool
//! and by the script.

use std::fs;

use anchorite::digest::Digest;
use anchorite::x509::certificate::Certificate;

use crate::common::real::*;
use crate::{MIRROR, assert_same, crl, next_of};

/// `docs/verify.sh` on a ceremony: its code, and what it said.
fn script(stage: &Stage, ceremony: &str) -> (Option<i32>, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    let mut command = stage.command("dash");
    let run = command
        .args([script, ceremony, "root.pem"])
        .output()
        .unwrap();
    (run.status.code(), stdout(&run))
}

/// What comes after the seal goes to both copies too, also where it is resumed, and the script
/// reads it.
#[test]
fn a_destruction_that_was_stopped_goes_on_in_both_copies() {
    let mut stage = Stage::with(&root_and_crl("one"));
    stage.run_with(&MIRROR, &Acts::new()).exit(0);
    let end = crl("end").replace(
        "next_update = \"6mo\"",
        "final = true\n[[step]]\nid = \"end\"\ndo = \"destroy-key\"",
    );
    next_of(&mut stage, "end", &end);
    let mut paper = stage.paper();
    let spki = Certificate::from_file(&fs::read(stage.path("root.pem")).unwrap());
    let digest = Digest::of(&spki.unwrap().fields.spki).to_string();
    paper.end = format!("{LABEL} {}", &digest[digest.len() - 8..]);
    let run = |more: &[&str], acts: &Acts| {
        let arguments = stage.run_arguments(&[&MIRROR, more].concat());
        play(stage.anchorite(&arguments), &paper, acts)
    };
    // The second time that the label is typed.
    let stopped = run(&[], &at(6, Act::CtrlC));
    stopped
        .exit(5)
        .says("Type once more the key's label")
        .says("the root key was not destroyed");
    assert_same(&stage);
    let (code, said) = script(&stage, "ledger/0002-end");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the 4 lines after the seal follow each other"));

    run(&["--resume"], &Acts::new())
        .exit(0)
        .says("0002-end is sealed and announces that the root key is destroyed")
        .says("The root key is gone: the token shows it no more.");
    assert_same(&stage);
    assert_eq!(stage.private_keys(), 0);
    for ledger in ["ledger", "mirror"] {
        let told = stage.quiet(&["verify", ledger, "--root", "root.pem"]);
        assert_eq!(told.status.code(), Some(0), "{}", stdout(&told));
        assert!(stdout(&told).contains("the root key was destroyed"));
    }
    let (code, said) = script(&stage, "mirror/0002-end");
    assert_eq!(code, Some(0), "{said}");

    // Every change of it is seen, by the tool and by the script.
    let path = "mirror/0002-end/post-seal.jsonl";
    let good = stage.read(path);
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let first = &stage.read("mirror/0001-one/transcript.jsonl");
    for (name, bad) in [
        ("its first line gone", lines[1..].concat()),
        ("two lines swapped", [lines[1], lines[0], lines[2]].concat()),
        ("a byte", good.replacen("true", "truE", 1)),
        (
            "a whole line of another file after it",
            format!("{good}{}", first),
        ),
        ("a torn one after the end", format!("{good}{{\"n\":")),
        ("another file", first.clone()),
    ] {
        stage.write(path, &bad);
        let told = stage.quiet(&["verify", "mirror", "--root", "root.pem"]);
        assert_eq!(told.status.code(), Some(1), "{name}: {}", stdout(&told));
        assert!(stdout(&told).contains("VERIFY-POST-SEAL"), "{name}");
        let (code, said) = script(&stage, "mirror/0002-end");
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(
            last.starts_with("REFUSED  post-seal.jsonl"),
            "{name}: {said}"
        );
    }
    // What a crash leaves is no fault: a torn end, or nothing yet.
    for left in [&good[..good.len() - 5], ""] {
        stage.write(path, left);
        let told = stage.quiet(&["verify", "mirror", "--root", "root.pem"]);
        assert_eq!(told.status.code(), Some(0), "{}", stdout(&told));
        let (code, said) = script(&stage, "mirror/0002-end");
        assert_eq!(code, Some(0), "{said}");
    }
    stage.write(path, &good);
    // A seal that announces nothing has no end after it.
    stage.write("mirror/0001-one/post-seal.jsonl", "");
    let told = stage.quiet(&["verify", "mirror", "--root", "root.pem"]);
    assert_eq!(told.status.code(), Some(1), "{}", stdout(&told));
    let told = stdout(&told);
    let words: Vec<&str> = told.split_whitespace().collect();
    assert!(
        words
            .join(" ")
            .contains("though the seal announces nothing")
    );
    assert_eq!(script(&stage, "mirror/0001-one").0, Some(1));
}
