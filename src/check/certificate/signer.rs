//! Who signed a certificate: itself, the given issuer, or somebody who is not known here.

use super::{CertificateContext, Found, Judged, Role};
use crate::check::signed_file::{self, may};
use crate::check::{CheckId, Findings};
use crate::digest::hex;
use crate::x509::certificate::Certificate;
use crate::x509::extension::ExtensionValue;
use crate::x509::key_usage::KeyUsage;
use crate::x509::oid;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::time::UtcTime;

/// Whose key signed.
enum Signer<'a> {
    /// Its own.
    Itself,
    /// The given issuer's.
    Given(&'a Certificate),
    /// Nobody's who is known here.
    Unknown,
}

pub(super) fn judge(found: &Found<'_>, context: &CertificateContext<'_>, findings: &mut Findings) {
    let signer = signer(found, context);
    let key = match &signer {
        Signer::Itself => found.key.clone(),
        Signer::Given(issuer) => PublicKey::from_spki(&issuer.fields.spki).ok(),
        Signer::Unknown => None,
    };
    findings.judged(
        CheckId::CertificateAlgorithm,
        signed_file::algorithm(found.raw.algorithm.raw, found.parts.algorithm, key.as_ref()),
        crate::x509::public_key::algorithm_name(found.raw.algorithm.raw),
    );
    key_ids(found, &signer, findings);
    signature(found, &signer, key.as_ref(), findings);
    issuer(found, &signer, context.role, findings);
}

fn signer<'a>(found: &Found<'_>, context: &CertificateContext<'a>) -> Signer<'a> {
    let names_another_key = || {
        let (named, _) = authority(found);
        named.is_some() && named != subject_key(found)
    };
    match context.issuer {
        Some(issuer) if issuer.der != found.der => Signer::Given(issuer),
        Some(_) => Signer::Itself,
        None if context.role == Role::Root && found.is_self_issued() => Signer::Itself,
        // Self-issued under another key: a root's new key certified by its old one.
        None if found.is_self_issued() && (found.is_signed_by_itself() || !names_another_key()) => {
            Signer::Itself
        }
        None => Signer::Unknown,
    }
}

/// The key identifier that it names its issuer by, and whether issuer and serial stand there.
fn authority(found: &Found<'_>) -> (Option<Vec<u8>>, bool) {
    match found.value("2.5.29.35") {
        Some(ExtensionValue::AuthorityKeyIdentifier(id, more)) => (id, more),
        _ => (None, false),
    }
}

fn subject_key(found: &Found<'_>) -> Option<Vec<u8>> {
    match found.value("2.5.29.14")? {
        ExtensionValue::SubjectKeyIdentifier(id) => Some(id),
        _ => None,
    }
}

fn key_ids(found: &Found<'_>, signer: &Signer<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let own = subject_key(found);
    match &own {
        None => judged.fault("there is no subject key identifier"),
        Some(id) => judged.must(!id.is_empty(), "the subject key identifier is empty"),
    }
    let (named, issuer_and_serial) = authority(found);
    let wanted = match signer {
        Signer::Itself => own.clone(),
        Signer::Given(issuer) => issuer.fields.subject_key_identifier(),
        Signer::Unknown => None,
    };
    match (&named, &wanted) {
        (None, _) => judged.must(
            matches!(signer, Signer::Itself),
            "there is no authority key identifier",
        ),
        (Some(named), Some(wanted)) => judged.must(
            named == wanted,
            format!(
                "the authority key identifier is {}, the issuer's key is {}",
                hex(named),
                hex(wanted)
            ),
        ),
        (Some(_), None) => {}
    }
    judged.should(
        !issuer_and_serial,
        "the authority key identifier names issuer and serial too: that breaks when the issuer is renewed",
    );
    let words = own.as_deref().map(hex).unwrap_or_default();
    findings.judged(CheckId::CertificateKeyIds, judged, format!("key {words}"));
}

fn signature(
    found: &Found<'_>,
    signer: &Signer<'_>,
    key: Option<&PublicKey>,
    findings: &mut Findings,
) {
    let id = CheckId::CertificateSignature;
    let whose = match signer {
        Signer::Itself => "its own key",
        Signer::Given(_) => "the issuer's key",
        Signer::Unknown => {
            findings.notice(
                id,
                "only the issuer's certificate can tell whether it holds",
            );
            return;
        }
    };
    // A key that is refused already verifies nothing here, and the signature may be sound.
    let Some(key) = key else { return };
    let verifies = found.verifies(key);
    let algorithm = SignatureAlgorithm::from_der(found.parts.algorithm);
    let words = if verifies {
        format!("verifies under {whose}")
    } else if algorithm.is_some_and(|algorithm| key.is_beyond_verifier(algorithm)) {
        format!(
            "cannot be verified under {whose}: an RSASSA-PSS signature under an exponent of more than 33 bits; it may be sound"
        )
    } else {
        format!("does not verify under {whose}")
    };
    findings.require(id, verifies, words);
}

fn issuer(found: &Found<'_>, signer: &Signer<'_>, role: Role, findings: &mut Findings) {
    let id = CheckId::CertificateIssuer;
    let mut judged = Judged::default();
    match signer {
        Signer::Unknown if role == Role::Root => {
            findings.require(id, false, "it is not its own issuer, as a root is");
        }
        Signer::Unknown => {}
        Signer::Itself => {
            judged.must(found.is_self_issued(), "it is not its own issuer");
            findings.judged(id, judged, "it is its own issuer");
        }
        Signer::Given(issuer) => {
            judged.must(
                role != Role::Root || found.is_self_issued(),
                "it is not its own issuer",
            );
            signed_file::issuer_name(&mut judged, &found.raw.issuer, issuer);
            authority_of(&mut judged, issuer);
            path_length(&mut judged, found, issuer);
            dates(&mut judged, found, issuer);
            purposes(&mut judged, found, issuer);
            findings.judged(id, judged, format!("{}, with room", issuer.fields.subject));
        }
    }
}

fn authority_of(judged: &mut Judged, issuer: &Certificate) {
    let is_ca = matches!(issuer.fields.basic_constraints(), Some((true, _)));
    judged.must(is_ca, "the issuer is not a CA");
    judged.must(
        may(issuer, KeyUsage::KeyCertSign),
        "the issuer's key usage lacks keyCertSign",
    );
}

/// Self-issued certificates take no room (RFC 5280 4.2.1.9).
fn path_length(judged: &mut Judged, found: &Found<'_>, issuer: &Certificate) {
    let Some((_, Some(room))) = issuer.fields.basic_constraints() else {
        return;
    };
    if found.is_self_issued() {
        return;
    }
    judged.must(
        room > 0,
        "the issuer has path length 0: no CA fits below it",
    );
    let own = match found.value("2.5.29.19") {
        Some(ExtensionValue::BasicConstraints { path_length, .. }) => path_length,
        _ => None,
    };
    judged.should(
        room == 0 || own.is_some_and(|own| own < room),
        format!("it promises more room below it than the issuer's path length {room} leaves"),
    );
}

fn dates(judged: &mut Judged, found: &Found<'_>, issuer: &Certificate) {
    let fields = &issuer.fields;
    if let Ok(start) = UtcTime::from_der(&found.raw.not_before) {
        judged.should(
            start >= fields.not_before,
            format!("it begins before its issuer, {}", fields.not_before),
        );
    }
    if let Ok(end) = UtcTime::from_der(&found.raw.not_after) {
        judged.must(
            end <= fields.not_after,
            format!("it outlives its issuer, {}", fields.not_after),
        );
    }
}

fn purposes(judged: &mut Judged, found: &Found<'_>, issuer: &Certificate) {
    let allowed = match issuer.fields.extended_key_usage() {
        Some(allowed) if !allowed.iter().any(|one| one == "2.5.29.37.0") => allowed,
        _ => return,
    };
    let Some(ExtensionValue::ExtendedKeyUsage(own)) = found.value("2.5.29.37") else {
        judged.odd("it has no extended key usage: its issuer's holds");
        return;
    };
    let beyond: Vec<&str> = own
        .iter()
        .filter(|one| !allowed.contains(one))
        .map(|one| oid::name(one))
        .collect();
    judged.must(
        beyond.is_empty(),
        format!("the issuer has no purpose {}", beyond.join(", ")),
    );
}
