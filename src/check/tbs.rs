//! Checks of a certificate body: on the very bytes that will be signed.

use der::oid::ObjectIdentifier;
use x509_parser::certificate::TbsCertificate;
use x509_parser::prelude::FromDer;

use super::{CheckId, Cleared, Finding, Findings, Refusal, body, extensions};
use crate::ledger::register::Register;
use crate::plan::Product;
use crate::x509::certificate::{CertificateFields, Issuer};
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::serial::Serial;
use crate::x509::tbs::CertificateTbs;
use crate::x509::template::{Dates, Template, of_certificate};
use crate::x509::time::UtcTime;

/// What a body is checked against.
pub struct TbsContext<'a> {
    /// What was planned.
    pub product: &'a Product,
    /// The issuing root; for the root itself, itself.
    pub issuer: &'a Issuer,
    /// The root itself is made here.
    pub self_signed: bool,
    /// The algorithm the root signs with.
    pub algorithm: SignatureAlgorithm,
    /// The key that is certified.
    pub key: &'a PublicKey,
    /// The time: now, or that of the intent where one is repeated.
    pub now: UtcTime,
    /// Everything issued in the ceremonies before.
    pub register: &'a Register,
    /// Serials of this ceremony's other products.
    pub serials: &'a [Serial],
}

/// Checks a body.
pub fn certificate(
    tbs: CertificateTbs,
    context: &TbsContext<'_>,
) -> Result<(Cleared<CertificateTbs>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let name = &context.product.name;
    let fields = match CertificateFields::from_tbs(&tbs.0) {
        Ok(fields) => fields,
        Err(error) => return Err(findings.refuse(CheckId::TbsDer, error.to_string(), name)),
    };
    body::readers(&mut findings, second_reader_agrees(&tbs.0, &fields));
    findings.require(
        CheckId::TbsSerial,
        fields.serial.is_ours()
            && !context.register.has_serial(&fields.serial)
            && !context.serials.contains(&fields.serial),
        fields.serial.to_string(),
    );
    let signer = (fields.algorithm.as_slice(), &fields.issuer);
    body::signer(&mut findings, signer, context.algorithm, context.issuer);
    check_dates(&fields, context, &mut findings);
    let same_key = fields.spki == context.key.spki();
    findings.require(
        CheckId::TbsSpki,
        same_key,
        format!("SPKI sha-256 {}", context.key.digest()),
    );
    extensions::check(&fields, context, &mut findings);
    let planned = &context.product.template;
    let marked = dates_of(planned)
        .and_then(|dates| of_certificate(&tbs, dates, &context.product.unknown).ok());
    body::template(&mut findings, marked, planned);
    findings.clear(tbs, name)
}

/// Checks once more that a cleared body is not older than its dates allow: people may have
/// taken their time to approve it.
pub fn still_fresh(
    cleared: &Cleared<CertificateTbs>,
    now: UtcTime,
    subject: &str,
) -> Result<(), Refusal> {
    let start = match CertificateFields::from_tbs(&cleared.get().0) {
        Ok(fields) => fields.not_before,
        Err(error) => {
            return Err(Findings::default().refuse(CheckId::TbsDer, error.to_string(), subject));
        }
    };
    body::still_fresh(CheckId::TbsValidity, ("not before", start), now, subject)
}

fn check_dates(fields: &CertificateFields, context: &TbsContext<'_>, findings: &mut Findings) {
    let (start, end) = (fields.not_before, fields.not_after);
    let planned_end = context
        .product
        .validity
        .end(start, context.issuer.not_after);
    let fresh = body::is_fresh(start, context.now);
    findings.require(
        CheckId::TbsValidity,
        fresh && end == planned_end && end > start,
        format!("{start} to {end}"),
    );
    let nested = context.self_signed
        || (start >= context.issuer.not_before && end <= context.issuer.not_after);
    findings.require(
        CheckId::TbsNested,
        nested,
        format!(
            "the root is valid {} to {}",
            context.issuer.not_before, context.issuer.not_after
        ),
    );
}

/// The dates that stand in a certificate's template.
pub fn dates_of(template: &Template) -> Option<Dates> {
    let fields = CertificateFields::from_tbs(&template.0).ok()?;
    Some(Dates {
        start: fields.not_before,
        end: fields.not_after,
    })
}

/// x509-parser reads the same bytes, to their end, and finds the same fields.
fn second_reader_agrees(bytes: &[u8], fields: &CertificateFields) -> bool {
    let Ok((rest, read)) = TbsCertificate::from_der(bytes) else {
        return false;
    };
    let oids = read
        .extensions()
        .iter()
        .map(|extension| extension.oid.to_id_string());
    rest.is_empty()
        && body::is_rewritten::<x509_cert::certificate::TbsCertificate>(bytes)
        && read.issuer.as_raw() == fields.issuer.as_der()
        && read.subject.as_raw() == fields.subject.as_der()
        && read.subject_pki.raw == fields.spki
        && read.raw_serial() == fields.serial.octets()
        && ObjectIdentifier::new(&read.signature.algorithm.to_id_string()).is_ok()
        && read.validity.not_before.timestamp() == fields.not_before.unix()
        && read.validity.not_after.timestamp() == fields.not_after.unix()
        && oids.eq(fields
            .extensions
            .iter()
            .map(|extension| extension.oid.clone()))
}
