//! Checks of a bundle for `set-signed`: an intermediate, whatever stands above it, and its root
//! last. Vault takes nearly anything here and fails later; this tells before.

mod consumers;
mod mount;

use super::certificate::{CertificateContext, Found, Role, certificate_der};
use super::consumer::Consumer;
use super::judged::Judged;
use super::{CheckId, Cleared, Finding, Findings, Outcome, Refusal};
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::pem;
use crate::x509::raw::RawCertificate;
use crate::x509::request::Request;
use crate::x509::time::UtcTime;

/// What a bundle is checked against.
#[derive(Clone, Copy)]
pub struct BundleContext<'a> {
    /// The file's path, for words.
    pub path: &'a str,
    /// The root that it must end in, where it is known.
    pub root: Option<&'a Certificate>,
    /// The mount's request that it answers, where it is known.
    pub request: Option<&'a Request>,
    /// Who will read it besides Vault.
    pub consumers: &'a [Consumer],
    /// The time, where it matters.
    pub now: Option<UtcTime>,
}

impl<'a> BundleContext<'a> {
    /// A bundle by itself, for Vault: nothing is known beside it.
    pub fn alone(path: &'a str) -> Self {
        Self {
            path,
            root: None,
            request: None,
            consumers: &[],
            now: None,
        }
    }
}

/// The rules of a certificate that tie it to its issuer.
const LINKS: [CheckId; 3] = [
    CheckId::CertificateIssuer,
    CheckId::CertificateKeyIds,
    CheckId::CertificateSignature,
];

/// Checks a bundle. What is no bundle at all ends it; of the rest, all findings are told.
pub fn bundle(
    bytes: &[u8],
    context: &BundleContext<'_>,
) -> Result<(Cleared<Vec<Certificate>>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let ders = match pem::decode_several(bytes, Certificate::LABELS) {
        Ok(ders) => ders,
        Err(error) => {
            let words = error.to_string();
            return Err(findings.refuse(CheckId::BundleContainer, words, context.path));
        }
    };
    let twice = (1..ders.len()).find(|&at| ders[..at].contains(&ders[at]));
    findings.require(
        CheckId::BundleContainer,
        twice.is_none(),
        match twice {
            Some(at) => format!("certificate {} stands there twice", at + 1),
            None => format!("{} certificates, nothing after them", ders.len()),
        },
    );
    order(&ders, &mut findings);
    members(&ders, context, &mut findings);
    root(&ders, context, &mut findings);
    dates(&ders, context.now, &mut findings);
    mount::request(&ders, context.request, &mut findings);
    consumers::judge(&ders, context, &mut findings);
    if let Some(refusal) = findings.refusal(context.path) {
        return Err(refusal);
    }
    let read: Result<Vec<Certificate>, _> =
        ders.iter().map(|der| Certificate::from_der(der)).collect();
    match read {
        Ok(list) => findings.clear(list, context.path),
        Err(error) => {
            let words = error.to_string();
            Err(findings.refuse(CheckId::CertificateDer, words, context.path))
        }
    }
}

/// Issuer and subject of a certificate, as bytes.
fn names(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let parts = SignedParts::from_der(der, "Certificate").ok()?;
    let raw = RawCertificate::from_tbs(parts.tbs).ok()?;
    Some((raw.issuer.raw, raw.subject.raw))
}

fn is_self_issued(der: &[u8]) -> bool {
    names(der).is_some_and(|(issuer, subject)| issuer == subject)
}

/// Whether a certificate is the end of every chain: its own key signed it.
fn is_root(der: &[u8]) -> bool {
    Found::read(der).is_ok_and(|found| found.is_self_issued() && found.is_signed_by_itself())
}

/// Whether the certificate after this one has the name that this one's issuer has. After a root
/// there is nothing to follow.
fn is_followed_by_issuer(ders: &[Vec<u8>], at: usize) -> bool {
    if is_root(&ders[at]) {
        return false;
    }
    let issuer = names(&ders[at]).map(|(issuer, _)| issuer);
    let next = ders.get(at + 1).and_then(|der| names(der));
    issuer.is_some() && issuer == next.map(|(_, subject)| subject)
}

fn order(ders: &[Vec<u8>], findings: &mut Findings) {
    let pairs = ders.len().saturating_sub(1);
    let wrong = (0..pairs).find(|&at| !is_followed_by_issuer(ders, at));
    let words = match wrong {
        None if ders.first().is_some_and(|first| is_self_issued(first)) => {
            Some("it begins with a root: the intermediate is missing".to_owned())
        }
        None => None,
        Some(at) => Some(out_of_order(ders, at)),
    };
    findings.require(
        CheckId::BundleOrder,
        words.is_none(),
        words.unwrap_or_else(|| "each is followed by its issuer".to_owned()),
    );
}

fn out_of_order(ders: &[Vec<u8>], at: usize) -> String {
    let Some((issuer, _)) = names(&ders[at]) else {
        return format!("certificate {} cannot be read", at + 1);
    };
    if is_root(&ders[at]) {
        return format!("certificate {} is a root, and more follows it", at + 1);
    }
    let is_it = |der: &Vec<u8>| names(der).is_some_and(|(_, subject)| subject == issuer);
    match ders.iter().position(is_it) {
        Some(place) => format!(
            "certificate {}'s issuer is certificate {}, not the one after it",
            at + 1,
            place + 1
        ),
        None => format!(
            "certificate {}'s issuer is not there: {}",
            at + 1,
            readable(issuer)
        ),
    }
}

/// A name for people, or why it is none.
fn readable(name: &[u8]) -> String {
    let read = Name::from_der(name).map(|name| name.to_string());
    read.unwrap_or_else(|error| escape(&error.to_string()))
}

/// Each certificate's own checks, with the next one as its issuer.
fn members(ders: &[Vec<u8>], context: &BundleContext<'_>, findings: &mut Findings) {
    let mut broken = Vec::new();
    for (at, der) in ders.iter().enumerate() {
        let is_last = at + 1 == ders.len();
        let next = ders.get(at + 1).filter(|_| is_followed_by_issuer(ders, at));
        let next = next.and_then(|der| Certificate::from_der(der).ok());
        let above = if is_last { context.root } else { next.as_ref() };
        let found = certificate_der(
            der,
            &CertificateContext {
                role: if is_self_issued(der) {
                    Role::Root
                } else {
                    Role::Ca
                },
                issuer: above.filter(|_| !is_self_issued(der)),
                ..CertificateContext::alone(context.path)
            },
        );
        let found = match found {
            Ok((_, list)) => list,
            Err(refusal) => refusal.findings,
        };
        let failed = |one: &&Finding| one.outcome == Outcome::Fail && LINKS.contains(&one.id);
        let link = found.iter().find(failed).map(|one| one.words.clone());
        if let Some(words) = link {
            broken.push(format!("certificate {}: {words}", at + 1));
        } else if !is_last && above.is_none() {
            broken.push(format!("certificate {} has no issuer after it", at + 1));
        }
        let untied = found.into_iter().filter(|one| one.outcome != Outcome::Pass);
        for mut one in untied {
            one.words = format!("certificate {}: {}", at + 1, one.words);
            findings.list.push(one);
        }
    }
    let words = if broken.is_empty() {
        "each was signed by the one after it".to_owned()
    } else {
        broken.join("; ")
    };
    findings.require(CheckId::BundleLink, broken.is_empty(), words);
}

fn root(ders: &[Vec<u8>], context: &BundleContext<'_>, findings: &mut Findings) {
    let last = ders.last().map_or(&[][..], Vec::as_slice);
    let words = if !is_self_issued(last) {
        Some("the root is missing: it must stand last, or Vault hands out no whole chain")
    } else if context.root.is_some_and(|root| root.der != last) {
        Some("it ends in another root than the given one")
    } else {
        None
    };
    let good = match context.root {
        Some(_) => "it ends in the given root",
        None => "it ends in a root",
    };
    findings.require(CheckId::BundleRoot, words.is_none(), words.unwrap_or(good));
}

/// A root or policy CA that has expired may be kept for what it signed; a bundle with one is of
/// no use to anybody.
fn dates(ders: &[Vec<u8>], now: Option<UtcTime>, findings: &mut Findings) {
    let Some(now) = now else { return };
    let mut judged = Judged::default();
    for (at, der) in ders.iter().enumerate() {
        // What cannot be read is refused by the certificate's own checks.
        let Ok(raw) = RawCertificate::from_der(der) else {
            continue;
        };
        if let Ok(start) = UtcTime::from_der(&raw.not_before) {
            let words = format!("certificate {} is not valid yet: it begins {start}", at + 1);
            judged.must(now >= start, words);
        }
        if let Ok(end) = UtcTime::from_der(&raw.not_after) {
            let words = format!("certificate {} has expired: it ended {end}", at + 1);
            judged.must(now <= end, words);
        }
    }
    findings.judged(CheckId::BundleDates, judged, format!("all valid on {now}"));
}
