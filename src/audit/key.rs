//! The root key as the transcript recorded it.

use std::collections::BTreeMap;

use super::authority::Authority;
use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::{Story, at};
use super::unmade::Unmade;
use crate::check::adopted_key::{Moment, adopted_key};
use crate::check::key::{ExpectedKey, root_key};
use crate::digest::{Digest, unhex};
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::KeySource;
use crate::plan::Waiver;
use crate::ports::{KeyId, TokenKey};
use crate::x509::public_key::PublicKey;

/// Where the root's key comes from.
pub(super) enum Origin {
    /// A ceremony generated it.
    Generated,
    /// This ceremony takes it over, with what it waives.
    Adopted(Vec<Waiver>),
    /// An earlier ceremony took it over.
    AdoptedBefore,
    /// What was before this ceremony is not known.
    Unknown,
}

/// Checks every record of the key. `has_root`: this ceremony used or made a root; one that was
/// given up before that has a key of its own at most, the same in every record.
pub(super) fn check(
    story: &Story<'_>,
    script: &Script,
    authority: &Authority<'_>,
    has_root: bool,
    (unmade, origin): (Option<&Unmade>, &Origin),
    findings: &mut Findings,
) {
    findings.begun(AuditId::Key);
    let mut ready = false;
    for entry in story.entries {
        let Ok(event) = &entry.event else { continue };
        match event {
            Event::KeyIntended { key, label, .. } => {
                let plan = script.plan.as_ref();
                let holds = plan.is_none_or(|plan| plan.root.new && plan.root.key == key.word())
                    && story
                        .token_before(entry.n)
                        .is_some_and(|token| token.label == *label)
                    && !ready;
                let words = "the key that is to be generated is not the planned one";
                findings.require(AuditId::Key, holds, at(entry.n), words);
            }
            Event::KeyReady { .. } => {
                let words = "the key is looked at for the first time twice";
                findings.require(AuditId::Key, !ready, at(entry.n), words);
                ready = true;
                let words = "it does not say how the key came to be at hand";
                let came = came(story, entry, event, origin);
                findings.require(AuditId::Key, came, at(entry.n), words);
                if !has_root {
                    findings.notice(format!(
                        "entry {}: a key was made for a root that never came to be",
                        entry.n
                    ));
                }
                let own = unmade.and_then(|unmade| unmade.key.as_ref());
                let expected = match own {
                    Some(own) => own.clone(),
                    None if has_root => authority.key.clone(),
                    None => continue,
                };
                judge(entry, event, &expected, origin, findings);
            }
            Event::SignIntended { .. } => {
                let words = "a signature before the key was looked at";
                findings.require(AuditId::Key, ready, at(entry.n), words);
            }
            Event::Begin { .. }
            | Event::Resumed { .. }
            | Event::Environment { .. }
            | Event::TokenOpened { .. }
            | Event::StepBegun { .. }
            | Event::Checked { .. }
            | Event::Question { .. }
            | Event::Answer { .. }
            | Event::Signed { .. }
            | Event::Issued { .. }
            | Event::CopyConfirmed { .. }
            | Event::DestructionAnnounced { .. }
            | Event::DestructionIntended { .. }
            | Event::KeyDestroyed { .. }
            | Event::Revoked { .. }
            | Event::Adopted { .. }
            | Event::HandedOver { .. }
            | Event::Interrupted { .. }
            | Event::ClockBehind { .. }
            | Event::Aborted { .. }
            | Event::Close { .. } => {}
        }
    }
}

/// The key as recorded, under the rules for keys of its origin.
fn judge(
    entry: &Entry,
    event: &Event,
    expected: &PublicKey,
    origin: &Origin,
    findings: &mut Findings,
) {
    let Event::KeyReady {
        id,
        label,
        spki,
        spki_sha256,
        attributes,
        ..
    } = event
    else {
        return;
    };
    let Some(key) = recorded(id, label, spki, *spki_sha256, attributes) else {
        return findings.fail(AuditId::Key, at(entry.n), "the key cannot be read");
    };
    let subject = || {
        let step = entry.step.as_deref();
        (step, "root key".to_owned(), *spki_sha256)
    };
    let strict = root_key(vec![key.clone()], &ExpectedKey::Same(expected));
    let later = || adopted_key(vec![key.clone()], expected, &Moment::Later);
    let refused = match origin {
        Origin::Generated => findings.judge(subject(), strict, &[]),
        Origin::Adopted(waivers) => {
            let list: Vec<&Waiver> = waivers.iter().collect();
            let found = adopted_key(vec![key.clone()], expected, &Moment::Adoption(&list));
            findings.judge(subject(), found, waivers)
        }
        Origin::AdoptedBefore => findings.judge(subject(), later(), &[]),
        Origin::Unknown => {
            let generated = strict.is_ok();
            findings.judge(subject(), strict, &[]);
            let refused = findings.judge(subject(), later(), &[]);
            if !generated {
                findings.notice(format!(
                    "entry {}: the key is not as a generated one is; only the whole ledger can \
                     tell whether its root was taken over",
                    entry.n
                ));
            }
            refused.filter(|_| !generated)
        }
    };
    if let Some(why) = refused {
        let words = format!("as recorded: {why}");
        findings.fail(AuditId::Key, at(entry.n), words);
    }
}

/// Whether the key came to be at hand as its record says: generated after an intent, with its
/// id and label; adopted by a session after that; taken over in its step; or found.
fn came(story: &Story<'_>, entry: &Entry, event: &Event, origin: &Origin) -> bool {
    let Event::KeyReady { how, id, label, .. } = event else {
        return false;
    };
    let before = story.entries.iter().take_while(|one| one.n < entry.n);
    let intents = before.filter_map(|one| match &one.event {
        Ok(Event::KeyIntended { id, label, .. }) => {
            Some((one.n, one.step.as_deref(), id.as_str(), label.as_str()))
        }
        _ => None,
    });
    let intended = intents.last();
    match how {
        KeySource::Generated | KeySource::Adopted => {
            intended.is_some_and(|(n, step, named, labelled)| {
                let later = story.session_of(entry.n) > n;
                (named, labelled) == (id.as_str(), label.as_str())
                    && step == entry.step.as_deref()
                    && (*how == KeySource::Generated || later)
            })
        }
        KeySource::TakenOver => matches!(origin, Origin::Adopted(_)) && entry.step.is_some(),
        KeySource::Found => {
            let named = matches!(story.begin, Some(Event::Begin { root: Some(_), .. }));
            named && !matches!(origin, Origin::Adopted(_)) && entry.step.is_none()
        }
    }
}

/// The key that an entry records; its digest must be that of its SPKI.
pub(super) fn recorded(
    id: &str,
    label: &str,
    spki: &str,
    digest: Digest,
    attributes: &BTreeMap<String, String>,
) -> Option<TokenKey> {
    let public_key = PublicKey::from_spki(&unhex(spki)?).ok()?;
    (public_key.digest() == digest).then_some(TokenKey {
        id: KeyId(unhex(id)?),
        label: label.to_owned(),
        public_key,
        attributes: attributes.clone(),
    })
}
