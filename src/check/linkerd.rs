//! What Linkerd takes, when planning. Its identity service and `linkerd check` refuse other keys
//! and signatures, and do so long after the ceremony: these rules hold wherever a profile starts
//! from `linkerd`.

use super::consumer::{Consumer, Place};
use super::plan::{DAY, by_policy};
use super::profile::dates;
use super::{CheckId, Findings};
use crate::plan::profile::{BuiltIn, Profile};
use crate::plan::{Policy, RootPlan, Validity};
use crate::x509::certificate::Certificate;
use crate::x509::public_key::{KeyKind, PublicKey, SignatureAlgorithm};

/// Whether a profile is for Linkerd.
pub(super) fn is_for(profile: &Profile) -> bool {
    profile.base == BuiltIn::Linkerd
}

/// Checks a profile that is for Linkerd, and the root above it.
pub(super) fn profile(findings: &mut Findings, profile: &Profile, root: &RootPlan, policy: Policy) {
    let (holds, words) = match root {
        RootPlan::New(new) => anchor_of(Some(new.key.kind()), Some(new.algorithm)),
        RootPlan::Existing(root) => anchor(root),
    };
    findings.require(CheckId::LinkerdAnchor, holds, words);
    let tiers = Consumer::Linkerd.tiers_below();
    let length = profile.path_length;
    let room = length.is_none_or(|length| u32::from(length) >= tiers);
    let words = match length {
        Some(length) if room => length.to_string(),
        Some(length) => format!("{length}: Vault signs no identity issuer below it"),
        None => "none".to_owned(),
    };
    findings.require(CheckId::LinkerdPathLength, room, words);
    validity(findings, profile, root, policy);
}

fn validity(findings: &mut Findings, profile: &Profile, root: &RootPlan, policy: Policy) {
    // How long an existing root still lives, only the day can tell.
    let open = matches!(
        (profile.validity, root),
        (Validity::UntilIssuer, RootPlan::Existing(_))
    );
    let dates = dates(profile, root);
    let seconds = dates.end.unix() - dates.start.unix() + 1;
    let words = if open {
        format!("to the root's end, {}", dates.end.readable())
    } else {
        profile.validity.words()
    };
    let holds = !open && seconds >= Consumer::LINKERD_DAYS * DAY;
    by_policy(findings, CheckId::LinkerdValidity, holds, policy, words);
}

/// Whether Linkerd takes a certificate as a trust anchor, in words.
pub(super) fn anchor(certificate: &Certificate) -> (bool, String) {
    let key = PublicKey::from_spki(&certificate.fields.spki).ok();
    let algorithm = SignatureAlgorithm::from_der(&certificate.algorithm);
    anchor_of(key.map(|key| key.kind()), algorithm)
}

fn anchor_of(key: Option<KeyKind>, algorithm: Option<SignatureAlgorithm>) -> (bool, String) {
    let (Some(key), Some(algorithm)) = (key, algorithm) else {
        return (false, "its key or its signature is unknown".to_owned());
    };
    let refusal = Consumer::Linkerd
        .key_refusal(Place::Root, key)
        .or_else(|| Consumer::Linkerd.signature_refusal(Place::Root, algorithm));
    let holds = refusal.is_none();
    let good = || format!("{key}, signed with {}", algorithm.name());
    (holds, refusal.unwrap_or_else(good))
}

/// Checks the key of an intermediate that is to sign Linkerd's identity issuer.
pub(super) fn key(findings: &mut Findings, key: &PublicKey) {
    let refusal = Consumer::Linkerd.key_refusal(Place::Intermediate, key.kind());
    let holds = refusal.is_none();
    let words = refusal.unwrap_or_else(|| key.kind().to_string());
    findings.require(CheckId::RequestLinkerd, holds, words);
}
