//! The stand-in root of a rehearsal: the real root's fields with another key and serial.

use super::{CheckId, Cleared, Findings, Refusal};
use crate::x509::certificate::{Certificate, CertificateFields};
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::serial::Serial;
use crate::x509::tbs::{CertificateParts, CertificateTbs};

/// The body of the stand-in, cleared: it keeps the real root's subject, extensions (the key
/// identifiers among them) and dates, and has another key.
pub fn body(
    real: &Certificate,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    serial: &Serial,
) -> Result<Cleared<CertificateTbs>, Refusal> {
    let fields = &real.fields;
    let extensions: Vec<Vec<u8>> = fields
        .extensions
        .iter()
        .map(|extension| extension.raw.clone())
        .collect();
    let body = CertificateParts {
        serial,
        algorithm,
        issuer: &fields.subject,
        not_before: fields.not_before,
        not_after: fields.not_after,
        subject: &fields.subject,
        spki: key.spki(),
        extensions: &extensions,
    }
    .assemble();
    let mut findings = Findings::default();
    let read = CertificateFields::from_tbs(&body.0);
    let same = read.is_ok_and(|read| {
        read.subject == fields.subject
            && read.extensions == fields.extensions
            && read.spki == key.spki()
            && read.spki != fields.spki
    });
    findings.require(CheckId::TbsSpki, same, "the stand-in has a key of its own");
    findings
        .clear(body, "stand-in root")
        .map(|(cleared, _)| cleared)
}
