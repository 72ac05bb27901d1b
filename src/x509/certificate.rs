//! Certificates taken apart into the bytes they are made of.

use super::extension::{Extension, ExtensionValue};
use super::key_usage::KeyUsage;
use super::name::Name;
use super::pem::{self, PemError};
use super::raw::RawCertificate;
use super::serial::Serial;
use super::time::UtcTime;
use super::tlv::{self, DerError, elements};
use crate::digest::Digest;

/// Why a certificate file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not one object.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// Not a certificate, or not DER.
    #[error("the certificate cannot be read: {0}")]
    Der(#[from] DerError),
}

/// The fields of a TBSCertificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFields {
    /// serialNumber
    pub serial: Serial,
    /// AlgorithmIdentifier, DER.
    pub algorithm: Vec<u8>,
    /// issuer
    pub issuer: Name,
    /// notBefore
    pub not_before: UtcTime,
    /// notAfter
    pub not_after: UtcTime,
    /// subject
    pub subject: Name,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// Extensions in their order.
    pub extensions: Vec<Extension>,
}

impl CertificateFields {
    /// Reads a version 3 TBSCertificate without unique identifiers.
    pub fn from_tbs(tbs: &[u8]) -> Result<Self, DerError> {
        let raw = RawCertificate::from_tbs(tbs)?;
        if raw.version() != Some(3) {
            return Err(DerError::new("TBSCertificate: not version 3"));
        }
        if raw.issuer_unique_id.is_some() || raw.subject_unique_id.is_some() {
            return Err(DerError::new("TBSCertificate: unique identifiers"));
        }
        let extensions = raw
            .extensions
            .ok_or_else(|| DerError::new("TBSCertificate: no extensions"))?;
        Ok(Self {
            serial: Serial::from_der(&raw.serial)?,
            algorithm: raw.algorithm.raw.to_vec(),
            issuer: Name::from_der(raw.issuer.raw)?,
            not_before: UtcTime::from_der(&raw.not_before)?,
            not_after: UtcTime::from_der(&raw.not_after)?,
            subject: Name::from_der(raw.subject.raw)?,
            spki: raw.spki.raw.to_vec(),
            extensions: Extension::list(extensions.value)?,
        })
    }

    /// What an extension says, if it is there and can be read.
    fn value(&self, oid: &str) -> Option<ExtensionValue> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)?
            .read()
            .ok()
    }

    /// subjectKeyIdentifier
    pub fn subject_key_identifier(&self) -> Option<Vec<u8>> {
        match self.value("2.5.29.14")? {
            ExtensionValue::SubjectKeyIdentifier(id) => Some(id),
            _ => None,
        }
    }

    /// cA and path length of basicConstraints.
    pub fn basic_constraints(&self) -> Option<(bool, Option<u32>)> {
        match self.value("2.5.29.19")? {
            ExtensionValue::BasicConstraints { ca, path_length } => Some((ca, path_length)),
            _ => None,
        }
    }

    /// keyUsage
    pub fn key_usage(&self) -> Option<Vec<KeyUsage>> {
        match self.value("2.5.29.15")? {
            ExtensionValue::KeyUsage(usages) => Some(usages),
            _ => None,
        }
    }

    /// URLs of the CRL distribution points.
    pub fn crl_urls(&self) -> Vec<String> {
        match self.value("2.5.29.31") {
            Some(ExtensionValue::CrlDistributionPoints(urls)) => urls,
            _ => Vec::new(),
        }
    }

    /// extKeyUsage, dotted OIDs.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        match self.value("2.5.29.37")? {
            ExtensionValue::ExtendedKeyUsage(oids) => Some(oids),
            _ => None,
        }
    }
}

/// A whole certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The whole, DER.
    pub der: Vec<u8>,
    /// TBSCertificate, DER.
    pub tbs: Vec<u8>,
    /// The outer AlgorithmIdentifier, DER.
    pub algorithm: Vec<u8>,
    /// Octets of the signature.
    pub signature: Vec<u8>,
    /// The body's fields.
    pub fields: CertificateFields,
}

impl Certificate {
    /// The labels its PEM may have.
    pub const LABELS: &[&str] = &["CERTIFICATE", "X509 CERTIFICATE"];

    /// Reads a certificate; nothing may follow it.
    pub fn from_der(der: &[u8]) -> Result<Self, DerError> {
        let parts = SignedParts::from_der(der, "Certificate")?;
        Ok(Self {
            der: der.to_vec(),
            fields: CertificateFields::from_tbs(parts.tbs)?,
            tbs: parts.tbs.to_vec(),
            algorithm: parts.algorithm.to_vec(),
            signature: parts.signature.to_vec(),
        })
    }

    /// Reads a file: DER, or PEM with one certificate in it.
    pub fn from_file(bytes: &[u8]) -> Result<Self, CertificateError> {
        let der = pem::decode_one(bytes, Self::LABELS)?;
        Ok(Self::from_der(&der)?)
    }

    /// SHA-256 of the whole.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.der)
    }
}

/// The three parts of every signed object (RFC 5280 4.1.1, RFC 2986 4.2).
pub struct SignedParts<'a> {
    /// What was signed.
    pub tbs: &'a [u8],
    /// AlgorithmIdentifier, DER.
    pub algorithm: &'a [u8],
    /// Octets of the signature.
    pub signature: &'a [u8],
}

impl<'a> SignedParts<'a> {
    /// Takes `SEQUENCE { tbs, algorithm, BIT STRING }` apart.
    pub fn from_der(der: &'a [u8], what: &str) -> Result<Self, DerError> {
        let outer = tlv::single(der, tlv::SEQUENCE, what)?;
        let parts = elements(outer.value).map_err(|error| DerError(format!("{what}: {error}")))?;
        let [tbs, algorithm, signature] = parts.as_slice() else {
            return Err(DerError(format!("{what}: not body, algorithm, signature")));
        };
        tlv::check_length(der.len() - tbs.raw.len(), what)?;
        Ok(Self {
            tbs: tbs.raw,
            algorithm: algorithm.raw,
            signature: tlv::bit_string_octets(signature, "signature")?,
        })
    }
}

/// What the issuing of certificates and CRLs needs to know of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its subject, as bytes.
    pub name: Name,
    /// Its SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// Its subjectKeyIdentifier, as it stands in its certificate.
    pub key_identifier: Vec<u8>,
    /// Its notBefore.
    pub not_before: UtcTime,
    /// Its notAfter.
    pub not_after: UtcTime,
    /// Its pathLenConstraint.
    pub path_length: Option<u32>,
    /// Its extKeyUsage, dotted OIDs; `None` where it has none.
    pub extended_key_usage: Option<Vec<String>>,
}

impl Issuer {
    /// From the root's certificate; it needs a subject key identifier.
    pub fn of(root: &Certificate) -> Result<Self, DerError> {
        Ok(Self {
            name: root.fields.subject.clone(),
            spki: root.fields.spki.clone(),
            key_identifier: root
                .fields
                .subject_key_identifier()
                .ok_or_else(|| DerError::new("the root has no subject key identifier"))?,
            not_before: root.fields.not_before,
            not_after: root.fields.not_after,
            path_length: root
                .fields
                .basic_constraints()
                .and_then(|(_, length)| length),
            extended_key_usage: root.fields.extended_key_usage(),
        })
    }
}
