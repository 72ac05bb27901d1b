//! The end of the root key: what the transcript announces, what the seal says of it, and what
//! was written after the seal.

use super::Before;
use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::{Story, at};
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::CeremonyOutcome;
use crate::ledger::layout;
use crate::ledger::post_seal::{self, Destruction};
use crate::ledger::register::{KeyCopy, Register};
use crate::ledger::seal::Seal;
use crate::plan::StepKind;

/// The announcement: planned, once, last, of the root's key, with every copy that is known, and
/// after the final CRL. `register` is what the ledger knows with this ceremony.
pub(super) fn announcement(
    seal: &Seal,
    story: &Story<'_>,
    script: &Script,
    authority: &Authority<'_>,
    (before, register): (Option<&Before>, &Register),
    findings: &mut Findings,
) {
    let completed = story.outcome == Some(CeremonyOutcome::Completed);
    let announced: Vec<&Entry> = story
        .entries
        .iter()
        .filter(|entry| matches!(entry.event, Ok(Event::DestructionAnnounced { .. })))
        .collect();
    let place = format!("{}, announces", layout::SEAL);
    findings.require(
        AuditId::Seal,
        seal.destruction == (completed && !announced.is_empty()),
        place,
        "does not say what the transcript announces",
    );
    let mut steps = script.plan.iter().flat_map(|plan| &plan.steps);
    let planned = steps.any(|step| step.kind == StepKind::DestroyKey);
    let last = story.entries.last().map_or(0, |entry| entry.n);
    findings.require(
        AuditId::Complete,
        announced.len() == usize::from(planned) || (!completed && announced.is_empty()),
        at(last),
        "the destruction of the key is not announced once, as it is planned",
    );
    let after = story.entries.iter().find(|entry| {
        matches!(
            entry.event,
            Ok(Event::DestructionIntended { .. } | Event::KeyDestroyed { .. })
        )
    });
    if let Some(entry) = after {
        let words = "the key's destruction in the transcript: it comes after the seal";
        findings.fail(AuditId::Entries, at(entry.n), words);
    }
    for entry in announced {
        let Ok(Event::DestructionAnnounced {
            spki_sha256,
            id,
            copies,
            ..
        }) = &entry.event
        else {
            continue;
        };
        let mut require = |holds: bool, words: &str| {
            findings.require(AuditId::Key, holds, at(entry.n), words);
        };
        let mut ids = story.entries.iter().filter_map(|entry| match &entry.event {
            Ok(Event::KeyReady { id, .. }) => Some(id),
            _ => None,
        });
        let same = *spki_sha256 == authority.key.digest() && ids.next_back() == Some(id);
        require(same, "the key that is announced is not the root's");
        let own = story
            .entries
            .iter()
            .filter_map(|one| one.event.as_ref().ok());
        let own: Vec<KeyCopy> = own
            .filter_map(|event| KeyCopy::of(&seal.ceremony, event))
            .collect();
        let known = if before.is_some() {
            &register.copies
        } else {
            &own
        };
        let wanted: Vec<String> = known.iter().map(ToString::to_string).collect();
        // By itself a ceremony shows its own copies alone.
        require(
            if before.is_some() {
                *copies == wanted
            } else {
                copies.ends_with(&wanted)
            },
            "it does not name the copies that were confirmed",
        );
        if before.is_some() || !register.crls.is_empty() {
            require(register.is_closed(), "the newest CRL is not the final one");
        }
    }
}

/// What came after the seal.
pub(super) fn after_seal(seal: &Seal, story: &Story<'_>, files: &Files, findings: &mut Findings) {
    let bytes = files.bytes.get(layout::POST_SEAL);
    let entries = match bytes.map(|bytes| post_seal::read_torn(bytes, seal.digest())) {
        None => Vec::new(),
        Some(Ok((entries, _, whole))) => {
            findings.begun(AuditId::PostSeal);
            let torn = bytes.is_some_and(|bytes| bytes.len() > whole);
            let done = post_seal::destruction(&entries) == Destruction::Done;
            if torn && seal.destruction && !done {
                findings.notice("the last line of post-seal.jsonl is torn, as a crash leaves it");
            } else if torn {
                let words = "something stands after its last whole line";
                findings.fail(AuditId::PostSeal, layout::POST_SEAL, words);
            }
            entries
        }
        Some(Err(why)) => {
            let why = crate::x509::escape::escape(&why);
            findings.fail(AuditId::PostSeal, layout::POST_SEAL, why);
            return;
        }
    };
    if bytes.is_some() {
        let words = "it is there, though the seal announces nothing";
        findings.require(
            AuditId::PostSeal,
            seal.destruction,
            layout::POST_SEAL,
            words,
        );
        order(&entries, seal, story, findings);
        findings.notice(format!(
            "{} came after the seal, which does not cover it: who can write the folder can write it anew, unless people signed it",
            layout::POST_SEAL
        ));
    }
    if !seal.destruction {
        return;
    }
    findings.notice(match post_seal::destruction(&entries) {
        Destruction::Done => "the root key was destroyed, as post-seal.jsonl tells",
        Destruction::Asked => {
            "the token was asked to destroy the root key; its answer is not recorded: anchorite run --resume looks"
        }
        Destruction::Announced => {
            "the seal announces that the root key is destroyed; nothing tells that it was: the key may still exist"
        }
    });
}

/// The entries after the seal: two right answers before the intent, the intent before the end,
/// all of the announced key.
fn order(entries: &[Entry], seal: &Seal, story: &Story<'_>, findings: &mut Findings) {
    let announced = story.entries.iter().find_map(|entry| match &entry.event {
        Ok(Event::DestructionAnnounced {
            id,
            label,
            spki_sha256,
            ..
        }) => Some((id, label, spki_sha256)),
        _ => None,
    });
    let announced = announced.filter(|_| seal.destruction);
    let (mut right, mut intended, mut done) = (0, false, false);
    for entry in entries {
        let place = format!("{}, entry {}", layout::POST_SEAL, entry.n);
        let mut require = |holds: bool, words: &str| {
            findings.require(AuditId::PostSeal, holds, place.clone(), words);
        };
        match &entry.event {
            Ok(Event::Resumed { .. }) => right = 0,
            Ok(Event::TokenOpened { .. } | Event::Question { .. }) => {}
            Ok(Event::Answer {
                accepted,
                value,
                id,
            }) => {
                let digest = announced
                    .map(|(.., digest)| digest.to_string())
                    .unwrap_or_default();
                let label = announced.map_or("", |(_, label, _)| label);
                let paper = format!("{label} {}", &digest[digest.len().saturating_sub(8)..]);
                let same = value.split_whitespace().eq(paper.split_whitespace());
                require(
                    *accepted == same && id == "destroy",
                    "an answer that is not marked as it was",
                );
                right += usize::from(same);
            }
            Ok(Event::DestructionIntended {
                id,
                label,
                spki_sha256,
            }) => {
                require(
                    announced == Some((id, label, spki_sha256)),
                    "not the key that the seal's transcript announces",
                );
                require(right >= 2, "the token was asked without two right answers");
                intended = true;
            }
            Ok(Event::KeyDestroyed {
                id,
                label,
                spki_sha256,
            }) => {
                require(
                    announced == Some((id, label, spki_sha256)),
                    "not the key that the seal's transcript announces",
                );
                require(intended && !done, "destroyed without an intent, or twice");
                done = true;
            }
            Ok(event) => {
                let words = format!("{} does not belong after a seal", event.word());
                require(false, &words);
            }
            Err(kind) => findings.notice(format!(
                "{place} has a type this version does not know, {}: kept, not read",
                crate::x509::escape::escape(kind)
            )),
        }
    }
}
