//! A request by itself, and against the root that a person names.

use std::path::Path;

use super::super::trouble::Trouble;
use super::Object;
use super::report::{Facts, Judged, findings};
use crate::check::CheckId;
use crate::check::request::{RequestContext, request};
use crate::host::{read_named, shown};
use crate::ledger::register::Register;
use crate::x509::facts::RequestFacts;
use crate::x509::pem;
use crate::x509::request::Request;

/// What only a ledger's register can tell.
const BY_REGISTER: [CheckId; 2] = [CheckId::RequestSubjectTaken, CheckId::RequestKeyTaken];
/// What only the root can tell.
const BY_ROOT: [CheckId; 2] = [CheckId::RequestSubjectIssuer, CheckId::RequestKeyIssuer];

/// Reads a request named on the command line: one that a ceremony would take.
pub fn named(path: &Path) -> Result<Request, Trouble> {
    let bytes = read_named(path, pem::SIZE_LIMIT as u64)?;
    let register = Register::default();
    match request(&bytes, &RequestContext::alone(&shown(path), &register)) {
        Ok((request, _)) => Ok(request.into_inner()),
        Err(refusal) => Err(Trouble::from(&refusal)),
    }
}

/// Judges a request.
pub fn judge(object: &Object<'_>) -> Judged {
    let register = Register::default();
    let context = RequestContext {
        root_subject: object.issuer.map(|root| &root.fields.subject),
        root_spki: object.issuer.map(|root| root.fields.spki.as_slice()),
        ..RequestContext::alone(object.path, &register)
    };
    let mut findings = findings(request(object.bytes, &context));
    // What could not be looked at did not pass.
    let is_of = |list: &[CheckId], id: &str| list.iter().any(|one| one.public() == id);
    findings.retain(|one| {
        !is_of(&BY_REGISTER, one.id) && (object.issuer.is_some() || !is_of(&BY_ROOT, one.id))
    });
    let facts = Request::from_bytes(object.bytes).ok();
    Judged {
        facts: facts.map(|one| Facts::Request(RequestFacts::of(&one))),
        findings,
        refused: None,
        accepted: "a ceremony takes this request",
        not_checked: match object.issuer {
            Some(_) => "what the ledger has issued before, and what the ceremony file says",
            None => {
                "the root (--issuer), what the ledger has issued before, and what the ceremony file says"
            }
        },
    }
}
