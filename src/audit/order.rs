//! The order of entries: clocks, and steps as they are planned.

use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::at;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::CeremonyOutcome;
use crate::ledger::layout;
use crate::ledger::seal::Seal;
use crate::x509::escape::escape;
use crate::x509::time::UtcTime;

/// Time never goes back within a transcript: a clock that was set back is told by an entry of
/// its own. A crash starts the steady clock anew: told.
pub(super) fn clocks(entries: &[Entry], findings: &mut Findings) {
    findings.require(AuditId::Time, true, "", "");
    for pair in entries.windows(2) {
        let place = format!("from entry {} to {}", pair[0].n, pair[1].n);
        if pair[1].time < pair[0].time {
            let words = format!(
                "the laptop's clock goes back {place}: {} to {}",
                pair[0].time, pair[1].time
            );
            findings.notice(words.clone());
            findings.fail(AuditId::Time, at(pair[1].n), words);
        }
        let session = matches!(
            pair[1].event,
            Ok(Event::Resumed { .. }
                | Event::ClockBehind { .. }
                | Event::Aborted { .. }
                | Event::Close { .. })
        );
        if pair[1].mono_ms < pair[0].mono_ms && !session {
            findings.notice(format!("the steady clock goes back {place}"));
        }
    }
    for entry in entries {
        if let Ok(Event::ClockBehind { clock }) = &entry.event {
            let said = UtcTime::parse(clock);
            let behind = said.is_some_and(|said| said < entry.time);
            let words = "the clock that it tells of is not behind";
            findings.require(AuditId::Time, behind, at(entry.n), words);
            findings.notice(format!(
                "entry {}: the laptop's clock said {}, behind the entry before: no signature \
                 until it had caught up",
                entry.n,
                escape(clock)
            ));
        }
    }
}

/// The times of a ceremony within its root's life, and after the seal before it.
pub(super) fn life(
    seal: &Seal,
    entries: &[Entry],
    root: Option<(UtcTime, UtcTime)>,
    before: Option<UtcTime>,
    findings: &mut Findings,
) {
    let place = |name: &str| format!("{}, {name}", layout::SEAL);
    findings.require(
        AuditId::Time,
        seal.started <= seal.ended,
        place("ended"),
        "it ended before it started",
    );
    let after = before.is_none_or(|before| seal.started >= before);
    findings.require(
        AuditId::Time,
        after,
        place("started"),
        "it started before the ceremony before it ended",
    );
    let Some((start, end)) = root else { return };
    for entry in entries {
        let signs = matches!(entry.event, Ok(Event::SignIntended { .. }));
        let within = entry.time >= start && entry.time <= end;
        let words = "something is signed before the root's first second or after its last";
        findings.require(AuditId::Time, within || !signs, at(entry.n), words);
    }
}

/// What is found of a step's plan stands in the transcript before the step's first intent to
/// sign or its revocation: a waiver that was not recorded would be no deviation.
pub(super) fn planned(entries: &[Entry], script: &Script, findings: &mut Findings) {
    for one in &script.planned {
        let Some(record) = one.record(script.plan_sha256) else {
            continue;
        };
        findings.judge_planned(&one.step, &record);
        let of = |entry: &&Entry| entry.step.as_ref() == Some(&one.step);
        let intent = entries.iter().filter(of).find(|entry| {
            matches!(
                entry.event,
                Ok(Event::SignIntended { .. } | Event::Revoked { .. })
            )
        });
        let Some(intent) = intent else { continue };
        // What it says is compared where all that was checked is.
        let same = |event: &Event| match (event, &record) {
            (
                Event::Checked { what, sha256, .. },
                Event::Checked {
                    what: name,
                    sha256: digest,
                    ..
                },
            ) => (what, sha256) == (name, digest),
            _ => false,
        };
        let recorded = entries
            .iter()
            .filter(of)
            .take_while(|entry| entry.n < intent.n)
            .any(|entry| entry.event.as_ref().is_ok_and(same));
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
                *outcome != CeremonyOutcome::Completed,
                at(entry.n),
                "completed, though steps are missing",
            );
        }
    }
}
