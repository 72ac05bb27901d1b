//! A root that was taken over: the proof that the token held its key, and what the transcript
//! says of its life before, made again from the files that were given.

use std::collections::BTreeMap;

use super::Before;
use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::story::{Story, at};
use crate::digest::Digest;
use crate::ledger::entry::{Event, FileRecord};
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::{adopted, layout, possession_files};
use crate::plan::adopt::AdoptPlan;
use crate::plan::make::Draft;
use crate::x509::escape::escape;

/// What the ceremony file takes over: the step's id, and what its files say.
pub(super) struct Adopting {
    pub step: String,
    pub plan: AdoptPlan,
}

impl Adopting {
    /// From the locked files. What cannot be read is told where the plan is made again.
    pub fn of(files: &Files) -> Option<Self> {
        let source = std::str::from_utf8(files.get(layout::SCRIPT_FILE)).ok()?;
        let draft = Draft::parse(source).ok()?;
        let given = |path: String| {
            let bytes = files.get(&format!("in/{path}")).to_vec();
            (path, bytes)
        };
        let inputs: BTreeMap<String, Vec<u8>> =
            draft.input_paths().into_iter().map(given).collect();
        let (step, plan) = draft.adoption(&inputs).ok()??;
        Some(Self { step, plan })
    }

    /// The ledger before the ceremony, with what this step takes over: the ceremony's other
    /// steps were judged by that.
    pub fn joined(&self, before: Option<&Before>, ceremony: &str) -> Before {
        let mut joined = before.cloned().unwrap_or_default();
        // A ledger that has a root already is refused below.
        let _ = joined
            .register
            .adopt((ceremony, &self.step), &self.plan.adoption);
        joined
    }
}

/// Checks what an adoption left, and that only a ledger without a root has one. Whether it came
/// to its end.
pub(super) fn check(
    adopting: Option<&Adopting>,
    before: Option<&Before>,
    (story, files): (&Story<'_>, &Files),
    authority: &Authority<'_>,
    findings: &mut Findings,
) -> bool {
    findings.begun(AuditId::Adoption);
    let told: Vec<(u64, Option<&str>, &Event)> = story
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Ok(event @ Event::Adopted { .. }) => Some((entry.n, entry.step.as_deref(), event)),
            _ => None,
        })
        .collect();
    let completed = story.outcome == Some(CeremonyOutcome::Completed);
    let Some(adopting) = adopting else {
        for (n, ..) in told {
            findings.fail(AuditId::Adoption, at(n), "no step takes over a root");
        }
        tell_unknown_root(before, story, authority, findings);
        return false;
    };
    let register = before.map(|before| &before.register);
    let first = register.is_none_or(|known| known.issued.is_empty() && known.crls.is_empty());
    let words = "a root is taken over into a ledger that has one";
    findings.require(AuditId::Adoption, first, layout::SCRIPT_FILE, words);
    let proof = proof(adopting, files);
    let expected = adopted::events(&adopting.plan, &proof);
    for (number, (n, step, event)) in told.iter().enumerate() {
        let same = expected.get(number) == Some(*event) && *step == Some(&adopting.step);
        let words = "what is adopted is not what follows from the files that were given";
        findings.require(AuditId::Adoption, same, at(*n), words);
        let proved = story.signings.iter().any(|one| {
            one.product == adopting.step && one.result.as_ref().is_some_and(|(at, ..)| at < n)
        });
        let words = "something is adopted before the token proved that it holds the key";
        findings.require(AuditId::Adoption, proved, at(*n), words);
    }
    let last = story.entries.last().map_or(0, |entry| entry.n);
    let words = "completed, though the adoption did not come to its end";
    let whole = told.len() == expected.len();
    findings.require(AuditId::Adoption, whole || !completed, at(last), words);
    if whole {
        tell(&adopting.plan, findings);
    }
    whole
}

/// The root of a production ceremony is one that this ledger made or took over.
fn tell_unknown_root(
    before: Option<&Before>,
    story: &Story<'_>,
    authority: &Authority<'_>,
    findings: &mut Findings,
) {
    let (Some(before), Some(Event::Begin { kind, root, .. })) = (before, story.begin) else {
        return;
    };
    let known = before
        .register
        .has_serial(&authority.certificate.fields.serial);
    let words = "no ceremony before it made or took over this root";
    let holds = *kind != CeremonyKind::Production || root.is_none() || known;
    findings.require(AuditId::Adoption, holds, at(1), words);
}

fn tell(plan: &AdoptPlan, findings: &mut Findings) {
    // The root itself is one of them.
    let count = plan.adoption.certificates.len().saturating_sub(1);
    let crl = plan.adoption.crl.as_ref();
    let crl = crl.map_or("no CRL".to_owned(), |crl| format!("CRL {}", crl.number));
    findings.notice(format!(
        "the root, {count} certificates that it issued before and {crl} are adopted: written \
         down as they were given, not as witnessed"
    ));
    if let Some(reason) = &plan.lost_ledger {
        let reason = escape(reason);
        findings.notice(format!("the ledger before this one was lost: {reason}"));
    }
}

/// The proof's files as they lie there.
fn proof(adopting: &Adopting, files: &Files) -> Vec<FileRecord> {
    let content = possession_files::content(&adopting.step);
    let record = |path: &str| FileRecord {
        path: path.to_owned(),
        sha256: Digest::of(files.get(path)),
    };
    let others = files
        .below("evidence/")
        .filter(|path| possession_files::is_signature(&adopting.step, path));
    std::iter::once(content.as_str())
        .chain(others)
        .map(record)
        .collect()
}
