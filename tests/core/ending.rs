//! What tokens remember, copies of the key, and its end.

use std::rc::Rc;

use anchorite::audit::Verdict;
use anchorite::ceremony::CeremonyError;
use anchorite::ledger::post_seal::Destruction;
use anchorite::x509::certificate::Certificate;

use crate::play::ceremony::{FIRST, LATER, job, later};
use crate::play::ports::Manner;
use crate::play::token::{Faults, HardKey, Pair, good_attributes};
use crate::play::world::{Session, Setting, World};
use crate::{SEALED, products, whole};

const COPY: &str = "[[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"acme-copy\"\n";
const END: &str = "[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nfinal = true\n\n[[step]]\nid = \"end\"\ndo = \"destroy-key\"\n";

fn root(world: &World) -> Certificate {
    Certificate::from_der(&products(world, SEALED)["root"]).unwrap()
}

fn ends(world: &mut World, steps: &str, manner: Manner) -> Session {
    let job = job(&later("end", steps), world.view(), 1);
    let setting = Setting {
        manner,
        ..Setting::default()
    };
    world.run(&job, false, &setting)
}

fn state(world: &mut World) -> Option<Destruction> {
    world.view().end.map(|end| end.state)
}

fn verified(world: &mut World) -> String {
    let root = root(world);
    let report = world.verify_ledger(&root);
    assert_eq!(report.verdict, Verdict::Verified, "{report:#?}");
    format!("{:?}", report.ceremonies.last())
}

#[test]
fn an_old_ledger_is_refused_and_an_older_note_is_not() {
    let mut world = whole(FIRST);
    let one = world.hardware.borrow().notes.clone();
    assert_eq!(one.len(), 1);
    let old = world.store.disk.borrow().clone();
    let second = job(LATER, world.view(), 1);
    assert!(world.plain(&second, false).result.is_ok());
    let two = world.hardware.borrow().notes.clone();
    assert!(two.len() == 1 && two != one);

    // The older copy of the ledger, with the token as it is.
    let new = world.store.disk.replace(old);
    let third = job(
        &later("third", &LATER[LATER.find("[[step]]").unwrap()..]),
        world.view(),
        1,
    );
    let signatures = world.hardware.borrow().signatures.len();
    let refused = world.plain(&third, false);
    assert_eq!(refused.refusal(), "LEDGER-NOTE");
    assert!(refused.error().to_string().contains("2 ceremonies"));
    assert_eq!(world.names(), [SEALED], "nothing is written");
    assert_eq!(world.hardware.borrow().signatures.len(), signatures);

    // The newest ledger, with the note that a crash left behind.
    world.store.disk.replace(new);
    world.hardware.borrow_mut().notes = one;
    let crl = "[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n";
    assert!(ends(&mut world, crl, Manner::Paper).result.is_ok());
    let recorded = String::from_utf8(world.bytes("0003-end/transcript.jsonl")).unwrap();
    assert!(recorded.contains("LEDGER-NOTE") && recorded.contains("1 came after it"));
    verified(&mut world);
}

#[test]
fn a_token_without_a_note_is_told_and_gets_one() {
    let mut world = whole(FIRST);
    world.hardware.borrow_mut().notes.clear();
    let second = job(LATER, world.view(), 1);
    let session = world.plain(&second, false);
    assert!(session.pages.concat().contains("has no note"));
    assert_eq!(world.hardware.borrow().notes.len(), 1);
    assert!(session.result.unwrap().notices.is_empty());
}

#[test]
fn what_the_token_cannot_keep_spoils_nothing() {
    let mut world = whole(FIRST);
    let second = job(LATER, world.view(), 1);
    let calls = |world: &mut World, fail_at| {
        let setting = Setting {
            faults: Faults {
                fail_at,
                ..Faults::default()
            },
            ..Setting::default()
        };
        world.run(&second, false, &setting)
    };
    let disk = world.store.disk.borrow().clone();
    let clean = calls(&mut world, None);
    let at = clean
        .token_calls
        .iter()
        .position(|call| call == "C_CreateObject");
    world.store.disk.replace(disk);
    world.hardware.borrow_mut().notes.clear();
    let failed = anchorite::ports::TokenError::Failed {
        function: "C_CreateObject".to_owned(),
        code: "CKR_DEVICE_MEMORY".to_owned(),
    };
    let session = calls(&mut world, Some((at.unwrap() + 1, failed)));
    let done = session.result.unwrap();
    assert!(done.notices[0].contains("CKR_DEVICE_MEMORY"));
    verified(&mut world);
}

#[test]
fn a_copy_proves_itself() {
    let mut world = whole(FIRST);
    world.copy = Rc::clone(&world.hardware);
    let session = ends(&mut world, COPY, Manner::Paper);
    assert!(session.result.is_ok(), "{:?}", session.result);
    verified(&mut world);
    let copies = world.view().register.copies;
    assert_eq!(copies.len(), 1);
    assert_eq!(
        (&*copies[0].label, &*copies[0].serial),
        ("acme-copy", "0002")
    );
}

#[test]
fn what_is_no_copy_is_refused_in_its_own_words() {
    let mut world = whole(FIRST);
    let refused = |world: &mut World| {
        let disk = world.store.disk.borrow().clone();
        let session = ends(world, COPY, Manner::Paper);
        world.store.disk.replace(disk);
        (session.refusal(), session.error().to_string())
    };
    let (id, words) = refused(&mut world);
    assert!(
        id == "COPY-KEY" && words.contains("no private key"),
        "{words}"
    );
    world.copy.borrow_mut().keys.push(HardKey {
        id: anchorite::ports::KeyId(vec![1]),
        label: "acme-root-g1".to_owned(),
        pair: Rc::new(Pair::generate(anchorite::x509::public_key::RootKey::P384)),
        attributes: good_attributes(),
    });
    let (id, words) = refused(&mut world);
    assert!(id == "COPY-KEY" && words.contains("none of"), "{words}");
    world.copy = Rc::clone(&world.hardware);
    world.copy_serial = "0001";
    let (id, words) = refused(&mut world);
    assert!(
        id == "COPY-TOKEN" && words.contains("same token"),
        "{words}"
    );
}

#[test]
fn the_key_ends_after_its_seal_and_nothing_follows() {
    let mut world = whole(FIRST);
    let session = ends(&mut world, END, Manner::Paper);
    let pages = session.pages.concat();
    assert!(
        session.result.as_ref().is_ok_and(|done| done.destroyed),
        "{:?}",
        session.result
    );
    assert!(pages.contains("The root key is gone"), "{pages}");
    assert_eq!(world.hardware.borrow().keys.len(), 0);
    assert_eq!(state(&mut world), Some(Destruction::Done));
    let seal = String::from_utf8(world.bytes("0002-end/SEAL.txt")).unwrap();
    assert!(seal.ends_with("announces destruction of the root key\n"));
    let told = verified(&mut world);
    assert!(told.contains("was destroyed"), "{told}");
    let next = world.view().end.unwrap().refusal().to_string();
    assert!(next.contains("destroyed in ceremony 0002-end"), "{next}");
    assert!(matches!(world.end(), Err(CeremonyError::NothingOpen)));
}

#[test]
fn copies_are_named_when_the_key_ends() {
    let mut world = whole(FIRST);
    world.copy = Rc::clone(&world.hardware);
    let session = ends(&mut world, &format!("{COPY}\n{END}"), Manner::Paper);
    let pages = session.pages.concat();
    assert!(pages.contains("COPIES") && pages.contains("token acme-copy, serial 0002"));
    verified(&mut world);
}

#[test]
fn a_person_who_stops_keeps_the_key_and_can_go_on() {
    let mut world = whole(FIRST);
    let asked = {
        let mut other = whole(FIRST);
        ends(&mut other, END, Manner::Paper).asked.len()
    };
    // The last one: the second time that the label is typed.
    let session = ends(&mut world, END, Manner::StopAt(asked));
    let words = session.error().to_string();
    assert!(words.contains("0002-end is sealed"), "{words}");
    let deeds = session.result.unwrap_err().deeds.words();
    assert!(deeds.contains("the root key was not destroyed"), "{deeds}");
    assert_eq!(world.hardware.borrow().keys.len(), 1);
    assert_eq!(state(&mut world), Some(Destruction::Announced));
    assert!(verified(&mut world).contains("may still exist"));
    let refusal = world.view().end.unwrap().refusal().to_string();
    assert!(refusal.contains("announces"), "{refusal}");
    world.end().unwrap();
    assert_eq!(state(&mut world), Some(Destruction::Done));
    assert_eq!(world.hardware.borrow().keys.len(), 0);
    assert!(verified(&mut world).contains("was destroyed"));
}

/// What came after the seal is read, and every change of it is seen.
#[test]
fn a_changed_end_is_refused() {
    let mut world = whole(FIRST);
    assert!(ends(&mut world, END, Manner::Paper).result.is_ok());
    let path = "0002-end/post-seal.jsonl";
    let good = String::from_utf8(world.bytes(path)).unwrap();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();
    let root = root(&world);
    for (name, bad) in [
        ("first line gone", without(0)),
        ("an answer gone", without(2)),
        (
            "a byte",
            good.replacen("\"accepted\":true", "\"accepted\":truE", 1),
        ),
        ("more after it", format!("{good}{{")),
    ] {
        world.store.disk.borrow_mut().put(path, bad.as_bytes());
        let report = world.verify_ledger(&root);
        assert_eq!(report.verdict, Verdict::Refused, "{name}");
        assert!(format!("{report:?}").contains("VERIFY-POST-SEAL"), "{name}");
    }
    world.store.disk.borrow_mut().put(path, good.as_bytes());
    assert_eq!(world.verify_ledger(&root).verdict, Verdict::Verified);
    // A crash may have torn the last line: the end is told as not recorded, and can go on.
    let torn = &good[..good.len() - 5];
    world.store.disk.borrow_mut().put(path, torn.as_bytes());
    let report = world.verify_ledger(&root);
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(format!("{report:?}").contains("its answer is not recorded"));
    assert_eq!(state(&mut world), Some(Destruction::Asked));
    world.end().unwrap();
    world.store.disk.borrow_mut().put(path, good.as_bytes());
    // In a ceremony that announces nothing it has no place.
    world
        .store
        .disk
        .borrow_mut()
        .put("0001-acme-root/post-seal.jsonl", good.as_bytes());
    assert_eq!(world.verify_ledger(&root).verdict, Verdict::Refused);
}
