//! Transcript entries: what is written, one JSON line each, and the strict way they are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::strict_json::Strict;

use crate::digest::Digest;
use crate::edition;
use crate::plan::document::RevokeDocument;
use crate::ports::TokenIdentity;
use crate::x509::time::UtcTime;

/// The `format` of the transcripts this version writes.
pub const FORMAT: &str = "anchorite/transcript/0";

/// The most octets a line may have, its LF counted.
pub const LINE_LIMIT: usize = 64 * 1024;

/// The outcome of a check whose failure the ceremony file puts aside.
pub const WAIVED: &str = "waived";

/// The kind of an intent to sign a request for the root's own key, and of what comes of it.
pub const REQUEST: &str = "request";

/// A check's outcome as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRecord {
    /// Public id, `REQ-POP`.
    pub id: String,
    /// pass, notice, [`WAIVED`] or fail.
    pub outcome: String,
    /// What was found.
    pub words: String,
}

/// A file that was written, below the ceremony's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Path.
    pub path: String,
    /// Digest.
    pub sha256: Digest,
}

/// A certificate that was taken over with its root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptedRecord {
    /// Serial number, hex.
    pub serial: String,
    /// Subject, escaped.
    pub subject: String,
    /// Last second.
    pub not_after: String,
    /// SPKI digest, where its certificate was given.
    pub spki_sha256: Option<Digest>,
    /// Since when the index calls it revoked.
    pub revoked: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is known from.
    pub source: String,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
pub enum Event {
    /// The ceremony begins.
    #[serde(rename_all = "snake_case")]
    Begin {
        /// [`FORMAT`]
        format: String,
        /// Ceremony id.
        ceremony: String,
        /// production or rehearsal
        kind: String,
        /// The edition of the rules; edition 0 has no such field.
        #[serde(default, skip_serializing_if = "edition::is_zero")]
        edition: u32,
        /// Name and version of the program.
        tool: String,
        /// Digest of its executable.
        tool_sha256: Digest,
        /// Which interface answers: terminal or rehearsal.
        interface: String,
        /// Digest of the plan.
        plan_sha256: Digest,
        /// Digest of the lock.
        lock_sha256: Digest,
        /// Digest of the newest SEAL.txt before this one, zeros for none.
        previous_seal: Digest,
        /// Certificate of the root where it existed before, DER in hex.
        root: Option<String>,
    },
    /// An interrupted ceremony goes on.
    Resumed {
        /// Name and version of the program.
        tool: String,
        /// Digest of its executable.
        tool_sha256: Digest,
        /// Which interface answers.
        interface: String,
        /// Where a torn tail was kept.
        torn: Option<FileRecord>,
    },
    /// What was observed of the laptop.
    Environment {
        /// The evidence.
        file: FileRecord,
        /// What a witness should know.
        findings: Vec<String>,
    },
    /// The token was opened and a person logged in.
    TokenOpened {
        /// What it says of itself.
        token: TokenIdentity,
    },
    /// A step begins.
    StepBegun {
        /// From 1.
        step_number: usize,
        /// How many there are.
        steps: usize,
        /// Kind of step.
        does: String,
        /// For people.
        title: String,
    },
    /// Something was checked.
    Checked {
        /// What: `request clusters/etcd.csr`.
        what: String,
        /// Digest of its bytes.
        sha256: Digest,
        /// Every check with its outcome.
        findings: Vec<FindingRecord>,
    },
    /// A question was put.
    Question {
        /// Its name.
        id: String,
        /// Its words.
        text: String,
    },
    /// It was answered.
    Answer {
        /// The question's name.
        id: String,
        /// What was typed.
        value: String,
        /// Whether it was the right answer.
        accepted: bool,
    },
    /// A root key will be generated.
    KeyIntended {
        /// Key word.
        key: String,
        /// `CKA_LABEL`
        label: String,
        /// `CKA_ID`, hex.
        id: String,
    },
    /// The root key is in the token: generated now, adopted after a crash, or found.
    KeyReady {
        /// generated, adopted or found.
        how: String,
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// SubjectPublicKeyInfo, DER in hex.
        spki: String,
        /// Its digest.
        spki_sha256: Digest,
        /// Every attribute read back.
        attributes: BTreeMap<String, String>,
    },
    /// The token will be asked to sign. Synced before it is.
    SignIntended {
        /// The product's name in the plan.
        product: String,
        /// certificate, crl, [`REQUEST`] or possession
        kind: String,
        /// The body, DER in hex; `None` where it stands in `tbs_file`.
        tbs: Option<String>,
        /// The file that holds the body.
        tbs_file: Option<String>,
        /// Digest of the body.
        tbs_sha256: Digest,
        /// The entry whose intent this repeats.
        again_of: Option<u64>,
    },
    /// The token signed, and the signature verified.
    Signed {
        /// The product's name in the plan.
        product: String,
        /// The intent's entry.
        intent: u64,
        /// Signature algorithm.
        algorithm: String,
        /// The signature, hex.
        signature: String,
    },
    /// The product was put together, checked and written.
    Issued {
        /// The product's name in the plan.
        product: String,
        /// certificate, crl or [`REQUEST`]
        kind: String,
        /// Subject of a certificate or request, escaped.
        subject: Option<String>,
        /// Serial number of a certificate, hex.
        serial: Option<String>,
        /// Number of a CRL.
        crl_number: Option<u64>,
        /// SPKI digest of a certificate or request.
        spki_sha256: Option<Digest>,
        /// Digest of the request file it answers.
        request_sha256: Option<Digest>,
        /// Digest of the certificate, CRL or request, DER.
        sha256: Digest,
        /// What was written.
        files: Vec<FileRecord>,
    },
    /// A second token holds the same key, and has proved it.
    CopyConfirmed {
        /// What the second token says of itself.
        token: TokenIdentity,
        /// `CKA_ID` there, hex.
        id: String,
        /// `CKA_LABEL` there.
        label: String,
        /// Digest of the key's SPKI.
        spki_sha256: Digest,
        /// Every attribute read back there.
        attributes: BTreeMap<String, String>,
        /// The proof of possession: its content, with the random number, and the signature.
        files: Vec<FileRecord>,
    },
    /// The root key will be destroyed after the seal.
    DestructionAnnounced {
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// Digest of its SPKI.
        spki_sha256: Digest,
        /// Copies that were confirmed, and that this does not destroy.
        copies: Vec<String>,
    },
    /// After the seal: the token will be asked to destroy the root key.
    DestructionIntended {
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// Digest of its SPKI.
        spki_sha256: Digest,
    },
    /// After the seal: the key was destroyed, looked for, and not found.
    KeyDestroyed {
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// Digest of its SPKI.
        spki_sha256: Digest,
    },
    /// A person confirmed that this is to be revoked; the CRL of the same ceremony lists it.
    Revoked {
        /// Serial number, hex.
        serial: String,
        /// Subject, escaped, where certificate or register tell.
        subject: Option<String>,
        /// Digest of the certificate, where the file names it.
        certificate_sha256: Option<Digest>,
        /// RFC 5280's word.
        reason: String,
        /// Since when its key is not to be trusted.
        invalidity_date: Option<String>,
        /// The register does not know it.
        foreign: bool,
    },
    /// What a root had issued before this ledger took it over, as the files told that were
    /// given. Several stand one after the other where the list is long; the files are named in
    /// the first.
    Adopted {
        /// From 1.
        part: usize,
        /// How many there are.
        parts: usize,
        /// The root's certificate.
        root: Option<FileRecord>,
        /// Certificates.
        certificates: Vec<FileRecord>,
        /// openssl's `index.txt`.
        index: Option<FileRecord>,
        /// The last CRL.
        crl: Option<FileRecord>,
        /// Its number.
        crl_number: Option<u64>,
        /// Why the ledger is rebuilt.
        lost_ledger: Option<String>,
        /// The proof that the token holds the root's key.
        proof: Vec<FileRecord>,
        /// What it issued, the root itself among it.
        issued: Vec<AdoptedRecord>,
    },
    /// The hand-over was written.
    HandedOver {
        /// What was written.
        files: Vec<FileRecord>,
    },
    /// A person stopped the program.
    Interrupted {
        /// What the program was doing.
        at: String,
    },
    /// The laptop's clock is behind the entry before: that one's time is written in its place.
    ClockBehind {
        /// What the clock says.
        clock: String,
    },
    /// The ceremony was given up. Several stand one after the other where the names are many.
    Aborted {
        /// Products that were signed.
        signed: Vec<String>,
        /// Products whose signing was intended, with an unknown end.
        possibly_signed: Vec<String>,
    },
    /// The last entry. One signature may follow: the seal.
    Close {
        /// completed or aborted
        outcome: String,
        /// How often the token was asked to sign.
        signatures_asked: u64,
        /// How many signatures were kept.
        signatures_kept: u64,
    },
}

impl Event {
    /// Its type, as the line has it.
    pub fn word(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        let word = value.get("type").and_then(Value::as_str);
        word.unwrap_or_default().to_owned()
    }

    /// A revocation as it was planned.
    pub fn revoked(plan: &RevokeDocument) -> Self {
        Self::Revoked {
            serial: plan.serial.clone(),
            subject: plan.subject.clone(),
            certificate_sha256: plan.certificate_sha256,
            reason: plan.reason.clone(),
            invalidity_date: plan.invalidity_date.clone(),
            foreign: plan.foreign,
        }
    }

    /// What was checked, and its checks whose failure was put aside: the deviations that a seal
    /// counts, each once.
    pub fn waived(&self) -> impl Iterator<Item = (&str, &FindingRecord)> {
        let (what, findings): (_, &[FindingRecord]) = match self {
            Self::Checked { what, findings, .. } => (what.as_str(), findings),
            _ => ("", &[]),
        };
        let waived = findings.iter().filter(|one| one.outcome == WAIVED);
        waived.map(move |one| (what, one))
    }
}

/// An entry as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub n: u64,
    /// SHA-256 of the line before.
    pub prev: Digest,
    /// When, by the laptop's clock.
    pub time: UtcTime,
    /// Steady clock, milliseconds.
    pub mono_ms: u64,
    /// The step it belongs to.
    pub step: Option<String>,
    /// Who acted.
    pub actor: String,
    /// What it says; `Err` holds the type of an entry this version does not know.
    pub event: Result<Event, String>,
}

/// Everything of an entry but its place in the chain.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    /// When.
    pub time: UtcTime,
    /// Steady clock.
    pub mono_ms: u64,
    /// Step.
    pub step: Option<&'a str>,
    /// Who acts.
    pub actor: &'a str,
    /// What it says.
    pub event: &'a Event,
}

/// The line of an entry, LF included.
pub fn write(n: u64, prev: &Digest, entry: &NewEntry<'_>) -> String {
    // An event is strings, numbers and lists: turning it into JSON cannot fail.
    let event = serde_json::to_value(entry.event).unwrap_or_default();
    let said = |name: &str| event.get(name).unwrap_or(&Value::Null);
    let (step, actor) = (entry.step, entry.actor);
    let body = (entry.time, entry.mono_ms, step, actor);
    form((n, prev), body, said("type"), said("data")) + "\n"
}

/// The one form of a line, without its LF.
fn form(
    (n, prev): (u64, &Digest),
    (time, mono_ms, step, actor): (UtcTime, u64, Option<&str>, &str),
    word: &Value,
    data: &Value,
) -> String {
    let [step, actor] = [step, Some(actor)].map(Value::from);
    format!(
        "{{\"n\":{n},\"prev\":\"{prev}\",\"time\":\"{time}\",\"mono_ms\":{mono_ms},\"type\":{word},\"step\":{step},\"actor\":{actor},\"data\":{data}}}"
    )
}

/// Reads one line, with its LF. The error says what is wrong with it.
pub fn read(line: &[u8]) -> Result<Entry, String> {
    if line.len() > LINE_LIMIT {
        return Err(format!("the line has more than {LINE_LIMIT} octets"));
    }
    let text = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8".to_owned())?;
    let body = text
        .strip_suffix('\n')
        .ok_or("the line does not end with LF")?;
    if body.chars().any(char::is_control) {
        return Err("the line holds a control character".to_owned());
    }
    let Strict(value) = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let entry = entry_of(&value).ok_or("the line does not have the fields of an entry")?;
    // One entry has one line: no space more, no other order, no character escaped otherwise.
    let (said, step) = ((entry.n, &entry.prev), entry.step.as_deref());
    let again = (entry.time, entry.mono_ms, step, entry.actor.as_str());
    if form(said, again, &value["type"], &value["data"]) != body {
        return Err("the line is not in the one form that is written".to_owned());
    }
    Ok(entry)
}

fn entry_of(value: &Value) -> Option<Entry> {
    const FIELDS: [&str; 8] = [
        "n", "prev", "time", "mono_ms", "type", "step", "actor", "data",
    ];
    let fields = value.as_object()?;
    if !fields.keys().map(String::as_str).eq(FIELDS) {
        return None;
    }
    let word = fields["type"].as_str()?;
    let mut event = Map::new();
    event.insert("type".to_owned(), fields["type"].clone());
    event.insert("data".to_owned(), fields["data"].clone());
    let known = serde_json::from_value::<Event>(Value::Object(event));
    let event = match known {
        // What is read must be all that is there: a field we would drop is a field unread.
        Ok(event) => {
            let again = serde_json::to_value(&event).ok()?;
            // As text: two lists of fields are equal values in any order.
            let [same, said] = [again.get("data")?, &fields["data"]].map(Value::to_string);
            if same != said {
                return None;
            }
            Ok(event)
        }
        Err(_) if KNOWN_TYPES.contains(&word) => return None,
        Err(_) => Err(word.to_owned()),
    };
    Some(Entry {
        n: fields["n"].as_u64()?,
        prev: Digest::from_hex(fields["prev"].as_str()?)?,
        time: UtcTime::parse(fields["time"].as_str()?)?,
        mono_ms: fields["mono_ms"].as_u64()?,
        step: match &fields["step"] {
            Value::Null => None,
            Value::String(step) => Some(step.clone()),
            _ => return None,
        },
        actor: fields["actor"].as_str()?.to_owned(),
        event,
    })
}

/// The types of [`Event`]; a line of such a type that cannot be read is broken, not unknown.
const KNOWN_TYPES: [&str; 24] = [
    "begin",
    "resumed",
    "environment",
    "token-opened",
    "step-begun",
    "checked",
    "question",
    "answer",
    "key-intended",
    "key-ready",
    "sign-intended",
    "signed",
    "issued",
    "copy-confirmed",
    "destruction-announced",
    "destruction-intended",
    "key-destroyed",
    "revoked",
    "adopted",
    "handed-over",
    "interrupted",
    "clock-behind",
    "aborted",
    "close",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> String {
        let event = Event::Answer {
            id: "approve".to_owned(),
            value: "M\u{fc}ller \"x\" \u{1b}[0m".to_owned(),
            accepted: false,
        };
        let entry = NewEntry {
            time: UtcTime::parse("2026-10-03T09:14:07Z").unwrap(),
            mono_ms: 812_345,
            step: Some("nyc3-etcd"),
            actor: "alice",
            event: &event,
        };
        write(42, &Digest::of(b"x"), &entry)
    }

    #[test]
    fn a_line_begins_with_n_and_prev_and_reads_back() {
        let line = line();
        let start = format!(
            "{{\"n\":42,\"prev\":\"{}\",\"time\":\"2026-10-03T09:14:07Z\",\"mono_ms\":812345,\"type\":\"answer\",\"step\":\"nyc3-etcd\",\"actor\":\"alice\",\"data\":{{",
            Digest::of(b"x")
        );
        assert!(line.starts_with(&start), "{line}");
        assert!(!line.trim_end().contains(char::is_control));
        let entry = read(line.as_bytes()).unwrap();
        assert_eq!(entry.n, 42);
        assert!(matches!(
            entry.event,
            Ok(Event::Answer {
                accepted: false,
                ..
            })
        ));
    }

    #[test]
    fn broken_lines_are_refused() {
        let good = line();
        for (from, to) in [
            ("\"accepted\":false", "\"accepted\":false,\"accepted\":true"),
            ("\"accepted\":false", "\"accepted\":false,\"more\":1"),
            ("\"mono_ms\":812345", "\"mono_ms\":812345.0"),
            ("{\"n\":42,", "{\"n\": 42,"),
            ("{\"n\":42,", "{\"n\":042,"),
            ("\"actor\":\"alice\"", "\"actor\":null"),
            ("\"accepted\":false", "\"accepted\":\"no\""),
            ("}}\n", "}}"),
            ("}}\n", "}} \n"),
            ("}}\n", "}}\r\n"),
            ("alice", "\\u0061lice"),
            ("M\u{fc}ller", "M\\u00fcller"),
            (",\"data\":{", ",\"data\":{ "),
            ("\\u001b", "\\u001B"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        let unknown = good.replace("\"type\":\"answer\"", "\"type\":\"weather\"");
        assert_eq!(
            read(unknown.as_bytes()).unwrap().event,
            Err("weather".to_owned())
        );
    }

    #[test]
    fn every_known_type_is_listed() {
        let event = Event::Interrupted { at: String::new() };
        let word = serde_json::to_value(&event).unwrap()["type"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(KNOWN_TYPES.contains(&word.as_str()));
        let source = include_str!("entry.rs");
        let body = source.split("pub enum Event {").nth(1).unwrap();
        let body = body.split("\n}\n").next().unwrap();
        let variants = body
            .lines()
            .filter(|line| {
                line.starts_with("    ") && line.ends_with(" {") && !line.starts_with("     ")
            })
            .count();
        assert_eq!(variants, KNOWN_TYPES.len());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read(&bytes);
        }
    }
}
