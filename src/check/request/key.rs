//! A request's key and its own signature.

use super::super::{CheckId, Findings, linkerd};
use super::RequestContext;
use crate::plan::Succession;
use crate::x509::escape::escape;
use crate::x509::public_key::{
    KeyError, KeyKind, PublicKey, SignatureAlgorithm, algorithm_name, algorithm_refusal,
};
use crate::x509::request::Request;
use crate::x509::strict;

/// Reads the key: its type, its one encoding, its point. Nothing can be said of a key that
/// cannot be read.
pub(super) fn read(spki: &[u8], findings: &mut Findings) -> Result<PublicKey, (CheckId, String)> {
    let key = PublicKey::from_spki(spki).map_err(|error| {
        let id = match error {
            KeyError::Unsupported { .. } => CheckId::RequestKeyType,
            KeyError::Malformed(_) => CheckId::RequestKeyEncoding,
            KeyError::NegativeModulus => CheckId::RequestRsaModulus,
            KeyError::NegativeExponent => CheckId::RequestRsaExponent,
            KeyError::Point(_) => CheckId::RequestKeyPoint,
        };
        (id, error.to_string())
    })?;
    findings.require(CheckId::RequestKeyType, true, key.kind().to_string());
    findings.require(CheckId::RequestKeyEncoding, true, "canonical");
    if !matches!(key.kind(), KeyKind::Rsa { .. }) {
        findings.require(CheckId::RequestKeyPoint, true, "a point of its curve");
    }
    Ok(key)
}

/// Lists of keys that are known to be lost.
pub(super) fn check_lists(key: &PublicKey, context: &RequestContext<'_>, findings: &mut Findings) {
    let Some(blocked) = context.lists.blocks(&key.digest()) else {
        return;
    };
    findings.require(
        CheckId::RequestBlocked,
        !blocked,
        if blocked {
            format!("SPKI sha-256 {} is on the list", key.digest())
        } else {
            "not on the list".to_owned()
        },
    );
}

/// The digest that the ceremony file names.
pub(super) fn check_digest(key: &PublicKey, context: &RequestContext<'_>, findings: &mut Findings) {
    let found = key.digest();
    let recorded = context.lists.recorded(context.path);
    if let Some(recorded) = recorded {
        let (same, words) = match recorded {
            Some(recorded) if recorded == found => (true, format!("SPKI sha-256 {found}")),
            Some(recorded) => (
                false,
                format!("SPKI sha-256 {found}, the list says {recorded}"),
            ),
            None => (
                false,
                format!("SPKI sha-256 {found}, the list has no line for this file"),
            ),
        };
        findings.require(CheckId::RequestSpkiList, same, words);
    }
    match context.spki_sha256 {
        None if recorded.is_some() => {}
        Some(expected) => {
            findings.require(
                CheckId::RequestSpki,
                expected == found,
                if expected == found {
                    format!("SPKI sha-256 {found}")
                } else {
                    format!("SPKI sha-256 {found}, the ceremony file says {expected}")
                },
            );
        }
        None => findings.notice(
            CheckId::RequestSpki,
            format!("the ceremony file names no digest; SPKI sha-256 {found}"),
        ),
    }
}

/// What the consumer takes that the profile is for.
pub(super) fn check_consumer(
    key: &PublicKey,
    context: &RequestContext<'_>,
    findings: &mut Findings,
) {
    if context.profile.is_some_and(linkerd::is_for) {
        linkerd::key(findings, key);
    }
}

/// Why a request is refused whose signature may be sound.
const BEYOND_VERIFIER: &str = "the request's own signature cannot be verified: no RSASSA-PSS signature under an exponent of more than 33 bits can be verified here, and this one may be sound; sign the request with PKCS#1 v1.5, or make a key with the exponent 65537";

/// Proof of possession: algorithm, parameters and signature.
pub(super) fn check_signature(
    request: &Request,
    key: &PublicKey,
    usable: bool,
    findings: &mut Findings,
) {
    let name = algorithm_name(&request.algorithm);
    let algorithm = SignatureAlgorithm::from_der(&request.algorithm)
        .filter(|algorithm| algorithm.fits(key.kind()));
    let words = match algorithm {
        Some(_) => name,
        None => format!("signed with {}", algorithm_refusal(&request.algorithm)),
    };
    findings.require(CheckId::RequestAlgorithm, algorithm.is_some(), words);
    let Some(algorithm) = algorithm else { return };
    // A key that is refused already verifies nothing here, and the signature may be sound.
    if !usable {
        return;
    }
    let verifies = key.verifies(algorithm, &request.info, &request.signature);
    let is_ec = matches!(key.kind(), KeyKind::Ec(_));
    findings.require(
        CheckId::RequestPossession,
        verifies,
        match () {
            () if verifies => "the request's own signature verifies",
            () if request.signature.is_empty() => "the request's own signature is empty",
            () if key.is_beyond_verifier(algorithm) => BEYOND_VERIFIER,
            () if is_ec && strict::check(&request.signature).is_err() => {
                "the request's own signature does not verify: it is not DER"
            }
            () => "the request's own signature does not verify",
        },
    );
}

/// Nobody has this key but the request.
pub(super) fn check_is_new(key: &PublicKey, context: &RequestContext<'_>, findings: &mut Findings) {
    let is_root = context.root_spki.is_some_and(|root| root == key.spki());
    findings.require(
        CheckId::RequestKeyIssuer,
        !is_root,
        if is_root {
            "the key is the root's own"
        } else {
            "not the root's key"
        },
    );
    if is_root {
        return;
    }
    let digest = key.digest();
    let register = context.register.by_key(&digest);
    let known = register.filter(|_| context.succession != Succession::Renewal);
    let known = known.map(|known| {
        format!(
            "ceremony {} certified this key as {}",
            known.ceremony, known.product
        )
    });
    let taken = known.or_else(|| {
        let earlier = context.earlier.iter().find(|one| one.spki_sha256 == digest);
        earlier.map(|one| format!("{} has this key too", escape(&one.path)))
    });
    let words = taken
        .clone()
        .unwrap_or_else(|| "not in the register".to_owned());
    findings.require(CheckId::RequestKeyTaken, taken.is_none(), words);
}
