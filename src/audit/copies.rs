//! Copies of the root key: what the second token was and held, and its proof.

use std::collections::BTreeMap;

use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::products::Bench;
use super::script::Script;
use super::story::{Signing, at};
use crate::check::copy::{self, CopyContext};
use crate::check::possession::{PossessionContext, attributes};
use crate::digest::{Digest, hex, unhex};
use crate::ledger::entry::{Event, FileRecord};
use crate::ledger::possession_files;
use crate::ports::{KeyId, TokenIdentity, TokenKey};
use crate::x509::possession::Challenge;
use crate::x509::tbs::SignedAttributes;

/// The word of an intent to prove possession.
pub(super) const POSSESSION: &str = "possession";

/// Whether a step confirms a copy.
pub(super) fn is_planned(script: &Script, step: &str) -> bool {
    let mut steps = script.plan.iter().flat_map(|plan| &plan.steps);
    steps.any(|one| one.id == step && one.kind == "confirm-copy")
}

/// The intent of a proof: of a step that wants one, under its rules.
pub(super) fn intent(bench: &Bench<'_>, signing: &Signing<'_>, findings: &mut Findings) {
    let planned =
        signing.step == Some(signing.product) && is_planned(bench.script, signing.product);
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Intent, holds, at(signing.n), words);
    };
    require(planned, "a proof of possession that no step asks for");
    let last = bench
        .story
        .signings
        .iter()
        .rfind(|one| one.product == signing.product && one.n < signing.n);
    require(
        last.is_none_or(|last| last.sha256 == signing.sha256)
            && signing.again_of == last.map(|last| last.n),
        "it does not repeat the proof that was intended before it",
    );
    if let Err(why) = proof(bench, signing) {
        findings.fail(AuditId::Product, at(signing.n), why);
    }
}

/// The body follows from the random number, and where it is signed, the root's key did it.
fn proof(bench: &Bench<'_>, signing: &Signing<'_>) -> Result<(), String> {
    let authority = bench.authority;
    let path = possession_files::content(signing.product);
    let challenge = Challenge::parse(bench.files.get(&path)).ok_or_else(|| {
        format!(
            "{} is no proof's content",
            crate::x509::escape::escape(&path)
        )
    })?;
    let body = signing.body.clone().ok_or("the proof's body is missing")?;
    let context = PossessionContext {
        challenge: &challenge,
        algorithm: authority.algorithm,
        now: signing.time,
        subject: signing.product,
    };
    attributes(SignedAttributes(body.clone()), &context)
        .map_err(|refusal| format!("{}: {}", refusal.id.public(), refusal.words))?;
    if let Some((_, algorithm, signature)) = &signing.result {
        let signature = signature.as_deref().unwrap_or_default();
        if *algorithm != authority.algorithm.name() || !authority.signed(&body, signature) {
            return Err("the proof's signature does not verify under the given root".to_owned());
        }
    }
    Ok(())
}

/// Every confirmed copy: its token, key and files; and each planned one is there.
pub(super) fn check(bench: &Bench<'_>, findings: &mut Findings) {
    let mut first: Option<&TokenIdentity> = None;
    let mut confirmed: Vec<&str> = Vec::new();
    for entry in bench.story.entries {
        let Ok(event) = &entry.event else { continue };
        match event {
            Event::TokenOpened { token } => first = Some(token),
            Event::CopyConfirmed { .. } => {
                let step = entry.step.as_deref().unwrap_or_default();
                let once = !confirmed.contains(&step);
                confirmed.push(step);
                let result = first
                    .filter(|_| once)
                    .ok_or_else(|| "a copy that cannot be told".to_owned())
                    .and_then(|first| one(bench, step, event, first));
                if let Err(why) = result {
                    findings.fail(AuditId::Key, at(entry.n), why);
                }
            }
            _ => {}
        }
    }
    if bench.story.outcome != Some("completed") {
        return;
    }
    let steps = bench.script.plan.iter().flat_map(|plan| &plan.steps);
    let planned: Vec<&str> = steps
        .filter(|step| step.kind == "confirm-copy")
        .map(|step| step.id.as_str())
        .collect();
    let last = bench.story.entries.last().map_or(0, |entry| entry.n);
    let words = "completed, though not exactly the planned copies were confirmed";
    findings.require(AuditId::Complete, confirmed == planned, at(last), words);
}

fn one(bench: &Bench<'_>, step: &str, event: &Event, first: &TokenIdentity) -> Result<(), String> {
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
    let key = recorded(id, label, attributes, authority, *spki_sha256)
        .ok_or("the copy is of another key than the given root's")?;
    copy::key(vec![key], &context)
        .map_err(|refusal| format!("as recorded: {}: {}", refusal.id.public(), refusal.words))?;
    let plan = bench.script.plan.iter().flat_map(|plan| &plan.steps);
    let wanted = plan
        .filter(|one| one.id == step)
        .find_map(|one| one.token.as_ref());
    let rehearsal = wanted.map(|label| format!("rehearsal-{label}"));
    if wanted != Some(&token.label) && rehearsal.as_ref() != Some(&token.label) {
        return Err("the copy's token is not the planned one".to_owned());
    }
    let signing = bench
        .story
        .signings
        .iter()
        .find(|one| one.product == step && one.kind == POSSESSION && one.result.is_some());
    let signing = signing.ok_or("a copy without a proof of possession")?;
    if evidence(bench.files, authority, step, signing).as_ref() != Some(files) {
        return Err("the proof's files are not those that follow from the transcript".to_owned());
    }
    Ok(())
}

fn recorded(
    id: &str,
    label: &str,
    attributes: &BTreeMap<String, String>,
    authority: &Authority<'_>,
    spki_sha256: Digest,
) -> Option<TokenKey> {
    let octets = unhex(id).filter(|octets| hex(octets) == id)?;
    (spki_sha256 == authority.key.digest()).then(|| TokenKey {
        id: KeyId(octets),
        label: label.to_owned(),
        public_key: authority.key.clone(),
        attributes: attributes.clone(),
    })
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
