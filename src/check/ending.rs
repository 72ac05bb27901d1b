//! The end of a root's life: what a final CRL leaves alive, and that nothing comes after it.

use super::plan::Planned;
use super::{CheckId, Findings};
use crate::ledger::register::{Certainty, Issued, Register};
use crate::plan::{Plan, StepPlan, Validity};
use crate::x509::crl_entry::Carried;

/// What was found of each step that has to do with the end.
pub fn all(plan: &Plan, register: &Register) -> Vec<Planned> {
    let mut list = Vec::new();
    for step in &plan.steps {
        let signs = !step.kind.products().is_empty() || matches!(step.kind, StepPlan::Revoke(_));
        let mut findings = Findings::default();
        let closed = register.is_closed();
        // That all is well is told once, beside the CRL.
        let crl = matches!(step.kind, StepPlan::IssueCrl(_)) && register.published_crl().is_some();
        if crl || (signs && closed) {
            let words = if closed {
                "the final CRL of this root is signed: nothing can be issued or revoked any more"
            } else {
                "no final CRL is signed"
            };
            findings.require(CheckId::CrlAfterFinal, !closed, words);
        }
        if let StepPlan::IssueCrl(crl) = &step.kind
            && crl.product.validity == Validity::NoEnd
        {
            left_alive(plan, register, &crl.carried, &mut findings);
        }
        if findings.is_empty() {
            continue;
        }
        findings.waive(&plan.waivers_in(&step.id));
        let what = "the end of the root".to_owned();
        list.push(Planned {
            step: step.id.clone(),
            found: findings.clear((), &what).map(|(_, found)| found),
            what,
        });
    }
    list
}

/// What the final CRL does not list: whoever has it may use it to its last second.
fn left_alive(plan: &Plan, register: &Register, carried: &Carried, findings: &mut Findings) {
    // The day is not known here; the last CRL's is over in any case.
    let since = register.published_crl().map(|crl| crl.this_update);
    let revoked: Vec<_> = plan.revocations().map(|one| &one.entry.serial).collect();
    let alive = |one: &&Issued| {
        one.certainty == Certainty::Signed
            && one.subject != *plan.root.subject()
            && since.is_none_or(|since| one.not_after >= since)
            && !revoked.contains(&&one.serial)
            && carried.find(&one.serial).is_none()
    };
    let left: Vec<&Issued> = register.issued.iter().filter(alive).collect();
    let made = plan.intermediates().count();
    if left.is_empty() && made == 0 {
        let words = "everything that was issued and may not have expired is revoked";
        findings.require(CheckId::CrlFinal, true, words);
    }
    for one in left {
        findings.notice(
            CheckId::CrlFinal,
            format!(
                "not revoked: {} ({}), valid until {}",
                one.serial,
                one.subject,
                one.not_after.readable()
            ),
        );
    }
    if made > 0 {
        let words = format!("not revoked: what this ceremony issues before it, {made}");
        findings.notice(CheckId::CrlFinal, words);
    }
}
