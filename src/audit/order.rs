//! The order of entries: clocks, and steps as they are planned.

use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::at;
use crate::digest::Digest;
use crate::ledger::entry::{Entry, Event};

/// Clocks may be wrong, and a crash starts the steady one anew: told, not refused.
pub(super) fn clocks(entries: &[Entry], findings: &mut Findings) {
    for pair in entries.windows(2) {
        let place = format!("from entry {} to {}", pair[0].n, pair[1].n);
        if pair[1].time < pair[0].time {
            let words = format!(
                "the laptop's clock goes back {place}: {} to {}",
                pair[0].time, pair[1].time
            );
            findings.notice(words);
        }
        let session = matches!(
            pair[1].event,
            Ok(Event::Resumed { .. } | Event::Aborted { .. } | Event::Close { .. })
        );
        if pair[1].mono_ms < pair[0].mono_ms && !session {
            findings.notice(format!("the steady clock goes back {place}"));
        }
    }
}

/// What is found of a step's plan stands in the transcript before the step's first intent to
/// sign or its revocation: a waiver that was not recorded would be no deviation.
pub(super) fn planned(
    entries: &[Entry],
    script: &Script,
    plan_sha256: Digest,
    findings: &mut Findings,
) {
    for one in &script.planned {
        let Some(record) = one.record(plan_sha256) else {
            continue;
        };
        let of = |entry: &&Entry| entry.step.as_ref() == Some(&one.step);
        let intent = entries.iter().filter(of).find(|entry| {
            matches!(
                entry.event,
                Ok(Event::SignIntended { .. } | Event::Revoked { .. })
            )
        });
        let Some(intent) = intent else { continue };
        let recorded = entries
            .iter()
            .filter(of)
            .take_while(|entry| entry.n < intent.n)
            .any(|entry| entry.event.as_ref().is_ok_and(|event| *event == record));
        let words = format!("the checks of {} are not recorded as they are", one.what);
        findings.require(AuditId::Entries, recorded, at(intent.n), words);
    }
}

/// Steps begin in the plan's order, with the plan's words; entries name planned steps.
pub(super) fn steps(entries: &[Entry], script: &Script, findings: &mut Findings) {
    let Some(plan) = &script.plan else { return };
    let mut furthest = 0;
    for entry in entries {
        let Some(step) = &entry.step else { continue };
        let mut require = |holds: bool, words: &str| {
            findings.require(AuditId::Entries, holds, at(entry.n), words);
        };
        let Some(number) = plan.steps.iter().position(|one| one.id == *step) else {
            require(false, "a step that is not planned");
            continue;
        };
        if let Ok(Event::StepBegun {
            step_number,
            steps,
            does,
            title,
        }) = &entry.event
        {
            let planned = &plan.steps[number];
            require(
                (*step_number, *steps) == (number + 1, plan.steps.len())
                    && *does == planned.kind
                    && *title == planned.title,
                "the step is not begun as it is planned",
            );
            require(
                number <= furthest,
                "the step begins before the one that is planned before it",
            );
            furthest = furthest.max(number + 1);
        }
        require(number < furthest, "an entry of a step that has not begun");
    }
    for entry in entries {
        if let (Ok(Event::Close { outcome, .. }), true) =
            (&entry.event, furthest < plan.steps.len())
        {
            findings.require(
                AuditId::Complete,
                outcome != "completed",
                at(entry.n),
                "completed, though steps are missing",
            );
        }
    }
}
