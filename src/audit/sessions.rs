//! Sessions: under which root and before whom a ceremony was held, and the evidence of it.

use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::{Story, at};
use crate::ledger::entry::Event;
use crate::ledger::layout;
use crate::x509::escape::escape;

/// The first entry names the given root where it names one, and the interface it may have.
pub(super) fn check(story: &Story<'_>, authority: &Authority<'_>, findings: &mut Findings) {
    let mut production = false;
    for entry in story.entries {
        let interface = match &entry.event {
            Ok(Event::Begin {
                kind,
                interface,
                root,
                ..
            }) => {
                production = kind == "production";
                if let Some(named) = root {
                    findings.require(
                        AuditId::Root,
                        *named == crate::digest::hex(&authority.certificate.der),
                        at(entry.n),
                        "the ceremony was held under another root than the given one",
                    );
                }
                interface
            }
            Ok(Event::Resumed { interface, .. }) => interface,
            _ => continue,
        };
        findings.require(
            AuditId::Entries,
            !production || interface == "terminal",
            at(entry.n),
            "nobody at a terminal answered",
        );
    }
}

/// Evidence that no entry names is told: a crash may leave it, and the sums cover it.
pub(super) fn check_evidence(story: &Story<'_>, files: &Files, findings: &mut Findings) {
    let mut named: Vec<&str> = Vec::new();
    for entry in story.entries {
        match &entry.event {
            Ok(
                Event::Environment { file, .. }
                | Event::Resumed {
                    torn: Some(file), ..
                },
            ) => named.push(&file.path),
            Ok(Event::CopyConfirmed { files: proof, .. } | Event::Adopted { proof, .. }) => {
                named.extend(proof.iter().map(|file| file.path.as_str()));
            }
            Ok(Event::TokenOpened { token }) => named.extend(Story::token_file(files, token)),
            Ok(Event::SignIntended {
                tbs_file: Some(path),
                ..
            }) => named.push(path),
            _ => {}
        }
    }
    for path in files.below("evidence/") {
        let cast = path.starts_with(layout::CONSOLE) && path.ends_with(".cast");
        if !cast && !named.contains(&path) {
            findings.notice(format!("no entry names {}", escape(path)));
        }
    }
}

/// What the seal does not cover is told: later events, and signatures of people whom the plan
/// does not name.
pub(super) fn tell_uncovered(script: &Script, files: &Files, findings: &mut Findings) {
    for path in files.below("SEAL.txt.") {
        let person = path
            .strip_prefix("SEAL.txt.")
            .and_then(|rest| rest.strip_suffix(".sig"));
        let Some(person) = person.filter(|_| path != layout::ROOT_BARE_SIGNATURE) else {
            continue;
        };
        let mut people = script.plan.iter().flat_map(|plan| &plan.people);
        if !people.any(|one| one.id == person) {
            findings.notice(format!("{path} is of nobody whom the plan names"));
        }
    }
}
