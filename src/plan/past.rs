//! What a plan takes from the root's life before it, beside the ledger's state: what is revoked
//! in its steps, and what its CRL carries over.

use std::collections::BTreeMap;

use super::file::{FileError, StepFile};
use super::make::Draft;
use super::step_kind::StepKind;
use crate::digest::Digest;
use crate::x509::crl_entry::{Carried, NewEntry};
use crate::x509::reason::RevocationReason;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// What is known before a plan is made.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What the next CRL lists again.
    pub carried: Carried,
    /// The CRL that the file calls `previous`.
    pub previous: Option<PreviousCrl>,
    /// What each step `revoke` revokes, by the step's id.
    pub revoked: BTreeMap<String, RevokePlan>,
    /// Key identifiers that renewals keep, by the path of their request.
    pub kept: BTreeMap<String, Vec<u8>>,
}

/// A CRL that was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreviousCrl {
    /// cRLNumber
    pub number: u64,
    /// thisUpdate
    pub this_update: UtcTime,
}

/// One certificate to be revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokePlan {
    /// What the CRL will say of it.
    pub entry: NewEntry,
    /// The register does not know it.
    pub foreign: bool,
    /// Its subject, escaped, where certificate or register tell.
    pub subject: Option<String>,
    /// Its first and last second, where certificate or register tell.
    pub validity: Option<(UtcTime, UtcTime)>,
    /// Digest of the certificate, where the file names it.
    pub certificate_sha256: Option<Digest>,
    /// Where it comes from, where the register knows it.
    pub origin: Option<Origin>,
}

/// Where a certificate of the register comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Ceremony id.
    pub ceremony: String,
    /// The product's name in that ceremony's plan.
    pub product: String,
    /// Mount of an intermediate.
    pub mount: Option<String>,
    /// Where it says that its issuer's CRL is.
    pub crl_urls: Vec<String>,
}

/// A step `revoke` as written.
#[derive(Clone, Debug)]
pub struct WantedRevocation {
    /// Id of the step.
    pub step: String,
    /// Path of the certificate.
    pub certificate: Option<String>,
    /// Its serial number.
    pub serial: Option<Serial>,
    /// Why.
    pub reason: RevocationReason,
    /// Since when its key is not to be trusted.
    pub invalidity_date: Option<UtcTime>,
    /// It is not in the register.
    pub foreign: bool,
}

/// What a person is asked before a revocation is recorded, and what must be typed: the last six
/// hex digits of the serial number, or all there are.
pub fn question(serial: &str) -> (String, String) {
    let digits = serial.len().min(6);
    let last = serial.get(serial.len() - digits..).unwrap_or(serial);
    let text = format!(
        "From the printed plan, type the last {digits} digits of the serial number that is revoked:"
    );
    (text, last.to_owned())
}

impl Draft<'_> {
    /// Everything that is to be revoked, in the order of the steps.
    pub fn wanted_revocations(&self) -> Vec<WantedRevocation> {
        let steps = self.file.step.iter().enumerate();
        steps
            .filter_map(|(at, step)| {
                let written = step.get_ref();
                // `check_revoke` has seen that a revoke has a reason.
                let reason = written.reason.as_ref()?.get_ref().0;
                Some(WantedRevocation {
                    step: self.step_id(at),
                    certificate: written
                        .certificate
                        .as_ref()
                        .map(|one| one.get_ref().0.clone()),
                    serial: written.serial.as_ref().map(|one| one.get_ref().0.clone()),
                    reason,
                    invalidity_date: written.invalidity_date.as_ref().map(|one| one.get_ref().0),
                    foreign: written.foreign.as_ref().is_some_and(|one| *one.get_ref()),
                })
            })
            .collect()
    }

    /// Path of the CRL that the file calls `previous`, with the step that issues the next one.
    pub fn previous_crl(&self) -> Option<(String, &str)> {
        let (at, step) = self.issue_crl()?;
        Some((
            self.step_id(at),
            step.previous.as_ref()?.get_ref().0.as_str(),
        ))
    }

    /// Id of the step that issues a CRL, and whether it is the last one there will ever be.
    pub fn crl_step(&self) -> Option<(String, bool)> {
        let (at, step) = self.issue_crl()?;
        Some((self.step_id(at), is_final(step)))
    }

    fn issue_crl(&self) -> Option<(usize, &StepFile)> {
        let mut steps = self.file.step.iter().map(|step| step.get_ref()).enumerate();
        steps.find(|(_, step)| *step.kind.get_ref() == StepKind::IssueCrl)
    }

    /// Paths of the inputs that only revocations and CRLs have.
    pub(super) fn revocation_inputs(&self) -> impl Iterator<Item = String> + '_ {
        let revoked = self.wanted_revocations().into_iter();
        let previous = self.previous_crl().map(|(_, path)| path.to_owned());
        revoked.filter_map(|one| one.certificate).chain(previous)
    }

    /// After the final CRL the root's key can only be destroyed.
    pub(super) fn check_nothing_after_final(&self) -> Result<(), FileError> {
        let steps = self.file.step.iter().map(|step| step.get_ref());
        let mut after = steps.skip_while(|step| !is_final(step)).skip(1);
        match after.find(|step| *step.kind.get_ref() != StepKind::DestroyKey) {
            None => Ok(()),
            Some(step) => {
                let words = "nothing but destroy-key can follow the final CRL";
                Err(self.at(step.kind.span().start, words))
            }
        }
    }

    /// A revocation names its certificate once, and why; the last CRL has no next one; a root
    /// that is made here has neither revoked nor published anything.
    pub(super) fn check_revocation(&self, step: &StepFile, place: usize) -> Result<(), FileError> {
        match (step.kind.get_ref(), &step.certificate, &step.serial) {
            (StepKind::Revoke, Some(_), Some(serial)) => {
                let words = "the certificate has its serial number: name one of the two";
                return Err(self.at(serial.span().start, words));
            }
            (StepKind::Revoke, None, None) => {
                let words = "revoke needs a certificate, or the serial of one";
                return Err(self.at(place, words));
            }
            (StepKind::Revoke, ..) if step.reason.is_none() => {
                return Err(self.at(place, "revoke needs a reason"));
            }
            (StepKind::Revoke, ..) if self.root_certificate().is_none() => {
                let words = "a root that is made in this ceremony has issued nothing before it";
                return Err(self.at(place, words));
            }
            _ => {}
        }
        if let (true, Some(next)) = (is_final(step), &step.next_update) {
            let words = "after the final CRL there is no next one: next_update does not go with it";
            return Err(self.at(next.span().start, words));
        }
        let new = self.root_certificate().is_none() && *step.kind.get_ref() == StepKind::IssueCrl;
        if let (true, Some(previous)) = (new, &step.previous) {
            let words = "a root that is made in this ceremony has published no CRL before it";
            return Err(self.at(previous.span().start, words));
        }
        Ok(())
    }
}

/// Whether a step issues the last CRL.
pub(super) fn is_final(step: &StepFile) -> bool {
    step.last.as_ref().is_some_and(|last| *last.get_ref())
}
