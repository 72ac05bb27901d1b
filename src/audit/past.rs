//! The root's life before a ceremony, as its plan took it: computed again from the ledger before
//! it, or taken from the plan where only this ceremony is verified.

use std::collections::BTreeMap;

use super::Before;
use crate::check::plan::Planned;
use crate::plan::RootPlan;
use crate::plan::document::{PlanDocument, RevokeDocument};
use crate::plan::make::Draft;
use crate::plan::past::{Past, PreviousCrl};
use crate::x509::certificate::Certificate;
use crate::x509::crl_entry::carried_in_template;
use crate::x509::crl_file::CrlFile;
use crate::x509::escape::escape;
use crate::x509::pem;

/// The past of a plan, with what was found of it.
pub(super) fn past(
    plan: &PlanDocument,
    draft: &Draft<'_>,
    inputs: &BTreeMap<String, Vec<u8>>,
    before: Option<&Before>,
) -> Result<(Past, Vec<Planned>), String> {
    let root = draft.root(inputs).map_err(|e| escape(&e.to_string()))?;
    let RootPlan::Existing(root) = root else {
        return Ok((Past::default(), Vec::new()));
    };
    match before {
        Some(before) => computed(draft, &root, inputs, before),
        None => Ok((told(plan, Some(draft), inputs), Vec::new())),
    }
}

fn computed(
    draft: &Draft<'_>,
    root: &Certificate,
    inputs: &BTreeMap<String, Vec<u8>>,
    before: &Before,
) -> Result<(Past, Vec<Planned>), String> {
    let known = before.ceremonies > 0 || before.register.is_adopted();
    let register = known.then_some(&before.register);
    let file = |path: &str| inputs.get(path).map_or(&[][..], Vec::as_slice);
    let (past, planned) = crate::check::past::past(draft, root, file, register);
    let refusals: Vec<String> = planned
        .iter()
        .filter_map(|one| one.found.as_ref().err())
        .map(|refusal| format!("{}: {}", refusal.id.public(), refusal.words))
        .collect();
    if refusals.is_empty() {
        Ok((past, planned))
    } else {
        Err(refusals.join("; "))
    }
}

/// As the plan itself says, and the published CRL in `in/`.
pub(super) fn told(
    plan: &PlanDocument,
    draft: Option<&Draft<'_>>,
    inputs: &BTreeMap<String, Vec<u8>>,
) -> Past {
    let crl = plan.products().find(|(_, one)| one.crl_number.is_some());
    let carried = crl.and_then(|(_, one)| {
        let template = one.template()?;
        carried_in_template(&template.0, one.carried.unwrap_or_default()).ok()
    });
    let previous = draft
        .and_then(Draft::previous_crl)
        .and_then(|(_, path)| inputs.get(path));
    let previous = previous
        .and_then(|bytes| pem::decode_of_any_size(bytes, CrlFile::LABELS).ok())
        .and_then(|der| CrlFile::from_der(der).ok())
        .and_then(|crl| {
            Some(PreviousCrl {
                number: crl.number.to_u64()?,
                this_update: crl.this_update,
            })
        });
    let revoked = plan.steps.iter().filter_map(|step| {
        let plan = step.revoke.as_ref().and_then(RevokeDocument::plan)?;
        Some((step.id.clone(), plan))
    });
    Past {
        carried: carried.unwrap_or_default(),
        previous,
        revoked: revoked.collect(),
        ..Past::default()
    }
}
