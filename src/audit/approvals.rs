//! Questions, answers and approvals: what was typed is judged again, and nothing is signed
//! without the right words before it.

use std::collections::BTreeMap;

use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::at;
use crate::digest::Digest;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{BodyKind, CeremonyOutcome};
use crate::ledger::question;
use crate::plan::{SealMode, past};
use crate::x509::time::UtcTime;

/// What has been approved so far in this session.
struct Approvals<'e> {
    script: &'e Script,
    label: &'e str,
    question: Option<(&'e str, &'e str)>,
    /// When the session began, when the question was put, and whether the clock went back.
    times: Option<(UtcTime, UtcTime, bool)>,
    session: Option<(UtcTime, bool)>,
    begun: bool,
    seal: bool,
    generate: bool,
    /// The step whose revocation was confirmed last.
    revoke: Option<&'e str>,
    given: BTreeMap<&'e str, Vec<Digest>>,
}

/// Walks the transcript.
pub(super) fn check(entries: &[Entry], script: &Script, findings: &mut Findings) {
    findings.begun(AuditId::Approval);
    let mut state = Approvals {
        script,
        label: "",
        question: None,
        times: None,
        session: None,
        begun: false,
        seal: false,
        generate: false,
        revoke: None,
        given: BTreeMap::new(),
    };
    for entry in entries {
        if let Ok(event) = &entry.event {
            state.add(entry, event, findings);
        }
    }
}

impl<'e> Approvals<'e> {
    fn add(&mut self, entry: &'e Entry, event: &'e Event, findings: &mut Findings) {
        let step = entry.step.as_deref().unwrap_or_default();
        let mut require = |holds: bool, words: &str| {
            findings.require(AuditId::Approval, holds, at(entry.n), words);
        };
        match event {
            Event::Begin { .. } | Event::Resumed { .. } => {
                self.begun = false;
                self.generate = false;
                self.seal = false;
                self.revoke = None;
                self.given.clear();
                // Who stopped the program answered nothing.
                self.question = None;
                self.session = Some((entry.time, false));
            }
            Event::TokenOpened { token } => self.label = &token.label,
            Event::StepBegun { .. } => {
                require(self.begun, "a step begins before the lock was approved");
                self.given.remove(step);
            }
            Event::ClockBehind { .. } => {
                self.session = self.session.map(|(begun, _)| (begun, true));
            }
            Event::Question { id, text } => {
                let session = self.session;
                self.times = session.map(|(begun, behind)| (begun, entry.time, behind));
                require(
                    self.question.is_none(),
                    "a question before the answer to another",
                );
                self.question = Some((id, text));
                let known = !matches!(
                    self.paper(id, text, entry.step.as_deref()),
                    Paper::Unknown | Paper::Wrong
                );
                findings.require(
                    AuditId::Approval,
                    known,
                    at(entry.n),
                    "the question is not one that this ceremony puts",
                );
            }
            Event::Answer { .. } => self.answer(entry, event, findings),
            Event::KeyIntended { .. } => {
                require(
                    self.begun && self.generate,
                    "a key is generated without the answer that allows it",
                );
            }
            Event::Revoked { .. } => {
                let confirmed = self.revoke.take() == Some(step);
                require(
                    self.begun && confirmed,
                    "a revocation without the answer that allows it",
                );
            }
            // The step itself, approved with the lock, asks for it: it binds nothing.
            Event::SignIntended { kind, .. }
                if *kind == BodyKind::Possession
                    && super::copies::is_planned(self.script, step) =>
            {
                require(self.begun, "a signature before the lock was approved");
            }
            Event::SignIntended { product, .. } => {
                require(self.begun, "a signature before the lock was approved");
                // A repeated intent too: the transcript lay on a medium meanwhile.
                let approved = self.approved(step, product);
                require(
                    approved,
                    "a signature that no approval of its step stands before",
                );
            }
            Event::Close { outcome, .. } => {
                let asked = self
                    .script
                    .plan
                    .as_ref()
                    .is_some_and(|plan| plan.seal == SealMode::Direct);
                require(
                    *outcome != CeremonyOutcome::Completed || !asked || self.seal,
                    "the root signs the seal without the answer that allows it",
                );
            }
            Event::Environment { .. }
            | Event::Checked { .. }
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
            | Event::Aborted { .. } => {}
        }
    }

    fn approved(&self, step: &str, product: &str) -> bool {
        let Some((planned, document)) = self.script.product(product) else {
            return self.approved_step(step);
        };
        let wanted = if self.script.webtrust() {
            Some(document.template_sha256)
        } else {
            planned.approval_sha256
        };
        let given = self.given.get(step);
        wanted.is_some_and(|digest| given.is_some_and(|given| given.contains(&digest)))
    }

    /// What signs no product is approved as the step that it is.
    fn approved_step(&self, step: &str) -> bool {
        let mut planned = self.script.plan.iter().flat_map(|plan| &plan.steps);
        let planned = planned.find(|one| one.id == step);
        let wanted = planned.and_then(|one| one.approval_sha256);
        let given = self.given.get(step);
        wanted.is_some_and(|digest| given.is_some_and(|given| given.contains(&digest)))
    }

    fn answer(&mut self, entry: &'e Entry, event: &'e Event, findings: &mut Findings) {
        let Event::Answer {
            id,
            value,
            accepted,
        } = event
        else {
            return;
        };
        let step = entry.step.as_deref();
        let text = match self.question.take() {
            Some((asked, text)) if asked == id => text,
            _ => {
                let words = "an answer to no question";
                return findings.fail(AuditId::Approval, at(entry.n), words);
            }
        };
        let (paper, digest) = match self.paper(id, text, step) {
            Paper::Says(paper) => (paper, None),
            Paper::Words(paper, digest) => (paper, Some(digest)),
            Paper::Unknown => {
                let words = "an answer to a question that is never put";
                return findings.fail(AuditId::Approval, at(entry.n), words);
            }
            Paper::Wrong => {
                let words = "the question does not ask for words of a digest of this plan";
                return findings.fail(AuditId::Approval, at(entry.n), words);
            }
        };
        findings.require(
            AuditId::Approval,
            *accepted == same_words(value, &paper),
            at(entry.n),
            "the answer is not marked as what it is",
        );
        if !accepted {
            return;
        }
        match id.as_str() {
            "begin" => self.begun = true,
            "generate" => self.generate = true,
            "seal" => self.seal = true,
            "revoke" => self.revoke = step,
            _ => {}
        }
        if let (Some(step), Some(digest), "approve") = (step, digest, id.as_str()) {
            self.given.entry(step).or_default().push(digest);
        }
    }

    /// What stands on paper as the answer.
    fn paper(&self, id: &str, text: &str, step: Option<&str>) -> Paper {
        match id {
            "date" => self.date(text).unwrap_or(Paper::Wrong),
            "generate" if text == question::GENERATE => Paper::Says(self.label.to_owned()),
            "seal" if text == question::SEAL => Paper::Says("seal".to_owned()),
            "generate" | "seal" => Paper::Wrong,
            "revoke" => self.serial(text, step).unwrap_or(Paper::Wrong),
            "begin" | "approve" => self.words(id, text, step).unwrap_or(Paper::Wrong),
            _ => Paper::Unknown,
        }
    }

    /// The day of the time that the question shows: no later than the entry, and of this session
    /// where its clock did not go back.
    fn date(&self, text: &str) -> Option<Paper> {
        let rest = text.strip_prefix("The laptop's clock says ")?;
        let shown = UtcTime::parse(&rest.get(..20)?.replacen(' ', "T", 1).replace(' ', "Z"))?;
        let (session, asked, behind) = self.times?;
        let fits = shown <= asked && (shown >= session || behind);
        (fits && question::date(&shown.readable()) == text).then(|| Paper::Says(shown.date()))
    }

    /// The end of the serial number that a step revokes.
    fn serial(&self, text: &str, step: Option<&str>) -> Option<Paper> {
        let plan = self.script.plan.as_ref()?;
        let step = plan
            .steps
            .iter()
            .find(|one| Some(one.id.as_str()) == step)?;
        let (asked, paper) = past::question(&step.revoke.as_ref()?.serial);
        (asked == text).then_some(Paper::Says(paper))
    }

    /// `From the printed plan, type word 3 and word 17 of step x's digest:`
    fn words(&self, id: &str, text: &str, step: Option<&str>) -> Option<Paper> {
        let (first, second, what) = question::words_asked(text)?;
        let digest = match (id, step) {
            ("begin", None) if what == "the lock" => self.script.lock,
            ("approve", Some(step)) => self.named(what, step)?,
            _ => return None,
        };
        let words = digest.words();
        if first == second {
            return None;
        }
        let word = |number: usize| words.get(number.checked_sub(1)?);
        let paper = format!("{} {}", word(first)?, word(second)?);
        Some(Paper::Words(paper, digest))
    }

    /// The digest that a question calls `step x` or `x's template`.
    fn named(&self, what: &str, step: &str) -> Option<Digest> {
        let plan = self.script.plan.as_ref()?;
        let planned = plan.steps.iter().find(|one| one.id == step)?;
        if what.strip_prefix("step ") == Some(step) {
            return planned.approval_sha256;
        }
        let product = what.strip_suffix("'s template")?;
        planned
            .products
            .iter()
            .find(|one| one.name == product)
            .map(|one| one.template_sha256)
    }
}

enum Paper {
    /// This text.
    Says(String),
    /// These words of this digest.
    Words(String, Digest),
    /// A question this version does not put.
    Unknown,
    /// A question that was never put like this.
    Wrong,
}

/// Case and spacing do not matter to people who read words aloud.
fn same_words(typed: &str, wanted: &str) -> bool {
    let fold = |text: &str| {
        text.split_whitespace()
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    !typed.trim().is_empty() && fold(typed) == fold(wanted)
}
