//! What a CRL body lists, in one pass over its entries: there may be a million, so the second
//! readers are given one at a time.

use der::{Decode, Encode};
use x509_cert::certificate::Rfc5280;
use x509_cert::crl::RevokedCert;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::RevokedCertificate;

use super::{CheckId, Findings};
use crate::ledger::register::Register;
use crate::plan::CrlPlan;
use crate::x509::crl::RevokedEntry;
use crate::x509::crl_entry::{Carried, rank};
use crate::x509::raw::{RawCrl, RawEntry};
use crate::x509::time::UtcTime;
use crate::x509::tlv::DerError;

/// Checks the list of a body that `CrlFields::from_tbs` has read.
pub(super) fn judge(tbs: &[u8], plan: &CrlPlan, register: &Register, findings: &mut Findings) {
    let raw = match RawCrl::from_tbs(tbs) {
        Ok(raw) => raw,
        Err(error) => {
            findings.require(CheckId::CrlEntries, false, error.to_string());
            return;
        }
    };
    let pass = Pass::of(&raw);
    let empty = raw.revoked.is_some() && pass.count == 0;
    let words = match &pass.fault {
        Some(fault) => fault.clone(),
        None if empty => "an empty list".to_owned(),
        None if pass.count == 0 => "none".to_owned(),
        None => format!("{} entries", pass.count),
    };
    findings.require(CheckId::CrlEntries, pass.fault.is_none() && !empty, words);
    revoked(&raw, &pass, plan, findings);
    match continuity(tbs, plan, register) {
        Ok(words) => findings.require(CheckId::CrlContinuity, true, words),
        Err(words) => findings.require(CheckId::CrlContinuity, false, words),
    };
}

/// What is new is what was planned, byte for byte.
fn revoked(raw: &RawCrl<'_>, pass: &Pass<'_>, plan: &CrlPlan, findings: &mut Findings) {
    let date = UtcTime::from_der(&raw.this_update).ok();
    let planned = date.and_then(|date| Carried::default().with(&plan.revoked, date).ok());
    let same = planned.is_some_and(|planned| planned == pass.new.concat());
    let words = match (same, pass.unreasoned) {
        (true, false) => format!("{} for the first time", pass.new.len()),
        (false, _) => "the new entries are not what this ceremony revokes".to_owned(),
        (true, true) => "an entry's reason is none that a CA's certificate may have".to_owned(),
    };
    findings.require(CheckId::CrlRevoked, same && !pass.unreasoned, words);
}

/// What was listed before is listed still: what the plan carries over, and by itself what the
/// ledger's newest signed CRL lists.
fn continuity(tbs: &[u8], plan: &CrlPlan, register: &Register) -> Result<String, String> {
    let told = |error: DerError| error.to_string();
    let carried = Carried::in_body(tbs).map_err(told)?;
    let count = |list: &Carried| (list.count(), list.sha256());
    if count(&carried) != count(&plan.carried) {
        return Err(format!(
            "{} entries are carried over, which are not the {} that were planned",
            carried.count(),
            plan.carried.count()
        ));
    }
    let before = register.carried().map_err(told)?;
    if let Some(serial) = carried.lacks(&before).map_err(told)? {
        return Err(match register.published_crl() {
            Some(crl) => format!(
                "{serial} was revoked by CRL {} and is not listed",
                crl.number
            ),
            None => format!("{serial} was revoked before the root was adopted and is not listed"),
        });
    }
    Ok(format!("{} carried over", carried.count()))
}

/// One walk through the entries.
#[derive(Default)]
struct Pass<'a> {
    count: usize,
    /// The first fault.
    fault: Option<String>,
    /// Entries of the CRL's own date.
    new: Vec<&'a [u8]>,
    /// One of them has no reason that a CA's certificate may have.
    unreasoned: bool,
}

impl<'a> Pass<'a> {
    fn of(raw: &RawCrl<'a>) -> Self {
        let mut pass = Self::default();
        let this_update = UtcTime::from_der(&raw.this_update).ok();
        let mut last: Option<&[u8]> = None;
        for entry in raw.entries() {
            pass.count += 1;
            let read = entry.and_then(|entry| Ok((entry, RevokedEntry::read(&entry)?)));
            let (entry, read) = match read {
                Ok(both) => both,
                Err(error) => {
                    pass.must(false, || error.to_string());
                    continue;
                }
            };
            let serial = &read.serial;
            let later = last.is_none_or(|last| rank(&last) < rank(&entry.serial.value));
            pass.must(later, || {
                format!("{serial} is not in the order of serial numbers, or comes twice")
            });
            last = Some(entry.serial.value);
            pass.must(this_update.is_some_and(|this| read.date <= this), || {
                format!("{serial} is dated {}, after the CRL", read.date)
            });
            pass.must(second_readers_agree(&entry, &read), || {
                format!("{serial}: the second reader reads something else")
            });
            if entry.date.raw == raw.this_update.raw {
                pass.new.push(entry.raw);
                let critical = read.extensions.iter().any(|one| one.critical);
                pass.unreasoned |= read.reason().is_none() || critical;
            }
        }
        pass
    }

    fn must(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds && self.fault.is_none() {
            self.fault = Some(otherwise());
        }
    }
}

/// `x509-parser` reads the same of an entry, and `x509-cert` writes it as it stands.
fn second_readers_agree(entry: &RawEntry<'_>, read: &RevokedEntry) -> bool {
    let rewritten = RevokedCert::<Rfc5280>::from_der(entry.raw)
        .and_then(|again| again.to_der())
        .is_ok_and(|again| again == entry.raw);
    let Ok((rest, again)) = RevokedCertificate::from_der(entry.raw) else {
        return false;
    };
    let reason = again.reason_code().map_or(0, |(_, reason)| reason.0);
    rewritten
        && rest.is_empty()
        && again.raw_serial() == entry.serial.value
        && again.revocation_date.timestamp() == read.date.unix()
        && again.extensions().len() == read.extensions.len()
        && read.reason().is_none_or(|read| read.number() == reason)
}
