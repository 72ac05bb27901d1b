//! What one ceremony both revokes and renews: the key would be certified anew on the day on
//! which it is given up.

use super::plan::Planned;
use super::{CheckId, Findings};
use crate::digest::Digest;
use crate::ledger::register::Register;
use crate::plan::{IntermediatePlan, Plan, StepPlan, Succession};
use crate::x509::certificate::CertificateFields;

/// What was found of each step that renews, in a ceremony that revokes too.
pub fn all(plan: &Plan, register: &Register) -> Vec<Planned> {
    if plan.revocations().next().is_none() {
        return Vec::new();
    }
    let mut list = Vec::new();
    for step in &plan.steps {
        let StepPlan::IssueIntermediates(wanted) = &step.kind else {
            continue;
        };
        for one in wanted
            .iter()
            .filter(|one| one.succession == Succession::Renewal)
        {
            let what = format!("renewal {}", one.product.name);
            let mut findings = Findings::default();
            let given_up = is_given_up(one, plan, register);
            let words = if given_up {
                "this ceremony revokes a certificate of this very key: write rekey = true"
            } else {
                "this ceremony revokes nothing of its key"
            };
            findings.require(CheckId::RequestRenewalRevoked, !given_up, words);
            list.push(Planned {
                step: step.id.clone(),
                found: findings.clear((), &what).map(|(_, found)| found),
                what,
            });
        }
    }
    list
}

/// Whether a certificate of this key is revoked by the same ceremony.
fn is_given_up(wanted: &IntermediatePlan, plan: &Plan, register: &Register) -> bool {
    // A template that cannot be read is refused elsewhere.
    let Ok(fields) = CertificateFields::from_tbs(&wanted.product.template.0) else {
        return false;
    };
    let key = Digest::of(&fields.spki);
    let of_key = register.issued.iter().filter(|one| one.spki_sha256 == key);
    of_key
        .map(|one| &one.serial)
        .any(|serial| plan.revocations().any(|one| one.entry.serial == *serial))
}
