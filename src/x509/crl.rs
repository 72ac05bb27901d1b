//! CRLs taken apart into the bytes they are made of.

use super::certificate::SignedParts;
use super::extension::{CRL_NUMBER, Extension, ExtensionValue};
use super::name::Name;
use super::raw::{RawCrl, RawEntry};
use super::reason::RevocationReason;
use super::serial::Serial;
use super::time::UtcTime;
use super::tlv::DerError;

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
    /// How many revokedCertificates lists; `None` where the field is absent. They are read from
    /// the body one at a time: there may be a million.
    pub revoked: Option<usize>,
    /// crlExtensions in their order.
    pub extensions: Vec<Extension>,
}

impl CrlFields {
    /// Reads a TBSCertList with version, nextUpdate and extensions, and every entry in it.
    pub fn from_tbs(tbs: &[u8]) -> Result<Self, DerError> {
        let raw = RawCrl::from_tbs(tbs)?;
        let mut fields = Self::head(&raw)?;
        let mut count = 0;
        for entry in raw.entries() {
            RevokedEntry::read(&entry?)?;
            count += 1;
        }
        fields.revoked = raw.revoked.map(|_| count);
        Ok(fields)
    }

    /// The same without a look at the entries: a template has others, and they may be many.
    pub fn head(raw: &RawCrl<'_>) -> Result<Self, DerError> {
        if raw.version() != Some(2) {
            return Err(DerError::new("TBSCertList: not version 2"));
        }
        let next_update = raw
            .next_update
            .ok_or_else(|| DerError::new("TBSCertList: no nextUpdate"))?;
        let extensions = raw
            .extensions
            .ok_or_else(|| DerError::new("TBSCertList: no extensions"))?;
        Ok(Self {
            algorithm: raw.algorithm.raw.to_vec(),
            issuer: Name::from_der(raw.issuer.raw)?,
            this_update: UtcTime::from_der(&raw.this_update)?,
            next_update: UtcTime::from_der(&next_update)?,
            revoked: None,
            extensions: Extension::list(extensions.value)?,
        })
    }

    /// cRLNumber, where it is one that a register can count on from.
    pub fn number(&self) -> Option<u64> {
        match self.find(CRL_NUMBER)?.read().ok()? {
            ExtensionValue::CrlNumber(number) => number.to_u64(),
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

/// `id-ce-cRLReasons` (RFC 5280 5.3.1)
pub const REASON: &str = "2.5.29.21";

impl RevokedEntry {
    /// Reads one entry of the list.
    pub fn read(raw: &RawEntry<'_>) -> Result<Self, DerError> {
        Ok(Self {
            serial: Serial::from_der(&raw.serial)?,
            date: UtcTime::from_der(&raw.date)?,
            extensions: raw
                .extensions
                .map_or(Ok(Vec::new()), |list| Extension::list(list.raw))?,
        })
    }

    /// Its reason, where it is one that a CA's certificate may have.
    pub fn reason(&self) -> Option<RevocationReason> {
        let reason = self.extensions.iter().find(|one| one.oid == REASON)?;
        match reason.value.as_slice() {
            // ENUMERATED of one octet
            &[10, 1, number] => RevocationReason::from_number(number),
            _ => None,
        }
    }
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
