//! Certificates from the wild, held against the ledger: a certificate that the root signed and
//! no ceremony knows was signed outside of the ceremonies, or its ceremony is lost.

use serde::Serialize;

use super::authority::Authority;
use super::findings::{AuditId, Findings};
use super::life::Life;
use crate::digest::Digest;
use crate::ledger::register::Register;
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::public_key::{SignatureAlgorithm, algorithm_name};
use crate::x509::raw::RawCertificate;
use crate::x509::serial::Serial;
use crate::x509::show::wrapped;
use crate::x509::tlv::DerError;

/// A certificate that somebody found: where, and its DER or why there is none.
pub struct Wild {
    /// File and block, escaped.
    pub place: String,
    /// Its bytes.
    pub der: Result<Vec<u8>, String>,
}

/// What the ledger says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Where it was found.
    pub place: String,
    /// known, unknown, other-issuer or unreadable
    pub is: Is,
    /// In words.
    pub words: String,
}

/// What a certificate from the wild is to a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Is {
    /// In the register, or the root itself.
    Known,
    /// Signed by the root, and not in the register.
    Unknown,
    /// Not signed by this root.
    OtherIssuer,
    /// No certificate.
    Unreadable,
}

/// Looks each of them up; those that the root signed and the ledger does not know are found
/// against the ledger.
pub(super) fn look_up(
    wild: &[Wild],
    root: &Certificate,
    register: &Register,
    life: &Life,
    findings: &mut Findings,
) -> Vec<Seen> {
    let Ok(authority) = Authority::of(root) else {
        // Told by VERIFY-ROOT already.
        return Vec::new();
    };
    if !wild.is_empty() {
        findings.begun(AuditId::Seen);
    }
    let mut seen = Vec::new();
    for one in wild {
        let (is, words) = match &one.der {
            Err(why) => (Is::Unreadable, why.clone()),
            Ok(der) => judge(der, &authority, register, life)
                .unwrap_or_else(|error| (Is::Unreadable, error.to_string())),
        };
        match is {
            Is::Unknown => findings.fail(AuditId::Seen, &one.place, &words),
            Is::Unreadable => findings.fail(AuditId::Seen, &one.place, &words),
            Is::Known | Is::OtherIssuer => {}
        }
        seen.push(Seen {
            place: one.place.clone(),
            is,
            words,
        });
    }
    seen
}

fn judge(
    der: &[u8],
    authority: &Authority<'_>,
    register: &Register,
    life: &Life,
) -> Result<(Is, String), DerError> {
    let parts = SignedParts::from_der(der, "Certificate")?;
    let raw = RawCertificate::from_tbs(parts.tbs)?;
    let shown = |raw: &[u8]| {
        Name::from_der(raw).map_or_else(
            |_| "a name that cannot be read".to_owned(),
            |name| name.to_string(),
        )
    };
    let subject = shown(raw.subject.raw);
    if raw.issuer.raw != authority.issuer.name.as_der() {
        let issuer = shown(raw.issuer.raw);
        let words = format!("{subject} was not issued by this root, but by {issuer}");
        return Ok((Is::OtherIssuer, words));
    }
    let Some(algorithm) = SignatureAlgorithm::from_der(parts.algorithm) else {
        let words = format!(
            "{subject} names this root as its issuer and is not known to the ledger; it is signed with {}, which is not verified here",
            algorithm_name(parts.algorithm)
        );
        return Ok((Is::Unknown, words));
    };
    if !authority
        .key
        .verifies(algorithm, parts.tbs, parts.signature)
    {
        let words =
            format!("{subject} names this root as its issuer, and this root did not sign it");
        return Ok((Is::OtherIssuer, words));
    }
    if der == authority.certificate.der.as_slice() {
        return Ok((Is::Known, format!("{subject} is the root itself")));
    }
    let known = register
        .issued
        .iter()
        .position(|one| one.tbs_sha256 == Digest::of(parts.tbs));
    if let Some(life) = known.and_then(|at| life.certificates.get(at)) {
        return Ok((Is::Known, life.words()));
    }
    let serial = Serial::from_der(&raw.serial);
    let twin = serial
        .as_ref()
        .is_ok_and(|serial| register.has_serial(serial));
    let serial = serial.map_or_else(
        |_| escape(&crate::digest::hex(raw.serial.value)),
        |serial| serial.to_string(),
    );
    let why = if twin {
        "the ledger has another certificate of this serial"
    } else {
        "its signature was made outside of the ceremonies, or a ceremony is lost"
    };
    Ok((
        Is::Unknown,
        format!(
            "{subject}, serial {serial}, is signed by this root and NOT KNOWN to the ledger: {why}"
        ),
    ))
}

/// The text for people.
pub(super) fn lines(seen: &[Seen]) -> Vec<String> {
    let mut page = vec!["Seen in the wild".to_owned()];
    for one in seen {
        let word = match one.is {
            Is::Known => "known    ",
            Is::Unknown => "UNKNOWN  ",
            Is::OtherIssuer => "other    ",
            Is::Unreadable => "UNREAD   ",
        };
        page.extend(wrapped(word, &format!("{}: {}", one.place, one.words)));
    }
    page
}
