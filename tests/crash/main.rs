//! Every crash there can be: the program dies before each of its calls to the disk and after
//! each of its calls to the token, the disk drops, keeps, tears or zeroes what was not synced,
//! and the ceremony is resumed, or given up.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "../play/mod.rs"]
mod play;

mod every_call;
mod judge;
mod life;

use std::rc::Rc;

use anchorite::ceremony::CeremonyError;
use anchorite::ceremony::run::Job;
use anchorite::ports::{PinTries, TokenError};

use judge::{judge, judge_aborted};
use play::ceremony::{LATER, first_job, job, listed};
use play::ports::Crash;
use play::token::Faults;
use play::world::{Session, Setting, World};

const SEALED: &str = "0001-acme-root";

/// The jobs of one ceremony's sessions; each finds the laptop a little different.
struct Jobs(Vec<Job>);

impl Jobs {
    fn new() -> Self {
        // P-256: the fastest curve by far, and there are thousands of signatures to verify.
        Self::under("ec:P-256")
    }

    fn under(key: &str) -> Self {
        let source = listed().replace("ec:P-384", key);
        Self((1..=3).map(|session| first_job(&source, session)).collect())
    }
}

/// What a message on a failed assertion begins with.
type Spot<'a> = std::fmt::Arguments<'a>;

/// Starts or resumes, whichever the disk asks for, until the ceremony is sealed.
fn finish(world: &mut World, jobs: &Jobs, session: usize, spot: Spot<'_>) {
    if world.names() == [SEALED] {
        return;
    }
    let resume = world.open_folder().is_some();
    let last = world.plain(&jobs.0[session], resume);
    if let Err(failure) = &last.result {
        panic!("{spot}: the ceremony does not end: {}", failure.error);
    }
}

/// A run without any crash, for its counts.
fn clean(jobs: &Jobs) -> Session {
    let mut world = World::new();
    let session = world.plain(&jobs.0[0], false);
    assert!(session.result.is_ok());
    judge(&mut world, &jobs.0[0], format_args!("no crash"));
    session
}

/// Dies before each call to the disk, and resumes.
fn at_every_store_call(how: Crash, jobs: &Jobs) {
    let clean = clean(jobs);
    let calls = clean.store_calls;
    // Once before each call, and in the other ways before each that changes anything.
    let spots = match how {
        Crash::Dropped => (1..=calls.len()).collect(),
        _ => clean.store_changes,
    };
    for n in spots {
        let spot = format!("{how:?} at {n}, {}", calls[n - 1]);
        let mut world = World::new();
        let setting = Setting {
            dies_at: Some(n),
            ..Setting::default()
        };
        let dead = world.run(&jobs.0[0], false, &setting);
        if n < calls.len() {
            assert!(dead.result.is_err(), "{spot}");
        }
        world.crash(how);
        finish(&mut world, jobs, 1, format_args!("{spot}"));
        judge(&mut world, &jobs.0[0], format_args!("{spot}"));
    }
}

#[test]
fn the_power_goes_and_all_unsynced_is_dropped() {
    at_every_store_call(Crash::Dropped, &Jobs::new());
}

#[test]
fn the_program_dies_and_everything_survives() {
    at_every_store_call(Crash::Kept, &Jobs::new());
}

#[test]
fn the_power_goes_and_files_are_torn() {
    at_every_store_call(Crash::Torn, &Jobs::new());
}

#[test]
fn the_power_goes_and_tails_are_zeros() {
    at_every_store_call(Crash::Zeros, &Jobs::new());
}

/// Its seal's signature is two files, and the second may be missing or torn.
#[test]
fn the_power_goes_under_an_ed25519_root() {
    let jobs = Jobs::under("ed25519");
    for how in [Crash::Kept, Crash::Torn] {
        at_every_store_call(how, &jobs);
    }
}

/// The resume dies too: at spots that move with the first one, so that in the end every part
/// of a resume has met a death.
fn twice(first: Crash, second: Crash) {
    let jobs = Jobs::new();
    let clean = clean(&jobs);
    let calls = clean.store_calls;
    for n in clean.store_changes.into_iter().step_by(5) {
        for part in 0..2 {
            let at = 5 + (n * 7 + part * 83) % 200;
            let spot = format!(
                "{first:?} at {n}, {}; then {second:?} at {at}",
                calls[n - 1]
            );
            let mut world = World::new();
            let dies = |dies_at| Setting {
                dies_at: Some(dies_at),
                ..Setting::default()
            };
            let _ = world.run(&jobs.0[0], false, &dies(n));
            world.crash(first);
            if world.names() != [SEALED] {
                let resume = world.open_folder().is_some();
                let _ = world.run(&jobs.0[1], resume, &dies(at));
                world.crash(second);
            }
            finish(&mut world, &jobs, 2, format_args!("{spot}"));
            judge(&mut world, &jobs.0[0], format_args!("{spot}"));
        }
    }
}

#[test]
fn the_resume_dies_after_a_death_and_then_the_power_goes() {
    twice(Crash::Kept, Crash::Dropped);
}

#[test]
fn the_power_goes_twice_and_files_are_torn_twice() {
    twice(Crash::Torn, Crash::Torn);
}

#[test]
fn the_power_goes_twice_in_two_ways() {
    twice(Crash::Zeros, Crash::Dropped);
}

/// Each call to the token fails, with every kind of error that fits.
#[test]
fn the_token_fails_at_each_of_its_calls() {
    let jobs = Jobs::new();
    let calls = clean(&jobs).token_calls;
    let errors = [
        TokenError::Failed {
            function: "C_Any".to_owned(),
            code: "CKR_DEVICE_ERROR".to_owned(),
        },
        TokenError::PinLocked,
        TokenError::WrongPin {
            tries: PinTries::Low,
        },
    ];
    for (n, call) in (1..).zip(&calls) {
        for error in &errors {
            let spot = format!("{error} at {n}, {call}");
            let mut world = World::new();
            let setting = Setting {
                faults: Faults {
                    fail_at: Some((n, error.clone())),
                    ..Faults::default()
                },
                ..Setting::default()
            };
            let failed = world.run(&jobs.0[0], false, &setting);
            match &failed.result {
                // What comes after the sealed name, note and logout, holds nothing up.
                Ok(_) => assert_eq!(world.names(), [SEALED], "{spot}"),
                Err(failure) => match &failure.error {
                    CeremonyError::Token(told) => assert_eq!(told, error, "{spot}"),
                    other => panic!("{spot}: {other}"),
                },
            }
            world.crash(Crash::Kept);
            finish(&mut world, &jobs, 1, format_args!("{spot}"));
            judge(&mut world, &jobs.0[0], format_args!("{spot}"));
        }
    }
}

/// The token has answered, and the program dies before it can say so.
#[test]
fn the_program_dies_right_after_each_call_to_the_token() {
    let jobs = Jobs::new();
    let calls = clean(&jobs).token_calls;
    for (n, call) in (1..).zip(&calls) {
        for how in Crash::ALL {
            let spot = format!("{how:?} after {n}, {call}");
            let mut world = World::new();
            let setting = Setting {
                faults: Faults {
                    dies_after: Some(n),
                    ..Faults::default()
                },
                ..Setting::default()
            };
            let dead = world.run(&jobs.0[0], false, &setting);
            // What comes after the sealed name, note and logout, holds nothing up.
            let sealed = world.names() == [SEALED];
            assert!(dead.result.is_err() || sealed, "{spot}");
            world.crash(how);
            finish(&mut world, &jobs, 1, format_args!("{spot}"));
            judge(&mut world, &jobs.0[0], format_args!("{spot}"));
            let signed = world.hardware.borrow().signatures.len();
            // The second of a batch takes the first along, whose result was not synced yet.
            let wanted = if call == "C_Sign" { 6..=7 } else { 5..=5 };
            assert!(wanted.contains(&signed), "{spot}: {signed} signatures");
        }
    }
}

/// Gives the ceremony up at each crash point, and goes on with the ledger where a root is.
fn given_up(how: Crash) {
    let jobs = Jobs::new();
    let clean = clean(&jobs);
    let calls = clean.store_calls;
    let mut followed = 0;
    let mut only_seal_missing = 0;
    for n in clean.store_changes {
        let spot = format!("{how:?} at {n}, {}", calls[n - 1]);
        let mut world = World::new();
        let setting = Setting {
            dies_at: Some(n),
            ..Setting::default()
        };
        let _ = world.run(&jobs.0[0], false, &setting);
        world.crash(how);
        let Some(open) = world.open_folder() else {
            let nothing = world.abort("acme-root");
            assert!(matches!(nothing, Err(CeremonyError::NothingOpen)), "{spot}");
            continue;
        };
        let aborted = match world.abort(&open) {
            Ok(aborted) => aborted,
            // All is done: only the token can end it, and it does.
            Err(CeremonyError::OnlySealMissing(_)) => {
                finish(&mut world, &jobs, 1, format_args!("{spot}"));
                judge(&mut world, &jobs.0[0], format_args!("{spot}"));
                only_seal_missing += 1;
                continue;
            }
            Err(error) => panic!("{spot}: {error}"),
        };
        assert_eq!(world.names(), [SEALED], "{spot}");
        judge_aborted(&mut world, &aborted, &spot);
        if follow(&mut world, &spot) {
            followed += 1;
        } else {
            begin_again(&mut world, &spot);
        }
    }
    assert!(followed > 50, "a root was there only {followed} times");
    assert!(
        only_seal_missing > 0,
        "no crash fell between the last entry and the seal"
    );
}

/// A later ceremony on the ledger, where its root is known.
fn follow(world: &mut World, spot: &str) -> bool {
    let view = world.view();
    if view.root.is_none() {
        return false;
    }
    let numbers: Vec<u64> = view.register.crls.iter().map(|crl| crl.number).collect();
    let later = job(LATER, view, 9);
    let done = world.plain(&later, false);
    if let Err(failure) = &done.result {
        panic!("{spot}: the later ceremony: {}", failure.error);
    }
    assert_eq!(world.names(), [SEALED, "0002-later"], "{spot}");
    // The verifier reads everything again: some of the worlds, the same ones each time.
    if judge::is_sampled(world) {
        let root = world.view().root.unwrap();
        world.is_verified(&root, spot);
    }
    let view = world.view();
    let last = view.register.last_crl().unwrap();
    assert!(numbers.iter().all(|number| *number < last.number), "{spot}");
    assert_eq!(world.hardware.borrow().violations, [""; 0], "{spot}");
    true
}

/// Before a root was signed: the same root is made again, on another token, and the ledger
/// verifies under it.
fn begin_again(world: &mut World, spot: &str) {
    world.hardware = Rc::default();
    let source = listed().replace("ec:P-384", "ec:P-256");
    let source = source.replace("id = \"acme-root\"", "id = \"acme-again\"");
    let again = job(&source, world.view(), 9);
    let done = world.plain(&again, false);
    if let Err(failure) = &done.result {
        panic!("{spot}: the corrected ceremony: {}", failure.error);
    }
    let root = world.view().root.unwrap();
    world.is_verified(&root, spot);
}

#[test]
fn given_up_after_the_power_went() {
    given_up(Crash::Dropped);
}

#[test]
fn given_up_after_the_program_died() {
    given_up(Crash::Kept);
}

#[test]
fn given_up_after_files_were_torn() {
    given_up(Crash::Torn);
}
