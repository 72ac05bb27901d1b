//! Clocks that are wrong, and the years in which certificates change how they write time.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "play/mod.rs"]
mod play;

use anchorite::audit::Verdict;
use anchorite::ledger::entry::Event;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use anchorite::x509::time::UtcTime;

use play::ceremony::{LATER, first_job, job, listed};
use play::ports::Manner;
use play::world::{Session, Setting, World};

fn first() -> String {
    listed().replace("ec:P-384", "ec:P-256")
}

fn set(world: &World, text: &str) {
    world.clock.0.set(UtcTime::parse(text).unwrap().unix());
}

/// Refused before the PIN, and nothing is written or signed.
#[track_caller]
fn refused(world: &mut World, session: &Session, id: &str) {
    assert_eq!(session.refusal(), id);
    assert_eq!(session.asked, [""; 0]);
    assert_eq!(world.open_folder(), None);
}

#[test]
fn a_clock_that_cannot_be_right_is_refused_before_the_pin() {
    let mut world = World::new();
    for text in ["1970-01-01T00:00:10Z", "2026-09-30T23:59:58Z"] {
        set(&world, text);
        let session = world.plain(&first_job(&first(), 1), false);
        refused(&mut world, &session, "CLOCK-PROGRAM");
    }
    set(&world, "2027-05-01T09:00:00Z");
    assert!(world.plain(&first_job(&first(), 1), false).result.is_ok());
    let signed = world.hardware.borrow().signatures.len();
    for (text, id) in [
        ("2027-05-01T08:59:00Z", "CLOCK-LEDGER"),
        ("2027-01-01T00:00:00Z", "CLOCK-LEDGER"),
        ("2047-05-01T09:00:30Z", "CLOCK-ROOT"),
        ("2050-01-01T00:00:00Z", "CLOCK-ROOT"),
        ("1970-01-01T00:00:10Z", "CLOCK-PROGRAM"),
    ] {
        set(&world, text);
        let later = job(LATER, world.view(), 2);
        let session = world.plain(&later, false);
        refused(&mut world, &session, id);
    }
    assert_eq!(world.hardware.borrow().signatures.len(), signed);
    set(&world, "2027-05-01T10:00:00Z");
    let later = job(LATER, world.view(), 2);
    assert!(world.plain(&later, false).result.is_ok());
}

/// An earlier session's clock was a year ahead: the resumption says so, abort ends it, and the
/// ledger is as good as before.
#[test]
fn a_clock_that_was_ahead_once_does_not_spoil_the_ledger() {
    let mut world = World::new();
    set(&world, "2028-05-01T09:00:00Z");
    let stop = Setting {
        manner: Manner::StopAt(2),
        ..Setting::default()
    };
    world.run(&first_job(&first(), 1), false, &stop);
    set(&world, "2027-05-01T09:00:00Z");
    let resumed = world.plain(&first_job(&first(), 2), true);
    assert_eq!(resumed.refusal(), "CLOCK-LEDGER");
    world.abort("acme-root").unwrap();
    let again = first().replace("id = \"acme-root\"", "id = \"acme-again\"");
    let again = job(&again, world.view(), 3);
    assert!(world.plain(&again, false).result.is_ok());
}

#[test]
fn a_clock_that_jumps_back_between_steps_signs_nothing_more() {
    let mut world = World::new();
    set(&world, "2027-05-01T09:00:00Z");
    let clean = first_job(&first(), 1);
    let setting = Setting {
        // At the approval of the first step's key.
        manner: Manner::AwayAt(4, -7200),
        ..Setting::default()
    };
    let session = world.run(&clean, false, &setting);
    assert_eq!(session.refusal(), "CLOCK-LEDGER");
    assert!(world.hardware.borrow().signatures.is_empty());
    set(&world, "2027-05-01T09:30:00Z");
    assert!(world.plain(&first_job(&first(), 2), true).result.is_ok());
}

/// UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5), in what is really signed.
#[test]
fn certificates_and_crls_around_2050() {
    let cases = [
        // The last day on which all of it begins in UTCTime.
        ("2049-12-31T20:00:00Z", "491231", 0x17),
        ("2050-01-02T12:00:00Z", "20500102", 0x18),
        ("2049-06-01T12:00:00Z", "490601", 0x17),
        ("2029-12-31T23:00:00Z", "291231", 0x17),
    ];
    for (text, digits, tag) in cases {
        let mut world = World::new();
        set(&world, text);
        let done = world.plain(&first_job(&first(), 1), false);
        assert!(done.result.is_ok(), "{text}");
        let pem = world.bytes("0001-acme-root/out/root.pem");
        let root = Certificate::from_file(&pem).unwrap();
        let crl = Crl::from_der(&world.bytes("0001-acme-root/out/root.crl.der")).unwrap();
        for tbs in [&root.tbs, &crl.tbs] {
            let at = tbs
                .windows(digits.len())
                .position(|part| part == digits.as_bytes())
                .unwrap_or_else(|| panic!("{text}: no {digits}"));
            assert_eq!(tbs[at - 2], tag, "{text}");
        }
        let report = world.verify_ledger(&root);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        // And the next ceremony, on the other side.
        world.clock.0.set(world.clock.0.get() + 200 * 86_400);
        let later = job(LATER, world.view(), 2);
        assert!(world.plain(&later, false).result.is_ok(), "{text}");
        let report = world.verify_ledger(&root);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    }
}

/// At whichever question the clock goes back: nothing is signed until it has caught up, no entry
/// is earlier than the one before, what the clock said is written down, and the ceremony verifies.
#[test]
fn a_clock_that_goes_back_at_any_question_is_told_and_signs_nothing() {
    let mut world = World::new();
    set(&world, "2027-05-01T09:00:00Z");
    let questions = world.plain(&first_job(&first(), 1), false).asked.len();
    let mut told = 0;
    for at in 1..=questions {
        let mut world = World::new();
        set(&world, "2027-05-01T09:00:00Z");
        let setting = Setting {
            manner: Manner::AwayAt(at, -7200),
            ..Setting::default()
        };
        let session = world.run(&first_job(&first(), 1), false, &setting);
        // The PIN is asked for before there is an entry that the clock could be behind of.
        if session.result.is_err() {
            assert_eq!(session.refusal(), "CLOCK-LEDGER", "question {at}");
            let signed = world.hardware.borrow().signatures.len();
            set(&world, "2027-05-01T07:30:00Z");
            let still = world.plain(&first_job(&first(), 2), true);
            assert_eq!(still.refusal(), "CLOCK-LEDGER", "question {at}");
            assert_eq!(world.hardware.borrow().signatures.len(), signed);
            set(&world, "2027-05-01T12:00:00Z");
            let resumed = world.plain(&first_job(&first(), 2), true);
            assert!(resumed.result.is_ok(), "question {at}");
        }
        let root = Certificate::from_file(&world.bytes("0001-acme-root/out/root.pem")).unwrap();
        let entries = world.entries("0001-acme-root");
        let times: Vec<UtcTime> = entries.iter().map(|entry| entry.time).collect();
        assert!(times.is_sorted(), "question {at}");
        let behind = entries
            .iter()
            .any(|entry| matches!(entry.event, Ok(Event::ClockBehind { .. })));
        let report = world.verify_ledger(&root);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        let text = report
            .to_text()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(
            text.contains("the laptop's clock said"),
            behind,
            "question {at}"
        );
        told += usize::from(behind);
    }
    assert!(told + 1 >= questions, "{told} of {questions}");
}
