//! What a CRL says of itself: version, issuer, dates, number, scope, signature.

use super::{CrlFileContext, Found, Judged};
use crate::check::signed_file::{self, Known, may};
use crate::check::{CheckId, Findings};
use crate::digest::hex;
use crate::x509::certificate::Certificate;
use crate::x509::extension::{CRL_NUMBER, ExtensionValue, KeyUsage};
use crate::x509::issuing_point::IssuingPoint;
use crate::x509::name::Name;
use crate::x509::public_key::{PublicKey, algorithm_name};
use crate::x509::time::UtcTime;

const ISSUING_POINT: &str = "2.5.29.28";
const DELTA: &str = "2.5.29.27";
const FRESHEST: &str = "2.5.29.46";

pub(super) fn judge(found: &Found<'_>, context: &CrlFileContext<'_>, findings: &mut Findings) {
    let key = context
        .issuer
        .and_then(|issuer| PublicKey::from_spki(&issuer.fields.spki).ok());
    let version = found.raw.version();
    let words = version.map_or("unreadable".to_owned(), |n| format!("version {n}"));
    findings.require(CheckId::CrlFileVersion, version == Some(2), words);
    let algorithm = found.raw.algorithm.raw;
    findings.judged(
        CheckId::CrlFileAlgorithm,
        signed_file::algorithm(algorithm, found.parts.algorithm, key.as_ref()),
        algorithm_name(algorithm),
    );
    issuer(found, context.issuer, findings);
    dates(found, context, findings);
    number(found, findings);
    key_id(found, context.issuer, findings);
    scope(found, findings);
    signature(found, key.as_ref(), findings);
}

fn issuer(found: &Found<'_>, issuer: Option<&Certificate>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let mut words = String::new();
    match Name::from_der(found.raw.issuer.raw) {
        Err(error) => judged.fault(error.to_string()),
        Ok(name) if name.is_empty() => judged.fault("the issuer's name is empty"),
        Ok(name) => words = name.to_string(),
    }
    if let Some(issuer) = issuer {
        signed_file::issuer_name(&mut judged, &found.raw.issuer, issuer);
        judged.must(
            may(issuer, KeyUsage::CrlSign),
            "the issuer's key usage lacks cRLSign",
        );
    }
    findings.judged(CheckId::CrlFileIssuer, judged, words);
}

fn dates(found: &Found<'_>, context: &CrlFileContext<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let this = signed_file::date(&mut judged, "thisUpdate", &found.raw.this_update);
    let next = match &found.raw.next_update {
        Some(next) => signed_file::date(&mut judged, "nextUpdate", next),
        None => {
            judged.fault("there is no nextUpdate");
            None
        }
    };
    let mut words = String::new();
    if let (Some(this), Some(next)) = (this, next) {
        judged.must(this < next, format!("{this} to {next} is no span of time"));
        words = format!("{this} to {next}");
    }
    if let (Some(this), Some(now)) = (this, context.now) {
        judged.must(this <= now, format!("thisUpdate {this} is in the future"));
    }
    if let (Some(next), Some(now)) = (next, context.now) {
        judged.should(now <= next, format!("stale: nextUpdate was {next}"));
    }
    if let Some(issuer) = context.issuer {
        within_issuer(&mut judged, this, next, issuer);
    }
    findings.judged(CheckId::CrlFileDates, judged, words);
}

fn within_issuer(
    judged: &mut Judged,
    this: Option<UtcTime>,
    next: Option<UtcTime>,
    issuer: &Certificate,
) {
    let fields = &issuer.fields;
    judged.must(
        this.is_none_or(|this| this >= fields.not_before),
        format!(
            "thisUpdate is before its issuer began, {}",
            fields.not_before
        ),
    );
    judged.should(
        next.is_none_or(|next| next <= fields.not_after),
        format!("nextUpdate is after its issuer's end, {}", fields.not_after),
    );
}

fn number(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let mut words = String::new();
    match found.extension(CRL_NUMBER) {
        None => judged.fault("there is no CRL number"),
        Some(extension) => {
            judged.must(!extension.critical, "the CRL number is critical");
            match extension.read() {
                Ok(ExtensionValue::CrlNumber(number)) => words = format!("number {number}"),
                Err(error) => judged.fault(error.to_string()),
                Ok(_) => judged.fault("the CRL number cannot be read"),
            }
        }
    }
    findings.judged(CheckId::CrlFileNumber, judged, words);
}

fn key_id(found: &Found<'_>, issuer: Option<&Certificate>, findings: &mut Findings) {
    let mut judged = Judged::default();
    let read = found.extension("2.5.29.35").map(|one| one.read());
    let named = match read {
        Some(Ok(ExtensionValue::AuthorityKeyIdentifier(id, _))) => id,
        _ => None,
    };
    match &named {
        None => judged.fault("there is no authority key identifier with a key"),
        Some(named) => {
            if let Some(wanted) = issuer.and_then(|one| one.fields.subject_key_identifier()) {
                judged.must(
                    *named == wanted,
                    format!(
                        "the authority key identifier is {}, the issuer's key is {}",
                        hex(named),
                        hex(&wanted)
                    ),
                );
            }
        }
    }
    let words = named.as_deref().map(hex).unwrap_or_default();
    findings.judged(CheckId::CrlFileKeyId, judged, words);
}

fn scope(found: &Found<'_>, findings: &mut Findings) {
    let mut judged = Judged::default();
    judged.must(
        found.extension(DELTA).is_none(),
        "it is a delta CRL: it lists only what changed",
    );
    judged.should(
        found.extension(FRESHEST).is_none(),
        "it names delta CRLs: this one may not be the newest word",
    );
    if let Some(extension) = found.extension(ISSUING_POINT) {
        match IssuingPoint::from_der(&extension.value) {
            Err(error) => judged.fault(error.to_string()),
            Ok(point) => {
                for (flag, words) in [
                    (
                        point.indirect,
                        "it is indirect: it lists other issuers' certificates",
                    ),
                    (point.some_reasons, "it covers some reasons only"),
                    (point.user_certificates, "it leaves CA certificates out"),
                    (
                        point.attribute_certificates,
                        "it covers attribute certificates only",
                    ),
                ] {
                    judged.must(!flag, words);
                }
                judged.odd(format!("issuing distribution point: {}", point.text()));
            }
        }
    }
    findings.judged(
        CheckId::CrlFileScope,
        judged,
        "all certificates of its issuer",
    );
}

fn signature(found: &Found<'_>, key: Option<&PublicKey>, findings: &mut Findings) {
    let id = CheckId::CrlFileSignature;
    let Some(key) = key else {
        findings.notice(
            id,
            "only the issuer's certificate can tell whether it holds",
        );
        return;
    };
    let parts = &found.parts;
    let verifies = signed_file::signature((parts.algorithm, parts.tbs, parts.signature), key);
    let words = if verifies {
        "verifies under the issuer's key"
    } else {
        "does not verify under the issuer's key"
    };
    findings.require(id, verifies, words);
}

/// What common verifiers know of a CRL's own extensions (RFC 5280 5.2).
pub(super) fn known(oid: &str) -> Option<Known> {
    match oid {
        // authorityKeyIdentifier, issuerAltName, freshestCRL, authorityInfoAccess, and
        // expiredCertsOnCRL (X.509 9.5.2.8)
        "2.5.29.35" | "2.5.29.18" | FRESHEST | "1.3.6.1.5.5.7.1.1" | "2.5.29.60" => {
            Some(Known::NotCritical)
        }
        // judged by rules of their own
        CRL_NUMBER | DELTA => Some(Known::Either),
        ISSUING_POINT => Some(Known::Critical),
        _ => None,
    }
}
