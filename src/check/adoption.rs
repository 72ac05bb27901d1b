//! Checks of what an adopted root is said to have issued: from the plan's own files alone, so
//! the same findings come out when planning, on the day and years later.

use super::crl_file::{CrlFileContext, crl_file};
use super::plan::by_policy;
use super::signed_file;
use super::{CheckId, Findings};
use crate::ledger::register::Register;
use crate::plan::Policy;
use crate::plan::adopt::AdoptPlan;
use crate::plan::adoption::Source;
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;
use crate::x509::public_key::PublicKey;

/// A root is taken over into a ledger that has none.
pub fn ledger(register: &Register) -> Result<(), super::Refusal> {
    let mut findings = Findings::default();
    let count = register.issued.len() + register.crls.len();
    let words = match count {
        0 => "the ledger has no root".to_owned(),
        count => format!("the ledger has a root, and {count} certificates and CRLs of it"),
    };
    findings.require(CheckId::AdoptLedger, count == 0, words);
    findings.clear((), "adopt-root").map(|_| ())
}

/// Checks what the files say together, each certificate among it.
pub(super) fn adoption(plan: &AdoptPlan, policy: Policy) -> Findings {
    let mut findings = Findings::default();
    certificates(plan, &mut findings);
    let adoption = &plan.adoption;
    let faults = &adoption.contradictions;
    let words = match faults.as_slice() {
        [] => "the files agree".to_owned(),
        faults => faults.join("; "),
    };
    findings.require(CheckId::AdoptAgrees, faults.is_empty(), words);
    known(plan, policy, &mut findings);
    findings.require(
        CheckId::AdoptCrl,
        adoption.crl.is_some(),
        match &adoption.crl {
            Some(crl) => format!("number {} of {}", crl.number, crl.this_update),
            None => "none is given: the next CRL has number 1, and lists what the index calls \
                     revoked at most"
                .to_owned(),
        },
    );
    listed(plan, policy, &mut findings);
    findings
}

/// Every given certificate is the root's.
fn certificates(plan: &AdoptPlan, findings: &mut Findings) {
    let root = plan.files.root_certificate();
    let given = plan.files.each_certificate();
    let (root, given) = match (&root, &given) {
        (Ok(root), Ok(given)) => (root, given),
        (Err(error), _) | (_, Err(error)) => {
            findings.require(
                CheckId::AdoptCertificates,
                false,
                escape(&error.to_string()),
            );
            return;
        }
    };
    let key = PublicKey::from_spki(&root.fields.spki).ok();
    let strange = given
        .iter()
        .find(|(_, one)| !is_of(one, root, key.as_ref()));
    let words = match strange {
        None => format!("{} given, all of this root", given.len()),
        Some((path, one)) => format!(
            "{}: serial {}, {}, is not of this root: its issuer or its signature is another",
            escape(path),
            one.fields.serial,
            one.fields.subject
        ),
    };
    findings.require(CheckId::AdoptCertificates, strange.is_none(), words);
}

fn is_of(one: &Certificate, root: &Certificate, key: Option<&PublicKey>) -> bool {
    let parts = (&*one.algorithm, &*one.tbs, &*one.signature);
    one.algorithm == one.fields.algorithm
        && one.fields.issuer == root.fields.subject
        && key.is_some_and(|key| signed_file::signature(parts, key))
}

/// What is not known of what the root issued.
fn known(plan: &AdoptPlan, policy: Policy, findings: &mut Findings) {
    let certificates = &plan.adoption.certificates;
    let of = |source| certificates.iter().filter(move |one| one.source == source);
    let by_text = of(Source::Index).count();
    let id = CheckId::AdoptKnown;
    match (certificates.len(), by_text) {
        (1, _) => by_policy(
            findings,
            id,
            false,
            policy,
            "nothing is given that this root has issued: a serial number, name or key of \
             before may come again, and nobody would see it",
        ),
        (_, 0) => {
            let words = format!("{} certificates", certificates.len() - 1);
            findings.require(id, true, words);
        }
        (_, count) => by_policy(
            findings,
            id,
            false,
            policy,
            format!("{count} are known from the index alone: their keys are not known"),
        ),
    }
}

/// Index and CRL about what is revoked. Each is believed where it says that something is.
fn listed(plan: &AdoptPlan, policy: Policy, findings: &mut Findings) {
    let adoption = &plan.adoption;
    let mut told = Vec::new();
    if !adoption.unlisted.is_empty() {
        told.push(format!(
            "{} revoked in the index are not on the last CRL: the next CRL lists them",
            adoption.unlisted.len()
        ));
    }
    if !adoption.unmarked.is_empty() {
        told.push(format!(
            "{} on the last CRL are valid in the index: they stay revoked",
            adoption.unmarked.len()
        ));
    }
    if adoption.unknown > 0 {
        told.push(format!(
            "{} on the last CRL are in no other file: they stay revoked",
            adoption.unknown
        ));
    }
    let words = if told.is_empty() {
        "index and CRL agree".to_owned()
    } else {
        told.join("; ")
    };
    by_policy(
        findings,
        CheckId::AdoptListed,
        told.is_empty(),
        policy,
        words,
    );
}

/// Checks the last CRL under the root.
pub(super) fn last_crl(plan: &AdoptPlan) -> Option<Findings> {
    let (path, bytes) = plan.files.previous.as_ref()?;
    let root = plan.files.root_certificate().ok()?;
    let context = CrlFileContext {
        path,
        issuer: Some(&root),
        now: None,
    };
    let list = match crl_file(bytes, &context) {
        Ok((_, findings)) => findings,
        Err(refusal) => refusal.findings,
    };
    Some(Findings { list })
}
