//! Checks of what a step `revoke` names: the root's own, known or said to be foreign, and not
//! revoked before. What only the day can tell is checked on it.

use super::plan::Planned;
use super::{CheckId, Cleared, Finding, Findings, Refusal, signed_file};
use crate::digest::Digest;
use crate::ledger::register::{Issued, Register};
use crate::plan::past::{Origin, RevokePlan, WantedRevocation};
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::crl_entry::{Carried, NewEntry};
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::pem;
use crate::x509::public_key::PublicKey;
use crate::x509::raw::RawCertificate;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;
use crate::x509::tlv::DerError;

/// What a revocation is checked against.
#[derive(Clone, Copy)]
pub struct RevokeContext<'a> {
    /// The root.
    pub root: &'a Certificate,
    /// Everything it issued; `None` where no ledger is known, in a rehearsal or a first plan.
    pub register: Option<&'a Register>,
    /// What is revoked already.
    pub revoked: &'a Carried,
    /// Serials of the steps before.
    pub earlier: &'a [Serial],
}

/// Checks a revocation. `certificate` is the file that it names, if it names one.
pub fn revocation(
    wanted: &WantedRevocation,
    certificate: Option<&[u8]>,
    context: &RevokeContext<'_>,
) -> Result<(Cleared<RevokePlan>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let subject = wanted.certificate.as_deref().unwrap_or(&wanted.step);
    let named = match certificate.map(Named::of_file).transpose() {
        Ok(named) => named,
        Err(words) => return Err(findings.refuse(CheckId::RevokeCertificate, words, subject)),
    };
    let serial = named.as_ref().map(|one| &one.serial);
    let Some(serial) = serial.or(wanted.serial.as_ref()).cloned() else {
        let words = "neither a certificate nor a serial number";
        return Err(findings.refuse(CheckId::RevokeCertificate, words, subject));
    };
    if let Some(named) = &named {
        findings.require(CheckId::RevokeCertificate, true, named.subject.to_string());
        of_this_root(named, context.root, &mut findings);
    }
    let itself = serial == context.root.fields.serial
        || named
            .as_ref()
            .is_some_and(|one| one.der == context.root.der);
    let words = "an own CRL cannot end its root: take it out of every trust store instead";
    let words = if itself { words } else { "another certificate" };
    findings.require(CheckId::RevokeRoot, !itself, words);
    let known = context.register.and_then(|all| all.by_serial(&serial));
    known_or_foreign(
        wanted,
        &serial,
        known,
        named.as_ref(),
        context,
        &mut findings,
    );
    let before = context.revoked.find(&serial);
    let words = before.as_ref().map_or("not yet".to_owned(), |entry| {
        format!("{serial} is revoked since {}", entry.date.readable())
    });
    findings.require(CheckId::RevokeTwice, before.is_none(), words);
    let repeated = context.earlier.contains(&serial);
    let words = if repeated {
        format!("an earlier step of this ceremony revokes {serial} too")
    } else {
        "once".to_owned()
    };
    findings.require(CheckId::RevokeRepeated, !repeated, words);
    let validity = named
        .as_ref()
        .map(|one| one.validity)
        .or(known.map(|one| (one.not_before, one.not_after)));
    let plan = RevokePlan {
        entry: NewEntry {
            serial,
            reason: wanted.reason,
            invalidity_date: wanted.invalidity_date,
        },
        foreign: wanted.foreign,
        subject: named
            .as_ref()
            .map(|one| one.subject.to_string())
            .or(known.map(|one| one.subject.to_string())),
        validity,
        certificate_sha256: named.as_ref().map(|one| Digest::of(&one.der)),
        origin: known.map(|one| Origin {
            ceremony: one.ceremony.clone(),
            product: one.product.clone(),
            mount: one.mount.clone(),
            crl_urls: one.crl_urls.clone(),
        }),
    };
    findings.clear(plan, subject)
}

/// What only the day can tell: a certificate that has expired, a date that is yet to come.
pub fn on_the_day(
    plan: &RevokePlan,
    now: UtcTime,
    subject: &str,
) -> Result<(Cleared<()>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    match plan.validity {
        Some((_, end)) if end < now => findings.notice(
            CheckId::RevokeExpired,
            format!("it has expired at {}, and is dead already", end.readable()),
        ),
        Some((_, end)) => {
            let words = format!("valid until {}", end.readable());
            findings.require(CheckId::RevokeExpired, true, words);
        }
        None => {}
    }
    if let Some(date) = plan.entry.invalidity_date {
        let begun = plan.validity.is_none_or(|(begin, _)| date >= begin);
        let words = match (date <= now, begun) {
            (false, _) => format!("{} is in the future", date.readable()),
            (true, false) => format!("{} is before the certificate began", date.readable()),
            (true, true) => date.readable(),
        };
        findings.require(CheckId::RevokeDate, date <= now && begun, words);
    }
    findings.clear((), subject)
}

/// Every revocation of a ceremony, in the order of its steps, with what was found.
pub fn all<'a>(
    wanted: &[WantedRevocation],
    file: impl Fn(&str) -> &'a [u8],
    context: RevokeContext<'_>,
) -> (Vec<(String, RevokePlan)>, Vec<Planned>) {
    let (mut plans, mut planned) = (Vec::new(), Vec::new());
    let mut earlier = Vec::new();
    for one in wanted {
        let context = RevokeContext {
            earlier: &earlier,
            ..context
        };
        let certificate = one.certificate.as_deref().map(&file);
        let found = match revocation(one, certificate, &context) {
            Ok((plan, found)) => {
                let plan = plan.into_inner();
                earlier.push(plan.entry.serial.clone());
                plans.push((one.step.clone(), plan));
                Ok(found)
            }
            Err(refusal) => Err(refusal),
        };
        planned.push(Planned {
            step: one.step.clone(),
            what: format!("revocation {}", escape(&one.step)),
            found,
        });
    }
    (plans, planned)
}

/// Issuer and signature are the root's.
fn of_this_root(named: &Named, root: &Certificate, findings: &mut Findings) {
    let same = named.issuer == root.fields.subject;
    let verifies = PublicKey::from_spki(&root.fields.spki).is_ok_and(|key| {
        SignedParts::from_der(&named.der, "Certificate").is_ok_and(|parts| {
            signed_file::signature((parts.algorithm, parts.tbs, parts.signature), &key)
        })
    });
    let words = match (same, verifies) {
        (true, true) => "issued by this root".to_owned(),
        (false, _) => format!("its issuer is {}: that one revokes it", named.issuer),
        (true, false) => "it names this root, and another key signed it".to_owned(),
    };
    findings.require(CheckId::RevokeIssuer, same && verifies, words);
}

fn known_or_foreign(
    wanted: &WantedRevocation,
    serial: &Serial,
    known: Option<&Issued>,
    named: Option<&Named>,
    context: &RevokeContext<'_>,
    findings: &mut Findings,
) {
    if context.register.is_none() {
        let words = "no ledger is known here: whether this root issued it, run will ask its own";
        findings.require(CheckId::RevokeKnown, true, words);
        return;
    }
    let same = match (known, named) {
        (Some(known), Some(named)) => known.tbs_sha256 == named.tbs_sha256,
        _ => true,
    };
    let words = match (known, wanted.foreign) {
        (Some(_), _) if !same => {
            format!("the register knows another certificate of the serial number {serial}")
        }
        (Some(known), _) => {
            format!(
                "{} of ceremony {}",
                escape(&known.product),
                escape(&known.ceremony)
            )
        }
        (None, true) => "not in the register, as the file says".to_owned(),
        (None, false) => format!(
            "{serial} is not in the register: if this root issued it all the same, write foreign = true"
        ),
    };
    let holds = same && (known.is_some() || wanted.foreign);
    findings.require(CheckId::RevokeKnown, holds, words);
    let contradiction = known.is_some() && wanted.foreign;
    let words = if contradiction {
        "the file says foreign = true, but the register knows this certificate"
    } else {
        "as the file says"
    };
    findings.require(CheckId::RevokeForeign, !contradiction, words);
}

/// A certificate of whatever kind, as far as a revocation needs it.
struct Named {
    der: Vec<u8>,
    serial: Serial,
    issuer: Name,
    subject: Name,
    validity: (UtcTime, UtcTime),
    tbs_sha256: Digest,
}

impl Named {
    fn of_file(bytes: &[u8]) -> Result<Self, String> {
        let der = pem::decode_one(bytes, Certificate::LABELS).map_err(|error| error.to_string())?;
        Self::of_der(der).map_err(|error| error.to_string())
    }

    fn of_der(der: Vec<u8>) -> Result<Self, DerError> {
        let parts = SignedParts::from_der(&der, "Certificate")?;
        let raw = RawCertificate::from_tbs(parts.tbs)?;
        Ok(Self {
            serial: Serial::from_der(&raw.serial)?,
            issuer: Name::from_der(raw.issuer.raw)?,
            subject: Name::from_der(raw.subject.raw)?,
            validity: (
                UtcTime::from_der(&raw.not_before)?,
                UtcTime::from_der(&raw.not_after)?,
            ),
            tbs_sha256: Digest::of(parts.tbs),
            der,
        })
    }
}
