//! Certificates, CRLs and bundles: by themselves, and against the issuer that a person names.

use super::Object;
use super::report::{Facts, Judged, findings};
use crate::check::bundle::{BundleContext, bundle as check_bundle};
use crate::check::certificate::{CertificateContext, certificate as check_certificate};
use crate::check::crl_file::{CrlFileContext, crl_file};
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::crl_file::CrlFile;
use crate::x509::facts::{CertificateFacts, CrlFacts};
use crate::x509::pem;
use crate::x509::raw::{RawCertificate, RawCrl};

/// Judges a CA certificate.
pub fn certificate(object: &Object<'_>) -> Judged {
    let context = CertificateContext {
        issuer: object.issuer,
        now: Some(object.now),
        ..CertificateContext::alone(object.path)
    };
    let der = pem::decode_one(object.bytes, Certificate::LABELS).ok();
    Judged {
        facts: der.and_then(|der| read(&der)).map(Facts::Certificate),
        findings: findings(check_certificate(object.bytes, &context)),
        refused: None,
        accepted: "a ceremony takes this certificate",
        not_checked: match object.issuer {
            Some(_) => "whether it is revoked, and what the ceremony file says",
            None => "its issuer (--issuer), whether it is revoked, and what the ceremony file says",
        },
    }
}

/// Judges a CRL.
pub fn crl(object: &Object<'_>) -> Judged {
    let context = CrlFileContext {
        issuer: object.issuer,
        now: Some(object.now),
        ..CrlFileContext::alone(object.path)
    };
    let der = pem::decode_of_any_size(object.bytes, CrlFile::LABELS).ok();
    let facts = der.and_then(|der| {
        let parts = SignedParts::from_der(&der, "CertificateList").ok()?;
        CrlFacts::of_raw(&RawCrl::from_tbs(parts.tbs).ok()?).ok()
    });
    Judged {
        facts: facts.map(Facts::Crl),
        findings: findings(crl_file(object.bytes, &context)),
        refused: None,
        accepted: "a ceremony takes this CRL",
        not_checked: match object.issuer {
            Some(_) => "what the ledger knows of it: its number and what it must list",
            None => {
                "its issuer (--issuer), and what the ledger knows of it: its number and what it must list"
            }
        },
    }
}

/// Judges what `set-signed` would be given.
pub fn bundle(object: &Object<'_>) -> Judged {
    let context = BundleContext {
        path: object.path,
        root: object.issuer,
        request: object.request,
        consumers: object.consumers,
        now: Some(object.now),
    };
    let ders = pem::decode_several(object.bytes, Certificate::LABELS).ok();
    Judged {
        facts: ders.map(|list| Facts::Bundle(list.iter().filter_map(|der| read(der)).collect())),
        findings: findings(check_bundle(object.bytes, &context)),
        refused: None,
        accepted: "set-signed gets from this bundle what it needs",
        not_checked: match (object.issuer, object.request) {
            (Some(_), Some(_)) => "whether a certificate is revoked",
            (Some(_), None) => {
                "whether the mount holds the key (--request), and whether a certificate is revoked"
            }
            (None, Some(_)) => {
                "whether this is your root (--issuer), and whether a certificate is revoked"
            }
            (None, None) => {
                "whether this is your root (--issuer), whether the mount holds the key (--request), and whether a certificate is revoked"
            }
        },
    }
}

/// A certificate, as far as it can be read.
fn read(der: &[u8]) -> Option<CertificateFacts> {
    CertificateFacts::of_raw(&RawCertificate::from_der(der).ok()?).ok()
}
