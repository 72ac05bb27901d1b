//! The same crashes in ceremonies of a root's later life.

use anchorite::audit::Verdict;
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::ledger::entry::Event;
use anchorite::x509::raw::RawCrl;
use anchorite::x509::request::{Request, RequestFields};
use anchorite::x509::serial::Serial;

use super::{SEALED, Spot};
use crate::play::ceremony::{first_job, job_with, later, listed};
use crate::play::ports::Crash;
use crate::play::token::Faults;
use crate::play::world::{Setting, World};

/// A ledger with a first ceremony in it.
fn begun() -> World {
    let mut world = World::new();
    let source = listed().replace("ec:P-384", "ec:P-256");
    let done = world.plain(&first_job(&source, 1), false);
    assert!(done.result.is_ok());
    world
}

/// What dies and in which way.
#[derive(Clone, Copy, Debug)]
enum Death {
    Store(usize, Crash),
    Token(usize, Crash),
}

impl Death {
    fn setting(self) -> Setting {
        match self {
            Self::Store(n, _) => Setting {
                dies_at: Some(n),
                ..Setting::default()
            },
            Self::Token(n, _) => Setting {
                faults: Faults {
                    dies_after: Some(n),
                    ..Faults::default()
                },
                ..Setting::default()
            },
        }
    }

    fn how(self) -> Crash {
        match self {
            Self::Store(_, how) | Self::Token(_, how) => how,
        }
    }
}

/// Every death of a second ceremony, each resumed to its end and judged.
fn at_every_call(
    sealed: &str,
    job: impl Fn(&mut World, u32) -> Job,
    judge: impl Fn(&World, Spot<'_>),
) {
    let mut world = begun();
    let second = job(&mut world, 1);
    let clean = world.plain(&second, false);
    if let Err(failure) = &clean.result {
        panic!("no crash: {}", failure.error);
    }
    judge(&world, format_args!("no crash"));
    let mut deaths: Vec<Death> = (1..=clean.store_calls.len())
        .map(|n| Death::Store(n, Crash::Dropped))
        .collect();
    // The first ceremony's tests take each of them; here a third is enough.
    for how in [Crash::Kept, Crash::Torn, Crash::Zeros] {
        let changes = clean.store_changes.iter().step_by(3);
        deaths.extend(changes.map(|n| Death::Store(*n, how)));
    }
    for how in Crash::ALL {
        deaths.extend((1..=clean.token_calls.len()).map(|n| Death::Token(n, how)));
    }
    for death in deaths {
        let mut world = begun();
        let first = job(&mut world, 1);
        let second = job(&mut world, 2);
        let _ = world.run(&first, false, &death.setting());
        world.crash(death.how());
        if !world.names().contains(&sealed.to_owned()) {
            let resume = world.open_folder().is_some();
            let last = world.plain(&second, resume);
            if let Err(failure) = &last.result {
                panic!("{death:?}: the ceremony does not end: {}", failure.error);
            }
        }
        assert_eq!(world.names(), [SEALED, sealed], "{death:?}");
        assert_eq!(world.hardware.borrow().violations, [""; 0], "{death:?}");
        judge(&world, format_args!("{death:?}"));
        if super::judge::is_sampled(&world) {
            let root = world.view().root.unwrap();
            let report = world.verify_ledger(&root);
            let text = report.to_text();
            assert_eq!(report.verdict, Verdict::Verified, "{death:?}: {text}");
        }
    }
}

fn serial(world: &mut World) -> Serial {
    let register = world.view().register;
    let found = register
        .issued
        .iter()
        .find(|one| one.product == "clusters/etcd");
    found.unwrap().serial.clone()
}

/// One request, of one body: whatever happened on the way.
#[test]
fn a_request_dies_at_every_call() {
    const ASK: &str = "0002-ask";
    let job = |world: &mut World, session| {
        let step = "[[step]]\nid = \"ask\"\ndo = \"certificate-request\"\n";
        job_with(&later("ask", step), world.view(), &[], session)
    };
    at_every_call(ASK, job, |world, spot| {
        let file = world.bytes(&format!("{ASK}/out/requests/ask.csr"));
        let request = Request::from_bytes(&file).unwrap();
        let entries = world.entries(ASK);
        let made = entries.iter().filter_map(|entry| match &entry.event {
            Ok(Event::Issued { sha256, .. }) => Some(*sha256),
            _ => None,
        });
        let made: Vec<Digest> = made.collect();
        assert_eq!(made, [Digest::of(&request.der)], "{spot}");
        let hardware = world.hardware.borrow();
        let bodies = hardware.signatures.iter();
        let mut bodies = bodies.filter(|one| RequestFields::from_info(&one.message).is_ok());
        assert!(bodies.all(|one| one.message == request.info), "{spot}");
        let answers = entries.iter().filter(|entry| {
            matches!(&entry.event, Ok(Event::Answer { id, accepted: true, .. }) if id == "approve")
        });
        assert!(answers.count() >= 1, "{spot}");
    });
}

/// One event, one CRL, and what it lists is what was revoked: whatever happened on the way.
#[test]
fn a_revocation_dies_at_every_call() {
    const GONE: &str = "0002-gone";
    let job = |world: &mut World, session| {
        let steps = format!(
            "[[step]]\nid = \"gone\"\ndo = \"revoke\"\nserial = \"{}\"\nreason = \"superseded\"\n\
             [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n",
            serial(world)
        );
        job_with(&later("gone", &steps), world.view(), &[], session)
    };
    at_every_call(GONE, job, |world, spot| {
        let entries = world.entries(GONE);
        let revoked: Vec<Serial> = entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Ok(Event::Revoked { serial, .. }) => Serial::parse(serial),
                _ => None,
            })
            .collect();
        assert_eq!(revoked.len(), 1, "{spot}");
        let der = world.bytes(&format!("{GONE}/out/root.crl.der"));
        let crl = anchorite::x509::crl::Crl::from_der(&der).unwrap();
        let raw = RawCrl::from_tbs(&crl.tbs).unwrap();
        let listed: Vec<Serial> = raw
            .entries()
            .map(|entry| Serial::from_der(&entry.unwrap().serial).unwrap())
            .collect();
        assert_eq!(listed, revoked, "{spot}");
        assert_eq!(crl.fields.number(), Some(2), "{spot}");
        // However often the token was asked for the CRL, it was for one body.
        let hardware = world.hardware.borrow();
        let bodies = hardware.signatures.iter().filter(|one| {
            let fields = anchorite::x509::crl::CrlFields::from_tbs(&one.message);
            fields.is_ok_and(|fields| fields.number() == Some(2))
        });
        assert!(
            bodies.into_iter().all(|one| one.message == crl.tbs),
            "{spot}"
        );
    });
}
