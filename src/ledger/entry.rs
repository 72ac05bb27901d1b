//! Transcript entries as lines: one JSON object each in one form, and the strict way they are read.

use serde::Deserialize;
use serde_json::{Map, Value};
use strum::VariantNames as _;

pub use super::event::{AdoptedRecord, Event, FileRecord, FindingRecord};
use super::strict_json::Strict;
use crate::digest::Digest;
use crate::x509::escape::escape_message;
use crate::x509::time::UtcTime;

/// The `format` of the transcripts this version writes.
pub const FORMAT: &str = "anchorite/transcript/0";

/// The most octets a line may have, its LF counted.
pub const LINE_LIMIT: usize = 64 * 1024;

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
    let entry = entry_of(&value)?;
    // One entry has one line: no space more, no other order, no character escaped otherwise.
    let (said, step) = ((entry.n, &entry.prev), entry.step.as_deref());
    let again = (entry.time, entry.mono_ms, step, entry.actor.as_str());
    if form(said, again, &value["type"], &value["data"]) != body {
        return Err("the line is not in the one form that is written".to_owned());
    }
    Ok(entry)
}

fn entry_of(value: &Value) -> Result<Entry, String> {
    const FIELDS: [&str; 8] = [
        "n", "prev", "time", "mono_ms", "type", "step", "actor", "data",
    ];
    let wrong = "the line does not have the fields of an entry";
    let fields = value.as_object().ok_or(wrong)?;
    if !fields.keys().map(String::as_str).eq(FIELDS) {
        return Err(wrong.to_owned());
    }
    let name = fields["type"].as_str().ok_or(wrong)?;
    let event = event_of(name, &fields["data"])
        .map_err(|why| format!("{wrong}: {}", escape_message(&why)))?;
    let entry = || {
        Some(Entry {
            n: fields["n"].as_u64()?,
            prev: Digest::from_hex(fields["prev"].as_str()?)?,
            time: UtcTime::parse(fields["time"].as_str()?)?,
            mono_ms: fields["mono_ms"].as_u64()?,
            step: Option::deserialize(&fields["step"]).ok()?,
            actor: fields["actor"].as_str()?.to_owned(),
            event,
        })
    };
    entry().ok_or_else(|| wrong.to_owned())
}

/// What an entry says; the inner error is a type that this version does not know.
fn event_of(name: &str, data: &Value) -> Result<Result<Event, String>, String> {
    let mut event = Map::new();
    event.insert("type".to_owned(), name.into());
    event.insert("data".to_owned(), data.clone());
    match serde_json::from_value::<Event>(Value::Object(event)) {
        // What is read must be all that is there: a field we would drop is a field unread.
        Ok(event) => {
            let again = serde_json::to_value(&event).map_err(|error| error.to_string())?;
            // As text: two lists of fields are equal values in any order.
            let same = again.get("data").map(Value::to_string) == Some(data.to_string());
            let more = || format!("more than a {name} has, or in another order");
            same.then_some(Ok(event)).ok_or_else(more)
        }
        Err(error) if Event::VARIANTS.contains(&name) => Err(error.to_string()),
        Err(_) => Ok(Err(name.to_owned())),
    }
}

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

    /// A line of a known type that cannot be read is broken, not unknown.
    #[test]
    fn the_words_of_types_are_those_that_are_written() {
        for word in Event::VARIANTS {
            let line = line().replace("\"type\":\"answer\"", &format!("\"type\":\"{word}\""));
            assert_eq!(read(line.as_bytes()).is_ok(), *word == "answer", "{word}");
        }
        let event = Event::HandedOver { files: Vec::new() };
        let written = serde_json::to_value(&event).unwrap();
        assert_eq!(written["type"], event.word());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read(&bytes);
        }
    }
}
