//! Proofs of possession: that a token held the root's key.

use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::story::{Signing, at};
use crate::check::possession::{PossessionContext, attributes};
use crate::ledger::possession_files;
use crate::x509::escape::escape;
use crate::x509::possession::Challenge;
use crate::x509::tbs::SignedAttributes;

/// An intent to prove that a token holds a key: of a step that proves that, for a content of
/// ours, dated on its day, its signature verified, its files what follows from it.
pub(super) fn check(
    signing: &Signing<'_>,
    asked: bool,
    files: &Files,
    authority: &Authority<'_>,
    findings: &mut Findings,
) {
    let step = signing.product;
    if let Err(words) = prove(signing, asked, files, authority, findings) {
        let words = format!("{}: {words}", escape(step));
        findings.fail(AuditId::Product, at(signing.n), words);
    }
}

fn prove(
    signing: &Signing<'_>,
    asked: bool,
    files: &Files,
    authority: &Authority<'_>,
    findings: &mut Findings,
) -> Result<(), String> {
    let step = signing.product;
    let fail = |words: &str| Err(words.to_owned());
    if signing.step != Some(step) || !asked {
        return fail("it is no step that proves possession");
    }
    let Some(challenge) = Challenge::parse(files.get(&possession_files::content(step))) else {
        return fail("its content is missing, or has another form");
    };
    let Some(body) = &signing.body else {
        return Ok(());
    };
    let context = PossessionContext {
        challenge: &challenge,
        algorithm: authority.algorithm,
        now: signing.time,
        subject: step,
    };
    let body = SignedAttributes(body.clone());
    let subject = (signing.step, format!("possession {step}"), signing.sha256);
    let result = attributes(body.clone(), &context);
    if let Some(why) = findings.judge(subject, result, &[]) {
        return Err(why);
    }
    let Some((_, algorithm, signature)) = &signing.result else {
        return Ok(());
    };
    let signature = signature.as_deref().unwrap_or_default();
    if *algorithm != authority.algorithm || !authority.signed(&body.0, signature) {
        return fail("the signature does not verify under the given root");
    }
    let again = possession_files::signature(
        step,
        &body,
        authority.certificate,
        authority.algorithm,
        signature,
    );
    for (path, bytes) in again.unwrap_or_default() {
        // A crash may have left it unwritten; a completed step names it.
        if files.bytes.get(&path).is_some_and(|found| *found != bytes) {
            return fail(&format!("{path} is not what follows from the signature"));
        }
    }
    Ok(())
}
