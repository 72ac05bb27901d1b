//! CRLs taken apart into the bytes they are made of.

use super::certificate::SignedParts;
use super::extension::{CRL_NUMBER, Extension, ExtensionValue};
use super::name::Name;
use super::serial::Serial;
use super::time::UtcTime;
use super::tlv::{DerError, Element, SEQUENCE, context, sequence_of};

/// One revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// userCertificate
    pub serial: Serial,
    /// revocationDate
    pub date: UtcTime,
    /// crlEntryExtensions
    pub extensions: Vec<Extension>,
}

/// The fields of a version 2 TBSCertList.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlFields {
    /// AlgorithmIdentifier, DER.
    pub algorithm: Vec<u8>,
    /// issuer
    pub issuer: Name,
    /// thisUpdate
    pub this_update: UtcTime,
    /// nextUpdate
    pub next_update: UtcTime,
    /// revokedCertificates; `None` where the field is absent.
    pub revoked: Option<Vec<RevokedEntry>>,
    /// crlExtensions in their order.
    pub extensions: Vec<Extension>,
}

impl CrlFields {
    /// Reads a TBSCertList with version, nextUpdate and extensions.
    pub fn from_tbs(tbs: &[u8]) -> Result<Self, DerError> {
        let fields = sequence_of(tbs, "TBSCertList")?;
        let (head, revoked, extensions) = match fields.as_slice() {
            [head @ .., revoked, extensions] if head.len() == 5 && revoked.tag == SEQUENCE => {
                (head, Some(revoked), extensions)
            }
            [head @ .., extensions] if head.len() == 5 => (head, None, extensions),
            _ => return Err(DerError::new("TBSCertList: fields are missing")),
        };
        if head[0].raw != [2, 1, 1] {
            return Err(DerError::new("TBSCertList: not version 2"));
        }
        if extensions.tag != context(0) {
            return Err(DerError::new("TBSCertList: no extensions"));
        }
        Ok(Self {
            algorithm: head[1].raw.to_vec(),
            issuer: Name::from_der(head[2].raw)?,
            this_update: UtcTime::from_der(&head[3])?,
            next_update: UtcTime::from_der(&head[4])?,
            revoked: revoked.map(read_revoked).transpose()?,
            extensions: Extension::list(extensions.value)?,
        })
    }

    /// cRLNumber
    pub fn number(&self) -> Option<u64> {
        match self.find(CRL_NUMBER)?.read().ok()? {
            ExtensionValue::CrlNumber(number) => Some(number),
            _ => None,
        }
    }

    /// keyIdentifier of the authorityKeyIdentifier
    pub fn authority_key_identifier(&self) -> Option<Vec<u8>> {
        match self.find("2.5.29.35")?.read().ok()? {
            ExtensionValue::AuthorityKeyIdentifier(id, _) => id,
            _ => None,
        }
    }

    fn find(&self, oid: &str) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }
}

fn read_revoked(list: &Element<'_>) -> Result<Vec<RevokedEntry>, DerError> {
    sequence_of(list.raw, "revokedCertificates")?
        .iter()
        .map(|entry| {
            let fields = sequence_of(entry.raw, "revokedCertificate")?;
            let (serial, date, extensions) = match fields.as_slice() {
                [serial, date] => (serial, date, Vec::new()),
                [serial, date, list] => (serial, date, Extension::list(list.raw)?),
                _ => return Err(DerError::new("revokedCertificate: not serial and date")),
            };
            Ok(RevokedEntry {
                serial: Serial::from_der(serial)?,
                date: UtcTime::from_der(date)?,
                extensions,
            })
        })
        .collect()
}

/// A whole CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// The whole, DER.
    pub der: Vec<u8>,
    /// TBSCertList, DER.
    pub tbs: Vec<u8>,
    /// The outer AlgorithmIdentifier, DER.
    pub algorithm: Vec<u8>,
    /// Octets of the signature.
    pub signature: Vec<u8>,
    /// The body's fields.
    pub fields: CrlFields,
}

impl Crl {
    /// Reads a CRL; nothing may follow it.
    pub fn from_der(der: &[u8]) -> Result<Self, DerError> {
        let parts = SignedParts::from_der(der, "CertificateList")?;
        Ok(Self {
            der: der.to_vec(),
            fields: CrlFields::from_tbs(parts.tbs)?,
            tbs: parts.tbs.to_vec(),
            algorithm: parts.algorithm.to_vec(),
            signature: parts.signature.to_vec(),
        })
    }
}
