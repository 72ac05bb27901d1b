//! What a verb found, as text and as JSON from one value.

use serde::Serialize;
use serde_json::Value;

use super::trouble::Trouble;
use crate::check::{Finding, Refusal};
use crate::host::print;
use crate::x509::escape::{escape, escape_once};

/// A value that is shown: as text here, as JSON by its fields.
pub trait Report: Serialize {
    /// The text for people.
    fn text(&self) -> String;
}

/// Prints a report in the form that was asked for.
pub fn show(report: &impl Report, json: bool) {
    if json {
        print_json(report);
    } else {
        print(&report.text());
    }
}

/// Prints one JSON object and a line feed.
pub fn print_json(value: &impl Serialize) {
    // Reports are strings, numbers and lists: turning them into JSON cannot fail.
    let value = guarded(serde_json::to_value(value).unwrap_or_default());
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    print(&text);
}

/// An error as JSON: the same parts as its text on stderr.
#[derive(Serialize)]
pub struct ErrorReport<'a> {
    format: &'static str,
    exit: u8,
    what: &'a str,
    r#where: Vec<&'a str>,
    also: Vec<&'a str>,
    hint: Option<&'a str>,
    state: &'a str,
    refusals: Vec<RefusalReport<'a>>,
}

/// Everything that was found in one thing that is refused.
#[derive(Serialize)]
struct RefusalReport<'a> {
    subject: String,
    findings: &'a [Finding],
}

impl<'a> ErrorReport<'a> {
    /// Of an error.
    pub fn of(trouble: &'a Trouble) -> Self {
        let place = |detail: &'a String| detail.strip_prefix(Trouble::PLACE);
        let is_place = |detail: &&String| detail.starts_with(Trouble::PLACE);
        let refusal = |refusal: &'a Refusal| RefusalReport {
            subject: escape(&refusal.subject),
            findings: &refusal.findings,
        };
        let others = trouble.details.iter().filter(|detail| !is_place(detail));
        Self {
            format: "anchorite/error/0",
            exit: trouble.exit.code(),
            what: &trouble.what,
            r#where: trouble.details.iter().filter_map(place).collect(),
            also: others.map(String::as_str).collect(),
            hint: trouble.hint.as_deref(),
            state: &trouble.state,
            refusals: trouble.refusals.iter().map(refusal).collect(),
        }
    }
}

/// Texts were escaped where they came in. This is the wall behind that: a control character
/// would leave as `\u001b`, and whoever decodes it has it raw.
fn guarded(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape_once(&text)),
        Value::Array(list) => list.into_iter().map(guarded).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, guarded(value)))
            .collect(),
        other => other,
    }
}
