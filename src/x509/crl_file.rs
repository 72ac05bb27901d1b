//! A CRL that others published, kept as its bytes: it may list a million certificates, so its
//! entries are read again each time, one after the other.

use super::certificate::SignedParts;
use super::crl::RevokedEntry;
use super::crl_number::CrlNumber;
use super::extension::{CRL_NUMBER, Extension, ExtensionValue};
use super::name::Name;
use super::raw::RawCrl;
use super::time::UtcTime;
use super::tlv::DerError;

/// A full CRL of version 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlFile {
    /// The whole, DER.
    pub der: Vec<u8>,
    /// issuer
    pub issuer: Name,
    /// thisUpdate
    pub this_update: UtcTime,
    /// nextUpdate
    pub next_update: UtcTime,
    /// cRLNumber
    pub number: CrlNumber,
}

impl CrlFile {
    /// Octets that a CRL may have, PEM or DER.
    pub const SIZE_LIMIT: usize = 128 * 1024 * 1024;
    /// The label its PEM has (RFC 7468 6); openssl reads no other.
    pub const LABELS: &[&str] = &["X509 CRL"];

    /// Reads a CRL with nextUpdate and number; nothing may follow it.
    pub fn from_der(der: Vec<u8>) -> Result<Self, DerError> {
        let parts = SignedParts::from_der(&der, "CertificateList")?;
        let raw = RawCrl::from_tbs(parts.tbs)?;
        let missing = |what: &str| DerError(format!("TBSCertList: no {what}"));
        let next_update = raw.next_update.ok_or_else(|| missing("nextUpdate"))?;
        let extensions = raw.extensions.ok_or_else(|| missing("extensions"))?;
        let number = Extension::list(extensions.value)?
            .iter()
            .find(|extension| extension.oid == CRL_NUMBER)
            .ok_or_else(|| missing("cRLNumber"))?
            .read()?;
        let ExtensionValue::CrlNumber(number) = number else {
            return Err(missing("cRLNumber"));
        };
        Ok(Self {
            issuer: Name::from_der(raw.issuer.raw)?,
            this_update: UtcTime::from_der(&raw.this_update)?,
            next_update: UtcTime::from_der(&next_update)?,
            number,
            der,
        })
    }

    /// Its entries, in their order.
    pub fn entries(&self) -> impl Iterator<Item = Result<RevokedEntry, DerError>> + '_ {
        // What `from_der` read once can be read again.
        let raw = SignedParts::from_der(&self.der, "CertificateList")
            .and_then(|parts| RawCrl::from_tbs(parts.tbs));
        let (broken, entries) = match raw {
            Ok(raw) => (None, Some(raw.entries())),
            Err(error) => (Some(Err(error)), None),
        };
        let read = entries
            .into_iter()
            .flatten()
            .map(|entry| RevokedEntry::read(&entry?));
        broken.into_iter().chain(read)
    }
}
