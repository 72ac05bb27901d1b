//! The last CRL that was published against what the ledger knows: a ledger that is older than it,
//! a CRL that is older than the ledger, and two CRLs of one number.

use super::crl_file::{CrlFileContext, crl_file};
use super::plan::by_policy;
use super::{CheckId, Finding, Findings, Refusal};
use crate::ledger::register::{Certainty, Register};
use crate::plan::past::PreviousCrl;
use crate::plan::{Policy, Waiver};
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::crl_entry::Carried;
use crate::x509::crl_file::CrlFile;

/// What the published CRL is checked against.
#[derive(Clone, Copy)]
pub struct PreviousContext<'a> {
    /// The root.
    pub root: &'a Certificate,
    /// Everything it issued; `None` where no ledger is known, in a rehearsal or a first plan.
    pub register: Option<&'a Register>,
    /// What is allowed.
    pub policy: Policy,
    /// What the file waives in this step.
    pub waivers: &'a [&'a Waiver],
}

/// What the next CRL carries over.
#[derive(Clone, Debug, Default)]
pub struct Continued {
    /// Its entries.
    pub carried: Carried,
    /// The CRL that was given.
    pub previous: Option<PreviousCrl>,
}

/// Checks `previous` (its path and bytes), and joins what it lists with what the ledger's newest
/// signed CRL lists.
pub fn previous(
    file: Option<(&str, &[u8])>,
    context: &PreviousContext<'_>,
) -> Result<(Continued, Vec<Finding>), Refusal> {
    let subject = file.map_or("previous", |(path, _)| path);
    let newest = context.register.and_then(Register::published_crl);
    let mut findings = Findings::default();
    let own = match context.register.map(Register::carried).transpose() {
        Ok(own) => own.unwrap_or_default(),
        Err(error) => {
            let words = format!("the ledger's own CRL: {error}");
            return Err(findings.refuse(CheckId::CrlPreviousFork, words, subject));
        }
    };
    let Some((path, bytes)) = file else {
        let words = match newest {
            Some(crl) => format!(
                "CRL number {} was signed; without the one that is published, nobody can tell whether this ledger is the newest",
                crl.number
            ),
            None => "no CRL was published before".to_owned(),
        };
        let id = CheckId::CrlPreviousGiven;
        by_policy(&mut findings, id, newest.is_none(), context.policy, words);
        let continued = Continued {
            carried: own,
            previous: None,
        };
        return findings
            .clear(continued, subject)
            .map(|(cleared, found)| (cleared.into_inner(), found));
    };
    let about = CrlFileContext {
        issuer: Some(context.root),
        ..CrlFileContext::alone(path)
    };
    let (crl, found) = crl_file(bytes, &about)?;
    let crl = crl.into_inner();
    findings.extend(found);
    findings.require(
        CheckId::CrlPreviousGiven,
        true,
        format!("number {}", crl.number),
    );
    let continued = compare(&crl, &own, context, &mut findings);
    findings.waive(context.waivers);
    findings
        .clear(continued, subject)
        .map(|(cleared, found)| (cleared.into_inner(), found))
}

fn compare(
    crl: &CrlFile,
    own: &Carried,
    context: &PreviousContext<'_>,
    findings: &mut Findings,
) -> Continued {
    let body = SignedParts::from_der(&crl.der, "CertificateList").map(|parts| parts.tbs);
    // What `crl_file` read once can be read again.
    let body = body.unwrap_or_default();
    let number = crl.number.to_u64().filter(|number| *number < u64::MAX);
    findings.require(
        CheckId::CrlPreviousNumber,
        number.is_some(),
        format!("number {}", crl.number),
    );
    let number = number.unwrap_or(u64::MAX - 1);
    let crls = context.register.map_or(&[][..], |all| &all.crls);
    let newest = context.register.and_then(Register::published_crl);
    let twin = crls.iter().find(|one| one.number == number);
    let same = twin.is_none_or(|one| *one.body == *body);
    let (merged, differs) = match Carried::of(body).and_then(|listed| own.merged(&listed)) {
        Ok(both) => both,
        Err(error) => {
            findings.require(CheckId::CrlPreviousFork, false, error.to_string());
            return Continued::default();
        }
    };
    let words = match (&differs, same) {
        (_, false) => format!(
            "this root signed two CRLs of number {number}: this is not the one of the ledger"
        ),
        (Some(serial), true) => format!("it lists {serial} in another way than the ledger's CRL"),
        (None, true) => "the ledger does not contradict it".to_owned(),
    };
    findings.require(CheckId::CrlPreviousFork, same && differs.is_none(), words);
    let stale = newest.filter(|newest| newest.number > number);
    let words = stale.map_or("not older than the ledger's".to_owned(), |newest| {
        format!(
            "number {number} is stale: the ledger has signed number {} of {}",
            newest.number,
            newest.this_update.readable()
        )
    });
    findings.require(CheckId::CrlPreviousStale, stale.is_none(), words);
    let last = crls.last().map_or(0, |one| one.number);
    let newer = context.register.is_some() && twin.is_none() && number > last;
    let words = match (newer, twin.map(|one| one.certainty)) {
        (true, _) if last == 0 => {
            format!("this ledger is old: number {number} was published, and it knows of no CRL")
        }
        (true, _) => format!(
            "this ledger is old: number {number} was published, and it knows of none after {last}"
        ),
        (false, Some(Certainty::PossiblySigned)) => {
            format!("number {number} was signed after all: its entries are carried over")
        }
        (false, _) if context.register.is_none() => "no ledger is known here".to_owned(),
        (false, _) => format!("the ledger knows number {number}"),
    };
    findings.require(CheckId::CrlPreviousNewer, !newer, words);
    Continued {
        carried: merged,
        previous: Some(PreviousCrl {
            number,
            this_update: crl.this_update,
        }),
    }
}
