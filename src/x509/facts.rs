//! What a certificate, a CRL or a request says, as values: the same ones become text for
//! people and JSON for programs. Every text in them is escaped already.

use serde::Serialize;

use super::certificate::CertificateFields;
use super::crl::CrlFields;
use super::extension::{Extension, ExtensionValue};
use super::public_key::{PublicKey, RootKey, algorithm_name};
use super::request::Request;
use super::tbs::{CertificateTbs, CrlTbs};
use super::template::KEY_IDENTIFIER_MARK;
use super::time::UtcTime;
use super::tlv::DerError;
use crate::digest::Digest;

/// A certificate's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// subject
    pub subject: String,
    /// issuer
    pub issuer: String,
    /// Whether issuer and subject are the same bytes.
    pub self_issued: bool,
    /// Type and size of the key.
    pub key: String,
    /// Digest of its SPKI; `None` for a template's, which is made on the day.
    pub spki_sha256: Option<Digest>,
    /// serialNumber, hex; `None` for a template's.
    pub serial: Option<String>,
    /// A template's validity, in words.
    pub validity: Option<String>,
    /// notBefore; `None` for a template's.
    pub not_before: Option<UtcTime>,
    /// notAfter; `None` for a template's.
    pub not_after: Option<UtcTime>,
    /// Signature algorithm.
    pub signed_with: String,
    /// Extensions in their order.
    pub extensions: Vec<ExtensionFact>,
}

/// A CRL's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrlFacts {
    /// issuer
    pub issuer: String,
    /// A template's validity, in words.
    pub validity: Option<String>,
    /// thisUpdate; `None` for a template's.
    pub this_update: Option<UtcTime>,
    /// nextUpdate; `None` for a template's.
    pub next_update: Option<UtcTime>,
    /// revokedCertificates
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
    pub date: UtcTime,
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
    /// Digest of its SPKI.
    pub spki_sha256: Digest,
    /// The same as words.
    pub spki_words: String,
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
}

impl CertificateFacts {
    /// Of a certificate or of bytes to be signed.
    pub fn of(body: &CertificateTbs) -> Result<Self, DerError> {
        Ok(Self::of_fields(&CertificateFields::from_tbs(&body.0)?))
    }

    /// Of a template: `validity` stands for the dates, marks are named.
    pub fn of_template(body: &CertificateTbs, validity: &str) -> Result<Self, DerError> {
        let mut facts = Self::of(body)?;
        (facts.serial, facts.not_before, facts.not_after) = (None, None, None);
        facts.validity = Some(validity.to_owned());
        name_marks(&mut facts.extensions);
        Ok(facts)
    }

    /// Of fields that were read.
    pub fn of_fields(fields: &CertificateFields) -> Self {
        let (key, spki_sha256) = key(&fields.spki);
        Self {
            subject: fields.subject.to_string(),
            issuer: fields.issuer.to_string(),
            self_issued: fields.issuer == fields.subject,
            key,
            spki_sha256,
            serial: Some(fields.serial.to_string()),
            validity: None,
            not_before: Some(fields.not_before),
            not_after: Some(fields.not_after),
            signed_with: algorithm_name(&fields.algorithm),
            extensions: fields.extensions.iter().map(ExtensionFact::of).collect(),
        }
    }
}

impl CrlFacts {
    /// Of a CRL or of bytes to be signed.
    pub fn of(body: &CrlTbs) -> Result<Self, DerError> {
        Ok(Self::of_fields(&CrlFields::from_tbs(&body.0)?))
    }

    /// Of a template: `validity` stands for the dates, marks are named.
    pub fn of_template(body: &CrlTbs, validity: &str) -> Result<Self, DerError> {
        let mut facts = Self::of(body)?;
        (facts.this_update, facts.next_update) = (None, None);
        facts.validity = Some(validity.to_owned());
        name_marks(&mut facts.extensions);
        Ok(facts)
    }

    /// Of fields that were read.
    pub fn of_fields(fields: &CrlFields) -> Self {
        let revoked = fields.revoked.iter().flatten();
        Self {
            issuer: fields.issuer.to_string(),
            validity: None,
            this_update: Some(fields.this_update),
            next_update: Some(fields.next_update),
            revoked: revoked
                .map(|entry| RevokedFact {
                    serial: entry.serial.to_string(),
                    date: entry.date,
                    extensions: entry.extensions.iter().map(ExtensionFact::of).collect(),
                })
                .collect(),
            signed_with: algorithm_name(&fields.algorithm),
            extensions: fields.extensions.iter().map(ExtensionFact::of).collect(),
        }
    }
}

impl RequestFacts {
    /// Of a request that was read.
    pub fn of(request: &Request) -> Self {
        let digest = Digest::of(&request.spki);
        Self {
            subject: request.subject.to_string(),
            key: match PublicKey::from_spki(&request.spki) {
                Ok(key) => key.kind().to_string(),
                Err(error) => error.to_string(),
            },
            spki_sha256: digest,
            spki_words: digest.words().join(" "),
            signed_with: algorithm_name(&request.algorithm),
            extensions: request.extensions.iter().map(ExtensionFact::of).collect(),
            attributes: request.other_attributes.clone(),
        }
    }
}

impl ExtensionFact {
    /// Of an extension, read as far as we read it.
    pub fn of(extension: &Extension) -> Self {
        Self {
            oid: extension.oid.clone(),
            name: extension.name().to_owned(),
            critical: extension.critical,
            value: match extension.read() {
                Err(_) => "(unreadable)".to_owned(),
                Ok(ExtensionValue::Unread) => format!("({} octets)", extension.value.len()),
                Ok(value) => value.describe(),
            },
        }
    }
}

/// The key identifiers of a key that is made on the day.
fn name_marks(extensions: &mut [ExtensionFact]) {
    let mark = crate::digest::hex(&KEY_IDENTIFIER_MARK);
    for fact in extensions.iter_mut().filter(|fact| fact.value == mark) {
        fact.value = "of the key made on the day".to_owned();
    }
}

/// Type and size, with the SPKI's digest; a template's key has a type and no value yet.
fn key(spki: &[u8]) -> (String, Option<Digest>) {
    if let Ok(key) = PublicKey::from_spki(spki) {
        return (key.kind().to_string(), Some(key.digest()));
    }
    let word = RootKey::ALL
        .into_iter()
        .find(|key| key.template_spki() == spki)
        .map_or("unreadable", RootKey::word);
    (format!("{word}, made on the day"), None)
}
