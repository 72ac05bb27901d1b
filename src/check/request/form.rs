//! The form of a subject: what people can read and every verifier agrees on.

use std::collections::BTreeSet;

use der::Tag;

use crate::x509::escape::{escape, is_invisible};
use crate::x509::name::{Attribute, Name};
use crate::x509::oid;

/// The most octets a subject may have.
const OCTETS: usize = 4096;
/// The most attributes a subject may have.
const ATTRIBUTES: usize = 64;

/// What is wrong with a subject's form, or what people should know of it.
pub(in crate::check) enum Form {
    /// Nothing.
    Good,
    /// Allowed, with letters that are shown as code points.
    Unusual(String),
    /// Refused.
    Bad(String),
}

/// Judges the form of a subject.
pub(in crate::check) fn form(subject: &Name) -> Form {
    match fault(subject) {
        Err(words) => Form::Bad(words),
        Ok(()) => {
            let texts = subject
                .attributes()
                .filter_map(|one| one.text())
                .collect::<String>();
            if escape(&texts) == texts.replace('\\', "\\\\") {
                Form::Good
            } else {
                Form::Unusual(
                    "letters beyond Latin are shown as code points: compare them".to_owned(),
                )
            }
        }
    }
}

fn fault(subject: &Name) -> Result<(), String> {
    let octets = subject.as_der().len();
    if octets > OCTETS {
        return Err(format!(
            "the subject has {octets} octets, more than {OCTETS}"
        ));
    }
    let rdns = subject.rdns().map_err(|error| error.to_string())?;
    let count = subject.attributes().count();
    if count > ATTRIBUTES {
        return Err(format!(
            "the subject has {count} attributes, more than {ATTRIBUTES}"
        ));
    }
    if rdns.iter().any(Vec::is_empty) {
        return Err("the subject has an RDN without an attribute".to_owned());
    }
    if !subject.is_in_der_order() {
        return Err(
            "an RDN with several attributes is not in DER order, or repeats one".to_owned(),
        );
    }
    for attribute in rdns.iter().flatten() {
        value(attribute).map_err(|words| format!("{} {words}", oid::name(&attribute.oid)))?;
    }
    Ok(())
}

fn value(attribute: &Attribute) -> Result<(), String> {
    let text = attribute
        .text()
        .ok_or_else(|| format!("is no valid text ({})", attribute.tag))?;
    let length = text.chars().count();
    let most = upper_bound(&attribute.oid);
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if length > most {
        return Err(format!("has {length} characters, more than {most}"));
    }
    let letters = text.chars().all(|c| c.is_ascii_alphabetic());
    if attribute.oid == COUNTRY
        && (length != 2 || !letters || attribute.tag != Tag::PrintableString)
    {
        return Err("is not two letters in a PrintableString".to_owned());
    }
    let strange: BTreeSet<char> = text
        .chars()
        .filter(|c| c.is_control() || is_invisible(*c))
        .collect();
    match strange.first() {
        Some(first) => Err(format!(
            "holds {}, which cannot be seen",
            first.escape_unicode()
        )),
        None => Ok(()),
    }
}

const COUNTRY: &str = "2.5.4.6";

/// The most characters of a value (RFC 5280 appendix A.1, where it names one).
fn upper_bound(oid: &str) -> usize {
    match oid {
        // CN, serialNumber, O, OU, title
        "2.5.4.3" | "2.5.4.5" | "2.5.4.10" | "2.5.4.11" | "2.5.4.12" => 64,
        // surname, name, givenName, initials, generationQualifier: the whole subject is shorter
        "2.5.4.4" | "2.5.4.41" | "2.5.4.42" | "2.5.4.43" | "2.5.4.44" => 32_768,
        // emailAddress
        "1.2.840.113549.1.9.1" => 255,
        _ => 128,
    }
}
