//! A whole ledger: every ceremony in its order, each seal naming the one before, one root,
//! one register.

use super::findings::{AuditId, Findings};
use super::life::Life;
use super::report::{LedgerReport, Report, Verdict};
use super::seen::{self, Wild};
use super::{Before, audit, name_of};
use crate::digest::Digest;
use crate::ledger::kinds::CeremonyOutcome;
use crate::ledger::layout::{self, CeremonyFolder};
use crate::ledger::seal::Seal;
use crate::ledger::staging;
use crate::ports::{EntryKind, Store};
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;
use crate::x509::time::UtcTime;

/// Verifies all ceremonies of a ledger.
pub fn ledger(store: &mut dyn Store, root: &Certificate, expect: Option<Digest>) -> LedgerReport {
    look(store, root, expect, None)
}

/// The same, and tells the root's life as it stands `at` a moment, with what the ledger says of
/// certificates from the wild.
pub fn whole_life(
    store: &mut dyn Store,
    root: &Certificate,
    expect: Option<Digest>,
    at: UtcTime,
    wild: &[Wild],
) -> LedgerReport {
    look(store, root, expect, Some((at, wild)))
}

fn look(
    store: &mut dyn Store,
    root: &Certificate,
    expect: Option<Digest>,
    life: Option<(UtcTime, &[Wild])>,
) -> LedgerReport {
    let mut findings = Findings::default();
    let (sealed, open) = folders(store, &mut findings);
    let mut before = Before::default();
    let mut reports = Vec::new();
    let mut seals = Vec::new();
    let mut unknown = false;
    for folder in &sealed {
        if unknown {
            let why = "it follows a ceremony that is not checked";
            reports.push(Report::not_checked(&folder.name(), why));
            continue;
        }
        let mut audited = audit(store, &folder.name(), root, Some(&before));
        unknown = audited.unknown.is_some();
        place(folder, before.ceremonies + 1, &mut findings);
        if let Some(seal) = audited.seal.clone() {
            findings.require(
                AuditId::Ledger,
                seal.previous == before.head,
                escape(&folder.name()),
                "its seal does not name the seal before it",
            );
            let first = seals.first().map_or(seal.kind, |first: &Seal| first.kind);
            findings.require(
                AuditId::Ledger,
                seal.kind == first,
                escape(&folder.name()),
                "rehearsal and production are mixed",
            );
            findings.require(
                AuditId::Ledger,
                !seals.iter().any(|seal: &Seal| seal.destruction),
                escape(&folder.name()),
                "it follows a ceremony that announces that the root key is destroyed",
            );
            let newest = seals.iter().map(|seal: &Seal| seal.edition).max();
            findings.require(
                AuditId::Ledger,
                newest.is_none_or(|newest| seal.edition >= newest),
                escape(&folder.name()),
                "it is of an earlier edition of the rules than one before it",
            );
            before.head = seal.digest();
            // One that was given up may have been because of its clock.
            if seal.outcome == CeremonyOutcome::Completed {
                before.ended = Some(seal.ended).max(before.ended);
            }
            seals.push(seal);
        }
        before.ceremonies = folder.number;
        before.register = std::mem::take(&mut audited.register);
        reports.push(audited.into_report());
    }
    if let Some(open) = &open {
        place(open, before.ceremonies + 1, &mut findings);
        findings.notice(format!(
            "{} is open, and was not looked at: it may hold signatures, or a seal",
            open.name()
        ));
    }
    if let Some(expect) = expect {
        expected(&seals, expect, &mut findings);
    }
    for report in bound(&reports) {
        if let Verdict::Consistent(why) = &report.verdict {
            findings.notice(format!(
                "{} is {why}; a later seal of the root names it",
                report.folder
            ));
        }
    }
    let (life, seen) = match life {
        Some((at, wild)) => {
            let life = Life::of(root, &before.register, at);
            let seen = seen::look_up(wild, root, &before.register, &life, &mut findings);
            (Some(life), seen)
        }
        None => (None, Vec::new()),
    };
    let verdict = verdict(&reports, &findings);
    LedgerReport {
        verdict,
        ceremonies: reports,
        open: open.map(|open| open.name()),
        head: before.head,
        certificates: before.register.issued.len(),
        crl_number: before.register.last_crl().map(|crl| crl.number),
        life,
        seen,
        checks: findings.list(),
        notices: findings.notices,
    }
}

/// The ceremonies' folders in their order, and the open one.
fn folders(
    store: &mut dyn Store,
    findings: &mut Findings,
) -> (Vec<CeremonyFolder>, Option<CeremonyFolder>) {
    findings.begun(AuditId::Ledger);
    let entries = store.list("").unwrap_or_else(|error| {
        findings.fail(AuditId::Ledger, "the ledger", error.to_string());
        Vec::new()
    });
    let (mut sealed, mut open) = (Vec::new(), None);
    for entry in entries {
        match CeremonyFolder::parse(&entry.name) {
            Some(folder) if entry.kind == EntryKind::Folder && !folder.open => sealed.push(folder),
            Some(folder) if entry.kind == EntryKind::Folder && open.is_none() => {
                open = Some(folder);
            }
            None if entry.kind == EntryKind::Folder && layout::is_staging(&entry.name) => {
                left_over(store, &entry.name, findings);
            }
            _ => {
                let words = "does not belong into a ledger";
                findings.fail(AuditId::Ledger, escape(&entry.name), words);
            }
        }
    }
    sealed.sort();
    findings.require(
        AuditId::Ledger,
        !sealed.is_empty(),
        "the ledger",
        "holds no sealed ceremony",
    );
    (sealed, open)
}

/// A run that died before its ceremony began leaves a folder that nothing came of. Whatever else
/// has such a name may be a ceremony that somebody hides.
fn left_over(store: &mut dyn Store, name: &str, findings: &mut Findings) {
    let more = match staging::more_than_laid_out(store, name) {
        Ok(more) => more,
        Err(error) => Some(error.to_string()),
    };
    match more {
        Some(why) => findings.fail(AuditId::Ledger, escape(name), why),
        None => findings.notice(format!(
            "{} was left by a run that died before its ceremony began",
            escape(name)
        )),
    }
}

fn place(folder: &CeremonyFolder, number: u32, findings: &mut Findings) {
    findings.require(
        AuditId::Ledger,
        folder.number == number,
        escape(&folder.name()),
        format!("ceremony {number:04} must stand here"),
    );
}

/// The expected digest must be one of the newest ceremony's; an older one's is told as such.
fn expected(seals: &[Seal], expect: Digest, findings: &mut Findings) {
    findings.begun(AuditId::Expect);
    let found = seals
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, seal)| name_of(seal, expect).map(|name| (at, name)));
    match found {
        Some((at, name)) => {
            let later = seals.len() - at - 1;
            findings.notice(format!(
                "the expected digest is the {name}'s of ceremony {:04}; {later} came after it",
                at + 1
            ));
        }
        None => findings.fail(
            AuditId::Expect,
            "the ledger",
            format!("no lock, seal or head of it has the digest {expect}"),
        ),
    }
}

/// Ceremonies that nobody signed, up to the newest one that the root signed: its seal names
/// the seal before it, and so all that came before.
fn bound(reports: &[Report]) -> &[Report] {
    let newest = reports
        .iter()
        .rposition(|report| report.verdict == Verdict::Verified);
    &reports[..newest.unwrap_or(0)]
}

/// The worst of all, where an unsigned ceremony that a later seal of the root names counts as
/// named by the root.
fn verdict(reports: &[Report], findings: &Findings) -> Verdict {
    let refused = reports
        .iter()
        .any(|report| report.verdict == Verdict::Refused);
    if findings.any_broken() || refused {
        return Verdict::Refused;
    }
    let mut unknown = reports.iter().filter_map(|report| match &report.verdict {
        Verdict::NotChecked(why) => Some(format!("{}: {why}", report.folder)),
        Verdict::Verified | Verdict::Consistent(_) | Verdict::Refused => None,
    });
    if let Some(why) = unknown.next() {
        return Verdict::NotChecked(why);
    }
    let unsigned: Vec<String> = reports[bound(reports).len()..]
        .iter()
        .filter_map(|report| match &report.verdict {
            Verdict::Consistent(why) => Some(format!("{} is {why}", report.folder)),
            Verdict::Verified | Verdict::NotChecked(_) | Verdict::Refused => None,
        })
        .collect();
    if unsigned.is_empty() {
        Verdict::Verified
    } else {
        Verdict::Consistent(unsigned.join("; "))
    }
}
