//! A transcript: its entries as a person reads them, and whether its chain holds.

use serde::Serialize;

use super::Object;
use super::report::{Facts, Judged, Told};
use crate::audit::AuditId;
use crate::check::Outcome;
use crate::digest::Digest;
use crate::ledger::chain::{self, Head};
use crate::ledger::entry::{self, Entry, Event, FileRecord};
use crate::x509::escape::{escape, escape_once};
use crate::x509::show::{line, wrapped};
use crate::x509::time::UtcTime;

/// A transcript, as far as it can be read.
#[derive(Debug, Serialize)]
pub struct TranscriptFacts {
    /// Digest of the last line; `None` where the chain breaks.
    head: Option<Digest>,
    /// Types of entries that this version does not know, each once.
    unknown_types: Vec<String>,
    entries: Vec<EntryFact>,
}

/// One entry.
#[derive(Debug, Serialize)]
struct EntryFact {
    n: u64,
    time: UtcTime,
    step: Option<String>,
    actor: String,
    r#type: String,
    /// What it says, one text for each line.
    words: Vec<String>,
}

/// Reads a transcript, to its end or to where it breaks.
pub fn judge(object: &Object<'_>) -> Judged {
    let (entries, chain) = match chain::read(object.bytes) {
        Ok((entries, head)) => (entries, Ok(head)),
        Err(broken) => (up_to(object.bytes, broken.line), Err(broken)),
    };
    let mut findings = Vec::new();
    let id = AuditId::Chain;
    let told = |outcome, words| Told {
        id: id.public(),
        outcome,
        words,
        hint: id.hint(),
    };
    match &chain {
        Ok(Head { n: 0, .. }) => {
            findings.push(told(Outcome::Fail, "there is no entry".to_owned()));
        }
        Ok(head) => {
            let words = format!("{} entries, each names the line before it", head.n);
            findings.push(told(Outcome::Pass, words));
        }
        Err(broken) => {
            let words = format!("line {}: {}", broken.line, escape(&broken.why));
            findings.push(told(Outcome::Fail, words));
        }
    }
    let facts = TranscriptFacts::of(&entries, chain.ok());
    for unknown in &facts.unknown_types {
        let words = format!("this version does not know entries of type {unknown}");
        findings.push(told(Outcome::Notice, words));
    }
    Judged {
        facts: Some(Facts::Transcript(facts)),
        findings,
        refused: None,
        accepted: "every line follows the one before it",
        not_checked: "everything but the chain. This is no verification: anchorite verify asks for seal, signatures, files and register",
    }
}

/// The entries before a line.
fn up_to(bytes: &[u8], line: usize) -> Vec<Entry> {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    lines
        .take(line.saturating_sub(1))
        .filter_map(|line| entry::read(line).ok())
        .collect()
}

impl TranscriptFacts {
    fn of(entries: &[Entry], head: Option<Head>) -> Self {
        let mut unknown_types: Vec<String> = Vec::new();
        for word in entries.iter().filter_map(|one| one.event.as_ref().err()) {
            let word = escape(word);
            if !unknown_types.contains(&word) {
                unknown_types.push(word);
            }
        }
        Self {
            head: head.map(|head| head.digest),
            unknown_types,
            entries: entries.iter().map(EntryFact::of).collect(),
        }
    }

    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.entries.iter().flat_map(EntryFact::lines).collect();
        if let Some(head) = self.head {
            lines.push(line("head", &head.to_string()));
        }
        lines
    }
}

impl EntryFact {
    fn of(entry: &Entry) -> Self {
        let (word, words) = match &entry.event {
            Ok(event) => (event.word(), words(event)),
            Err(unknown) => (
                unknown.as_str(),
                vec!["(unknown to this version)".to_owned()],
            ),
        };
        Self {
            n: entry.n,
            time: entry.time,
            step: entry.step.as_deref().map(escape),
            actor: escape(&entry.actor),
            r#type: escape(word),
            // Transcripts hold texts as they came, and some that were escaped when written.
            words: words.iter().map(|text| escape_once(text)).collect(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut first = format!("{:>4}  {}  {}", self.n, self.time, self.r#type);
        if let Some(step) = &self.step {
            first.push_str(&format!("  step {step}"));
        }
        first.push_str(&format!("  by {}", self.actor));
        let mut lines = wrapped("", &first);
        lines.extend(self.words.iter().flat_map(|text| wrapped("        ", text)));
        lines
    }
}

/// What an entry says.
fn words(event: &Event) -> Vec<String> {
    match event {
        Event::Begin {
            ceremony,
            kind,
            tool,
            interface,
            lock_sha256,
            ..
        } => vec![
            format!("{kind} of {ceremony} with {tool}, answered by {interface}"),
            format!("lock {lock_sha256}"),
        ],
        Event::Resumed {
            tool,
            interface,
            torn,
            ..
        } => {
            let mut list = vec![format!("with {tool}, answered by {interface}")];
            list.extend(torn.iter().map(|file| format!("torn tail: {}", file.path)));
            list
        }
        Event::Environment { findings, .. } => findings.clone(),
        Event::TokenOpened { token } => vec![format!(
            "{}, serial {}, {} {}, {}",
            token.label,
            token.serial,
            token.manufacturer,
            token.model,
            token.assurance.word()
        )],
        Event::StepBegun {
            step_number,
            steps,
            does,
            title,
        } => vec![format!("step {step_number} of {steps}: {title} ({does})")],
        Event::Checked { what, findings, .. } => {
            let mut list = vec![what.clone()];
            let told = findings.iter().filter(|one| one.outcome != Outcome::Pass);
            let passed = findings.len() - told.clone().count();
            list.extend(told.map(|one| format!("{}  {}  {}", one.outcome, one.id, one.words)));
            list.push(format!("{passed} passed"));
            list
        }
        // A question may have two lines; an entry's text has one.
        Event::Question { id, text } => vec![format!("{id}: {}", text.replace('\n', " "))],
        Event::Answer {
            id,
            value,
            accepted,
        } => {
            let word = if *accepted {
                "accepted"
            } else {
                "NOT accepted"
            };
            vec![format!("{id}: \"{value}\", {word}")]
        }
        Event::KeyIntended { key, label, .. } => {
            vec![format!("{} under label {label}", key.word())]
        }
        Event::KeyReady {
            how,
            label,
            spki_sha256,
            ..
        } => vec![
            format!("{how}, label {label}"),
            format!("SPKI sha-256 {spki_sha256}"),
        ],
        Event::SignIntended {
            product,
            kind,
            again_of,
            ..
        } => {
            let again = again_of.map_or(String::new(), |n| format!(", again of entry {n}"));
            vec![format!("{kind} {product}{again}")]
        }
        Event::Signed {
            product,
            intent,
            algorithm,
            ..
        } => vec![format!(
            "{product} with {}, intent in entry {intent}",
            algorithm.name()
        )],
        Event::Issued { .. } => issued(event),
        Event::Revoked {
            serial,
            subject,
            reason,
            ..
        } => {
            let subject = subject.as_deref().unwrap_or("subject not known");
            vec![format!("{serial} ({subject}), {reason}")]
        }
        Event::CopyConfirmed {
            token, spki_sha256, ..
        } => vec![
            format!("token {}, serial {}", token.label, token.serial),
            format!("SPKI sha-256 {spki_sha256}"),
        ],
        Event::DestructionAnnounced {
            label,
            spki_sha256,
            copies,
            ..
        } => {
            let key = format!("after the seal: label {label}, SPKI sha-256 {spki_sha256}");
            let copies = copies.iter().map(|copy| format!("copy: {copy}"));
            std::iter::once(key).chain(copies).collect()
        }
        Event::DestructionIntended {
            label, spki_sha256, ..
        }
        | Event::KeyDestroyed {
            label, spki_sha256, ..
        } => vec![format!("label {label}, SPKI sha-256 {spki_sha256}")],
        Event::Adopted {
            part,
            parts,
            crl_number,
            lost_ledger,
            issued,
            ..
        } => {
            let mut list = vec![format!("part {part} of {parts}, not witnessed")];
            let lost = lost_ledger.iter();
            list.extend(lost.map(|reason| format!("the ledger was lost: {reason}")));
            let lines = issued.iter();
            list.extend(lines.map(|one| format!("serial {}: {}", one.serial, one.subject)));
            list.extend(crl_number.map(|number| format!("CRL number {number}")));
            list
        }
        Event::HandedOver { files } => files.iter().map(|file| file.path.clone()).collect(),
        Event::Interrupted { at } => vec![at.clone()],
        Event::ClockBehind { clock } => vec![format!("the laptop's clock says {clock}")],
        Event::Aborted {
            signed,
            possibly_signed,
        } => vec![
            format!("signed: {}", list(signed)),
            format!("possibly signed: {}", list(possibly_signed)),
        ],
        Event::Close {
            outcome,
            signatures_asked,
            signatures_kept,
        } => vec![format!(
            "{outcome}; {signatures_asked} signatures asked, {signatures_kept} kept"
        )],
    }
}

fn issued(event: &Event) -> Vec<String> {
    let Event::Issued {
        product,
        kind,
        subject,
        serial,
        crl_number,
        sha256,
        files,
        ..
    } = event
    else {
        return Vec::new();
    };
    let mut list = vec![format!("{kind} {product}")];
    list.extend(subject.iter().map(|subject| format!("subject {subject}")));
    list.extend(serial.iter().map(|serial| format!("serial {serial}")));
    list.extend(
        crl_number
            .iter()
            .map(|number| format!("CRL number {number}")),
    );
    list.push(format!("sha-256 {sha256}"));
    list.extend(files.iter().map(|file: &FileRecord| file.path.clone()));
    list
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}
