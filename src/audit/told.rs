//! What is on the tool's word alone: for each entry the fields that nothing else of the folder
//! confirms. Every other field is recomputed, or compared with another.

use super::findings::Findings;
use crate::ledger::entry::{Entry, Event};
use crate::ports::TokenIdentity;

/// Entries that a tool could leave out, and nobody would see it; and what only paper, or a
/// person's signature, holds to what was approved: the ceremony file, with what follows from it.
const UNSEEN: [&str; 8] = [
    "absence:answer, wrong",
    "absence:clock-behind",
    "absence:interrupted",
    "absence:question, unanswered",
    "absence:resumed",
    "plan.tool",
    "lock.names",
    "script/ceremony.toml",
];

/// Where only the order is a tool's word: among the checks before one question, and whether what
/// one approval allows is signed together or one after the other.
const IN_ANY_ORDER: [&str; 2] = ["order:checked", "order:sign-intended"];

/// The same where the ceremony did not run through: what it looked at came to nothing.
const UNSEEN_WHERE_STOPPED: [&str; 3] =
    ["absence:checked", "absence:issued", "absence:sign-intended"];

/// Where it was given up nothing holds what was done to what was planned.
const UNSEEN_WHERE_GIVEN_UP: [&str; 10] = [
    "absence:copy-confirmed",
    "absence:handed-over",
    "absence:key-intended",
    "absence:key-ready",
    "absence:revoked",
    "absence:signed",
    "absence:step-begun",
    "absence:token-opened",
    "aborted",
    "close",
];

/// Lists the fields of all entries that nothing confirms, and what could be left out.
pub(super) fn entries(entries: &[Entry], findings: &mut Findings) {
    let stopped = entries.iter().any(|entry| {
        matches!(
            entry.event,
            Ok(Event::Resumed { .. } | Event::Aborted { .. })
        )
    });
    let more = UNSEEN_WHERE_STOPPED.iter().filter(|_| stopped);
    for one in UNSEEN.iter().chain(&IN_ANY_ORDER).chain(more) {
        findings.told(*one);
    }
    let given_up = |entry: &Entry| matches!(entry.event, Ok(Event::Aborted { .. }));
    if entries.iter().any(given_up) {
        for one in UNSEEN_WHERE_GIVEN_UP {
            findings.told(one);
        }
    }
    for entry in entries {
        findings.told("time");
        findings.told("mono_ms");
        if let Ok(event) = &entry.event {
            let word = event.word();
            for field in fields(event) {
                findings.told(format!("{word}.{field}"));
            }
        }
    }
}

/// The fields of an event that nothing confirms. Each field is named here, so that the compiler
/// asks for one that is new.
fn fields(event: &Event) -> &'static [&'static str] {
    match event {
        // The seal says the same of the tool, from here.
        Event::Begin {
            format: _,
            ceremony: _,
            kind: _,
            edition: _,
            tool: _,
            tool_sha256: _,
            interface: _,
            plan_sha256: _,
            lock_sha256: _,
            previous_seal: _,
            root: _,
        } => &["interface", "tool", "tool_sha256"],
        Event::Resumed {
            tool: _,
            tool_sha256: _,
            interface: _,
            torn: _,
        } => &["interface", "tool", "tool_sha256", "torn"],
        Event::Environment {
            file: _,
            findings: _,
        } => &["file", "findings"],
        Event::TokenOpened { token } => token_fields(token),
        Event::StepBegun {
            step_number: _,
            steps: _,
            does: _,
            title: _,
        } => &[],
        // Of the token's note: nothing else of the ledger holds its text.
        Event::Checked {
            what,
            sha256: _,
            findings: _,
        } if what == crate::check::note::SUBJECT => &["findings", "sha256"],
        Event::Checked {
            what: _,
            sha256: _,
            findings: _,
        } => &[],
        // Which words were asked for is chance; a date's text names the clock.
        Event::Question { id: _, text: _ } => &["text"],
        // A wrong answer could have been any other.
        Event::Answer {
            id: _,
            value: _,
            accepted: _,
        } => &["value"],
        Event::KeyIntended {
            key: _,
            label: _,
            id: _,
        } => &[],
        Event::KeyReady {
            how: _,
            id: _,
            label: _,
            spki: _,
            spki_sha256: _,
            attributes: _,
        } => &["attributes", "how", "id", "label"],
        Event::SignIntended {
            product: _,
            kind: _,
            tbs: _,
            tbs_file: _,
            tbs_sha256: _,
            again_of: _,
        } => &[],
        Event::Signed {
            product: _,
            intent: _,
            algorithm: _,
            signature: _,
        } => &[],
        Event::Issued {
            product: _,
            kind: _,
            subject: _,
            serial: _,
            crl_number: _,
            spki_sha256: _,
            request_sha256: _,
            sha256: _,
            files: _,
        } => &[],
        Event::CopyConfirmed {
            token,
            id: _,
            label: _,
            spki_sha256: _,
            attributes: _,
            files: _,
        } => copy_fields(token),
        Event::DestructionAnnounced {
            id: _,
            label: _,
            spki_sha256: _,
            copies: _,
        } => &["copies"],
        Event::DestructionIntended {
            id: _,
            label: _,
            spki_sha256: _,
        }
        | Event::KeyDestroyed {
            id: _,
            label: _,
            spki_sha256: _,
        } => &[],
        Event::Revoked {
            serial: _,
            subject: _,
            certificate_sha256: _,
            reason: _,
            invalidity_date: _,
            foreign: _,
        } => &[],
        Event::Adopted {
            part: _,
            parts: _,
            root: _,
            certificates: _,
            index: _,
            crl: _,
            crl_number: _,
            lost_ledger: _,
            proof: _,
            issued: _,
        } => &[],
        Event::HandedOver { files: _ } => &[],
        Event::Interrupted { at: _ } => &["at"],
        Event::ClockBehind { clock: _ } => &["clock"],
        Event::Aborted {
            signed: _,
            possibly_signed: _,
        } => &[],
        Event::Close {
            outcome: _,
            signatures_asked: _,
            signatures_kept: _,
        } => &[],
    }
}

/// What a token says of itself; its label is the plan's.
fn token_fields(token: &TokenIdentity) -> &'static [&'static str] {
    let TokenIdentity {
        label: _,
        manufacturer: _,
        model: _,
        serial: _,
        firmware: _,
        hardware: _,
        module: _,
        module_sha256: _,
        assurance: _,
    } = token;
    &[
        "token.assurance",
        "token.firmware",
        "token.hardware",
        "token.manufacturer",
        "token.model",
        "token.module",
        "token.module_sha256",
        "token.serial",
    ]
}

/// The same of a second token; its key's name and id are its own.
fn copy_fields(token: &TokenIdentity) -> &'static [&'static str] {
    let _ = token_fields(token);
    &[
        "attributes",
        "id",
        "label",
        "token.assurance",
        "token.firmware",
        "token.hardware",
        "token.manufacturer",
        "token.model",
        "token.module",
        "token.module_sha256",
        "token.serial",
    ]
}
