//! An open ceremony lies on a medium over night: what somebody wrote into it there is not
//! signed in the morning.

use anchorite::ledger::chain::{self, Head};
use anchorite::ledger::entry::{Event, NewEntry};
use anchorite::ports::{Store, TokenError};
use anchorite::x509::certificate::CertificateFields;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::CertificateParts;
use anchorite::x509::time::UtcTime;

use crate::play::ceremony::{FIRST, first_job};
use crate::play::ports::Crash;
use crate::play::token::Faults;
use crate::play::world::{Setting, World};

/// Years that nobody planned.
const YEARS: i64 = 9 * 365 * 86_400;

/// A ceremony that stopped between an intermediate's intent and its signature.
fn interrupted() -> World {
    let calls = World::new().plain(&first_job(FIRST, 1), false).token_calls;
    let second = (1..)
        .zip(&calls)
        .filter(|(_, call)| *call == "C_Sign")
        .nth(1)
        .unwrap()
        .0;
    let failed = TokenError::Failed {
        function: "C_Sign".to_owned(),
        code: "CKR_DEVICE_REMOVED".to_owned(),
    };
    let setting = Setting {
        faults: Faults {
            fail_at: Some((second, failed)),
            ..Faults::default()
        },
        ..Setting::default()
    };
    let mut world = World::new();
    assert!(
        world
            .run(&first_job(FIRST, 1), false, &setting)
            .result
            .is_err()
    );
    world.crash(Crash::Dropped);
    world
}

/// Puts another body into the last entry, with its time moved as well.
fn forge(world: &mut World, seconds: i64) {
    let path = format!("{}/transcript.jsonl", world.open_folder().unwrap());
    let bytes = world.bytes(&path);
    let start = bytes[..bytes.len() - 1]
        .iter()
        .rposition(|&b| b == b'\n')
        .unwrap()
        + 1;
    let (entries, _) = chain::read(&bytes).unwrap();
    let last = entries.last().unwrap();
    let Ok(Event::SignIntended {
        product,
        kind,
        tbs: Some(tbs),
        ..
    }) = &last.event
    else {
        panic!("{last:?}");
    };
    let fields = CertificateFields::from_tbs(&anchorite::digest::unhex(tbs).unwrap()).unwrap();
    let moved = |time: UtcTime| time.offset(seconds);
    let extensions: Vec<Vec<u8>> = fields
        .extensions
        .iter()
        .map(|extension| extension.raw.clone())
        .collect();
    let body = CertificateParts {
        serial: &Serial::from_random(b"another", b"serial"),
        algorithm: SignatureAlgorithm::from_der(&fields.algorithm).unwrap(),
        issuer: &fields.issuer,
        not_before: moved(fields.not_before),
        not_after: moved(fields.not_after),
        subject: &fields.subject,
        spki: &fields.spki,
        extensions: &extensions,
    }
    .assemble();
    let event = Event::SignIntended {
        product: product.clone(),
        kind: *kind,
        tbs: Some(anchorite::digest::hex(&body.0)),
        tbs_file: None,
        tbs_sha256: anchorite::digest::Digest::of(&body.0),
        again_of: None,
    };
    let head = Head {
        n: last.n - 1,
        digest: last.prev,
    };
    let (line, _) = head.next(&NewEntry {
        time: moved(last.time),
        mono_ms: last.mono_ms,
        step: last.step.as_deref(),
        actor: &last.actor,
        event: &event,
    });
    world.store.crash_after(None);
    world
        .store
        .truncate(&path, u64::try_from(start).unwrap())
        .unwrap();
    world.store.append(&path, line.as_bytes()).unwrap();
    world.store.sync_file(&path).unwrap();
}

#[test]
fn a_forged_intent_of_another_time_is_refused() {
    // Of the future: the clock is not trusted. Of the past: the body is not.
    let mut world = interrupted();
    forge(&mut world, YEARS);
    let session = world.plain(&first_job(FIRST, 2), true);
    assert_eq!(session.refusal(), "CLOCK-LEDGER");
    let mut world = interrupted();
    forge(&mut world, -YEARS);
    let signatures = world.hardware.borrow().signatures.len();
    let session = world.plain(&first_job(FIRST, 2), true);
    assert!(
        ["TBS-VALIDITY", "TBS-NESTED"].contains(&session.refusal()),
        "{}",
        session.error()
    );
    assert_eq!(world.hardware.borrow().signatures.len(), signatures);
}

#[test]
fn every_repeated_intent_is_approved_again() {
    let mut world = interrupted();
    forge(&mut world, 0);
    let calls = world.plain(&first_job(FIRST, 1), false).token_calls.len();
    assert_eq!(calls, 0, "an open ceremony bars every other one");
    let session = world.plain(&first_job(FIRST, 2), true);
    assert!(session.result.is_ok());
    // The one that is repeated, the other intermediate and the CRL.
    let approvals = session.asked.iter().filter(|id| *id == "approve").count();
    assert_eq!(approvals, 3, "{:?}", session.asked);
}
