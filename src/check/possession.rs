//! The check of what a token signs to prove that it holds a key.

use super::{CheckId, Cleared, Finding, Findings, Refusal, body};
use crate::x509::cms;
use crate::x509::possession::Challenge;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::tbs::SignedAttributes;
use crate::x509::time::UtcTime;

/// What the attributes of a proof are checked against.
pub struct PossessionContext<'a> {
    /// The random number that was made for it.
    pub challenge: &'a Challenge,
    /// The algorithm that the key signs with.
    pub algorithm: SignatureAlgorithm,
    /// The time: now, or that of the intent where one is repeated.
    pub now: UtcTime,
    /// What is proved, for words: the step's id.
    pub subject: &'a str,
}

/// Clears the attributes that follow from a challenge and their own signing time: a SET (0x31),
/// never a certificate, CRL or request.
pub fn attributes(
    attributes: SignedAttributes,
    context: &PossessionContext<'_>,
) -> Result<(Cleared<SignedAttributes>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let content = context.challenge.content();
    let time = cms::signing_time(&attributes);
    let expected = time.map(|time| cms::signed_attributes(&content, context.algorithm, time));
    let same = attributes.0.first() == Some(&0x31) && expected.as_ref() == Some(&attributes);
    let words = if same {
        "they follow from the random number"
    } else {
        "they do not follow from the random number"
    };
    findings.require(CheckId::PossessionAttributes, same, words);
    let fresh = time.is_some_and(|time| body::is_fresh(time, context.now));
    let words = time.map_or_else(|| "none".to_owned(), |time| time.to_string());
    findings.require(CheckId::PossessionTime, fresh, words);
    findings.clear(attributes, context.subject)
}
