//! What a certificate, a CRL or a request says, as values: the same ones become text for
//! people and JSON for programs. Every text in them is escaped already.

use serde::Serialize;

use super::escape::escape_bytes;
use super::extension::Extension;
use super::extension_text;
use super::name::Name;
use super::public_key::{PublicKey, RootKey, SignatureAlgorithm, algorithm_name};
use super::raw::{RawCertificate, RawCrl, RawEntry};
use super::request::{Request, RequestError, RequestFields};
use super::serial::Serial;
use super::tbs::{CertificateTbs, CertificationRequestInfo, CrlTbs};
use super::template::KEY_IDENTIFIER_MARK;
use super::time::UtcTime;
use super::tlv::{DerError, Element};
use crate::digest::{Digest, hex};

/// Entries of a CRL that are told one by one.
const ENTRIES_TOLD: usize = 1000;

/// A time, or what stands in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Time {
    /// As it is.
    Read(UtcTime),
    /// What cannot be read as a time.
    Unreadable(String),
}

impl Time {
    fn of(element: &Element<'_>) -> Self {
        UtcTime::from_der(element).map_or_else(
            |_| Self::Unreadable(format!("{} (unreadable)", escape_bytes(element.value))),
            Self::Read,
        )
    }

    /// For people.
    pub fn readable(&self) -> String {
        match self {
            Self::Read(time) => time.readable(),
            Self::Unreadable(words) => words.clone(),
        }
    }
}

/// A certificate's body, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// subject
    pub subject: String,
    /// issuer
    pub issuer: String,
    /// Whether issuer and subject are the same bytes.
    pub self_issued: bool,
    /// 1, 2 or 3; `None` where it cannot be read.
    pub version: Option<u8>,
    /// Type and size of the key.
    pub key: String,
    /// Digest of its SPKI; `None` for a template's, which is made on the day.
    pub spki_sha256: Option<Digest>,
    /// serialNumber, hex; `None` for a template's.
    pub serial: Option<String>,
    /// A template's validity, in words.
    pub validity: Option<String>,
    /// notBefore; `None` for a template's.
    pub not_before: Option<Time>,
    /// notAfter; `None` for a template's.
    pub not_after: Option<Time>,
    /// Signature algorithm.
    pub signed_with: String,
    /// Octets of its unique identifiers, the issuer's first.
    pub unique_ids: Vec<usize>,
    /// Extensions in their order.
    pub extensions: Vec<ExtensionFact>,
}

/// A CRL's body, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrlFacts {
    /// issuer
    pub issuer: String,
    /// 1 or 2; `None` where it cannot be read.
    pub version: Option<u8>,
    /// A template's validity, in words.
    pub validity: Option<String>,
    /// thisUpdate; `None` for a template's.
    pub this_update: Option<Time>,
    /// nextUpdate; `None` for a template's.
    pub next_update: Option<Time>,
    /// How many certificates are revoked.
    pub revoked_count: usize,
    /// The first thousand of them.
    pub revoked: Vec<RevokedFact>,
    /// Signature algorithm.
    pub signed_with: String,
    /// Extensions in their order.
    pub extensions: Vec<ExtensionFact>,
}

/// A revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevokedFact {
    /// userCertificate, hex.
    pub serial: String,
    /// revocationDate
    pub date: Time,
    /// crlEntryExtensions
    pub extensions: Vec<ExtensionFact>,
}

/// A request: what it is of, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestFacts {
    /// subject
    pub subject: String,
    /// Type and size of the key; why it is none where it cannot be read.
    pub key: String,
    /// Digest of its SPKI; `None` for a template's, which is made on the day.
    pub spki_sha256: Option<Digest>,
    /// The same as words.
    pub spki_words: Option<String>,
    /// Algorithm of its own signature.
    pub signed_with: String,
    /// The extensions it asks for.
    pub extensions: Vec<ExtensionFact>,
    /// Its other attributes.
    pub attributes: Vec<String>,
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtensionFact {
    /// Dotted OID.
    pub oid: String,
    /// What the standard calls it, or the OID.
    pub name: String,
    /// Critical.
    pub critical: bool,
    /// What it says.
    pub value: String,
    /// The same where a line stands for each subtree or policy; else empty.
    #[serde(skip)]
    pub lines: Vec<String>,
}

impl CertificateFacts {
    /// Of a certificate or of bytes to be signed.
    pub fn of(body: &CertificateTbs) -> Result<Self, DerError> {
        Self::of_raw(&RawCertificate::from_tbs(&body.0)?)
    }

    /// Of a template: `validity` stands for the dates, marks are named.
    pub fn of_template(body: &CertificateTbs, validity: &str) -> Result<Self, DerError> {
        let mut facts = Self::of(body)?;
        (facts.serial, facts.not_before, facts.not_after) = (None, None, None);
        facts.validity = Some(validity.to_owned());
        name_marks(&mut facts.extensions);
        Ok(facts)
    }

    /// Of a certificate that somebody else made.
    pub fn of_raw(raw: &RawCertificate<'_>) -> Result<Self, DerError> {
        let (key, spki_sha256) = key(raw.spki.raw);
        let unique_ids = [raw.issuer_unique_id, raw.subject_unique_id];
        Ok(Self {
            subject: name(&raw.subject),
            issuer: name(&raw.issuer),
            self_issued: raw.issuer.raw == raw.subject.raw,
            version: raw.version(),
            key,
            spki_sha256,
            serial: Some(serial(&raw.serial)),
            validity: None,
            not_before: Some(Time::of(&raw.not_before)),
            not_after: Some(Time::of(&raw.not_after)),
            signed_with: algorithm_name(raw.algorithm.raw),
            unique_ids: unique_ids
                .iter()
                .flatten()
                .map(|id| id.value.len())
                .collect(),
            extensions: extensions(raw.extensions.map(|field| field.value))?,
        })
    }
}

impl CrlFacts {
    /// Of a CRL or of bytes to be signed.
    pub fn of(body: &CrlTbs) -> Result<Self, DerError> {
        Self::of_raw(&RawCrl::from_tbs(&body.0)?)
    }

    /// Of a template: `validity` stands for the dates, marks are named. It lists what is new; of
    /// what is `carried` over it has a digest alone.
    pub fn of_template(body: &CrlTbs, validity: &str, carried: u64) -> Result<Self, DerError> {
        let raw = RawCrl::from_tbs(&body.0)?;
        let mut facts = Self {
            revoked_count: 0,
            revoked: Vec::new(),
            ..Self::of_raw(&raw)?
        };
        for entry in raw.entries().filter_map(Result::ok) {
            facts.revoked.push(RevokedFact::of(Ok(entry)));
        }
        let new = facts.revoked.len();
        facts.revoked_count = usize::try_from(carried).unwrap_or(usize::MAX - new) + new;
        (facts.this_update, facts.next_update) = (None, None);
        facts.validity = Some(validity.to_owned());
        name_marks(&mut facts.extensions);
        Ok(facts)
    }

    /// Of a CRL that somebody else made.
    pub fn of_raw(raw: &RawCrl<'_>) -> Result<Self, DerError> {
        Ok(Self {
            issuer: name(&raw.issuer),
            version: raw.version(),
            validity: None,
            this_update: Some(Time::of(&raw.this_update)),
            next_update: raw.next_update.as_ref().map(Time::of),
            revoked_count: raw.entries().count(),
            revoked: raw
                .entries()
                .take(ENTRIES_TOLD)
                .map(RevokedFact::of)
                .collect(),
            signed_with: algorithm_name(raw.algorithm.raw),
            extensions: extensions(raw.extensions.map(|field| field.value))?,
        })
    }
}

impl RevokedFact {
    /// Of an entry, as far as it can be read.
    pub fn of(entry: Result<RawEntry<'_>, DerError>) -> Self {
        let unreadable = |what: &str| format!("(unreadable {what})");
        let Ok(entry) = entry else {
            return Self {
                serial: unreadable("entry"),
                date: Time::Unreadable(unreadable("date")),
                extensions: Vec::new(),
            };
        };
        Self {
            serial: serial(&entry.serial),
            date: Time::of(&entry.date),
            extensions: extensions(entry.extensions.map(|list| list.raw)).unwrap_or_default(),
        }
    }
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

fn extensions(list: Option<&[u8]>) -> Result<Vec<ExtensionFact>, DerError> {
    let list = list.map_or(Ok(Vec::new()), Extension::as_found)?;
    Ok(list.iter().map(ExtensionFact::of).collect())
}

impl RequestFacts {
    /// Of a request that was read.
    pub fn of(request: &Request) -> Self {
        let key = match PublicKey::from_spki(&request.spki) {
            Ok(key) => key.kind().to_string(),
            Err(error) => error.to_string(),
        };
        let digest = Digest::of(&request.spki);
        Self {
            subject: request.subject.to_string(),
            key,
            spki_sha256: Some(digest),
            spki_words: Some(digest.words().join(" ")),
            signed_with: algorithm_name(&request.algorithm),
            extensions: request.extensions.iter().map(ExtensionFact::of).collect(),
            attributes: request.other_attributes.clone(),
        }
    }

    /// Of the bytes that will be signed with an algorithm, or of a template of them. Where a
    /// template has a mark for a key that is known all the same, that is `own`.
    pub fn of_info(
        info: &CertificationRequestInfo,
        own: Option<&[u8]>,
        algorithm: SignatureAlgorithm,
    ) -> Result<Self, RequestError> {
        let fields = RequestFields::from_info(&info.0)?;
        let (key, spki_sha256) = key(own.unwrap_or(&fields.spki));
        let mut extensions: Vec<ExtensionFact> =
            fields.extensions.iter().map(ExtensionFact::of).collect();
        if spki_sha256.is_none() {
            name_marks(&mut extensions);
        }
        Ok(Self {
            subject: fields.subject.to_string(),
            key,
            spki_sha256,
            spki_words: spki_sha256.map(|digest| digest.words().join(" ")),
            signed_with: algorithm.name(),
            extensions,
            attributes: fields.other_attributes,
        })
    }
}

impl ExtensionFact {
    /// Of an extension, read as far as we read it.
    pub fn of(extension: &Extension) -> Self {
        Self {
            oid: extension.oid.clone(),
            name: extension.name().to_owned(),
            critical: extension.critical,
            value: extension.text(),
            lines: extension_text::lines(extension),
        }
    }
}

/// The key identifiers of a key that is made on the day.
fn name_marks(extensions: &mut [ExtensionFact]) {
    let mark = hex(&KEY_IDENTIFIER_MARK);
    for fact in extensions.iter_mut().filter(|fact| fact.value == mark) {
        fact.value = "of the key made on the day".to_owned();
    }
}

/// Type and size, with the SPKI's digest; a template's key has a type and no value yet.
fn key(spki: &[u8]) -> (String, Option<Digest>) {
    let of_template = || {
        let mut keys = RootKey::ALL.into_iter();
        keys.find(|key| key.template_spki() == spki)
    };
    match PublicKey::from_spki(spki) {
        Ok(key) => (key.kind().to_string(), Some(key.digest())),
        Err(error) => match of_template() {
            Some(key) => (format!("{}, made on the day", key.word()), None),
            None => (error.to_string(), None),
        },
    }
}
