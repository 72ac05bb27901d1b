//! Certificates and CRLs as a person reads them, rendered from the bytes that will be signed.
//!
//! Every line is escaped and fits 80 columns where its values do.

use super::escape::escape_bytes;
use super::extension::{Extension, ExtensionValue};
use super::name::Name;
use super::public_key::{PublicKey, RootKey, algorithm_name};
use super::raw::{RawCertificate, RawCrl};
use super::serial::Serial;
use super::tbs::{CertificateTbs, CrlTbs};
use super::time::UtcTime;
use super::tlv::{DerError, Element};
use crate::digest::hex;

/// How dates and serials are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A template: marks are named, not shown as values.
    Template,
    /// The real thing.
    Actual,
}

/// The lines of a certificate, as far as it can be read. `validity_words` (`20y`) stands for the
/// dates of a template.
pub fn certificate(
    body: &CertificateTbs,
    stage: Stage,
    validity_words: &str,
) -> Result<Vec<String>, DerError> {
    let raw = RawCertificate::from_tbs(&body.0)?;
    let mut lines = vec![
        line("subject", &name(&raw.subject)),
        line("issuer", &issuer(&raw)),
    ];
    lines.extend(version(raw.version(), 3));
    lines.extend(key(raw.spki.raw));
    match stage {
        Stage::Template => {
            lines.push(line("serial", "16 random octets, made on the day"));
            lines.push(line("validity", validity_words));
        }
        Stage::Actual => {
            lines.push(line("serial", &serial(&raw.serial)));
            lines.push(line("not before", &time(&raw.not_before)));
            lines.push(line("not after", &time(&raw.not_after)));
        }
    }
    lines.push(line("signed with", &algorithm_name(raw.algorithm.raw)));
    for (what, field) in [
        ("issuer uid", raw.issuer_unique_id),
        ("subject uid", raw.subject_unique_id),
    ] {
        lines.extend(field.map(|field| line(what, &format!("({} octets)", field.value.len()))));
    }
    lines.extend(extensions(raw.extensions.as_ref(), stage)?);
    Ok(lines)
}

/// The lines of a CRL, as far as it can be read, without its entries.
pub fn crl(body: &CrlTbs, stage: Stage, validity_words: &str) -> Result<Vec<String>, DerError> {
    let raw = RawCrl::from_tbs(&body.0)?;
    let mut lines = vec![line("issuer", &name(&raw.issuer))];
    lines.extend(version(raw.version(), 2));
    match stage {
        Stage::Template => lines.push(line("next update", validity_words)),
        Stage::Actual => {
            let next = raw.next_update.as_ref();
            lines.push(line("this update", &time(&raw.this_update)));
            lines.push(line("next update", &next.map_or("none".to_owned(), time)));
        }
    }
    let count = match raw.entries().count() {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    lines.push(line("revoked", &count));
    lines.push(line("signed with", &algorithm_name(raw.algorithm.raw)));
    lines.extend(extensions(raw.extensions.as_ref(), stage)?);
    Ok(lines)
}

/// A line for each entry of a CRL.
pub fn entries(body: &CrlTbs) -> Result<impl Iterator<Item = String> + '_, DerError> {
    let raw = RawCrl::from_tbs(&body.0)?;
    Ok(raw.entries().map(|entry| match entry {
        Ok(entry) => {
            let list = entry.extensions.map(|list| Extension::as_found(list.raw));
            let more = match list {
                None => Vec::new(),
                Some(Ok(list)) => list.iter().map(Extension::describe).collect(),
                Some(Err(_)) => vec!["(unreadable extensions)".to_owned()],
            };
            let start = vec![serial(&entry.serial), time(&entry.date)];
            [start, more].concat().join("  ")
        }
        Err(_) => "(unreadable entry)".to_owned(),
    }))
}

/// Told where it is another one than ours have.
fn version(found: Option<u8>, ours: u8) -> Option<String> {
    let words = found.map_or("unreadable".to_owned(), |number| number.to_string());
    (found != Some(ours)).then(|| line("version", &words))
}

fn name(element: &Element<'_>) -> String {
    Name::from_der(element.raw)
        .map_or_else(|_| "(unreadable name)".to_owned(), |name| name.to_string())
}

fn serial(element: &Element<'_>) -> String {
    Serial::from_der(element).map_or_else(
        |_| format!("{} (not allowed)", hex(element.value)),
        |serial| serial.to_string(),
    )
}

fn time(element: &Element<'_>) -> String {
    UtcTime::from_der(element).map_or_else(
        |_| format!("{} (unreadable)", escape_bytes(element.value)),
        UtcTime::readable,
    )
}

fn extensions(field: Option<&Element<'_>>, stage: Stage) -> Result<Vec<String>, DerError> {
    let list = field.map_or(Ok(Vec::new()), |field| Extension::as_found(field.value))?;
    Ok(list.iter().map(|one| extension(one, stage)).collect())
}

/// A name and its value from column 17, so that 64 hex digits end at column 80.
pub fn line(name: &str, value: &str) -> String {
    format!("{name:<14}  {value}")
}

fn issuer(raw: &RawCertificate<'_>) -> String {
    if raw.issuer.raw == raw.subject.raw {
        "itself".to_owned()
    } else {
        name(&raw.issuer)
    }
}

fn key(spki: &[u8]) -> Vec<String> {
    match (PublicKey::from_spki(spki), key_of_template(spki)) {
        (Ok(key), _) => vec![
            line("key", &key.kind().to_string()),
            line("SPKI sha-256", &key.digest().to_string()),
        ],
        (Err(_), Some(key)) => {
            let words = format!("{}, made on the day", key.word());
            vec![line("key", &words)]
        }
        (Err(error), None) => vec![line("key", &error.to_string())],
    }
}

/// A template's key has a type and no value yet.
fn key_of_template(spki: &[u8]) -> Option<RootKey> {
    RootKey::ALL
        .into_iter()
        .find(|key| key.template_spki() == spki)
}

fn extension(extension: &Extension, stage: Stage) -> String {
    let name = match extension.oid.as_str() {
        "2.5.29.35" => "issuer key id",
        "2.5.29.14" => "key id",
        "2.5.29.15" => "key usage",
        "2.5.29.37" => "extended usage",
        "2.5.29.19" => "constraints",
        "2.5.29.31" => "CRL at",
        "1.3.6.1.5.5.7.1.1" => "issuer info at",
        "2.5.29.20" => "CRL number",
        "2.5.29.17" => "other names",
        "2.5.29.18" => "issuer names",
        "2.5.29.27" => "changes since",
        "2.5.29.28" => "scope",
        "2.5.29.30" => "names below",
        "2.5.29.32" => "policies",
        "2.5.29.36" => "policy limits",
        "2.5.29.46" => "delta CRL at",
        "2.5.29.54" => "any policy",
        _ => extension.name(),
    };
    let text = match extension.read() {
        Ok(
            ExtensionValue::AuthorityKeyIdentifier(Some(id), _)
            | ExtensionValue::SubjectKeyIdentifier(id),
        ) if stage == Stage::Template && id == super::template::KEY_IDENTIFIER_MARK => {
            "of the key made on the day".to_owned()
        }
        _ => extension.text(),
    };
    let critical = if extension.critical {
        " (critical)"
    } else {
        ""
    };
    line(name, &format!("{text}{critical}"))
}

/// Lines as one text, each with its LF.
pub fn joined(lines: &[String]) -> String {
    let mut page = lines.join("\n");
    page.push('\n');
    page
}

/// Text in lines of at most 80 columns; later lines stand under the first one's text, or as far
/// to the left as a long word (a digest) needs.
pub fn wrapped(first: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(first.chars().count());
    let mut lines = Vec::new();
    let mut current = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !empty && current.chars().count() + 1 + length > 80 {
            let room = 80usize.saturating_sub(length).min(indent.len());
            lines.push(std::mem::replace(&mut current, " ".repeat(room)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_under_itself() {
        let text = "word ".repeat(30);
        let lines = wrapped("  - ", text.trim());
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        assert!(lines[1].starts_with("    word"));
        let digest = "ab".repeat(32);
        let lines = wrapped("  NOTICE  REQ-SPKI  ", &format!("SPKI sha-256 {digest}"));
        assert_eq!(lines[1], format!("{}{digest}", " ".repeat(16)));
    }
}
