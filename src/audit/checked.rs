//! What was checked, as the transcript has it, against what those checks find when they are done
//! again: no finding is left out, added or turned, and none is missing before what it allows.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::words_of;
use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::{Story, at};
use crate::check::copy::SUBJECT as COPY;
use crate::check::note::SUBJECT as NOTE;
use crate::check::{CheckId, Finding, Level, Outcome, Refusal};
use crate::digest::Digest;
use crate::edition::Edition;
use crate::ledger::entry::{Entry, Event, FindingRecord};
use crate::plan::Waiver;
use crate::x509::escape::escape;

/// A check that was done again.
#[derive(Debug)]
struct Again {
    step: Option<String>,
    what: String,
    sha256: Digest,
    findings: Vec<FindingRecord>,
}

/// Every check that was done again.
#[derive(Debug, Default)]
pub(super) struct Records(Vec<Again>);

/// What was checked: its step, its words, the digest of its bytes.
pub(super) type Subject<'s> = (Option<&'s str>, String, Digest);

impl Findings {
    /// Takes a check that was done again under the rules of the ceremony's edition. Gives back
    /// why it refuses; what only a later edition refuses is told.
    pub fn judge<T>(
        &mut self,
        (step, what, sha256): Subject<'_>,
        result: Result<(T, Vec<Finding>), Refusal>,
        waivers: &[Waiver],
    ) -> Option<String> {
        let (list, subject) = match result {
            Ok((_, list)) => (list, String::new()),
            Err(refusal) => (refusal.findings, refusal.subject),
        };
        let (records, refused) = self.under_edition(list, &subject, waivers);
        self.records.0.push(Again {
            step: step.map(str::to_owned),
            what,
            sha256,
            findings: records,
        });
        refused
    }

    /// Why a refusal of today refuses under the ceremony's edition, if it does.
    pub fn refuses(&mut self, refusal: Refusal, waivers: &[Waiver]) -> Option<String> {
        let (_, refused) = self.under_edition(refusal.findings, &refusal.subject, waivers);
        refused
    }

    /// What the ceremony's edition finds of it, and the first refusal among that.
    fn under_edition(
        &mut self,
        list: Vec<Finding>,
        subject: &str,
        waivers: &[Waiver],
    ) -> (Vec<FindingRecord>, Option<String>) {
        let edition = self.edition;
        let mut records = Vec::new();
        let mut refused = None;
        for mut one in list {
            if waived_then(&one, edition, waivers) {
                one.outcome = Outcome::Waived;
            }
            let words = format!("{}: {}", one.id.public(), one.words);
            match (edition.has(one.id.public()), one.outcome) {
                (false, Outcome::Fail) => self.later(format!("{subject}: {words}")),
                (false, _) => {}
                (true, outcome) => {
                    if outcome == Outcome::Fail {
                        refused.get_or_insert(words);
                    }
                    records.push(one.record());
                }
            }
        }
        (records, refused)
    }

    /// Takes what is recorded of the plan.
    pub fn judge_planned(&mut self, step: &str, event: &Event) {
        let edition = self.edition;
        if let Event::Checked {
            what,
            sha256,
            findings,
        } = event
        {
            let of_then = |one: &&FindingRecord| edition.has(&one.id);
            self.records.0.push(Again {
                step: Some(step.to_owned()),
                what: what.clone(),
                sha256: *sha256,
                findings: findings.iter().filter(of_then).cloned().collect(),
            });
        }
    }
}

/// A check that could be waived then, and cannot be today.
fn waived_then(one: &Finding, edition: &Edition, waivers: &[Waiver]) -> bool {
    let id = one.id.public();
    one.outcome == Outcome::Fail
        && edition.level(id) == Some(Level::Waivable.word())
        && waivers.iter().any(|waiver| waiver.check == id)
}

/// Holds every recorded check against the ones that were done again. `whole`: the ledger before
/// is known, so that what is found of it is the same.
pub(super) fn compare(story: &Story<'_>, script: &Script, whole: bool, findings: &mut Findings) {
    findings.begun(AuditId::Checked);
    let records = std::mem::take(&mut findings.records);
    let mut found: BTreeMap<_, Vec<&Again>> = BTreeMap::new();
    for one in &records.0 {
        let key = (one.step.as_deref(), one.what.as_str(), one.sha256);
        found.entry(key).or_default().push(one);
    }
    for entry in story.entries {
        let Ok(Event::Checked {
            what,
            sha256,
            findings: list,
        }) = &entry.event
        else {
            continue;
        };
        let place = || format!("{}: {}", at(entry.n), escape(what));
        for one in list {
            let known = one.outcome != Outcome::Fail;
            let words = format!("{} is recorded as {}", escape(&one.id), one.outcome);
            findings.require(AuditId::Checked, known, place(), words);
        }
        // What a token keeps, nothing else of the ledger tells.
        if what == NOTE && entry.step.is_none() {
            let only = list
                .iter()
                .all(|one| one.id == CheckId::LedgerNote.public());
            findings.require(AuditId::Checked, only, place(), "more than of a note");
            continue;
        }
        let key = (entry.step.as_deref(), what.as_str(), *sha256);
        let again = found.get(&key).map_or(&[][..], Vec::as_slice);
        if again.iter().any(|one| one.findings == *list) {
            continue;
        }
        let edition = findings.edition;
        let had = |one: &FindingRecord| edition.had(&one.id);
        let alike = again
            .iter()
            .any(|one| outcomes(&one.findings) == outcomes(list));
        if alike && (edition.closed || !whole) {
            findings.told("checked.findings.words");
        } else if !again.is_empty() && (!whole || list.iter().any(had)) {
            findings.told("checked.findings");
        } else if again.is_empty() && !whole && *sha256 == script.plan_sha256 {
            // What only the ledger before it tells.
            findings.told("checked.findings");
        } else if again.is_empty() && led_nowhere(story, script, entry, what, *sha256) {
            findings.told("checked.findings");
            findings.told("checked.sha256");
        } else {
            let words = "not what these checks find";
            findings.fail(AuditId::Checked, place(), words);
        }
    }
}

/// Whether what was checked came to nothing, so that nothing else tells of it: a body that was
/// never to be signed, a key or a copy that was not taken, a revocation that nobody confirmed.
fn led_nowhere(
    story: &Story<'_>,
    script: &Script,
    entry: &Entry,
    what: &str,
    sha256: Digest,
) -> bool {
    let step = entry.step.as_deref().unwrap_or_default();
    let after = || story.entries.iter().filter(|one| one.n > entry.n);
    let intended = |name: &str| story.signings.iter().any(|one| one.product == name);
    let body = |word: &str, name: &str| {
        let mut bodies = story.signings.iter();
        what == format!("{word} {name}")
            && !bodies.any(|one| one.product == name && one.sha256 == sha256)
    };
    let mut steps = script.plan.iter().flat_map(|plan| &plan.steps);
    let planned = steps.find(|one| one.id == step);
    let product = planned.is_some_and(|planned| {
        planned.products.iter().any(|one| {
            let input = one.certificate.as_ref();
            let input = input.is_some_and(|path| what == format!("certificate {path}"));
            ["certificate", "CRL", "request"]
                .iter()
                .any(|word| body(word, &one.name))
                || (input && !intended(&one.name))
        })
    });
    let is = |kind: fn(&Event) -> bool| {
        after().any(|one| one.step == entry.step && one.event.as_ref().is_ok_and(kind))
    };
    product
        || body("possession", step)
        || (what == "root key" && !is(|event| matches!(event, Event::KeyReady { .. })))
        || (what == COPY && !is(|event| matches!(event, Event::CopyConfirmed { .. })))
        || (what.starts_with("revocation of ")
            && !is(|event| matches!(event, Event::Revoked { .. })))
}

fn outcomes(list: &[FindingRecord]) -> Vec<(&str, Outcome)> {
    list.iter()
        .map(|one| (one.id.as_str(), one.outcome))
        .collect()
}

/// Nothing is signed, issued, revoked or called ready before the checks that allow it.
pub(super) fn before(
    story: &Story<'_>,
    script: &Script,
    digests: &dyn Fn(&str) -> Option<Digest>,
    findings: &mut Findings,
) {
    let mut checked: BTreeSet<(Option<&str>, &str, Digest)> = BTreeSet::new();
    for entry in story.entries {
        let Ok(event) = &entry.event else { continue };
        let step = entry.step.as_deref();
        // A check is of its own session.
        if matches!(event, Event::Begin { .. } | Event::Resumed { .. }) {
            checked.clear();
        }
        if let Event::Checked { what, sha256, .. } = event {
            checked.insert((step, what, *sha256));
        }
        for (what, sha256) in due(event, script, digests) {
            let found = checked.contains(&(step, what.as_str(), sha256));
            let words = format!("no check of {} stands before it", escape(&what));
            findings.require(AuditId::Checked, found, at(entry.n), words);
        }
    }
}

/// What must have been checked before an entry.
fn due(
    event: &Event,
    script: &Script,
    digests: &dyn Fn(&str) -> Option<Digest>,
) -> Vec<(String, Digest)> {
    match event {
        Event::SignIntended {
            product,
            kind,
            tbs_sha256,
            ..
        } => {
            let body = (format!("{} {product}", words_of(*kind)), *tbs_sha256);
            let input = script.product(product).and_then(|(_, one)| {
                let certificate = one.certificate.as_ref().map(|path| ("certificate", path));
                let request = one.request.as_ref().map(|path| ("request", path));
                certificate.or(request)
            });
            // An input that is not there is no input of the lock either.
            let input = input.map(|(word, path)| {
                let sha256 = digests(path).unwrap_or(Digest::ZERO);
                (format!("{word} {path}"), sha256)
            });
            std::iter::once(body).chain(input).collect()
        }
        Event::Issued {
            product, sha256, ..
        } => vec![(format!("issued {product}"), *sha256)],
        Event::KeyReady { spki_sha256, .. } => vec![("root key".to_owned(), *spki_sha256)],
        Event::CopyConfirmed { spki_sha256, .. } => vec![(COPY.to_owned(), *spki_sha256)],
        Event::Begin { .. }
        | Event::Resumed { .. }
        | Event::Environment { .. }
        | Event::TokenOpened { .. }
        | Event::StepBegun { .. }
        | Event::Checked { .. }
        | Event::Question { .. }
        | Event::Answer { .. }
        | Event::KeyIntended { .. }
        | Event::Signed { .. }
        | Event::DestructionAnnounced { .. }
        | Event::DestructionIntended { .. }
        | Event::KeyDestroyed { .. }
        | Event::Revoked { .. }
        | Event::Adopted { .. }
        | Event::HandedOver { .. }
        | Event::Interrupted { .. }
        | Event::ClockBehind { .. }
        | Event::Aborted { .. }
        | Event::Close { .. } => Vec::new(),
    }
}

/// Refusals that were put aside: each is one that the plan waives, in its step.
pub(super) fn waived(story: &Story<'_>, script: &Script, findings: &mut Findings) {
    for entry in story.entries {
        let Ok(Event::Checked { findings: list, .. }) = &entry.event else {
            continue;
        };
        let waivers = script.waivers(entry.step.as_deref().unwrap_or_default());
        for one in list.iter().filter(|one| one.outcome == Outcome::Waived) {
            let planned = waivers.iter().any(|waiver| waiver.check == one.id);
            let words = format!("{} is put aside, and no waiver of its step says so", one.id);
            findings.require(AuditId::Checked, planned, at(entry.n), escape(&words));
        }
    }
}
