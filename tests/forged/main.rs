//! Seals that the root did not sign, in folders where all else is in order: `verify`,
//! `docs/verify.sh` and the commands of the pages refuse each, and take the good one.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod beside;
#[path = "../common/mod.rs"]
mod common;
mod envelope;
mod held;
mod pages;
#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "../play/mod.rs"]
mod play;
mod signers;
mod wrapped;

use std::process::Output;

use anchorite::ledger::layout;
use anchorite::x509::public_key::SignatureAlgorithm;
use held::{Folder, Held, KINDS, Kind};

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Every judge of a folder, with its words.
fn judges(held: &Held, folder: &Folder) -> Vec<(String, Output)> {
    let mut all = vec![
        ("verify".to_owned(), held.verify(folder)),
        ("verify.sh".to_owned(), held.script(folder)),
    ];
    for (name, commands) in pages::seals(held) {
        all.push((name.to_owned(), held.paste(&commands, &folder.place)));
    }
    if held.algorithm != SignatureAlgorithm::Ed25519 {
        all.push(("possession".to_owned(), pages::possession(held, folder)));
    }
    all
}

fn nobody_signs_for_a_root(kind: &Kind) {
    let held = Held::of(kind);
    let good = held.copy();
    for (judge, output) in judges(&held, &good) {
        assert_eq!(output.status.code(), Some(0), "{judge}: {}", said(&output));
    }
    let output = held.paste(&pages::sums(), &good.place);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let mut faults = String::new();
    for (name, deed) in signers::forgeries(&held) {
        let folder = held.changed();
        let output = held.paste(&pages::sums(), &folder.place);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        deed(&held, &folder);
        let is_seal = folder.read(layout::SEAL).is_ascii();
        for (judge, output) in judges(&held, &folder) {
            let words = said(&output);
            // All else is in order: it must be the signature that is refused.
            let place = match judge.as_str() {
                "verify" if is_seal => only_the_signature(&words),
                "verify.sh" if is_seal => words.contains("REFUSED  SEAL.txt."),
                _ => true,
            };
            if output.status.success() || !place {
                faults += &format!("{name}: {judge}: {:?}: {words}\n", output.status.code());
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// Whether no other rule is broken than the one about the signature.
fn only_the_signature(words: &str) -> bool {
    let mut broken = words
        .lines()
        .filter_map(|line| line.strip_prefix("REFUSED  "))
        .peekable();
    broken.peek().is_some() && broken.all(|line| line.starts_with("VERIFY-SIGNATURE"))
}

#[test]
fn nobody_signs_for_a_p256_root() {
    nobody_signs_for_a_root(&KINDS[0]);
}

#[test]
fn nobody_signs_for_a_p384_root() {
    nobody_signs_for_a_root(&KINDS[1]);
}

#[test]
fn nobody_signs_for_a_p521_root() {
    nobody_signs_for_a_root(&KINDS[2]);
}

#[test]
fn nobody_signs_for_an_rsa_root() {
    nobody_signs_for_a_root(&KINDS[3]);
}

#[test]
fn nobody_signs_for_a_pss_root() {
    nobody_signs_for_a_root(&KINDS[4]);
}

#[test]
fn nobody_signs_for_an_ed25519_root() {
    nobody_signs_for_a_root(&KINDS[5]);
}

/// From 2050 on a signing time has four digits of the year, and one more octet tells so.
#[test]
fn a_seal_of_2051_is_taken() {
    for kind in [&KINDS[1], &KINDS[5]] {
        let held = Held::at(kind, "2051-03-01T09:00:00Z");
        let good = held.copy();
        for output in [held.verify(&good), held.script(&good)] {
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        }
    }
}

/// The same signature, wrapped in another way: both refuse it, whatever openssl says.
#[test]
fn a_signature_has_one_wrapping() {
    for kind in [&KINDS[1], &KINDS[3], &KINDS[4]] {
        let held = Held::of(kind);
        for (name, wrap) in wrapped::WRAPPINGS {
            let folder = held.copy();
            let envelope = wrapped::good(&held, &folder);
            folder.write(layout::ROOT_SIGNATURE, wrap(&held, envelope));
            for output in [held.verify(&folder), held.script(&folder)] {
                let words = said(&output);
                assert_eq!(output.status.code(), Some(1), "{name}: {words}");
                assert!(words.contains("SEAL.txt.root.p7s"), "{name}: {words}");
            }
        }
    }
}

#[test]
fn what_does_not_belong_is_refused_by_both() {
    let held = Held::of(&KINDS[1]);
    let mut faults = String::new();
    for (name, deed, place) in beside::REFUSED {
        let mut folder = held.copy();
        deed(&mut folder);
        for (judge, output) in [
            ("verify", held.verify(&folder)),
            ("verify.sh", held.script(&folder)),
        ] {
            let words = said(&output);
            if output.status.code() != Some(1) || !words.contains(place) {
                faults += &format!("{name}: {judge}: {words}\n");
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// Nobody judges by rules that came after him, and nobody calls such a seal right.
#[test]
fn what_is_of_a_later_edition_is_not_checked() {
    let held = Held::of(&KINDS[1]);
    for (from, to) in [
        ("\nedition 1\n", "\nedition 99\n"),
        ("seal/0\n", "seal/99\n"),
    ] {
        let folder = held.copy();
        let seal = String::from_utf8(folder.read(layout::SEAL)).unwrap();
        assert!(seal.contains(from), "{seal}");
        folder.write(layout::SEAL, seal.replace(from, to));
        for output in [held.verify(&folder), held.script(&folder)] {
            let words = said(&output);
            assert_eq!(output.status.code(), Some(8), "{words}");
            assert!(words.contains("NOT CHECKED: this ceremony"), "{words}");
        }
    }
}

#[test]
fn what_is_reserved_is_named_and_never_called_right() {
    let held = Held::of(&KINDS[1]);
    let folder = held.copy();
    for name in beside::RESERVED {
        folder.write(name, "whatever");
    }
    for output in [held.verify(&folder), held.script(&folder)] {
        let words = said(&output);
        assert_eq!(output.status.code(), Some(0), "{words}");
        let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
        for name in beside::RESERVED {
            let told = format!("{name} is covered by nothing, and was not looked at");
            assert!(flat.contains(&told), "{name}: {words}");
            let right = |line: &str| line.starts_with("ok") && line.contains(name);
            assert!(!words.lines().any(right), "{name}: {words}");
        }
    }
}
