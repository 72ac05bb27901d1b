//! The extensions of a CA certificate.

use std::collections::BTreeSet;

use super::{CertificateContext, Found, Judged, Role, constraints};
use crate::check::signed_file::{self, Known};
use crate::check::{CheckId, Findings};
use crate::x509::extension::{ExtensionValue, KeyUsage};
use crate::x509::oid;

const ANY_PURPOSE: &str = "2.5.29.37.0";
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

pub(super) fn judge(found: &Found<'_>, context: &CertificateContext<'_>, findings: &mut Findings) {
    basic_constraints(found, context, findings);
    key_usage(found, findings);
    extended_usage(found, findings);
    constraints::judge(found, findings);
    list(found, findings);
}

fn basic_constraints(found: &Found<'_>, context: &CertificateContext<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let mut words = "CA, no path length".to_owned();
    match (found.extension("2.5.29.19"), found.value("2.5.29.19")) {
        (None, _) => judged.fault("there are no basic constraints"),
        (Some(extension), Some(ExtensionValue::BasicConstraints { ca, path_length })) => {
            judged.must(ca, "it is not a CA");
            judged.must(extension.critical, "basic constraints are not critical");
            if let Some(length) = path_length {
                words = format!("CA, path length {length}");
                judged.should(
                    context.role != Role::Root || length > 0,
                    "path length 0: this root can sign no CA",
                );
            }
        }
        _ => judged.fault("basic constraints cannot be read"),
    }
    findings.judged(CheckId::CertificateConstraints, judged, words);
}

fn key_usage(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let mut words = String::new();
    match (found.extension("2.5.29.15"), found.value("2.5.29.15")) {
        (None, _) => judged.fault("there is no key usage"),
        (Some(extension), Some(ExtensionValue::KeyUsage(usages))) => {
            judged.must(
                usages.contains(&KeyUsage::KeyCertSign),
                "keyCertSign is missing",
            );
            judged.should(
                usages.contains(&KeyUsage::CrlSign),
                "cRLSign is missing: it can sign no CRL, and Vault fails when it makes one",
            );
            judged.should(extension.critical, "key usage is not critical");
            words = usages
                .iter()
                .map(|usage| usage.word())
                .collect::<Vec<_>>()
                .join(", ");
        }
        _ => judged.fault("key usage cannot be read"),
    }
    findings.judged(CheckId::CertificateKeyUsage, judged, words);
}

fn extended_usage(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let mut words = "none: every purpose".to_owned();
    match (found.extension("2.5.29.37"), found.value("2.5.29.37")) {
        (None, _) => {}
        (Some(extension), Some(ExtensionValue::ExtendedKeyUsage(oids))) => {
            words = oids
                .iter()
                .map(|one| oid::name(one))
                .collect::<Vec<_>>()
                .join(", ");
            judged.must(!oids.is_empty(), "extended key usage is empty");
            judged.must(
                oids.iter().collect::<BTreeSet<_>>().len() == oids.len(),
                format!("a purpose comes twice: {words}"),
            );
            let has = |wanted: &str| oids.iter().any(|one| one == wanted);
            judged.should(
                !has(ANY_PURPOSE),
                "anyExtendedKeyUsage: OpenSSL, webpki and NSS do not take it for a purpose",
            );
            judged.should(
                has(SERVER) || has(CLIENT) || has(ANY_PURPOSE),
                format!("no TLS certificate below it works: {words} only"),
            );
            judged.should(
                !extension.critical,
                "extended key usage is critical: some verifiers refuse that",
            );
        }
        _ => judged.fault("extended key usage cannot be read"),
    }
    findings.judged(CheckId::CertificateExtendedUsage, judged, words);
}

fn list(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    signed_file::extensions(&mut judged, &found.extensions, known);
    for extension in &found.extensions {
        if let Some(words) = oddity(&extension.oid) {
            judged.odd(format!("{}: {words}", extension.name()));
        }
    }
    let count = format!("{} extensions", found.extensions.len());
    findings.judged(CheckId::CertificateExtensions, judged, count);
}

/// What common verifiers know of an extension. Criticality that has a rule of its own
/// (constraints, usage) is judged there.
fn known(oid: &str) -> Option<Known> {
    match oid {
        // key identifiers, authorityInfoAccess (RFC 5280 4.2.1.1, 4.2.1.2, 4.2.2.1)
        "2.5.29.35" | "2.5.29.14" | "1.3.6.1.5.5.7.1.1" | "1.3.6.1.5.5.7.1.11" | "2.5.29.46" => {
            Some(Known::NotCritical)
        }
        // usage, constraints, names, distribution points, policies
        "2.5.29.15" | "2.5.29.37" | "2.5.29.19" | "2.5.29.30" | "2.5.29.17" | "2.5.29.18"
        | "2.5.29.31" | "2.5.29.32" | "2.5.29.33" => Some(Known::Either),
        // policyConstraints, inhibitAnyPolicy (RFC 5280 4.2.1.11, 4.2.1.14)
        "2.5.29.36" | "2.5.29.54" => Some(Known::Critical),
        _ => None,
    }
}

/// What is legal in a CA certificate and better left out.
fn oddity(oid: &str) -> Option<&'static str> {
    match oid {
        "2.5.29.17" => Some("a CA has no use for other names"),
        "2.5.29.33" | "2.5.29.36" | "2.5.29.54" => Some("webpki and NSS refuse chains with it"),
        _ => None,
    }
}
