//! Turns: within a session each entry stands where the program puts it. Steps come one after the
//! other, each check once, a question right before its answer, an approval right before what it
//! allows, and what is signed is checked and recorded right after.

use std::collections::{BTreeSet, VecDeque};

use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::{Story, at};
use crate::digest::Digest;
use crate::ledger::entry::{Entry, Event};

/// Walks the transcript.
pub(super) fn check(story: &Story<'_>, script: &Script, findings: &mut Findings) {
    let mut turns = Turns::default();
    for entry in story.entries {
        let Ok(event) = &entry.event else { continue };
        let steps = script.plan.iter().flat_map(|plan| &plan.steps);
        let mut steps = steps.enumerate();
        let planned = steps.find(|(_, one)| entry.step.as_ref() == Some(&one.id));
        let place = planned.map(|(place, _)| place);
        let signs = planned.is_some_and(|(_, step)| !step.products.is_empty());
        for words in turns.add(entry, event, place, signs) {
            findings.fail(AuditId::Session, at(entry.n), words);
        }
    }
}

/// What has stood so far; all but `signed` and `handed_over` in this session.
#[derive(Default)]
struct Turns<'e> {
    next: Next<'e>,
    /// The step that the newest entry of one belongs to.
    step: Option<usize>,
    begun: BTreeSet<&'e str>,
    checked: BTreeSet<(Option<&'e str>, &'e str, Digest)>,
    /// Entries of intents without their results, in their order.
    intended: VecDeque<u64>,
    signed: BTreeSet<&'e str>,
    handed_over: bool,
}

/// What must come next, unless the session ends.
#[derive(Clone, Copy, Default)]
enum Next<'e> {
    #[default]
    Any,
    /// The answer to this question.
    Answer(&'e str),
    /// What an approval allows.
    Allowed(Allowed),
    /// The look at a key that was to be generated.
    Look,
    /// More intents, or the first result.
    Intent,
    /// The other results.
    Result,
    /// The key that was checked.
    Key,
    /// The product that was checked.
    Issued(&'e str),
    /// The end: of what is given up, or until somebody goes on.
    End,
}

/// What an accepted answer allows.
#[derive(Clone, Copy)]
enum Allowed {
    Signature,
    Generation,
    Revocation,
    Close,
}

impl<'e> Turns<'e> {
    /// What of an entry is out of its turn. `place` is its step's in the plan, `signs` whether
    /// that signs something.
    fn add(
        &mut self,
        entry: &'e Entry,
        event: &'e Event,
        place: Option<usize>,
        signs: bool,
    ) -> Vec<&'static str> {
        if matches!(event, Event::ClockBehind { .. }) {
            return Vec::new();
        }
        if ends(event) {
            let went_on = matches!(event, Event::Resumed { .. });
            *self = Self {
                signed: std::mem::take(&mut self.signed),
                handed_over: self.handed_over,
                next: if went_on { Next::Any } else { Next::End },
                ..Self::default()
            };
            return Vec::new();
        }
        let mut wrong = vec![(
            self.next.allows(event),
            "something stands before what must follow",
        )];
        if let Some(place) = place {
            let goes_on = self.step.is_none_or(|step| step <= place);
            wrong.push((goes_on, "an entry of a step after the next has begun"));
            wrong.push((!self.handed_over, "an entry of a step after the hand-over"));
            let step = entry.step.as_deref().unwrap_or_default();
            let begins = matches!(event, Event::StepBegun { .. });
            let begun = begins || self.begun.contains(step);
            wrong.push((begun, "an entry of a step that this session has not begun"));
            self.step = self.step.max(Some(place));
        }
        self.next = self.follows(entry, event, signs, &mut wrong);
        let wrong = wrong.into_iter();
        wrong
            .filter_map(|(holds, words)| (!holds).then_some(words))
            .collect()
    }

    /// What must follow an entry.
    fn follows(
        &mut self,
        entry: &'e Entry,
        event: &'e Event,
        signs: bool,
        wrong: &mut Vec<(bool, &'static str)>,
    ) -> Next<'e> {
        let step = entry.step.as_deref();
        match event {
            Event::StepBegun { .. } => {
                let once = self.begun.insert(step.unwrap_or_default());
                wrong.push((once, "a step that begins twice in a session"));
                Next::Any
            }
            Event::Checked { what, sha256, .. } => {
                let once = self.checked.insert((step, what, *sha256));
                wrong.push((once, "the same check twice in a session"));
                let issued = what.strip_prefix("issued ");
                let signed = issued.is_none_or(|product| self.signed.contains(product));
                wrong.push((signed, "a product is checked before it is signed"));
                match issued {
                    Some(product) => Next::Issued(product),
                    None if what == "root key" => Next::Key,
                    None => Next::Any,
                }
            }
            Event::Question { id, .. } => Next::Answer(id),
            Event::Answer { id, accepted, .. } => match id.as_str() {
                _ if !accepted => Next::Any,
                "approve" if signs => Next::Allowed(Allowed::Signature),
                "generate" => Next::Allowed(Allowed::Generation),
                "revoke" => Next::Allowed(Allowed::Revocation),
                "seal" => Next::Allowed(Allowed::Close),
                _ => Next::Any,
            },
            Event::KeyIntended { .. } => Next::Look,
            Event::SignIntended { .. } => {
                self.intended.push_back(entry.n);
                Next::Intent
            }
            Event::Signed {
                product, intent, ..
            } => {
                let first = self.intended.pop_front() == Some(*intent);
                wrong.push((first, "a result in another order than its intent"));
                self.signed.insert(product);
                if self.intended.is_empty() {
                    Next::Any
                } else {
                    Next::Result
                }
            }
            Event::HandedOver { .. } => {
                self.handed_over = true;
                Next::Any
            }
            Event::Begin { .. }
            | Event::Resumed { .. }
            | Event::Environment { .. }
            | Event::TokenOpened { .. }
            | Event::KeyReady { .. }
            | Event::Issued { .. }
            | Event::CopyConfirmed { .. }
            | Event::DestructionAnnounced { .. }
            | Event::DestructionIntended { .. }
            | Event::KeyDestroyed { .. }
            | Event::Revoked { .. }
            | Event::Adopted { .. }
            | Event::Interrupted { .. }
            | Event::ClockBehind { .. }
            | Event::Aborted { .. }
            | Event::Close { .. } => Next::Any,
        }
    }
}

impl Next<'_> {
    fn allows(self, event: &Event) -> bool {
        match self {
            Self::Any => true,
            Self::Answer(asked) => matches!(event, Event::Answer { id, .. } if id == asked),
            Self::Allowed(Allowed::Signature) => matches!(event, Event::SignIntended { .. }),
            Self::Allowed(Allowed::Generation) => matches!(event, Event::KeyIntended { .. }),
            Self::Allowed(Allowed::Revocation) => matches!(event, Event::Revoked { .. }),
            Self::Allowed(Allowed::Close) => matches!(event, Event::Close { .. }),
            Self::Look => matches!(event, Event::Checked { what, .. } if what == "root key"),
            Self::Intent => matches!(event, Event::SignIntended { .. } | Event::Signed { .. }),
            Self::Result => matches!(event, Event::Signed { .. }),
            Self::End => matches!(event, Event::Close { .. }),
            Self::Key => matches!(event, Event::KeyReady { .. }),
            Self::Issued(checked) => {
                matches!(event, Event::Issued { product, .. } if product == checked)
            }
        }
    }
}

/// Whether a session ends with an entry, wherever it stands.
fn ends(event: &Event) -> bool {
    matches!(
        event,
        Event::Resumed { .. } | Event::Interrupted { .. } | Event::Aborted { .. }
    )
}
