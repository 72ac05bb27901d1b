//! Checks of a CRL that others published, or that we published in an earlier ceremony: what
//! `openssl crl` and the linters let pass is refused here. All findings are told.
//!
//! Memory stays near the file's own size: of each entry only the place of its serial is kept.

mod entries;
mod list;

use super::judged::Judged;
use super::signed_file::{self, ContainerIds};
use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::crl_file::CrlFile;
use crate::x509::extension::Extension;
use crate::x509::pem;
use crate::x509::raw::RawCrl;
use crate::x509::time::UtcTime;
use crate::x509::tlv::DerError;

const CONTAINER: ContainerIds = ContainerIds {
    size: CheckId::CrlFileSize,
    private_key: CheckId::CrlFilePrivateKey,
    container: CheckId::CrlFileContainer,
};

/// What a CRL is checked against.
#[derive(Clone, Copy)]
pub struct CrlFileContext<'a> {
    /// The file's path, for words.
    pub path: &'a str,
    /// The certificate of its issuer, where it is known.
    pub issuer: Option<&'a Certificate>,
    /// The time, where it matters: a CRL from the future is refused, a stale one told.
    pub now: Option<UtcTime>,
}

impl<'a> CrlFileContext<'a> {
    /// A CRL by itself: nothing is known beside it.
    pub fn alone(path: &'a str) -> Self {
        Self {
            path,
            issuer: None,
            now: None,
        }
    }
}

/// Checks a CRL file. What is no CRL at all ends it; of the rest, all findings are told.
pub fn crl_file(
    bytes: &[u8],
    context: &CrlFileContext<'_>,
) -> Result<(Cleared<CrlFile>, Vec<Finding>), Refusal> {
    let path = context.path;
    let mut findings = Findings::default();
    let octets = format!("{} octets", bytes.len());
    if bytes.len() > CrlFile::SIZE_LIMIT {
        return Err(findings.refuse(CONTAINER.size, octets, path));
    }
    findings.require(CONTAINER.size, true, octets);
    let der = match pem::decode_of_any_size(bytes, CrlFile::LABELS) {
        Ok(der) => der,
        Err(error) => return Err(findings.refuse(CONTAINER.of(&error), error.to_string(), path)),
    };
    findings.require(CONTAINER.private_key, true, "none");
    findings.require(CONTAINER.container, true, "one CRL");
    if let Err(error) = judge(&der, context, &mut findings) {
        return Err(findings.refuse(CheckId::CrlFileDer, error.to_string(), path));
    }
    if let Some(refusal) = findings.refusal(path) {
        return Err(refusal);
    }
    match CrlFile::from_der(der) {
        Ok(crl) => findings.clear(crl, path),
        Err(error) => Err(findings.refuse(CheckId::CrlFileDer, error.to_string(), path)),
    }
}

fn judge(
    der: &[u8],
    context: &CrlFileContext<'_>,
    findings: &mut Findings,
) -> Result<(), DerError> {
    let parts = SignedParts::from_der(der, "CertificateList")?;
    let raw = RawCrl::from_tbs(parts.tbs)?;
    let found = Found {
        extensions: signed_file::list(raw.extensions.as_ref())?,
        parts,
        raw,
    };
    signed_file::strict(findings, CheckId::CrlFileDer, der);
    list::judge(&found, context, findings);
    entries::judge(&found, findings);
    Ok(())
}

/// A CRL, as far as it can be read.
struct Found<'a> {
    parts: SignedParts<'a>,
    raw: RawCrl<'a>,
    extensions: Vec<Extension>,
}

impl Found<'_> {
    fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions.iter().find(|one| one.oid == oid)
    }
}
