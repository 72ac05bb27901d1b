//! Where a ceremony must stop, what it has signed by then, and that it goes on after.

use anchorite::audit::Verdict;
use anchorite::ceremony::CeremonyError;
use anchorite::ledger::register::Certainty;
use anchorite::ports::{PinTries, Store as _, TokenError};

use crate::play::ceremony::{FIRST, LATER, first_job, job, listed, webtrust};
use crate::play::ports::{Crash, Manner};
use crate::play::token::Faults;
use crate::play::world::{Session, Setting, World};
use crate::{SEALED, every_intent_was_approved, list_later, root_alone, whole};

fn with(faults: Faults) -> (World, Session) {
    let mut world = World::new();
    let setting = Setting {
        faults,
        ..Setting::default()
    };
    let session = world.run(&first_job(FIRST, 1), false, &setting);
    (world, session)
}

#[test]
fn a_bad_key_signs_nothing() {
    for (name, value, id) in [
        ("CKA_SENSITIVE", "false", "KEY-SENSITIVE"),
        ("CKA_PRIVATE_EXPONENT", "READABLE", "KEY-SENSITIVE"),
        ("CKA_EXTRACTABLE", "true", "KEY-EXTRACTABLE"),
        ("CKA_NEVER_EXTRACTABLE", "false", "KEY-EXTRACTABLE"),
        ("CKA_LOCAL", "false", "KEY-LOCAL"),
        ("CKA_DECRYPT", "true", "KEY-SIGN-ONLY"),
        ("CKA_UNWRAP", "true", "KEY-SIGN-ONLY"),
        ("CKA_DERIVE", "true", "KEY-SIGN-ONLY"),
        ("CKA_SIGN", "false", "KEY-SIGN-ONLY"),
        ("CKA_MODIFIABLE", "true", "KEY-FIXED"),
        ("CKA_MODIFIABLE", "absent", "KEY-FIXED"),
    ] {
        let (world, session) = with(Faults {
            attribute: Some((name, value)),
            ..Faults::default()
        });
        assert_eq!(session.refusal(), id, "{name}={value}");
        assert_eq!(world.hardware.borrow().signatures.len(), 0);
    }
    let twins = Faults {
        twins: true,
        ..Faults::default()
    };
    assert_eq!(with(twins).1.refusal(), "KEY-UNIQUE");
    let other = Faults {
        other_type: true,
        ..Faults::default()
    };
    assert_eq!(with(other).1.refusal(), "KEY-SPKI");
    let locked = Faults {
        tries: Some(PinTries::Locked),
        ..Faults::default()
    };
    let (world, session) = with(locked);
    assert!(matches!(
        session.error(),
        CeremonyError::Token(TokenError::PinLocked)
    ));
    assert_eq!(
        world.names(),
        [""; 0],
        "nothing is written before the login"
    );
}

#[test]
fn a_wrong_signature_is_kept_nowhere() {
    let (mut world, session) = with(Faults {
        wrong_signature: true,
        ..Faults::default()
    });
    assert_eq!(session.refusal(), "ISSUED-SIGNATURE");
    let open = world.open_folder().unwrap();
    let octets = anchorite::digest::hex(&world.hardware.borrow().signatures[0].octets);
    let transcript = String::from_utf8(world.bytes(&format!("{open}/transcript.jsonl"))).unwrap();
    assert!(!transcript.contains(&octets));
    assert!(!transcript.contains("\"type\":\"signed\""));
    assert_eq!(
        world.store.disk.borrow().names(&format!("{open}/out")),
        [""; 0]
    );
    // With a token that is well again, the same body is signed.
    assert!(world.plain(&first_job(FIRST, 2), true).result.is_ok());
    let hardware = world.hardware.borrow();
    assert_eq!(
        hardware.signatures[0].message,
        hardware.signatures[1].message
    );
}

#[test]
fn random_numbers_that_repeat_are_refused() {
    let stuck = Setting {
        faults: Faults {
            stuck: true,
            ..Faults::default()
        },
        stuck: true,
        ..Setting::default()
    };
    let mut world = World::new();
    let session = world.run(&first_job(FIRST, 1), false, &stuck);
    assert_eq!(session.refusal(), "TBS-SERIAL");
    assert_eq!(
        world.hardware.borrow().signatures.len(),
        1,
        "the root alone"
    );
    // Within one list, under a root of another day: not even one of them.
    let mut world = whole(&root_alone());
    let later = job(&list_later(), world.view(), 2);
    let before = world.hardware.borrow().signatures.len();
    assert_eq!(world.run(&later, false, &stuck).refusal(), "TBS-SERIAL");
    assert_eq!(world.hardware.borrow().signatures.len(), before);
    assert!(world.plain(&later, true).result.is_ok());
}

#[test]
fn wrong_words_three_times_sign_nothing_more() {
    let asked = World::new().plain(&first_job(FIRST, 1), false).asked;
    for manner in [Manner::WrongFrom, Manner::EmptyFrom] {
        for (k, question) in (2..).zip(&asked[1..]) {
            let mut world = World::new();
            let setting = Setting {
                manner: manner(k),
                ..Setting::default()
            };
            let session = world.run(&first_job(FIRST, 1), false, &setting);
            assert!(
                matches!(session.error(), CeremonyError::NotApproved(_)),
                "{question}"
            );
            assert_eq!(session.asked.len(), k + 2, "{question}: three tries");
            let approved = asked[..k - 1].iter().filter(|id| *id == "approve").count();
            assert_eq!(
                world.hardware.borrow().signatures.len(),
                approved,
                "{question}"
            );
            assert!(
                world.plain(&first_job(FIRST, 2), true).result.is_ok(),
                "{question}"
            );
            every_intent_was_approved(&world, SEALED);
        }
    }
    // One slip is not the end.
    let mut world = World::new();
    let slip = Setting {
        manner: Manner::WrongAt(5),
        ..Setting::default()
    };
    assert!(world.run(&first_job(FIRST, 1), false, &slip).result.is_ok());
}

#[test]
fn stopped_at_each_question_and_resumed() {
    for source in [FIRST.to_owned(), listed()] {
        let asked = World::new().plain(&first_job(&source, 1), false).asked;
        for k in 1..=asked.len() {
            for manner in [Manner::StopAt(k), Manner::InterruptAfter(k)] {
                let mut world = World::new();
                let setting = Setting {
                    manner,
                    ..Setting::default()
                };
                let session = world.run(&first_job(&source, 1), false, &setting);
                if session.result.is_ok() {
                    // After the last signature there is nothing left to interrupt.
                    assert_eq!(manner, Manner::InterruptAfter(asked.len()));
                    continue;
                }
                assert!(
                    matches!(session.error(), CeremonyError::Stopped),
                    "{manner:?}"
                );
                world.crash(Crash::Dropped);
                let resume = world.open_folder().is_some();
                assert_eq!(resume, manner != Manner::StopAt(1), "{manner:?}");
                assert!(
                    world.plain(&first_job(&source, 2), resume).result.is_ok(),
                    "{manner:?}"
                );
                every_intent_was_approved(&world, SEALED);
                let hardware = world.hardware.borrow();
                assert_eq!(hardware.violations, [""; 0]);
                assert_eq!(
                    (hardware.generated, hardware.signatures.len()),
                    (1, 5),
                    "{manner:?}"
                );
            }
        }
    }
}

#[test]
fn a_body_that_waited_a_night_for_its_approval_is_not_signed() {
    let asked = World::new().plain(&first_job(FIRST, 1), false).asked;
    for k in (1..=asked.len()).filter(|k| asked[k - 1] == "approve") {
        for (hours, fresh) in [(22, true), (24, false)] {
            let mut world = World::new();
            let setting = Setting {
                manner: Manner::AwayAt(k, hours * 3600),
                ..Setting::default()
            };
            let session = world.run(&first_job(FIRST, 1), false, &setting);
            if fresh {
                assert!(session.result.is_ok(), "{k}: {hours} hours");
                continue;
            }
            let crl = k == asked.len() - 1;
            let id = if crl { "CRL-DATES" } else { "TBS-VALIDITY" };
            assert_eq!(session.refusal(), id, "{k}");
            assert!(
                world.plain(&first_job(FIRST, 2), true).result.is_ok(),
                "{k}"
            );
        }
    }
}

/// The approved bytes are signed, whenever the ceremony goes on.
#[test]
fn resumed_two_days_later() {
    let calls = World::new().plain(&first_job(FIRST, 1), false).token_calls;
    for (n, _) in (1..).zip(&calls).filter(|(_, call)| *call == "C_Sign") {
        let mut world = World::new();
        let setting = Setting {
            faults: Faults {
                dies_after: Some(n),
                ..Faults::default()
            },
            ..Setting::default()
        };
        assert!(
            world
                .run(&first_job(FIRST, 1), false, &setting)
                .result
                .is_err()
        );
        world.crash(Crash::Dropped);
        world.clock.0.set(world.clock.0.get() + 48 * 3600);
        let resumed = world.plain(&first_job(FIRST, 2), true);
        assert!(resumed.result.is_ok(), "call {n}");
        let root = world.view().root.unwrap();
        let report = world.verify(SEALED, &root);
        let broken = report.first_broken();
        assert_eq!(report.verdict, Verdict::Verified, "call {n}: {broken:?}");
    }
}

#[test]
fn webtrust_takes_a_new_serial_and_lists_the_old_one() {
    let source = webtrust(FIRST);
    let calls = World::new()
        .plain(&first_job(&source, 1), false)
        .token_calls;
    let signs: Vec<usize> = (1..)
        .zip(&calls)
        .filter(|(_, call)| *call == "C_Sign")
        .map(|(n, _)| n)
        .collect();
    for (at, n) in signs.iter().enumerate() {
        let mut world = World::new();
        let setting = Setting {
            faults: Faults {
                dies_after: Some(*n),
                ..Faults::default()
            },
            ..Setting::default()
        };
        assert!(
            world
                .run(&first_job(&source, 1), false, &setting)
                .result
                .is_err()
        );
        world.crash(Crash::Dropped);
        let resumed = world.plain(&first_job(&source, 2), true);
        assert!(resumed.result.is_ok(), "signature {at}");
        every_intent_was_approved(&world, SEALED);
        let view = world.view();
        let possibly = view
            .register
            .issued
            .iter()
            .filter(|one| one.certainty == Certainty::PossiblySigned);
        assert_eq!(possibly.count(), usize::from(at < 3), "signature {at}");
        assert_eq!(view.register.crls.len(), 1, "signature {at}");
        let later = job(LATER, view, 3);
        assert!(world.plain(&later, false).result.is_ok(), "signature {at}");
    }
}

/// Whatever a folder is called: what holds more than is ever laid out is not taken away.
#[test]
fn a_run_takes_away_what_it_lays_out_and_nothing_else() {
    let mut world = World::new();
    assert!(world.plain(&first_job(FIRST, 1), false).result.is_ok());
    let later = job(LATER, world.view(), 2);
    let signed = world.hardware.borrow().signatures.len();
    let hidden = "0002-later.new";
    for folder in [hidden, "0002-later.new/in"] {
        world.store.make_folder(folder).unwrap();
    }
    for path in ["0002-later.new/in/a.csr", "0002-later.new/SEAL.txt"] {
        world.store.create(path, b"x").unwrap();
    }
    let before = world.store.disk.borrow().files_below("");
    let session = world.plain(&later, false);
    let CeremonyError::Ledger(words) = session.error() else {
        panic!("{}", session.error());
    };
    assert!(words.starts_with("0002-later.new: it holds SEAL.txt, and nothing lays that out"));
    assert_eq!(world.store.disk.borrow().files_below(""), before);
    assert_eq!(world.hardware.borrow().signatures.len(), signed);
    // Without it the folder is what a run left that died early.
    world.store.remove("0002-later.new/SEAL.txt").unwrap();
    assert!(world.plain(&later, false).result.is_ok());
    assert_eq!(world.names(), [SEALED, "0002-later"]);
}
