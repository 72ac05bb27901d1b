//! Revocations: each planned one is confirmed by a person, recorded as it was planned, and listed
//! in the CRL of its ceremony; and that CRL lists nothing else for the first time.

use std::collections::BTreeSet;

use super::findings::{AuditId, Findings};
use super::products::Bench;
use super::story::at;
use crate::check;
use crate::digest::Digest;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{BodyKind, CeremonyOutcome};
use crate::ledger::register::unlisted;
use crate::plan::document::RevokeDocument;
use crate::x509::escape::escape;
use crate::x509::raw::RawCrl;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// Checks the `revoked` events and the bodies that list them.
pub(super) fn check(bench: &Bench<'_>, findings: &mut Findings) {
    findings.begun(AuditId::Revoked);
    let mut recorded: Vec<&str> = Vec::new();
    for entry in bench.story.entries {
        let Ok(event) = &entry.event else { continue };
        match event {
            Event::Revoked { serial, .. } => {
                event_is_planned(bench, entry, event, &recorded, findings);
                recorded.extend(entry.step.as_deref());
                on_that_day(bench, entry, serial, findings);
            }
            Event::SignIntended { kind, .. } if *kind == BodyKind::Crl => {
                let planned = revocations(bench).map(|(step, _)| step).collect::<Vec<_>>();
                findings.require(
                    AuditId::Revoked,
                    planned == recorded,
                    at(entry.n),
                    "a CRL is to be signed before everything it revokes was confirmed",
                );
            }
            Event::Close { outcome, .. } => {
                for serial in unlisted(bench.story.entries) {
                    let serial = escape(serial);
                    findings.notice(format!(
                        "the revocation of {serial} was confirmed, and no CRL of this ceremony \
                         lists it: {serial} is not revoked by it"
                    ));
                }
                let all = revocations(bench).count() == recorded.len();
                findings.require(
                    AuditId::Revoked,
                    all || *outcome != CeremonyOutcome::Completed,
                    at(entry.n),
                    "completed, though a revocation was not confirmed",
                );
            }
            Event::SignIntended { .. }
            | Event::Begin { .. }
            | Event::Resumed { .. }
            | Event::Environment { .. }
            | Event::TokenOpened { .. }
            | Event::StepBegun { .. }
            | Event::Checked { .. }
            | Event::Question { .. }
            | Event::Answer { .. }
            | Event::KeyIntended { .. }
            | Event::KeyReady { .. }
            | Event::Signed { .. }
            | Event::Issued { .. }
            | Event::CopyConfirmed { .. }
            | Event::DestructionAnnounced { .. }
            | Event::DestructionIntended { .. }
            | Event::KeyDestroyed { .. }
            | Event::Adopted { .. }
            | Event::HandedOver { .. }
            | Event::Interrupted { .. }
            | Event::ClockBehind { .. }
            | Event::Aborted { .. } => {}
        }
    }
    for signing in bench
        .story
        .signings
        .iter()
        .filter(|one| one.kind == BodyKind::Crl)
    {
        let Some(body) = &signing.body else { continue };
        let listed = newly_listed(body).unwrap_or_default();
        let confirmed: BTreeSet<Serial> = bench
            .story
            .entries
            .iter()
            .take_while(|entry| entry.n < signing.n)
            .filter_map(|entry| match &entry.event {
                Ok(Event::Revoked { serial, .. }) => Serial::parse(serial),
                _ => None,
            })
            .collect();
        for serial in listed.difference(&confirmed) {
            let words = format!("lists {serial}, which nobody revoked here");
            findings.fail(AuditId::Revoked, at(signing.n), words);
        }
        for serial in confirmed.difference(&listed) {
            let words = format!("does not list {serial}, which was revoked before it");
            findings.fail(AuditId::Revoked, at(signing.n), words);
        }
    }
}

/// Serial numbers of the entries that have the CRL's own date.
fn newly_listed(body: &[u8]) -> Option<BTreeSet<Serial>> {
    let raw = RawCrl::from_tbs(body).ok()?;
    raw.entries()
        .filter_map(Result::ok)
        .filter(|entry| entry.date.raw == raw.this_update.raw)
        .map(|entry| Serial::from_der(&entry.serial).ok())
        .collect()
}

/// What the plan revokes, with its step.
fn revocations<'w>(bench: &Bench<'w>) -> impl Iterator<Item = (&'w str, &'w RevokeDocument)> {
    let plan = bench.script.plan.iter();
    plan.flat_map(|plan| &plan.steps)
        .filter_map(|step| Some((step.id.as_str(), step.revoke.as_ref()?)))
}

fn planned<'w>(bench: &Bench<'w>, step: Option<&str>) -> Option<&'w RevokeDocument> {
    revocations(bench)
        .find(|(id, _)| Some(*id) == step)
        .map(|(_, document)| document)
}

fn event_is_planned(
    bench: &Bench<'_>,
    entry: &Entry,
    event: &Event,
    recorded: &[&str],
    findings: &mut Findings,
) {
    let step = entry.step.as_deref();
    let words = "the revocation is not recorded as it is planned, or twice";
    let once = step.is_some_and(|step| !recorded.contains(&step));
    let same = planned(bench, step).is_some_and(|document| Event::revoked(document) == *event);
    findings.require(AuditId::Revoked, once && same, at(entry.n), words);
}

/// The checks of that day, at the time of the entry.
fn on_that_day(bench: &Bench<'_>, entry: &Entry, serial: &str, findings: &mut Findings) {
    let Some(plan) = planned(bench, entry.step.as_deref()).and_then(RevokeDocument::plan) else {
        return;
    };
    let what = format!("revocation of {serial}");
    // It was looked at a moment before it was confirmed.
    let looked = bench.story.entries.iter().rfind(|one| {
        one.n < entry.n
            && one.step == entry.step
            && matches!(&one.event, Ok(Event::Checked { what: name, .. }) if *name == what)
    });
    let time = looked.map_or(entry.time, |one| one.time);
    let result = check::revoke::on_the_day(&plan, time, serial);
    let silent = result.as_ref().is_ok_and(|(_, list)| list.is_empty());
    let words = "the checks of the day are not recorded before it";
    let holds = silent || looked.is_some();
    findings.require(AuditId::Checked, holds, at(entry.n), words);
    let sha256 = Digest::of(&plan.entry.to_der(UtcTime::TEMPLATE_START));
    let subject = (entry.step.as_deref(), what, sha256);
    if let Some(why) = findings.judge(subject, result, &[]) {
        let words = format!("{}: {why}", escape(serial));
        findings.fail(AuditId::Revoked, at(entry.n), words);
    }
}
