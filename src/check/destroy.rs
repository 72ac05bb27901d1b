//! What must be so before a root key is destroyed.

use super::plan::Planned;
use super::{CheckId, Findings};
use crate::ledger::register::Register;
use crate::plan::{Plan, StepPlan, Validity};

/// What was found of the step that destroys the key: nobody can issue a CRL after it.
pub fn all(plan: &Plan, register: &Register) -> Vec<Planned> {
    let of = |kind: &StepPlan| matches!(kind, StepPlan::DestroyKey);
    let Some(at) = plan.steps.iter().position(|step| of(&step.kind)) else {
        return Vec::new();
    };
    let own = plan.steps[..at]
        .iter()
        .rev()
        .find_map(|step| match &step.kind {
            StepPlan::IssueCrl(crl) => Some(crl.product.validity == Validity::NoEnd),
            _ => None,
        });
    let mut findings = Findings::default();
    let last = own.unwrap_or_else(|| register.is_closed());
    let words = if last {
        "the newest CRL is the final one"
    } else {
        "the newest CRL is not the final one: it would expire with nobody to issue the next"
    };
    findings.require(CheckId::DestroyFinalCrl, last, words);
    let what = "destruction of the root key".to_owned();
    vec![Planned {
        step: plan.steps[at].id.clone(),
        found: findings.clear((), &what).map(|(_, found)| found),
        what,
    }]
}
