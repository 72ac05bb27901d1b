//! What a request follows: a renewal needs the certificate that it renews, a new key the name
//! that it takes over. Neither brings back what is revoked.

use super::super::{CheckId, Findings};
use super::RequestContext;
use crate::digest::Digest;
use crate::ledger::register::{Issued, Register};
use crate::plan::Succession;
use crate::plan::make::WantedRequest;
use crate::x509::name::Name;
use crate::x509::request::Request;

/// The newest certificate that has this key and this very name.
pub fn renewed<'a>(register: &'a Register, spki: &[u8], subject: &Name) -> Option<&'a Issued> {
    let key = Digest::of(spki);
    let mut issued = register.issued.iter();
    issued.rfind(|one| one.spki_sha256 == key && one.subject == *subject)
}

/// The key identifier that a renewal keeps.
pub(super) fn kept<'a>(request: &Request, context: &RequestContext<'a>) -> Option<&'a [u8]> {
    if context.succession != Succession::Renewal {
        return None;
    }
    let subject = context.subject.unwrap_or(&request.subject);
    let earlier = renewed(context.register, &request.spki, subject)?;
    earlier.key_identifier.as_deref()
}

/// The key identifier that a request's renewal keeps, with the request's path.
pub fn kept_by(
    wanted: &WantedRequest,
    request: &Request,
    register: &Register,
) -> Option<(String, Vec<u8>)> {
    let context = RequestContext {
        succession: wanted.succession,
        subject: wanted.profile.subject.as_ref(),
        ..RequestContext::alone(&wanted.request, register)
    };
    Some((wanted.request.clone(), kept(request, &context)?.to_vec()))
}

/// Whether any certificate of a key is revoked: then the key is.
pub(in crate::check) fn revoked_key<'a>(
    register: &'a Register,
    key: &Digest,
) -> Option<&'a Issued> {
    let mut of_key = register.issued.iter().filter(|one| one.spki_sha256 == *key);
    of_key.find(|one| register.is_revoked(&one.serial))
}

pub(super) fn check(request: &Request, context: &RequestContext<'_>, findings: &mut Findings) {
    match context.succession {
        Succession::First => {}
        Succession::Renewal => check_renewal(request, context, findings),
        Succession::NewKey => check_new_key(request, context, findings),
    }
}

fn check_renewal(request: &Request, context: &RequestContext<'_>, findings: &mut Findings) {
    let subject = context.subject.unwrap_or(&request.subject);
    let key = Digest::of(&request.spki);
    let earlier = renewed(context.register, &request.spki, subject);
    let words = match earlier {
        Some(_) => "key and subject are a registered certificate's".to_owned(),
        None => match (
            context.register.by_key(&key),
            context.register.by_subject(subject),
        ) {
            (Some(known), _) => format!(
                "other subject: this key is certified as {}, byte for byte",
                known.subject
            ),
            (None, Some(known)) => format!(
                "other key: ceremony {} has certified SPKI sha-256 {} under this name",
                known.ceremony, known.spki_sha256
            ),
            (None, None) => {
                "nothing to renew: neither key nor subject is in the register".to_owned()
            }
        },
    };
    let id = CheckId::RequestRenewal;
    if !findings.require(id, earlier.is_some(), words) {
        return;
    }
    let revoked = revoked_key(context.register, &key);
    let words = revoked.map_or_else(
        || "no certificate of this key is revoked".to_owned(),
        |one| format!("the certificate {} of this key is revoked", one.serial),
    );
    findings.require(CheckId::RequestRenewalRevoked, revoked.is_none(), words);
    if let Some(earlier) = earlier {
        let words = format!(
            "renews {} of ceremony {}, which ends {}",
            earlier.serial,
            earlier.ceremony,
            earlier.not_after.readable()
        );
        findings.notice(id, words);
    }
}

fn check_new_key(request: &Request, context: &RequestContext<'_>, findings: &mut Findings) {
    let subject = context.subject.unwrap_or(&request.subject);
    let mut issued = context.register.issued.iter();
    let earlier = issued.rfind(|one| one.subject == *subject);
    let words = match (earlier, context.register.by_subject(subject)) {
        (Some(_), _) => "a certificate of this subject is registered".to_owned(),
        (None, Some(known)) => format!(
            "other subject: {} differs in its bytes (string type, case or spaces)",
            known.subject
        ),
        (None, None) => "no certificate of this subject is registered".to_owned(),
    };
    let id = CheckId::RequestNewKey;
    findings.require(id, earlier.is_some(), words);
    if let Some(earlier) = earlier {
        let state = if context.register.is_revoked(&earlier.serial) {
            "which is revoked"
        } else {
            "which stays valid until it is revoked or ends"
        };
        let words = format!(
            "follows {} of ceremony {}, {state}",
            earlier.serial, earlier.ceremony
        );
        findings.notice(id, words);
    }
}
