//! Checks of a CA certificate that others made: an existing root, a member of a bundle. All
//! findings are told, so that people see everything that is wrong at once.

mod body;
mod constraints;
mod extensions;
mod signer;

use super::judged::Judged;
use super::signed_file::{self, ContainerIds};
use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::extension::{Extension, ExtensionValue};
use crate::x509::pem;
use crate::x509::public_key::PublicKey;
use crate::x509::raw::RawCertificate;
use crate::x509::time::UtcTime;
use crate::x509::tlv::DerError;

/// The most octets of DER in a certificate.
const DER_LIMIT: usize = 16 * 1024;

const CONTAINER: ContainerIds = ContainerIds {
    size: CheckId::CertificateSize,
    private_key: CheckId::CertificatePrivateKey,
    container: CheckId::CertificateContainer,
};

/// What a certificate is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A root: it must be its own issuer.
    Root,
    /// Any CA.
    Ca,
}

/// What a certificate is checked against.
#[derive(Clone, Copy)]
pub struct CertificateContext<'a> {
    /// The file's path, for words.
    pub path: &'a str,
    /// What it is taken for.
    pub role: Role,
    /// The certificate of its issuer, where it is known.
    pub issuer: Option<&'a Certificate>,
    /// The time, where it matters: what has expired is told, not refused.
    pub now: Option<UtcTime>,
}

impl<'a> CertificateContext<'a> {
    /// A CA certificate by itself: nothing is known beside it.
    pub fn alone(path: &'a str) -> Self {
        Self {
            path,
            role: Role::Ca,
            issuer: None,
            now: None,
        }
    }

    /// A root's certificate.
    pub fn root(path: &'a str) -> Self {
        Self {
            role: Role::Root,
            ..Self::alone(path)
        }
    }
}

/// Checks a certificate file. What is no certificate at all ends it; of the rest, all findings
/// are told.
pub fn certificate(
    bytes: &[u8],
    context: &CertificateContext<'_>,
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let der = match pem::decode_one(bytes, Certificate::LABELS) {
        Ok(der) => der,
        Err(error) => {
            return Err(findings.refuse(CONTAINER.of(&error), error.to_string(), context.path));
        }
    };
    findings.require(CheckId::CertificatePrivateKey, true, "none");
    findings.require(CheckId::CertificateContainer, true, "one certificate");
    within(findings, &der, context)
}

/// Checks a certificate whose container was read already: a member of a bundle.
pub fn certificate_der(
    der: &[u8],
    context: &CertificateContext<'_>,
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    within(Findings::default(), der, context)
}

fn within(
    mut findings: Findings,
    der: &[u8],
    context: &CertificateContext<'_>,
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    let path = context.path;
    let octets = format!("{} octets", der.len());
    if der.len() > DER_LIMIT {
        return Err(findings.refuse(CheckId::CertificateSize, octets, path));
    }
    findings.require(CheckId::CertificateSize, true, octets);
    let unreadable = |findings: Findings, error: DerError| {
        findings.refuse(CheckId::CertificateDer, error.to_string(), path)
    };
    let found = match Found::read(der) {
        Ok(found) => found,
        Err(error) => return Err(unreadable(findings, error)),
    };
    signed_file::strict(&mut findings, CheckId::CertificateDer, der);
    body::judge(&found, context, &mut findings);
    extensions::judge(&found, context, &mut findings);
    signer::judge(&found, context, &mut findings);
    if let Some(refusal) = findings.refusal(path) {
        return Err(refusal);
    }
    match Certificate::from_der(der) {
        Ok(certificate) => findings.clear(certificate, path),
        Err(error) => Err(unreadable(findings, error)),
    }
}

/// A certificate, as far as it can be read.
pub(super) struct Found<'a> {
    der: &'a [u8],
    pub(super) parts: SignedParts<'a>,
    pub(super) raw: RawCertificate<'a>,
    extensions: Vec<Extension>,
    key: Option<PublicKey>,
}

impl<'a> Found<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, DerError> {
        let parts = SignedParts::from_der(der, "Certificate")?;
        let raw = RawCertificate::from_tbs(parts.tbs)?;
        Ok(Self {
            der,
            extensions: signed_file::list(raw.extensions.as_ref())?,
            key: PublicKey::from_spki(raw.spki.raw).ok(),
            parts,
            raw,
        })
    }

    pub(super) fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions.iter().find(|one| one.oid == oid)
    }

    pub(super) fn value(&self, oid: &str) -> Option<ExtensionValue> {
        self.extension(oid)?.read().ok()
    }

    /// Whether it names itself as its issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.raw.issuer.raw == self.raw.subject.raw
    }
    /// Whether its own key signed it.
    pub(super) fn is_signed_by_itself(&self) -> bool {
        self.key.as_ref().is_some_and(|key| self.verifies(key))
    }

    /// Whether this key signed it.
    fn verifies(&self, key: &PublicKey) -> bool {
        let parts = &self.parts;
        signed_file::signature((parts.algorithm, parts.tbs, parts.signature), key)
    }
}
