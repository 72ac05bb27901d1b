//! The laptop's clock, before anything is signed: nobody can tell that it is right, but much
//! tells that it is wrong.

use super::{CheckId, Finding, Findings, Refusal};
use crate::x509::time::UtcTime;

/// No ceremony is older than the program that holds it: when this version was written.
pub const WRITTEN: UtcTime = UtcTime::from_unix(1_790_812_800);

/// What the clock is held against.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockContext {
    /// The end of the last ceremony that was completed, or the last entry of the open one.
    pub last_entry: Option<UtcTime>,
    /// thisUpdate of the newest CRL.
    pub last_crl: Option<UtcTime>,
    /// The root's first and last second, where there is a root.
    pub root: Option<(UtcTime, UtcTime)>,
}

/// Checks the clock.
pub fn clock(now: UtcTime, context: &ClockContext) -> Result<((), Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let mut not_before = |id, moment: Option<UtcTime>, what: &str| {
        let words = match moment {
            Some(moment) => format!("the clock says {now}, and {what} {moment}"),
            None => format!("the clock says {now}"),
        };
        findings.require(id, moment.is_none_or(|moment| now >= moment), words);
    };
    let written = "this program was written after";
    not_before(CheckId::ClockProgram, Some(WRITTEN), written);
    let ledger = "the ledger's last entry is of";
    not_before(CheckId::ClockLedger, context.last_entry, ledger);
    let crl = "the newest CRL is of";
    not_before(CheckId::ClockCrl, context.last_crl, crl);
    let words = match context.root {
        Some((start, end)) => {
            format!("the clock says {now}, and the root is valid {start} to {end}")
        }
        None => format!("the clock says {now}, and there is no root yet"),
    };
    let within = context
        .root
        .is_none_or(|(start, end)| now >= start && now <= end);
    findings.require(CheckId::ClockRoot, within, words);
    findings
        .clear((), "the laptop's clock")
        .map(|(_, findings)| ((), findings))
}
