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
#[path = "../play/mod.rs"]
mod play;

mod adopted;
mod crosses;
mod ending;
mod forged;
mod keys;
mod own_requests;
mod profiles;
mod refused;
mod revoked;
mod successions;
mod trusted;
mod years;

use std::collections::BTreeMap;

use anchorite::ceremony::CeremonyError;
use anchorite::ledger::entry::Event;
use anchorite::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use anchorite::ledger::register::Certainty;
use anchorite::ledger::seal::Seal;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use play::ceremony::{FIRST, LATER, first_job, job, listed, mounts, subject, webtrust};
use play::ports::Manner;
use play::products::{judge_chain, out_files, rcgen_crl, rcgen_intermediate, rcgen_root, signed};
use play::world::{Setting, World};

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
    without_sizes(out.trim_end())
}

/// An ECDSA signature is a few octets longer or shorter each time, and so is a request.
fn without_sizes(text: &str) -> String {
    text.split(" octets")
        .map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join("<n> octets")
}

/// The words of an approval follow from keys that differ each time.
fn without_words(transcript: &str) -> String {
    let lines = transcript.lines().map(|line| {
        // A request is as long as its signature, which differs by a few octets.
        let size = line
            .split_once(" octets\"")
            .and_then(|(head, _)| head.rsplit_once('"'));
        let line = &match size {
            Some((_, digits)) => line.replacen(&format!("\"{digits} octets"), "\"<size> octets", 1),
            None => line.to_owned(),
        };
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
        let theirs = rcgen_intermediate(&one.fields, name, &root.fields, root_name(), None);
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
    assert_eq!(seal.outcome, CeremonyOutcome::Completed);
    assert_eq!(seal.kind, CeremonyKind::Production);
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
    let strict = webtrust(&listed());
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

#[test]
fn a_profile_that_outlives_the_new_root_is_refused_when_planning() {
    for (validity, fits) in [("19y", true), ("20y", false), ("30y", false)] {
        let profile = format!("[profile.vault]\nvalidity = \"{validity}\"\n\n[root]");
        let source = FIRST.replacen("[root]", &profile, 1);
        match play::ceremony::try_prepare(&source, Default::default()) {
            Ok(_) => assert!(fits, "{validity}"),
            Err(error) => {
                assert!(!fits, "{validity}: {error}");
                assert!(error.to_string().contains("does not end before the root"));
            }
        }
    }
    let source = FIRST.replacen(
        "[root]",
        "[profile.vault]\nnot_after = \"issuer\"\n\n[root]",
        1,
    );
    assert!(play::ceremony::try_prepare(&source, Default::default()).is_ok());
}
