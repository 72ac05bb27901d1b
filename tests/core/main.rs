//! Whole ceremonies on stand-ins for the ports: what they produce, what they refuse, and that
//! nothing is signed unapproved.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[allow(dead_code, reason = "each test crate uses its part")]
mod play;

use std::collections::BTreeMap;

use anchorite::ceremony::CeremonyError;
use anchorite::ledger::entry::Event;
use anchorite::ledger::register::Certainty;
use anchorite::ledger::seal::Seal;
use anchorite::ports::{PinTries, TokenError};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use play::ceremony::{FIRST, LATER, first_job, job, listed, mounts, subject};
use play::ports::{Crash, Manner};
use play::products::{judge_chain, out_files, rcgen_crl, rcgen_intermediate, rcgen_root, signed};
use play::token::Faults;
use play::world::{Session, Setting, World};

const SEALED: &str = "0001-acme-root";

fn products(world: &World, folder: &str) -> BTreeMap<String, Vec<u8>> {
    signed(&world.entries(folder), |path| {
        world.bytes(&format!("{folder}/{path}"))
    })
}

/// A root and a CRL alone.
fn root_alone() -> String {
    let start = FIRST.find("[[step]]\nid = \"etcd\"").unwrap();
    let end = FIRST.find("[[step]]\nid = \"crl\"").unwrap();
    format!("{}{}", &FIRST[..start], &FIRST[end..])
}

/// Two requests in a list under an existing root.
fn list_later() -> String {
    let all = listed();
    let start = all.find("[[step]]\nid = \"clusters\"").unwrap();
    let end = all.find("[[step]]\nid = \"crl\"").unwrap();
    let head = &LATER[..LATER.find("[[step]]").unwrap()];
    format!("{head}{}", &all[start..end])
}

/// Runs a first ceremony to its end and judges its chains and files.
fn whole(source: &str) -> World {
    let mut world = World::new();
    let job = first_job(source, 1);
    let session = world.plain(&job, false);
    if let Err(failure) = session.result {
        panic!("{}", failure.error);
    }
    assert_eq!(world.hardware.borrow().violations, [""; 0]);
    every_intent_was_approved(&world, SEALED);
    let objects = products(&world, SEALED);
    let root = Certificate::from_der(&objects["root"]).unwrap();
    for one in job.prepared.plan.intermediates() {
        let mount = mounts().iter().find(|mount| mount.mount == one.mount);
        let at = world.clock.0.get();
        let crl = objects.get("crl").map(Vec::as_slice);
        let der = &objects[&one.product.name];
        judge_chain(&root.der, der, &mount.unwrap().key, crl, at);
    }
    let files = world
        .store
        .disk
        .borrow()
        .files_below(&format!("{SEALED}/out"));
    assert!(files == out_files(&job.prepared.plan, &root, &objects));
    world
}

fn every_intent_was_approved(world: &World, folder: &str) {
    let entries = world.entries(folder);
    for (at, entry) in entries.iter().enumerate() {
        let Ok(Event::SignIntended {
            product,
            again_of: None,
            ..
        }) = &entry.event
        else {
            continue;
        };
        let approved = entries[..at].iter().any(|earlier| {
            earlier.step == entry.step
                && matches!(&earlier.event, Ok(Event::Answer { id, accepted: true, .. }) if id == "approve")
        });
        assert!(approved, "{product} was not approved");
    }
}

/// Numbers long hex in the order of its appearance: keys and signatures differ each time.
fn redacted(text: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() || ('a'..='f').contains(&c) {
            run.push(c);
            continue;
        }
        if run.len() >= 20 {
            let at = seen.iter().position(|one| *one == run).unwrap_or_else(|| {
                seen.push(run.clone());
                seen.len() - 1
            });
            out.push_str(&format!("<hex {at}>"));
        } else {
            out.push_str(&run);
        }
        run.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// The words of an approval follow from keys that differ each time.
fn without_words(transcript: &str) -> String {
    let lines = transcript.lines().map(|line| {
        let approval = line.contains("\"id\":\"approve\"") || line.contains("\"id\":\"begin\"");
        match line.split_once("\"value\":\"") {
            Some((head, rest)) if approval => {
                let tail = rest.split_once('"').unwrap().1;
                format!("{head}\"value\":\"<words>\"{tail}")
            }
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_transcript_and_the_pages() {
    let mut world = World::new();
    let session = world.plain(&first_job(FIRST, 1), false);
    assert!(session.result.is_ok());
    let transcript = String::from_utf8(world.bytes(&format!("{SEALED}/transcript.jsonl"))).unwrap();
    insta::assert_snapshot!("transcript", redacted(&without_words(&transcript)));
    insta::assert_snapshot!("pages", redacted(&session.pages.concat()));
}

#[test]
fn our_bodies_are_rcgens_byte_for_byte() {
    let world = whole(FIRST);
    let objects = products(&world, SEALED);
    let root = Certificate::from_der(&objects["root"]).unwrap();
    let root_name = || subject("Acme Root G1");
    assert_eq!(root.tbs, rcgen_root(&root.fields, root_name()));
    for (product, mount) in [("etcd", 0), ("apps", 1)] {
        let one = Certificate::from_der(&objects[product]).unwrap();
        let name = subject(mounts()[mount].name);
        let theirs = rcgen_intermediate(&one.fields, name, &root.fields, root_name());
        assert_eq!(one.tbs, theirs, "{product}");
    }
    let crl = Crl::from_der(&objects["crl"]).unwrap();
    assert_eq!(crl.tbs, rcgen_crl(&crl.fields, &root.fields, root_name()));
}

#[test]
fn the_seal_says_what_happened() {
    let world = whole(FIRST);
    let text = world.bytes(&format!("{SEALED}/SEAL.txt"));
    let seal = Seal::from_text(&text).unwrap();
    let objects = products(&world, SEALED);
    let crl = Crl::from_der(&objects["crl"]).unwrap();
    assert!(seal.completed && !seal.rehearsal);
    assert_eq!((seal.signatures_asked, seal.signatures_kept), (4, 4));
    assert_eq!(seal.next_crl, Some(crl.fields.next_update));
    assert!(world.file(&format!("{SEALED}/SEAL.txt.root.p7s")).is_some());
    let unsealed = whole(&format!("{FIRST}\n[seal]\nroot = \"none\"\n"));
    assert!(
        unsealed
            .file(&format!("{SEALED}/SEAL.txt.root.p7s"))
            .is_none()
    );
    assert_eq!(unsealed.hardware.borrow().signatures.len(), 4);
}

#[test]
fn lists_other_keys_and_policies() {
    whole(&listed());
    whole(&FIRST.replace("ec:P-384", "ec:P-256"));
    whole(&FIRST.replace("ec:P-384", "rsa:4096"));
    let strict = format!("policy = \"webtrust\"\n{}", listed());
    let world = whole(&strict);
    // One approval for each signature, also within a list.
    let entries = world.entries(SEALED);
    let approvals = entries.iter().filter(
        |entry| matches!(&entry.event, Ok(Event::Answer { id, accepted: true, .. }) if id == "approve"),
    );
    assert_eq!(approvals.count(), 4);
}

#[test]
fn a_later_ceremony_continues_the_register() {
    let mut world = whole(FIRST);
    let later = job(LATER, world.view(), 2);
    assert!(world.plain(&later, false).result.is_ok());
    let view = world.view();
    assert_eq!(view.register.issued.len(), 4);
    let numbers: Vec<u64> = view.register.crls.iter().map(|crl| crl.number).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(
        view.register
            .issued
            .iter()
            .all(|one| one.certainty == Certainty::Signed)
    );
    let objects = products(&world, "0002-later");
    let root = view.root.unwrap();
    let at = world.clock.0.get();
    judge_chain(
        &root.der,
        &objects["later"],
        &mounts()[2].key,
        Some(&objects["crl"]),
        at,
    );
    assert_eq!(world.hardware.borrow().generated, 1);
    // A plan for the ledger as it was is refused.
    let again = world.plain(&later, false);
    assert!(matches!(again.error(), CeremonyError::WrongLedger(_)));
}

#[test]
fn an_open_ceremony_bars_every_other_one() {
    let mut world = World::new();
    let job = first_job(FIRST, 1);
    let nothing = world.plain(&job, true);
    assert!(matches!(nothing.error(), CeremonyError::NothingOpen));
    let stop = Setting {
        manner: Manner::StopAt(4),
        ..Setting::default()
    };
    assert!(world.run(&job, false, &stop).result.is_err());
    assert!(matches!(
        world.plain(&job, false).error(),
        CeremonyError::Open(_)
    ));
    let other = first_job(&FIRST.replace("id = \"acme-root\"", "id = \"other\""), 1);
    let refused = world.plain(&other, true);
    assert!(matches!(
        refused.error(),
        CeremonyError::OtherCeremony { .. }
    ));
    let changed = first_job(&FIRST.replace("20y", "15y"), 1);
    let refused = world.plain(&changed, true);
    assert!(matches!(
        refused.error(),
        CeremonyError::OtherCeremony { .. }
    ));
    assert!(world.plain(&job, true).result.is_ok());
}

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
            // A CRL's thisUpdate may lie back: nobody takes it for newer than it is.
            let crl = k == asked.len() - 1;
            if fresh || crl {
                assert!(session.result.is_ok(), "{k}: {hours} hours");
                continue;
            }
            assert_eq!(session.refusal(), "TBS-VALIDITY", "{k}");
            assert!(
                world.plain(&first_job(FIRST, 2), true).result.is_ok(),
                "{k}"
            );
        }
    }
}

#[test]
fn webtrust_takes_a_new_serial_and_lists_the_old_one() {
    let source = format!("policy = \"webtrust\"\n{FIRST}");
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

#[test]
fn two_processes_cannot_have_one_ledger() {
    use anchorite::host::{DiskStore, StoreRules};
    use anchorite::ports::{Store, StoreError};
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let mut first = DiskStore::open(&ledger, StoreRules::Rehearsal).unwrap();
    let second = DiskStore::open(&ledger, StoreRules::Rehearsal);
    assert!(matches!(second, Err(StoreError::Locked { .. })));
    assert!(first.list("").unwrap().is_empty());
    drop(first);
    assert!(DiskStore::open(&ledger, StoreRules::Rehearsal).is_ok());
}
