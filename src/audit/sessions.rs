//! Sessions: under which root and before whom a ceremony was held, and the evidence of it.

use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::script::Script;
use super::story::{Story, at};
use crate::check::note::SUBJECT as NOTE;
use crate::digest::hex;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::{layout, possession_files};
use crate::ports::{Assurance, Interface};
use crate::x509::escape::escape;

/// Every session begins as one must, and each entry has the actor and the step that it can have.
pub(super) fn check(
    story: &Story<'_>,
    script: &Script,
    files: &Files,
    authority: &Authority<'_>,
    findings: &mut Findings,
) {
    findings.begun(AuditId::Session);
    let mut session = Session::default();
    for entry in story.entries {
        let Ok(event) = &entry.event else { continue };
        session.goes_on(event);
        check_actor(entry, event, script, findings);
        check_step(entry, event, findings);
        let words = session.add(event, script);
        if let Some(words) = words {
            findings.fail(AuditId::Session, at(entry.n), words);
        }
        if let Event::Begin {
            root: Some(named), ..
        } = event
        {
            let words = "the ceremony was held under another root than the given one";
            let same = *named == hex(&authority.certificate.der);
            findings.require(AuditId::Root, same, at(entry.n), words);
        }
        if let Event::Environment {
            file,
            findings: list,
        } = event
        {
            // What could not be hardened is said besides.
            let seen = observed(files.get(&file.path));
            let same = seen.is_none_or(|seen| list.starts_with(&seen));
            let words = "its findings are not those of its file";
            findings.require(AuditId::Session, same, at(entry.n), words);
        }
    }
    let cast = |path: &&str| path.ends_with(".cast");
    let kept = files.below(layout::CONSOLE).filter(cast).count();
    let last = story.entries.last().map_or(0, |entry| entry.n);
    let words = "a session went on, and no file keeps what the screen showed";
    findings.require(AuditId::Session, kept >= session.shown, at(last), words);
}

/// What has stood in this session so far.
#[derive(Default)]
struct Session {
    production: bool,
    /// The ceremony names a root that exists.
    root: bool,
    environment: bool,
    token: bool,
    date: bool,
    lock: bool,
    /// What the token's note says.
    note: bool,
    /// Sessions so far that went on after the lock was approved: each keeps its screen.
    shown: usize,
    counted: bool,
}

impl Session {
    /// The screen is kept before anything follows the approval of the lock.
    fn goes_on(&mut self, event: &Event) {
        let ends =
            gives_up(event) || matches!(event, Event::Resumed { .. } | Event::ClockBehind { .. });
        if self.lock && !self.counted && !ends {
            self.counted = true;
            self.shown += 1;
        }
    }

    /// What of it must not be there, or not yet.
    fn add(&mut self, event: &Event, script: &Script) -> Option<&'static str> {
        let refuse = |holds: bool, words: &'static str| (!holds).then_some(words);
        match event {
            Event::Begin {
                kind,
                interface,
                root,
                ..
            } => {
                *self = Self {
                    production: *kind == CeremonyKind::Production,
                    root: root.is_some(),
                    ..Self::default()
                };
                self.answered(*interface)
            }
            Event::Resumed { interface, .. } => {
                *self = Self {
                    production: self.production,
                    root: self.root,
                    shown: self.shown,
                    ..Self::default()
                };
                self.answered(*interface)
            }
            Event::Environment { .. } => {
                let first = !self.environment && !self.token;
                self.environment = true;
                refuse(first, "the laptop is looked at first, and once")
            }
            Event::TokenOpened { token } => {
                let first = self.environment && !self.token;
                self.token = true;
                let label = script.plan.as_ref().map(|plan| plan.token_label.as_str());
                let label = label.is_none_or(|label| {
                    let rehearsal = token.label.strip_prefix("rehearsal-");
                    token.label == label || (!self.production && rehearsal == Some(label))
                });
                let said = Assurance::of(&token.manufacturer, &token.model);
                let soft = said == Assurance::Hardware || token.assurance == Assurance::Software;
                refuse(
                    first,
                    "the token is opened once, after the laptop was looked at",
                )
                .or(refuse(label, "the token is not the planned one"))
                .or(refuse(soft, "a token in software is called hardware"))
            }
            Event::Question { id, .. } => {
                let first = matches!(id.as_str(), "date" | "begin");
                let ready = self.environment && self.token && !self.lock;
                refuse(
                    ready || !first,
                    "date and lock are asked for once, after the token was opened",
                )
            }
            Event::Answer { id, accepted, .. } => {
                self.date |= *accepted && id == "date";
                self.lock |= *accepted && id == "begin";
                let dated = id != "begin" || self.date;
                refuse(dated, "the lock is approved before the date was confirmed")
            }
            Event::Checked { what, .. } if what == NOTE => {
                self.note = true;
                refuse(self.root, "a note of a root that does not exist")
                    .or(refuse(self.token, "the token was not opened"))
            }
            Event::StepBegun { .. } | Event::KeyReady { .. } | Event::HandedOver { .. } => {
                self.begun().or(refuse(
                    self.note || !self.root,
                    "nothing tells what the token's note says",
                ))
            }
            Event::Checked { .. }
            | Event::KeyIntended { .. }
            | Event::SignIntended { .. }
            | Event::Signed { .. }
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
            | Event::Close { .. } => None,
        }
    }

    fn answered(&self, interface: Interface) -> Option<&'static str> {
        let person = !self.production || interface == Interface::Terminal;
        (!person).then_some("nobody at a terminal answered")
    }

    /// The laptop was looked at, the token opened, the date confirmed, the lock approved.
    fn begun(&self) -> Option<&'static str> {
        [
            (self.environment, "nothing tells what the laptop was"),
            (self.token, "the token was not opened"),
            (self.date, "the date was not confirmed"),
            (self.lock, "the lock was not approved"),
        ]
        .into_iter()
        .find_map(|(holds, words)| (!holds).then_some(words))
    }
}

/// Whether an entry belongs to the giving up of a ceremony.
fn gives_up(event: &Event) -> bool {
    let aborted = CeremonyOutcome::Aborted;
    matches!(event, Event::Aborted { .. })
        || matches!(event, Event::Close { outcome, .. } if *outcome == aborted)
}

/// Who acted is the one whom the plan has act; who gives a ceremony up is nobody whom it names.
fn check_actor(entry: &Entry, event: &Event, script: &Script, findings: &mut Findings) {
    let actor = script.actor();
    let nobody = entry.actor == "operator";
    // A clock is told of by whoever acts then.
    let behind = matches!(event, Event::ClockBehind { .. });
    let holds = if gives_up(event) {
        nobody
    } else {
        entry.actor == actor || (behind && nobody)
    };
    let words = format!("the actor is not {}", escape(actor));
    let planned = script.plan.is_some();
    findings.require(AuditId::Session, holds || !planned, at(entry.n), words);
}

/// What belongs to a step names it, and nothing else does. Which step it must be is judged
/// with what the entry says.
fn check_step(entry: &Entry, event: &Event, findings: &mut Findings) {
    let (must, may) = match event {
        Event::Begin { .. }
        | Event::Resumed { .. }
        | Event::Environment { .. }
        | Event::TokenOpened { .. }
        | Event::HandedOver { .. }
        | Event::Interrupted { .. }
        | Event::Aborted { .. }
        | Event::DestructionIntended { .. }
        | Event::KeyDestroyed { .. }
        | Event::Close { .. } => (false, false),
        Event::StepBegun { .. }
        | Event::KeyIntended { .. }
        | Event::SignIntended { .. }
        | Event::Signed { .. }
        | Event::Issued { .. }
        | Event::CopyConfirmed { .. }
        | Event::DestructionAnnounced { .. }
        | Event::Revoked { .. }
        | Event::Adopted { .. } => (true, true),
        // A key that is found and a token's note belong to no step.
        Event::Checked { .. } | Event::KeyReady { .. } | Event::ClockBehind { .. } => (false, true),
        Event::Question { id, .. } | Event::Answer { id, .. } => {
            let step = matches!(id.as_str(), "approve" | "generate" | "revoke");
            (step, step)
        }
    };
    let holds = if entry.step.is_some() { may } else { !must };
    let words = "it names a step, and belongs to none, or the other way";
    findings.require(AuditId::Session, holds, at(entry.n), words);
}

/// What a witness should have seen, as the file of the laptop's state has it; `None` where it
/// says nothing of that.
fn observed(bytes: &[u8]) -> Option<Vec<String>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let list = value.get("findings")?.as_array()?;
    let words = |one: &serde_json::Value| {
        let text = |name: &str| one.get(name)?.as_str().map(str::to_owned);
        Some(format!("{}: {}", text("id")?, text("words")?))
    };
    list.iter().map(words).collect()
}

/// Evidence that no entry names is told: a crash may leave it, and the sums cover it. So is what
/// people read aloud, and what the screen showed.
pub(super) fn check_evidence(story: &Story<'_>, files: &Files, findings: &mut Findings) {
    let mut named: Vec<&str> = Vec::new();
    for entry in story.entries {
        let Ok(event) = &entry.event else { continue };
        match event {
            Event::Environment { file, .. } => named.push(&file.path),
            Event::Resumed { torn, .. } => named.extend(torn.iter().map(|file| file.path.as_str())),
            Event::CopyConfirmed { files: proof, .. } | Event::Adopted { proof, .. } => {
                named.extend(proof.iter().map(|file| file.path.as_str()));
            }
            Event::TokenOpened { token } => named.extend(Story::token_file(files, token)),
            Event::SignIntended { tbs_file, .. } => named.extend(tbs_file.as_deref()),
            // Their files stand in `out/`.
            Event::Issued { .. } | Event::HandedOver { .. } => {}
            Event::Begin { .. }
            | Event::StepBegun { .. }
            | Event::Checked { .. }
            | Event::Question { .. }
            | Event::Answer { .. }
            | Event::KeyIntended { .. }
            | Event::KeyReady { .. }
            | Event::Signed { .. }
            | Event::DestructionAnnounced { .. }
            | Event::DestructionIntended { .. }
            | Event::KeyDestroyed { .. }
            | Event::Revoked { .. }
            | Event::Interrupted { .. }
            | Event::ClockBehind { .. }
            | Event::Aborted { .. }
            | Event::Close { .. } => {}
        }
    }
    for path in files.below("script/") {
        let locked = [
            layout::SCRIPT_FILE,
            layout::SCRIPT_PLAN,
            layout::SCRIPT_LOCK,
        ];
        if !locked.contains(&path) {
            findings.told(escape(path));
        }
    }
    for path in files.bytes.keys().filter(|path| layout::is_elsewhere(path)) {
        findings.told(escape(path));
        findings.notice(format!("no entry names {}", escape(path)));
    }
    for path in files.below("evidence/") {
        let cast = path.starts_with(layout::CONSOLE) && path.ends_with(".cast");
        // Its number is chance, and could have been chosen.
        let number = possession_files::is_content(path);
        if cast || number || !named.contains(&path) {
            findings.told(escape(path));
        }
        if !cast && !named.contains(&path) {
            findings.notice(format!("no entry names {}", escape(path)));
        }
    }
}
