//! The second copy of a ledger: the same at every end, whatever died on the way, and refused
//! where it is not a copy.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "play/mod.rs"]
mod play;

#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "crash/judge.rs"]
mod judge;

use anchorite::ceremony::CeremonyError;
use anchorite::ceremony::mirror::{Difference, MirrorError};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::ports::{Store as _, StoreError};

use judge::judge;
use play::ceremony::{LATER, first_job, job, listed};
use play::ports::{Crash, TestStore};
use play::token::Faults;
use play::world::{Session, Setting, World};

const SEALED: &str = "0001-acme-root";
type Spot<'a> = std::fmt::Arguments<'a>;

fn first(session: u32) -> Job {
    first_job(&listed().replace("ec:P-384", "ec:P-256"), session)
}

fn mirrored() -> World {
    let mut world = World::new();
    world.mirror = Some(TestStore::new());
    world
}

/// Both hold the same, to the byte.
#[track_caller]
fn assert_same(world: &World, spot: &str) {
    let ours = world.store.disk.borrow().files_below("");
    let theirs = world.mirror.as_ref().unwrap().disk.borrow().files_below("");
    let names = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        files.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&ours), names(&theirs), "{spot}");
    assert!(ours == theirs, "{spot}: the bytes differ");
}

/// Both machines after a death; each medium in its own way.
fn crash(world: &mut World, ledger: Crash, mirror: Crash) {
    world.crash(ledger);
    world.mirror.as_mut().unwrap().after_crash(mirror);
}

/// Starts or resumes, until the ceremony is sealed.
fn finish(world: &mut World, session: u32) -> Option<Session> {
    if world.names() == [SEALED] {
        return None;
    }
    let resume = world.open_folder().is_some();
    Some(world.plain(&first(session), resume))
}

#[test]
fn both_are_the_same_after_every_death() {
    let mut clean = mirrored();
    assert!(clean.plain(&first(1), false).result.is_ok());
    assert_same(&clean, "no death");
    let calls = |store: &TestStore| store.calls.len();
    let counts = [calls(&clean.store), calls(clean.mirror.as_ref().unwrap())];
    for (which, count) in counts.into_iter().enumerate() {
        for n in (1..=count).filter(|n| n % 4 == which * 2) {
            let how = Crash::ALL[n / 4 % 4];
            let spot = format!("{how:?}, store {which} at {n}");
            let mut world = mirrored();
            let mut setting = Setting::default();
            if which == 0 {
                setting.dies_at = Some(n);
            } else {
                setting.mirror_dies_at = Some(n);
            }
            world.run(&first(1), false, &setting);
            crash(&mut world, how, how);
            let last = finish(&mut world, 2);
            if let Some(Err(failure)) = last.map(|session| session.result) {
                panic!("{spot}: {}", failure.error);
            }
            judge(&mut world, &first(1), format_args!("{spot}"));
            if world.standing().unwrap().lacks.is_empty() {
                assert_same(&world, &spot);
            } else {
                // It died between the two sealed names: the next run finds it.
                let later = job(LATER, world.view(), 3);
                assert!(world.plain(&later, false).result.is_ok(), "{spot}");
                assert_same(&world, &spot);
            }
        }
    }
}

/// The power goes, and each medium keeps another part of what was not synced. The mirror is
/// brought up to date, or it is refused as ahead or as another, and the ledger goes on alone.
#[test]
fn each_medium_loses_another_part() {
    let mut clean = mirrored();
    clean.plain(&first(1), false);
    let count = clean.store.calls.len();
    let (mut refused, mut swapped) = (0, 0);
    for n in (1..=count).step_by(4) {
        let mut world = mirrored();
        let setting = Setting {
            dies_at: Some(n),
            ..Setting::default()
        };
        world.run(&first(1), false, &setting);
        let ways = [
            (Crash::Dropped, Crash::Kept),
            (Crash::Torn, Crash::Zeros),
            (Crash::Zeros, Crash::Torn),
        ];
        let (ledger, mirror) = ways[n % 3];
        crash(&mut world, ledger, mirror);
        let spot = format!("{ledger:?} and {mirror:?} at {n}");
        match world.standing() {
            Ok(_) => {}
            Err(MirrorError::Refused(Difference::Ahead { .. })) => {
                refused += 1;
                // The newer one becomes the ledger, and the older one its mirror.
                let newer = world.mirror.take().unwrap();
                world.mirror = Some(std::mem::replace(&mut world.store, newer));
                if world.standing().is_err() {
                    world.mirror = None;
                } else {
                    swapped += 1;
                }
            }
            Err(MirrorError::Refused(Difference::OtherOpen { .. })) => {
                refused += 1;
                world.mirror = None;
            }
            Err(error) => panic!("{spot}: {error}"),
        }
        if let Some(Err(failure)) = finish(&mut world, 2).map(|session| session.result) {
            panic!("{spot}: {}", failure.error);
        }
        judge(&mut world, &first(1), format_args!("{spot}"));
    }
    assert!(refused > 0 && swapped > 0, "{refused} {swapped}");
}

/// Nothing is signed that the mirror does not know.
#[test]
fn the_intent_of_every_signature_is_in_the_mirror() {
    let mut clean = mirrored();
    let calls = clean.plain(&first(1), false).token_calls;
    let signatures = (1..).zip(&calls).filter(|(_, call)| *call == "C_Sign");
    for (n, _) in signatures {
        let mut world = mirrored();
        let faults = Faults {
            dies_after: Some(n),
            ..Faults::default()
        };
        let setting = Setting {
            faults,
            ..Setting::default()
        };
        world.run(&first(1), false, &setting);
        crash(&mut world, Crash::Dropped, Crash::Dropped);
        let mirror = world.mirror.as_ref().unwrap().disk.borrow();
        let open = format!("{SEALED}.open");
        let transcript = mirror
            .safe_file(&format!("{open}/transcript.jsonl"))
            .unwrap();
        let transcript = String::from_utf8(transcript).unwrap();
        for signature in &world.hardware.borrow().signatures {
            let known = if signature.message[0] == 0x31 {
                mirror.safe_file(&format!("{open}/SEAL.txt")).is_some()
            } else {
                transcript.contains(&Digest::of(&signature.message).to_string())
            };
            assert!(known, "call {n}");
        }
    }
}

#[test]
fn a_mirror_that_is_pulled_stops_before_the_next_signature() {
    let mut clean = mirrored();
    clean.plain(&first(1), false);
    let count = clean.mirror.as_ref().unwrap().calls.len();
    for n in (1..=count).step_by(7) {
        let mut world = mirrored();
        let setting = Setting {
            mirror_dies_at: Some(n),
            mirror_alone: true,
            ..Setting::default()
        };
        let stopped = world.run(&first(1), false, &setting);
        let CeremonyError::Store(error) = stopped.error() else {
            panic!("{n}: {}", stopped.error());
        };
        assert!(matches!(error, StoreError::Mirror(_)), "{n}: {error}");
        let signed = world.hardware.borrow().signatures.len();
        // Without it, or with it where it is back.
        let mirror = world.mirror.take();
        if n % 2 == 0 {
            world.mirror = mirror;
            finish(&mut world, 2);
            if world.standing().unwrap().lacks.is_empty() {
                assert_same(&world, "it is back");
            }
        } else {
            finish(&mut world, 2);
            world.mirror = mirror;
            world.standing().unwrap();
        }
        assert!(signed <= world.hardware.borrow().signatures.len());
        judge(&mut world, &first(1), format_args!("pulled at {n}"));
    }
}

/// Two ceremonies in the ledger, and a mirror of both.
fn two() -> World {
    let mut world = mirrored();
    assert!(world.plain(&first(1), false).result.is_ok());
    let later = job(LATER, world.view(), 2);
    assert!(world.plain(&later, false).result.is_ok());
    assert_same(&world, "two ceremonies");
    world
}

fn words(world: &mut World) -> String {
    match world.standing() {
        Ok(standing) => standing.words(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_standing_has_its_words() {
    let mut world = two();
    assert_eq!(words(&mut world), "the mirror is the same as the ledger");

    let whole = world.mirror.replace(TestStore::new());
    assert_eq!(
        words(&mut world),
        "the mirror was empty, and was filled: 0001-acme-root, 0002-later"
    );
    let mut old = World::new();
    old.mirror = whole;
    let told = words(&mut old);
    assert!(told.starts_with("the mirror is ahead of the ledger: it holds ceremony 0001"));

    // Behind by one sealed ceremony, and by a signature that a person put beside a seal.
    let mut world = mirrored();
    world.plain(&first(1), false);
    let mirror = world.mirror.take();
    let later = job(LATER, world.view(), 2);
    world.plain(&later, false);
    let signature = "0001-acme-root/SEAL.txt.alice.sig";
    world.store.create(signature, b"-----BEGIN SSH").unwrap();
    world.mirror = mirror;
    let told = "the mirror lagged, and was brought up to date: 0001-acme-root, 0002-later";
    assert_eq!(words(&mut world), told);
    let third = LATER.replace("\"later\"\ntitle", "\"third\"\ntitle");
    let third = third.replace("mount = \"later\"\nrequest = \"later.csr\"\n", "");
    let start = third.find("[[step]]\nid = \"later\"").unwrap();
    let end = third.find("[[step]]\nid = \"crl\"").unwrap();
    let third = format!("{}{}", &third[..start], &third[end..]);
    let third = job(&third, world.view(), 3);
    assert!(world.plain(&third, false).result.is_ok());
    assert_same(&world, "brought up to date");

    let change = |world: &mut World, path: &str| {
        let mirror = world.mirror.as_mut().unwrap();
        mirror.crash_after(None);
        mirror.append(path, b"x").unwrap();
    };
    for path in ["0001-acme-root/out/root.pem", "0002-later/SHA256SUMS"] {
        let mut world = two();
        change(&mut world, path);
        let told =
            format!("the mirror differs from the ledger: {path} is not what its seal covers");
        assert_eq!(words(&mut world), told);
    }
    let mut world = two();
    change(&mut world, "0001-acme-root/SEAL.txt");
    let told = "the mirror differs from the ledger: the seal of 0001-acme-root is another one";
    assert_eq!(words(&mut world), told);

    let mut world = two();
    world.mirror.as_mut().unwrap().create("notes", b"").unwrap();
    assert_eq!(words(&mut world), "notes does not belong into a mirror");
}
