//! Checks of a request for the root's own key: on the very bytes that will be signed.

use x509_parser::certification_request::X509CertificationRequestInfo;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::prelude::FromDer;

use super::judged::shortened;
use super::{CheckId, Cleared, Finding, Findings, Refusal, body};
use crate::plan::Product;
use crate::x509::certificate::CertificateFields;
use crate::x509::extension::{Extension, ExtensionValue};
use crate::x509::request::RequestFields;
use crate::x509::tbs::CertificationRequestInfo;
use crate::x509::template::of_request;

/// What a request for the root's own key is checked against.
pub struct OwnRequestContext<'a> {
    /// What was planned.
    pub product: &'a Product,
    /// The root as its certificate has it.
    pub root: &'a CertificateFields,
}

/// Checks a request's body.
pub fn own_request(
    info: CertificationRequestInfo,
    context: &OwnRequestContext<'_>,
) -> Result<(Cleared<CertificationRequestInfo>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let name = &context.product.name;
    let fields = match RequestFields::from_info(&info.0) {
        Ok(fields) => fields,
        Err(error) => return Err(findings.refuse(CheckId::TbsDer, error.to_string(), name)),
    };
    body::readers(&mut findings, second_reader_agrees(&info.0, &fields));
    let root = context.root;
    findings.require(
        CheckId::OwnRequestSubject,
        fields.subject == root.subject,
        fields.subject.to_string(),
    );
    let digest = crate::digest::Digest::of(&fields.spki);
    findings.require(
        CheckId::OwnRequestKey,
        fields.spki == root.spki,
        format!("SPKI sha-256 {digest}"),
    );
    findings.require(
        CheckId::OwnRequestWishes,
        fields.other_attributes.is_empty() && wishes_are_the_roots(&fields.extensions, root),
        wishes(&fields),
    );
    let planned = &context.product.template;
    let marked = of_request(&info, &context.product.unknown).ok();
    body::template(&mut findings, marked, planned);
    findings.clear(info, name)
}

/// Key usage, key identifier and basic constraints, in this order, as the root has them; no path
/// length, for how many tiers may follow is not the root's to say.
fn wishes_are_the_roots(asked: &[Extension], root: &CertificateFields) -> bool {
    let [usage, identifier, constraints] = asked else {
        return false;
    };
    let same_usage = match usage.read() {
        Ok(ExtensionValue::KeyUsage(usages)) => Some(usages) == root.key_usage(),
        _ => false,
    };
    let same_identifier = match identifier.read() {
        Ok(ExtensionValue::SubjectKeyIdentifier(id)) => Some(id) == root.subject_key_identifier(),
        _ => false,
    };
    let is_ca = matches!(
        constraints.read(),
        Ok(ExtensionValue::BasicConstraints {
            ca: true,
            path_length: None
        })
    );
    let critical = [usage.critical, identifier.critical, constraints.critical];
    same_usage && same_identifier && is_ca && critical == [true, false, true]
}

/// Everything that it asks for, in words.
fn wishes(fields: &RequestFields) -> String {
    let extensions = fields.extensions.iter().map(Extension::describe);
    let attributes = fields.other_attributes.iter();
    let attributes = attributes.map(|name| format!("attribute {name}"));
    let list: Vec<String> = extensions.chain(attributes).map(shortened).collect();
    if list.is_empty() {
        return "asks for nothing".to_owned();
    }
    list.join("; ")
}

/// x509-parser reads the same bytes, to their end, and finds the same fields.
pub(super) fn second_reader_agrees(bytes: &[u8], fields: &RequestFields) -> bool {
    let Ok((rest, read)) = X509CertificationRequestInfo::from_der(bytes) else {
        return false;
    };
    let oids = read.iter_attributes().flat_map(|attribute| {
        let list = match attribute.parsed_attribute() {
            ParsedCriAttribute::ExtensionRequest(asked) => asked.extensions.as_slice(),
            _ => &[],
        };
        list.iter().map(|extension| extension.oid.to_id_string())
    });
    rest.is_empty()
        && body::is_rewritten::<x509_cert::request::CertReqInfo>(bytes)
        && read.subject.as_raw() == fields.subject.as_der()
        && read.subject_pki.raw == fields.spki
        && read.attributes().len() == 1 + fields.other_attributes.len()
        && oids.eq(fields
            .extensions
            .iter()
            .map(|extension| extension.oid.clone()))
}
