//! The fields of a certificate's body but its extensions.

use super::{CertificateContext, Found, Judged};
use crate::check::request::form::{self, Form};
use crate::check::request::key_alone;
use crate::check::{CheckId, Findings, Outcome, signed_file};
use crate::x509::name::Name;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// Fewer octets than this do not hold 64 random bits (BR 7.1).
const RANDOM_OCTETS: usize = 8;

pub(super) fn judge(found: &Found<'_>, context: &CertificateContext<'_>, findings: &mut Findings) {
    version(found, findings);
    serial(found, findings);
    key(found, findings);
    names(found, findings);
    validity(found, context.now, findings);
    unique_ids(found, findings);
}

fn version(found: &Found<'_>, findings: &mut Findings) {
    let version = found.raw.version();
    let words = version.map_or_else(
        || "the version cannot be read".to_owned(),
        |number| format!("version {number}"),
    );
    findings.require(CheckId::CertificateVersion, version == Some(3), words);
}

fn serial(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let read = Serial::from_der(&found.raw.serial);
    let words = match &read {
        Ok(serial) => {
            judged.should(
                !looks_counted(serial.octets()),
                format!("{serial} is short or looks counted, not random"),
            );
            serial.to_string()
        }
        Err(error) => {
            judged.fault(error.to_string());
            String::new()
        }
    };
    findings.judged(CheckId::CertificateSerial, judged, words);
}

/// Too short for 64 random bits, or mostly zeros.
fn looks_counted(octets: &[u8]) -> bool {
    let zeros = octets.iter().filter(|octet| **octet == 0).count();
    octets.len() < RANDOM_OCTETS || zeros * 2 > octets.len()
}

/// What a request's key must be, under one id: nobody asks for another key here.
fn key(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    for finding in key_alone(found.raw.spki.raw) {
        match finding.outcome {
            Outcome::Fail => judged.fault(finding.words),
            Outcome::Notice => judged.odd(finding.words),
            Outcome::Pass | Outcome::Waived => {}
        }
    }
    let kind = found.key.as_ref().map(|key| key.kind().to_string());
    findings.judged(CheckId::CertificateKey, judged, kind.unwrap_or_default());
}

fn names(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let mut shown = Vec::new();
    let mut names = vec![("subject", found.raw.subject)];
    if !found.is_self_issued() {
        names.push(("issuer", found.raw.issuer));
    }
    for (what, element) in names {
        match Name::from_der(element.raw) {
            Err(error) => judged.fault(format!("{what}: {error}")),
            Ok(name) if name.is_empty() => judged.fault(format!("the {what} is empty")),
            Ok(name) => {
                match form::form(&name) {
                    Form::Good => {}
                    Form::Unusual(words) => judged.odd(format!("{what}: {words}")),
                    Form::Bad(words) => judged.fault(format!("{what}: {words}")),
                }
                shown.push(format!("{what} {name}"));
            }
        }
    }
    findings.judged(CheckId::CertificateNames, judged, shown.join("; "));
}

fn validity(found: &Found<'_>, now: Option<UtcTime>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let start = signed_file::date(&mut judged, "notBefore", &found.raw.not_before);
    let end = signed_file::date(&mut judged, "notAfter", &found.raw.not_after);
    let mut words = String::new();
    if let (Some(start), Some(end)) = (start, end) {
        judged.must(start < end, format!("{start} to {end} is no span of time"));
        if let Some(now) = now {
            judged.should(now <= end, format!("expired: it ended {end}"));
            judged.should(now >= start, format!("not valid yet: it begins {start}"));
        }
        words = format!("{start} to {end}");
    }
    findings.judged(CheckId::CertificateValidity, judged, words);
}

fn unique_ids(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let raw = &found.raw;
    judged.must(raw.issuer_unique_id.is_none(), "it has an issuerUniqueID");
    judged.must(raw.subject_unique_id.is_none(), "it has a subjectUniqueID");
    findings.judged(CheckId::CertificateUniqueIds, judged, "none");
}
