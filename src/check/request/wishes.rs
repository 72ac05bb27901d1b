//! What a request asks for beside key and subject. None of it is copied: it is compared with
//! what the certificate will say, and told.

use super::super::judged::shortened;
use super::super::{CheckId, Findings};
use super::{RequestContext, succession};
use crate::x509::extension::{Extension, ExtensionValue};
use crate::x509::public_key::PublicKey;
use crate::x509::request::Request;
use crate::x509::tlv::sequence;

/// Compares and tells; a request for a certificate that is no CA's is refused.
pub(super) fn check(
    request: &Request,
    key: &PublicKey,
    context: &RequestContext<'_>,
    findings: &mut Findings,
) {
    let contradicts = request.extensions.iter().any(is_for_no_ca);
    findings.require(
        CheckId::RequestContradiction,
        !contradicts,
        if contradicts {
            "asks for basicConstraints CA:FALSE; the certificate will be a CA's"
        } else {
            "does not ask to be no CA"
        },
    );
    let planned = planned(request, key, context);
    let told: Vec<String> = request
        .extensions
        .iter()
        .map(|asked| compared(asked, planned.as_deref()))
        .chain(attributes(request))
        .collect();
    if told.is_empty() {
        findings.require(CheckId::RequestExtensions, true, "asks for nothing else");
    }
    for words in told {
        findings.notice(CheckId::RequestExtensions, words);
    }
}

/// What a request asks for beside its key and subject, for people.
pub fn dropped(request: &Request) -> Vec<String> {
    let extensions = request.extensions.iter().map(Extension::describe);
    let attributes = request
        .other_attributes
        .iter()
        .map(|name| format!("attribute {name}"));
    extensions.chain(attributes).map(shortened).collect()
}

fn is_for_no_ca(asked: &Extension) -> bool {
    matches!(
        asked.read(),
        Ok(ExtensionValue::BasicConstraints { ca: false, .. })
    )
}

/// The value of an attribute may be a secret (challengePassword): only its name is told.
fn attributes(request: &Request) -> impl Iterator<Item = String> {
    let names = request.other_attributes.iter();
    names.map(|name| format!("dropped: attribute {name}"))
}

/// The extensions that the certificate will have, where its profile is known. The root's key
/// identifier may not be: a request has no say in it.
fn planned(
    request: &Request,
    key: &PublicKey,
    context: &RequestContext<'_>,
) -> Option<Vec<Extension>> {
    let profile = context.profile?;
    let kept = succession::kept(request, context);
    let own = kept.map_or_else(|| profile.key_identifier.of(key), <[u8]>::to_vec);
    let list = profile.extensions(&own, &[]).ok()?;
    let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    Extension::list(&sequence(&list)).ok()
}

fn compared(asked: &Extension, planned: Option<&[Extension]>) -> String {
    let words = shortened(asked.describe());
    let Some(planned) = planned else {
        return format!("dropped: {words}");
    };
    let own = planned
        .iter()
        .find(|own| own.oid == asked.oid && own.oid != AUTHORITY_KEY_IDENTIFIER);
    match own {
        None => format!("dropped: {words}"),
        Some(own) if own.raw == asked.raw => {
            format!("asks for {words}; the certificate will say so")
        }
        Some(own) => format!(
            "asks for {words}; the certificate will say {}",
            own.describe()
        ),
    }
}

const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
