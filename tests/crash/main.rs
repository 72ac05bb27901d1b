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
mod play;

use std::collections::{BTreeMap, BTreeSet};

use anchorite::ceremony::CeremonyError;
use anchorite::ceremony::run::Job;
use anchorite::digest::{Digest, hex};
use anchorite::ledger::entry::{Entry, Event};
use anchorite::ledger::register::Certainty;
use anchorite::ledger::seal::Seal;
use anchorite::plan::SealMode;
use anchorite::plan::lock;
use anchorite::ports::{PinTries, TokenError};
use anchorite::x509::certificate::{Certificate, CertificateFields};
use anchorite::x509::cms;
use play::ceremony::{LATER, first_job, job, listed, mounts};
use play::ports::Crash;
use play::products::{judge_chain, out_files, signed};
use play::token::Faults;
use play::world::{Session, Setting, World};

const SEALED: &str = "0001-acme-root";

/// The jobs of one ceremony's sessions; each finds the laptop a little different.
struct Jobs(Vec<Job>);

impl Jobs {
    fn new() -> Self {
        // P-256: the fastest curve by far, and there are thousands of signatures to verify.
        let source = listed().replace("ec:P-384", "ec:P-256");
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

fn serial_of(body: &[u8]) -> Option<String> {
    Some(CertificateFields::from_tbs(body).ok()?.serial.to_string())
}

/// Everything that must hold at the end, whatever happened on the way.
fn judge(world: &mut World, job: &Job, spot: Spot<'_>) {
    assert_eq!(world.names(), [SEALED], "{spot}");
    let entries = world.entries(SEALED);
    judge_signatures(world, job, &entries, spot);
    judge_intents(&entries, spot);
    judge_folder(world, job, &entries, spot);
    let view = world.view();
    for (name, object) in signed(&entries, |path| world.bytes(&format!("{SEALED}/{path}"))) {
        let Ok(certificate) = Certificate::from_der(&object) else {
            continue;
        };
        let known = view.register.issued.iter().find(|one| one.product == name);
        let known = known.unwrap_or_else(|| panic!("{spot}: the register lacks {name}"));
        assert_eq!(known.serial, certificate.fields.serial, "{spot}");
        assert_eq!(known.certainty, Certainty::Signed, "{spot}");
    }
}

/// What the token did, against what the transcript says.
fn judge_signatures(world: &World, job: &Job, entries: &[Entry], spot: Spot<'_>) {
    let hardware = world.hardware.borrow();
    assert_eq!(hardware.violations, [""; 0], "{spot}");
    assert_eq!(hardware.generated, 1, "{spot}: keys generated");
    let ready: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Ok(Event::KeyReady { id, .. }) => Some(id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        ready,
        BTreeSet::from([hex(&hardware.keys[0].id.0).as_str()]),
        "{spot}"
    );
    let seal_text = world.bytes(&format!("{SEALED}/SEAL.txt"));
    let seal = Seal::from_text(&seal_text).unwrap();
    let algorithm = job.prepared.plan.root.signature_algorithm().unwrap();
    let mut bodies: BTreeMap<String, &[u8]> = BTreeMap::new();
    for signature in &hardware.signatures {
        if signature.message.first() == Some(&0x31) {
            let expected = cms::signed_attributes(&seal_text, algorithm, seal.ended);
            assert_eq!(signature.message, expected.0, "{spot}: another seal");
            continue;
        }
        let digest = Digest::of(&signature.message);
        let intended = entries.iter().any(
            |entry| matches!(&entry.event, Ok(Event::SignIntended { tbs_sha256, .. }) if *tbs_sha256 == digest),
        );
        assert!(intended, "{spot}: {digest} was signed without an intent");
        if let Some(serial) = serial_of(&signature.message) {
            let before = bodies.insert(serial.clone(), &signature.message);
            assert!(
                before.is_none_or(|body| body == signature.message),
                "{spot}: serial {serial} has two bodies"
            );
        }
    }
}

/// Intents that repeat another say so; all others were approved in their step.
fn judge_intents(entries: &[Entry], spot: Spot<'_>) {
    let mut seen: BTreeMap<&str, (u64, Digest)> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let Ok(Event::SignIntended {
            product,
            tbs_sha256,
            again_of,
            ..
        }) = &entry.event
        else {
            continue;
        };
        match (again_of, seen.get(product.as_str())) {
            (Some(n), Some((before, digest))) => {
                assert_eq!((n, tbs_sha256), (before, digest), "{spot}: {product}");
            }
            (None, None) => {
                let approved = entries[..at].iter().any(|earlier| {
                    earlier.step == entry.step
                        && matches!(&earlier.event, Ok(Event::Answer { id, accepted: true, .. }) if id == "approve")
                });
                assert!(approved, "{spot}: {product} was not approved");
            }
            other => panic!("{spot}: {product}: {other:?}"),
        }
        seen.insert(product, (entry.n, *tbs_sha256));
    }
}

/// The sealed folder: nothing half-written, nothing missing, everything in its sums.
fn judge_folder(world: &World, job: &Job, entries: &[Entry], spot: Spot<'_>) {
    let files = world.store.disk.borrow().files_below(SEALED);
    for path in files.keys() {
        assert!(!path.ends_with(".part"), "{spot}: {path}");
    }
    let seal = Seal::from_text(&files["SEAL.txt"]).unwrap();
    assert!(seal.completed, "{spot}");
    assert_eq!(seal.entries, entries.last().unwrap().n, "{spot}");
    assert_eq!(seal.sums, Digest::of(&files["SHA256SUMS"]), "{spot}");
    let sums = lock::read(std::str::from_utf8(&files["SHA256SUMS"]).unwrap()).unwrap();
    let covered: BTreeMap<&str, Digest> = sums
        .iter()
        .map(|line| (line.path.as_str(), line.sha256))
        .collect();
    for (path, bytes) in &files {
        match path.as_str() {
            "SHA256SUMS" | "SEAL.txt" | "SEAL.txt.root.p7s" => {}
            path => assert_eq!(
                covered.get(path),
                Some(&Digest::of(bytes)),
                "{spot}: {path}"
            ),
        }
    }
    for path in covered.keys() {
        assert!(files.contains_key(*path), "{spot}: {path} is missing");
    }
    for path in [
        "evidence/environment.json",
        "evidence/token.json",
        "VERIFY.txt",
    ] {
        assert!(files.contains_key(path), "{spot}: {path} is missing");
    }
    let objects = signed(entries, |path| files[path].clone());
    let root = Certificate::from_der(&objects["root"]).unwrap();
    if job.prepared.plan.seal == SealMode::Direct {
        let octets = cms::signature_of(&files["SEAL.txt.root.p7s"]).unwrap();
        let hardware = world.hardware.borrow();
        assert!(
            hardware
                .signatures
                .iter()
                .any(|one| one.octets == octets && one.message[0] == 0x31),
            "{spot}"
        );
    }
    let out: BTreeMap<String, Vec<u8>> = files
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("out/")?.to_owned(), bytes.clone())))
        .collect();
    let expected = out_files(&job.prepared.plan, &root, &objects);
    assert!(
        out == expected,
        "{spot}: out/ is not what the transcript says: {:?} {:?}",
        out.keys(),
        expected.keys()
    );
    let at = world.clock.0.get();
    for (mount, name) in [(0, "clusters/etcd"), (1, "clusters/apps/a")] {
        let key = &mounts()[mount].key;
        judge_chain(&root.der, &objects[name], key, Some(&objects["crl"]), at);
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
fn at_every_store_call(how: Crash) {
    let jobs = Jobs::new();
    let clean = clean(&jobs);
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
        finish(&mut world, &jobs, 1, format_args!("{spot}"));
        judge(&mut world, &jobs.0[0], format_args!("{spot}"));
    }
}

#[test]
fn the_power_goes_and_all_unsynced_is_dropped() {
    at_every_store_call(Crash::Dropped);
}

#[test]
fn the_program_dies_and_everything_survives() {
    at_every_store_call(Crash::Kept);
}

#[test]
fn the_power_goes_and_files_are_torn() {
    at_every_store_call(Crash::Torn);
}

#[test]
fn the_power_goes_and_tails_are_zeros() {
    at_every_store_call(Crash::Zeros);
}

/// The resume dies too: at spots that move with the first one, so that in the end every part
/// of a resume has met a death.
fn twice(first: Crash, second: Crash) {
    let jobs = Jobs::new();
    let clean = clean(&jobs);
    let calls = clean.store_calls;
    for n in clean.store_changes.into_iter().step_by(2) {
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
            match failed.error() {
                CeremonyError::Token(told) => assert_eq!(told, error, "{spot}"),
                other => panic!("{spot}: {other}"),
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
            assert!(dead.result.is_err(), "{spot}");
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
        let aborted = world
            .abort(&open)
            .unwrap_or_else(|error| panic!("{spot}: {error}"));
        assert_eq!(world.names(), [SEALED], "{spot}");
        judge_aborted(&mut world, &aborted, &spot);
        followed += usize::from(follow(&mut world, &spot));
    }
    assert!(followed > 50, "a root was there only {followed} times");
}

fn judge_aborted(world: &mut World, aborted: &anchorite::ceremony::abort::Aborted, spot: &str) {
    let entries = world.entries(SEALED);
    let results: BTreeSet<&String> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Ok(Event::Signed { product, .. }) => Some(product),
            _ => None,
        })
        .collect();
    assert_eq!(
        aborted.signed.iter().collect::<BTreeSet<_>>(),
        results,
        "{spot}"
    );
    let hardware = world.hardware.clone();
    let hardware = hardware.borrow();
    assert_eq!(hardware.violations, [""; 0], "{spot}");
    // Whatever the token signed is on one of the two lists.
    for signature in &hardware.signatures {
        if signature.message[0] == 0x31 {
            continue;
        }
        let digest = Digest::of(&signature.message);
        let product = entries.iter().find_map(|entry| match &entry.event {
            Ok(Event::SignIntended {
                product,
                tbs_sha256,
                ..
            }) if *tbs_sha256 == digest => Some(product),
            _ => None,
        });
        let product = product.unwrap_or_else(|| panic!("{spot}: {digest} is on no list"));
        assert!(
            aborted.signed.contains(product) != aborted.possibly_signed.contains(product),
            "{spot}: {product}"
        );
    }
    assert!(aborted.key_in_token || hardware.keys.is_empty(), "{spot}");
    let view = world.view();
    for signature in &hardware.signatures {
        if let Ok(fields) = CertificateFields::from_tbs(&signature.message) {
            assert!(view.register.has_serial(&fields.serial), "{spot}");
        }
    }
    let files = world.store.disk.borrow().files_below(SEALED);
    let seal = Seal::from_text(&files["SEAL.txt"]).unwrap();
    assert_eq!(
        seal.root,
        view.root.as_ref().map(Certificate::digest),
        "{spot}"
    );
    assert_eq!(seal.sums, Digest::of(&files["SHA256SUMS"]), "{spot}");
    assert_eq!(
        seal.next_crl,
        view.register.next_crl_due(),
        "{spot}: when the next CRL is due"
    );
    assert!(files.keys().all(|path| !path.ends_with(".part")), "{spot}");
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
    let view = world.view();
    let last = view.register.last_crl().unwrap();
    assert!(numbers.iter().all(|number| *number < last.number), "{spot}");
    assert_eq!(world.hardware.borrow().violations, [""; 0], "{spot}");
    true
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
