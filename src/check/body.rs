//! What holds of every body that a root signs, certificate or CRL.

use der::{Decode, Encode};

use super::{CheckId, Findings, Refusal};
use crate::x509::certificate::Issuer;
use crate::x509::name::Name;
use crate::x509::public_key::{SignatureAlgorithm, algorithm_name};
use crate::x509::template::Template;
use crate::x509::time::UtcTime;

/// How far back a body's first moment may lie (BR 7.1.2.6), in seconds.
const BACKDATING: i64 = 24 * 3600;

/// x509-cert reads it and writes the same bytes: what it would write otherwise must be known
/// before the signature, not after.
pub(super) fn is_rewritten<T>(der: &[u8]) -> bool
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    T::from_der(der)
        .and_then(|read| read.to_der())
        .is_ok_and(|again| again == der)
}

/// The readers agree on it.
pub(super) fn readers(findings: &mut Findings, agree: bool) {
    let words = if agree {
        "two readers agree"
    } else {
        "the second reader reads something else"
    };
    findings.require(CheckId::TbsDer, agree, words);
}

/// It is signed as the root signs, and names the root byte for byte.
pub(super) fn signer(
    findings: &mut Findings,
    (algorithm, issuer): (&[u8], &Name),
    wanted: SignatureAlgorithm,
    root: &Issuer,
) {
    findings.require(
        CheckId::TbsAlgorithm,
        algorithm == wanted.to_der(),
        algorithm_name(algorithm),
    );
    findings.require(CheckId::TbsIssuer, *issuer == root.name, issuer.to_string());
}

/// With its marks put in, it is what was approved.
pub(super) fn template(findings: &mut Findings, marked: Option<Template>, approved: &Template) {
    findings.require(
        CheckId::TbsTemplate,
        marked.is_some_and(|marked| marked == *approved),
        format!("template {}", approved.digest()),
    );
}

/// At most 24 hours old and not in the future.
pub(super) fn is_fresh(start: UtcTime, now: UtcTime) -> bool {
    start <= now && start >= now.offset(-BACKDATING)
}

/// Checks freshness once more after an approval: `what` names the moment in words.
pub(super) fn still_fresh(
    id: CheckId,
    (what, start): (&str, UtcTime),
    now: UtcTime,
    subject: &str,
) -> Result<(), Refusal> {
    let mut findings = Findings::default();
    let words = format!("{what} {start}, approved at {now}");
    findings.require(id, is_fresh(start, now), words);
    findings.clear((), subject).map(|_| ())
}
