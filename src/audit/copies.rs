//! Copies of the root key: what the second token was and held, and its proof.

use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::key::recorded;
use super::products::Bench;
use super::script::Script;
use super::story::{Signing, at};
use crate::check::copy::{self, CopyContext};
use crate::digest::{Digest, hex};
use crate::ledger::entry::{Event, FileRecord};
use crate::ledger::kinds::{BodyKind, CeremonyOutcome};
use crate::ledger::possession_files;
use crate::plan::StepKind;
use crate::ports::TokenIdentity;
use crate::x509::tbs::SignedAttributes;

/// Whether a step confirms a copy.
pub(super) fn is_planned(script: &Script, step: &str) -> bool {
    let mut steps = script.plan.iter().flat_map(|plan| &plan.steps);
    steps.any(|one| one.id == step && one.kind == StepKind::ConfirmCopy)
}

/// Every confirmed copy: its token, key and files; and each planned one is there.
pub(super) fn check(bench: &Bench<'_>, findings: &mut Findings) {
    let mut first: Option<&TokenIdentity> = None;
    let mut confirmed: Vec<&str> = Vec::new();
    for entry in bench.story.entries {
        let Ok(event) = &entry.event else { continue };
        if let Event::TokenOpened { token } = event {
            first = Some(token);
        }
        if matches!(event, Event::CopyConfirmed { .. }) {
            let step = entry.step.as_deref().unwrap_or_default();
            let once = !confirmed.contains(&step);
            confirmed.push(step);
            let result = first
                .filter(|_| once)
                .ok_or_else(|| "a copy that cannot be told".to_owned())
                .and_then(|first| one(bench, step, event, first, findings));
            if let Err(why) = result {
                findings.fail(AuditId::Key, at(entry.n), why);
            }
        }
    }
    if bench.story.outcome != Some(CeremonyOutcome::Completed) {
        return;
    }
    let steps = bench.script.plan.iter().flat_map(|plan| &plan.steps);
    let planned: Vec<&str> = steps
        .filter(|step| step.kind == StepKind::ConfirmCopy)
        .map(|step| step.id.as_str())
        .collect();
    let last = bench.story.entries.last().map_or(0, |entry| entry.n);
    let words = "completed, though not exactly the planned copies were confirmed";
    findings.require(AuditId::Complete, confirmed == planned, at(last), words);
}

fn one(
    bench: &Bench<'_>,
    step: &str,
    event: &Event,
    first: &TokenIdentity,
    findings: &mut Findings,
) -> Result<(), String> {
    let Event::CopyConfirmed {
        token,
        id,
        label,
        spki_sha256,
        attributes,
        files,
    } = event
    else {
        return Ok(());
    };
    let authority = bench.authority;
    let context = CopyContext {
        first,
        second: token,
        root: &authority.key,
    };
    let spki = hex(authority.key.spki());
    let key = recorded(id, label, &spki, *spki_sha256, attributes)
        .filter(|key| hex(&key.id.0) == *id)
        .ok_or("the copy is of another key than the given root's")?;
    let subject = (Some(step), copy::SUBJECT.to_owned(), *spki_sha256);
    if let Some(why) = findings.judge(subject, copy::key(vec![key], &context), &[]) {
        return Err(format!("as recorded: {why}"));
    }
    let plan = bench.script.plan.iter().flat_map(|plan| &plan.steps);
    let wanted = plan
        .filter(|one| one.id == step)
        .find_map(|one| one.token.as_ref());
    let rehearsal = wanted.map(|label| format!("rehearsal-{label}"));
    if wanted != Some(&token.label) && rehearsal.as_ref() != Some(&token.label) {
        return Err("the copy's token is not the planned one".to_owned());
    }
    let signing = bench.story.signings.iter().find(|one| {
        one.product == step && one.kind == BodyKind::Possession && one.result.is_some()
    });
    let signing = signing.ok_or("a copy without a proof of possession")?;
    if evidence(bench.files, authority, step, signing).as_ref() != Some(files) {
        return Err("the proof's files are not those that follow from the transcript".to_owned());
    }
    Ok(())
}

/// The records of the proof's files, made again; only where the files are these bytes.
fn evidence(
    files: &Files,
    authority: &Authority<'_>,
    step: &str,
    signing: &Signing<'_>,
) -> Option<Vec<FileRecord>> {
    let body = SignedAttributes(signing.body.clone()?);
    let (_, _, signature) = signing.result.as_ref()?;
    let made = possession_files::signature(
        step,
        &body,
        authority.certificate,
        authority.algorithm,
        signature.as_deref()?,
    );
    let content = possession_files::content(step);
    let mut list = vec![(content.clone(), files.get(&content).to_vec())];
    list.extend(made.ok()?);
    let record = |(path, bytes): &(String, Vec<u8>)| {
        (files.get(path) == bytes).then(|| FileRecord {
            path: path.clone(),
            sha256: Digest::of(bytes),
        })
    };
    list.iter().map(record).collect()
}
