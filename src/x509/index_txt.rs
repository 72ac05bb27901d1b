//! The database of `openssl ca`, `index.txt`: what a root has issued, one line each, six fields
//! with tabs between them. Read strictly: a line that cannot be read may be a certificate that
//! would be forgotten.

use std::collections::BTreeSet;

use der::Tag;
use der::oid::ObjectIdentifier;

use super::name::Name;
use super::reason::RevocationReason;
use super::serial::Serial;
use super::time::UtcTime;
use super::tlv::{self, encode, sequence};
use super::{escape, oid};

/// The most octets such a file may have.
pub const SIZE_LIMIT: usize = 1024 * 1024;

/// What is wrong, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct IndexError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// Since when and why a certificate is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// revocationDate
    pub date: UtcTime,
    /// The reason, where one is given that says something.
    pub reason: Option<RevocationReason>,
    /// Since when its key is not to be trusted.
    pub invalidity: Option<UtcTime>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// From 1.
    pub line: usize,
    /// Serial number.
    pub serial: Serial,
    /// Last second.
    pub not_after: UtcTime,
    /// Subject, as far as its text tells.
    pub subject: Name,
    /// Where it is revoked.
    pub revoked: Option<Revocation>,
}

/// Reads the whole file; no serial number may come twice.
pub fn read(bytes: &[u8]) -> Result<Vec<IndexEntry>, IndexError> {
    let at = |line: usize, why: &str| IndexError {
        line,
        why: why.to_owned(),
    };
    if bytes.len() > SIZE_LIMIT {
        return Err(at(1, "the file has more than 1048576 octets"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
        at(line, "not UTF-8")
    })?;
    let mut entries = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let line = line
            .strip_suffix('\n')
            .ok_or_else(|| at(number, "the last line does not end: is the file whole?"))?;
        // openssl passes over lines that begin so.
        if line.starts_with('#') {
            continue;
        }
        let entry = entry(number, line).map_err(|why| at(number, &why))?;
        if !seen.insert(entry.serial.octets().to_vec()) {
            let why = format!("serial {} comes twice", entry.serial);
            return Err(at(number, &why));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(line: usize, text: &str) -> Result<IndexEntry, String> {
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("it holds a control character (line ends are LF alone)".to_owned());
    }
    let fields: Vec<&str> = text.split('\t').collect();
    let [status, expiry, revoked, serial, _file, subject] = fields.as_slice() else {
        let count = fields.len();
        return Err(format!("{count} fields with tabs between them, not 6"));
    };
    let not_after = time(expiry).ok_or("its expiry is no date")?;
    let revoked = match (*status, *revoked) {
        ("V" | "E", "") => None,
        ("V" | "E", _) => return Err("a revocation date, though it is not revoked".to_owned()),
        ("R", "") => return Err("revoked, without a date".to_owned()),
        ("R", text) => Some(revocation(text)?),
        (other, _) => {
            let other = escape::escape(other);
            return Err(format!("status \"{other}\" is none of V, R and E"));
        }
    };
    let serial = match serial.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        true => Serial::parse(serial),
        false => None,
    };
    Ok(IndexEntry {
        line,
        serial: serial.ok_or("its serial number is no hex of 1 to 20 octets, above 0")?,
        not_after,
        subject: subject_name(subject)?,
        revoked,
    })
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(text: &str) -> Option<UtcTime> {
    let tag = if text.len() == 13 {
        Tag::UtcTime
    } else {
        Tag::GeneralizedTime
    };
    let der = encode(tag, &[text.as_bytes()]);
    let element = tlv::elements(&der).ok()?;
    UtcTime::from_der(element.first()?).ok()
}

/// `DATE`, `DATE,reason` or `DATE,keyTime,DATE`, as `openssl ca -revoke` writes it.
fn revocation(text: &str) -> Result<Revocation, String> {
    let mut parts = text.split(',');
    let date = parts
        .next()
        .and_then(time)
        .ok_or("its revocation date is no date")?;
    let (reason, more) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return Err("too many words about its revocation".to_owned());
    }
    let compromise = Some(RevocationReason::KeyCompromise);
    let (reason, invalidity) = match (reason, more) {
        (None | Some("unspecified"), None) => (None, None),
        // The public web takes keyCompromise for a CA's key too.
        (Some("CACompromise"), None) => (compromise, None),
        (Some("keyTime" | "CAkeyTime"), Some(since)) => {
            let since = time(since).ok_or("the date of its compromise is no date")?;
            (compromise, Some(since))
        }
        (Some("certificateHold" | "holdInstruction" | "removeFromCRL"), _) => {
            return Err(
                "a hold is no end: revoke it for good, or release it, with openssl ca first"
                    .to_owned(),
            );
        }
        (Some(word), None) => {
            let reason = RevocationReason::parse(word);
            let unknown = || format!("\"{}\" is no reason", escape::escape(word));
            (Some(reason.ok_or_else(unknown)?), None)
        }
        (_, Some(_)) => return Err("too many words about its revocation".to_owned()),
    };
    Ok(Revocation {
        date,
        reason,
        invalidity,
    })
}

/// The attribute types that openssl writes by their short names.
const TYPES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("street", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("title", "2.5.4.12"),
    ("description", "2.5.4.13"),
    ("businessCategory", "2.5.4.15"),
    ("postalCode", "2.5.4.17"),
    ("name", "2.5.4.41"),
    ("GN", "2.5.4.42"),
    ("initials", "2.5.4.43"),
    ("dnQualifier", "2.5.4.46"),
    ("pseudonym", "2.5.4.65"),
    ("organizationIdentifier", "2.5.4.97"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("unstructuredName", "1.2.840.113549.1.9.2"),
];

/// `/C=DE/O=Acme/CN=x`. A slash begins an attribute only before a type that is known; string
/// types are not told, so what comes out is for comparing folded names, never for signing.
fn subject_name(text: &str) -> Result<Name, String> {
    let unknown = || {
        "its subject has an attribute that cannot be told: give its certificate, and leave this \
         line out"
            .to_owned()
    };
    let mut parts: Vec<(ObjectIdentifier, String)> = Vec::new();
    for piece in text.strip_prefix('/').ok_or_else(unknown)?.split('/') {
        let typed = piece.split_once('=').and_then(|(kind, value)| {
            let named = TYPES.iter().find(|(name, _)| *name == kind);
            let dotted = named.map_or(kind, |(_, dotted)| dotted);
            Some((ObjectIdentifier::new(dotted).ok()?, value.to_owned()))
        });
        match (typed, parts.last_mut()) {
            (Some(typed), _) => parts.push(typed),
            // A slash within a value.
            (None, Some((_, value))) => {
                value.push('/');
                value.push_str(piece);
            }
            (None, None) => return Err(unknown()),
        }
    }
    let rdns: Vec<Vec<u8>> = parts
        .iter()
        .map(|(kind, value)| {
            let text = encode(Tag::Utf8String, &[unescaped(value).as_bytes()]);
            encode(Tag::Set, &[&sequence(&[&oid::der(*kind), &text])])
        })
        .collect();
    let rdns: Vec<&[u8]> = rdns.iter().map(Vec::as_slice).collect();
    Name::from_der(&encode(tlv::SEQUENCE, &rdns)).map_err(|error| error.to_string())
}

/// openssl writes octets that are no printable ASCII as `\xC3`.
fn unescaped(value: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let hex = (*first == b'\\' && more.first() == Some(&b'x')).then(|| more.get(1..3));
        let octet = hex.flatten().and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        match octet {
            Some(octet) => {
                octets.push(octet);
                rest = &more[3..];
            }
            None => {
                octets.push(*first);
                rest = more;
            }
        }
    }
    // Where it is not UTF-8 it is Latin-1, as T61String is read.
    String::from_utf8(octets).unwrap_or_else(|error| {
        let octets = error.into_bytes();
        octets.into_iter().map(char::from).collect()
    })
}

#[cfg(test)]
#[path = "index_txt_tests.rs"]
mod tests;
