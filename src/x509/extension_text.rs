//! What the extensions of others say, for people: those that we never write and only show. Every
//! text is escaped; what cannot be read is left to the caller.

use der::Tag;

use super::certificate_policy::CertificatePolicy;
use super::crl_number::CrlNumber;
use super::escape::escape_bytes;
use super::extension::{Extension, ExtensionValue};
use super::general_name::GeneralName;
use super::issuing_point::IssuingPoint;
use super::name_constraints::{NameConstraints, Subtree};
use super::time::UtcTime;
use super::tlv::{Element, context, elements, sequence_of, single, unsigned_octets};
use crate::digest::hex;

/// What an extension says, where we know its type and it can be read.
pub(super) fn text(extension: &Extension) -> Option<String> {
    let value = extension.value.as_slice();
    match extension.oid.as_str() {
        "2.5.29.35" => authority_key_identifier(value),
        "2.5.29.17" | "2.5.29.18" | "2.5.29.29" => names(value),
        "2.5.29.21" => reason(value),
        "2.5.29.24" => invalidity_date(value),
        "2.5.29.27" => Some(CrlNumber::from_der(value).ok()?.to_string()),
        "2.5.29.28" => Some(IssuingPoint::from_der(value).ok()?.text()),
        "2.5.29.30" => Some(NameConstraints::from_der(value).ok()?.describe()),
        "2.5.29.31" | "2.5.29.46" => points(value),
        "2.5.29.32" => policies(value),
        "2.5.29.36" => policy_constraints(value),
        "2.5.29.54" => Some(format!("after {} certificates", small(value)?)),
        // Netscape's certificate type is bits, its other fields are text
        "2.16.840.1.113730.1.13" => {
            let comment = elements(value).ok()?;
            Some(escape_bytes(comment.first()?.value))
        }
        _ => None,
    }
}

/// One line for each subtree and each policy, where all of them can be read: a witness reads
/// every one. Other extensions have none.
pub(super) fn lines(extension: &Extension) -> Vec<String> {
    match extension.read() {
        Ok(ExtensionValue::NameConstraints(constraints))
            if !constraints
                .subtrees()
                .any(|one| matches!(one, Subtree::Foreign(_))) =>
        {
            let permitted = constraints.permitted.iter();
            let excluded = constraints.excluded.iter();
            permitted
                .map(|one| format!("permitted {one}"))
                .chain(excluded.map(|one| format!("excluded {one}")))
                .collect()
        }
        Ok(ExtensionValue::CertificatePolicies(policies))
            if policies.iter().all(|one| !one.more) =>
        {
            policies.iter().map(CertificatePolicy::describe).collect()
        }
        _ => Vec::new(),
    }
}

fn authority_key_identifier(value: &[u8]) -> Option<String> {
    let mut words = Vec::new();
    for field in sequence_of(value, "").ok()? {
        let Tag::ContextSpecific { number, .. } = field.tag else {
            return None;
        };
        words.push(match number.value() {
            0 => hex(field.value),
            1 => format!("issuer {}", list(field.value)?),
            2 => format!("serial {}", hex(field.value)),
            _ => return None,
        });
    }
    if words.is_empty() {
        return Some("(no key identifier)".to_owned());
    }
    Some(words.join(", "))
}

/// GeneralNames in a SEQUENCE.
fn names(value: &[u8]) -> Option<String> {
    list(single(value, Tag::Sequence, "").ok()?.value)
}

/// GeneralNames, one after the other.
fn list(value: &[u8]) -> Option<String> {
    let names: Option<Vec<String>> = elements(value)
        .ok()?
        .iter()
        .map(|name| GeneralName::from_element(name).map(|name| name.text()))
        .collect();
    Some(names?.join(", "))
}

/// DistributionPoints: the names of each, and what is special about it.
fn points(value: &[u8]) -> Option<String> {
    let point = |point: &Element<'_>| {
        let mut words = Vec::new();
        for field in sequence_of(point.raw, "").ok()? {
            words.push(match field.tag {
                tag if tag == context(0) => place(field.value)?,
                tag if tag == context(2) => format!("signed by {}", list(field.value)?),
                _ => "some reasons only".to_owned(),
            });
        }
        Some(words.join(" "))
    };
    let points: Option<Vec<String>> = sequence_of(value, "").ok()?.iter().map(point).collect();
    Some(points?.join(", "))
}

fn place(value: &[u8]) -> Option<String> {
    let form = elements(value).ok()?;
    let form = form.first()?;
    if form.tag == context(0) {
        // A URL needs no word before it.
        let names = list(form.value)?;
        return Some(names.replace("URI:", ""));
    }
    Some("(a name below the issuer's)".to_owned())
}

fn policies(value: &[u8]) -> Option<String> {
    let list = CertificatePolicy::list(value).ok()?;
    let words: Vec<String> = list.iter().map(CertificatePolicy::describe).collect();
    Some(words.join(", "))
}

fn policy_constraints(value: &[u8]) -> Option<String> {
    let words: Option<Vec<String>> = sequence_of(value, "")
        .ok()?
        .iter()
        .map(|field| match (field.tag, field.value) {
            (Tag::ContextSpecific { number, .. }, [count]) => match number.value() {
                0 => Some(format!("explicit policy after {count} certificates")),
                1 => Some(format!("no mapping after {count} certificates")),
                _ => None,
            },
            _ => None,
        })
        .collect();
    Some(words?.join(", "))
}

fn small(value: &[u8]) -> Option<u8> {
    let element = single(value, Tag::Integer, "").ok()?;
    match unsigned_octets(&element, "").ok()? {
        [one] => Some(*one),
        _ => None,
    }
}

/// CRLReason (RFC 5280 5.3.1).
fn reason(value: &[u8]) -> Option<String> {
    const NAMES: [&str; 11] = [
        "unspecified",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "(7)",
        "removeFromCRL",
        "privilegeWithdrawn",
        "aACompromise",
    ];
    match single(value, Tag::Enumerated, "").ok()?.value {
        [code] => Some(
            NAMES
                .get(usize::from(*code))
                .map_or_else(|| format!("({code})"), |name| (*name).to_owned()),
        ),
        _ => None,
    }
}

/// GeneralizedTime in any year (RFC 5280 5.3.2).
fn invalidity_date(value: &[u8]) -> Option<String> {
    let element = single(value, Tag::GeneralizedTime, "").ok()?;
    let time = UtcTime::from_der(&element).map(UtcTime::readable);
    Some(time.unwrap_or_else(|_| escape_bytes(element.value)))
}
