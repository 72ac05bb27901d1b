//! Checks of the extensions of a certificate body.

use super::tbs::TbsContext;
use super::{CheckId, Findings};
use crate::plan::profile::ANY_EXTENDED_KEY_USAGE;
use crate::x509::certificate::CertificateFields;
use crate::x509::extension::{CERTIFICATE_POLICIES, Extension, ExtensionValue, NAME_CONSTRAINTS};
use crate::x509::extension_encode as encode;
use crate::x509::key_usage::KeyUsage;
use crate::x509::name_constraints::{NameConstraints, Subtree};
use crate::x509::oid;

/// `id-ce-extKeyUsage`
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

/// Every extension that this version writes into a certificate.
const EMITTED: [&str; 9] = [
    "2.5.29.35",
    "2.5.29.15",
    EXTENDED_KEY_USAGE,
    NAME_CONSTRAINTS,
    "2.5.29.31",
    "2.5.29.14",
    "2.5.29.19",
    CERTIFICATE_POLICIES,
    "1.3.6.1.5.5.7.1.1",
];

/// Checks all of them.
pub(super) fn check(fields: &CertificateFields, context: &TbsContext<'_>, findings: &mut Findings) {
    key_identifiers(fields, context, findings);
    basic_constraints(fields, context, findings);
    key_usage(fields, findings);
    extended_key_usage(fields, context, findings);
    name_constraints(fields, findings);
    policies(fields, findings);
    known(fields, findings);
}

fn find<'a>(fields: &'a CertificateFields, oid: &str) -> Option<&'a Extension> {
    fields.extensions.iter().find(|one| one.oid == oid)
}

fn is_critical(fields: &CertificateFields, oid: &str) -> bool {
    find(fields, oid).is_some_and(|extension| extension.critical)
}

fn key_identifiers(fields: &CertificateFields, context: &TbsContext<'_>, findings: &mut Findings) {
    let subject_id = fields.subject_key_identifier();
    let authority_id = authority_key_identifier(fields);
    let planned = context.product.key_identifier.as_ref();
    let expected = planned.map(|planned| planned.of(context.key));
    let shown = |id: &Option<Vec<u8>>| {
        id.as_deref()
            .map_or_else(|| "none".to_owned(), crate::digest::hex)
    };
    findings.require(
        CheckId::TbsKeyIds,
        subject_id.is_some()
            && subject_id == expected
            && authority_id.as_ref() == Some(&context.issuer.key_identifier),
        format!(
            "key {}, issuer's key {}",
            shown(&subject_id),
            shown(&authority_id)
        ),
    );
}

fn authority_key_identifier(fields: &CertificateFields) -> Option<Vec<u8>> {
    match find(fields, "2.5.29.35")?.read().ok()? {
        ExtensionValue::AuthorityKeyIdentifier(id, false) => id,
        _ => None,
    }
}

fn basic_constraints(
    fields: &CertificateFields,
    context: &TbsContext<'_>,
    findings: &mut Findings,
) {
    let constraints = fields.basic_constraints();
    let fits = match (constraints, context.self_signed, context.issuer.path_length) {
        (Some((true, None)), true, _) => true,
        (Some((true, _)), false, None) => true,
        (Some((true, Some(own))), false, Some(room)) => own < room,
        _ => false,
    };
    findings.require(
        CheckId::TbsConstraints,
        fits && is_critical(fields, "2.5.29.19"),
        match constraints {
            Some((true, Some(length))) => format!("CA, path length {length}"),
            Some((true, None)) => "CA, no path length".to_owned(),
            _ => "not a CA".to_owned(),
        },
    );
}

fn key_usage(fields: &CertificateFields, findings: &mut Findings) {
    let usage = fields.key_usage().unwrap_or_default();
    findings.require(
        CheckId::TbsKeyUsage,
        usage.contains(&KeyUsage::KeyCertSign)
            && usage.contains(&KeyUsage::CrlSign)
            && is_critical(fields, "2.5.29.15"),
        usage
            .iter()
            .map(|usage| usage.word())
            .collect::<Vec<_>>()
            .join(", "),
    );
}

/// Whether extended key usages lie within those of an issuer: none at all allows everything.
pub(super) fn is_nested(own: &[String], issuer: Option<&[String]>) -> bool {
    let Some(issuer) = issuer else { return true };
    let any = |list: &[String]| list.iter().any(|one| one == ANY_EXTENDED_KEY_USAGE);
    any(issuer) || (!own.is_empty() && own.iter().all(|one| issuer.contains(one)))
}

fn extended_key_usage(
    fields: &CertificateFields,
    context: &TbsContext<'_>,
    findings: &mut Findings,
) {
    let own = fields.extended_key_usage().unwrap_or_default();
    let nested = if context.self_signed {
        find(fields, EXTENDED_KEY_USAGE).is_none()
    } else {
        is_nested(&own, context.issuer.extended_key_usage.as_deref())
    };
    let words = if own.is_empty() {
        "none".to_owned()
    } else {
        usage_words(&own)
    };
    findings.require(
        CheckId::TbsExtendedUsage,
        nested && !is_critical(fields, EXTENDED_KEY_USAGE),
        words,
    );
}

/// Extended key usages by name.
pub(super) fn usage_words(oids: &[String]) -> String {
    let names: Vec<&str> = oids.iter().map(|oid| oid::name(oid)).collect();
    names.join(", ")
}

fn name_constraints(fields: &CertificateFields, findings: &mut Findings) {
    let Some(extension) = find(fields, NAME_CONSTRAINTS) else {
        findings.require(CheckId::TbsNames, true, "none");
        return;
    };
    let read = match extension.read() {
        Ok(ExtensionValue::NameConstraints(read)) => read,
        _ => NameConstraints::default(),
    };
    let ours = read
        .subtrees()
        .all(|one| !matches!(one, Subtree::Foreign(_)));
    // Written again, it is the same: no minimum, no maximum, no empty list, masks of ones.
    let same = encode::name_constraints(&read).is_ok_and(|again| again == extension.raw);
    findings.require(
        CheckId::TbsNames,
        ours && same && !read.is_empty() && extension.critical,
        read.describe(),
    );
}

fn policies(fields: &CertificateFields, findings: &mut Findings) {
    let Some(extension) = find(fields, CERTIFICATE_POLICIES) else {
        findings.require(CheckId::TbsPolicies, true, "none");
        return;
    };
    let read = match extension.read() {
        Ok(ExtensionValue::CertificatePolicies(read)) => read,
        _ => Vec::new(),
    };
    let once = (1..read.len()).all(|at| read[..at].iter().all(|one| one.oid != read[at].oid));
    let same = encode::certificate_policies(&read).is_ok_and(|again| again == extension.raw);
    let words: Vec<String> = read.iter().map(|one| one.describe()).collect();
    findings.require(
        CheckId::TbsPolicies,
        once && same && !read.is_empty() && !extension.critical,
        words.join(", "),
    );
}

fn known(fields: &CertificateFields, findings: &mut Findings) {
    let unknown: Vec<&str> = fields
        .extensions
        .iter()
        .filter(|extension| !EMITTED.contains(&extension.oid.as_str()) || extension.read().is_err())
        .map(|extension| extension.name())
        .collect();
    findings.require(
        CheckId::TbsExtensions,
        unknown.is_empty(),
        if unknown.is_empty() {
            format!("{} extensions", fields.extensions.len())
        } else {
            format!("not ours: {}", unknown.join(", "))
        },
    );
}
