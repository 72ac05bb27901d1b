//! What a verb found, as text and as JSON from one value.

use serde::Serialize;
use serde_json::Value;

use crate::host::print;
use crate::x509::escape::guard;

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

/// Texts were escaped where they came in. This is the wall behind that: a control character
/// would leave as `\u001b`, and whoever decodes it has it raw.
fn guarded(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(guard(&text).replace('\n', "\\u{a}")),
        Value::Array(list) => list.into_iter().map(guarded).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, guarded(value)))
            .collect(),
        other => other,
    }
}
