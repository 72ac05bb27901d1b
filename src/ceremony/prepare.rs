//! Everything that is checked before the day, and again on it: the file and its inputs read
//! into a plan, every request cleared, plan and lock as bytes.

use std::collections::BTreeMap;

use crate::check::certificate::{CertificateContext, certificate};
use crate::check::cross::{CrossContext, cross};
use crate::check::plan::Planned;
use crate::check::request::lists::{KeyLists, ListError};
use crate::check::request::{Claim, RequestContext, request, succession};
use crate::check::{self, CheckId, Cleared, Finding, Refusal};
use crate::digest::Digest;
use crate::handover::{MountError, check_mounts};
use crate::ledger::register::Register;
use crate::plan::cross::CrossPlan;
use crate::plan::document::PlanDocument;
use crate::plan::error::PlanError;
use crate::plan::make::Draft;
use crate::plan::past::Past;
use crate::plan::{IntermediatePlan, LedgerState, Plan, RootPlan, Waiver, lock};
use crate::x509::certificate::Certificate;
use crate::x509::request::Request;
use crate::x509::time::UtcTime;

/// A ceremony, ready to be shown, locked, rehearsed or run.
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// The ceremony file's bytes.
    pub source: Vec<u8>,
    /// The inputs' bytes by path.
    pub inputs: BTreeMap<String, Vec<u8>>,
    /// What was found in each input: an existing root, then the requests in the order of the
    /// steps.
    pub findings: Vec<InputFindings>,
    /// What was found of root, profiles and CRLs, in the order of the steps.
    pub planned: Vec<Planned>,
    /// The plan's bytes.
    pub plan_bytes: Vec<u8>,
    /// The lock's bytes.
    pub lock_bytes: Vec<u8>,
    /// The lists of lost keys that they were checked against.
    pub lists: KeyLists,
    /// The register the requests were checked against.
    pub register: Register,
    /// The file says that the ledger before is lost.
    pub rebuilds_ledger: bool,
}

impl Prepared {
    /// Digest of the lock: what people approve.
    pub fn lock_digest(&self) -> Digest {
        Digest::of(&self.lock_bytes)
    }
}

/// What a ceremony is prepared from.
pub struct Ingredients<'a> {
    /// Name of the ceremony file, without its folder.
    pub file_name: &'a str,
    /// Its text.
    pub source: &'a str,
    /// Every input of [`Draft::input_paths`].
    pub inputs: BTreeMap<String, Vec<u8>>,
    /// The ledger's state.
    pub ledger: LedgerState,
    /// The ledger's register.
    pub register: Register,
}

/// Why nothing can be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The file, or something it names, cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A mount that makes no file name of its own.
    #[error(transparent)]
    Mount(#[from] MountError),
    /// A list of lost keys.
    #[error(transparent)]
    List(#[from] ListError),
    /// Inputs, or what is planned, were refused.
    #[error("{} refused", .0.len())]
    Refused(Vec<Refusal>),
}

/// What was found in an input, with its path.
type InputFindings = (String, Vec<Finding>);

/// The root that a ceremony file names. An existing one comes from elsewhere: its certificate
/// is checked before anything is planned for it.
pub fn root(
    draft: &Draft<'_>,
    inputs: &BTreeMap<String, Vec<u8>>,
) -> Result<(RootPlan, Vec<InputFindings>), PrepareError> {
    let mut findings = Vec::new();
    if let Some(path) = draft.root_certificate() {
        let bytes = inputs.get(path).map_or(&[][..], Vec::as_slice);
        let (_, found) = certificate(bytes, &CertificateContext::root(path))
            .map_err(|refusal| PrepareError::Refused(vec![refusal]))?;
        findings.push((path.to_owned(), found));
    }
    Ok((draft.root(inputs)?, findings))
}

/// Reads, checks and plans.
pub fn prepare(ingredients: Ingredients<'_>) -> Result<Prepared, PrepareError> {
    let draft = Draft::parse(ingredients.source).map_err(PlanError::from)?;
    draft
        .check_waivable(&CheckId::waivable())
        .map_err(PlanError::from)?;
    draft.check_keys().map_err(PlanError::from)?;
    let waivers = draft.waivers();
    let (root, mut findings) = root(&draft, &ingredients.inputs)?;
    let mut register = ingredients.register;
    if let Some((step, plan)) = draft
        .adoption(&ingredients.inputs)
        .map_err(PlanError::from)?
    {
        let refused = |refusal| PrepareError::Refused(vec![refusal]);
        check::adoption::ledger(&register).map_err(refused)?;
        // What the root issued before counts from the first request on. The ledger is empty, as
        // was just seen, so nothing is refused here.
        let _ = register.adopt((draft.id(), &step), &plan.adoption);
    }
    let lists = KeyLists::of(&draft, &ingredients.inputs)?;
    let mut requests: BTreeMap<String, Request> = BTreeMap::new();
    let mut kept = BTreeMap::new();
    let mut refusals = Vec::new();
    let mut earlier: Vec<Claim> = Vec::new();
    let wanted = draft.wanted_requests().map_err(PlanError::from)?;
    for one in &wanted {
        let bytes = ingredients
            .inputs
            .get(&one.request)
            .map_or(&[][..], Vec::as_slice);
        let waived: Vec<&Waiver> = waivers.iter().filter(|w| w.step == one.step).collect();
        let context = RequestContext {
            root_subject: Some(root.subject()),
            root_spki: root_spki(&root),
            earlier: &earlier,
            spki_sha256: one.spki_sha256,
            generate: one.generate.as_ref(),
            subject: one.profile.subject.as_ref(),
            succession: one.succession,
            profile: Some(&one.profile),
            lists: &lists,
            policy: draft.policy(),
            waivers: &waived,
            ..RequestContext::alone(&one.request, &register)
        };
        match request(bytes, &context) {
            Ok((request, found)) => {
                let subject = one.profile.subject.as_ref();
                kept.extend(succession::kept_by(one, request.get(), &register));
                earlier.push(Claim::of(&one.request, request.get(), subject));
                findings.push((one.request.clone(), found));
                requests.insert(one.request.clone(), request.into_inner());
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    for path in draft.cross_signed() {
        let bytes = ingredients.inputs.get(&path).map_or(&[][..], Vec::as_slice);
        refusals.extend(certificate(bytes, &CertificateContext::alone(&path)).err());
    }
    if !refusals.is_empty() {
        return Err(PrepareError::Refused(refusals));
    }
    let (past, of_past) = past(
        &draft,
        &root,
        &ingredients.inputs,
        (&ingredients.ledger, &register),
    );
    if of_past.iter().any(|one| one.found.is_err()) {
        let found = of_past.into_iter();
        let refusals = found.filter_map(|one| one.found.err()).collect();
        return Err(PrepareError::Refused(refusals));
    }
    let past = Past { kept, ..past };
    let plan = draft.plan(&ingredients.inputs, &requests, ingredients.ledger, &past)?;
    for one in plan.crosses() {
        let materials = (&ingredients.inputs, &register, &lists);
        match check_cross(&plan, one, materials, (None, &earlier)) {
            Ok((_, found)) => findings.push((one.certificate.clone(), found)),
            Err(refusal) => return Err(PrepareError::Refused(vec![refusal])),
        }
    }
    let mut planned = check::plan::all(&plan);
    planned.extend(of_past);
    planned.extend(check::plan::on_ledger(&plan, &register));
    let refused = planned.iter().filter_map(|one| one.found.as_ref().err());
    let refusals: Vec<Refusal> = refused.cloned().collect();
    if !refusals.is_empty() {
        return Err(PrepareError::Refused(refusals));
    }
    check_mounts(plan.mounts())?;
    let plan_bytes = PlanDocument::of(&plan).to_bytes();
    let plan_name = plan_name(ingredients.file_name);
    let lock_bytes = lock::lock(
        (ingredients.file_name, ingredients.source.as_bytes()),
        (&plan_name, &plan_bytes),
        &plan.inputs,
    )
    .into_bytes();
    Ok(Prepared {
        plan,
        source: ingredients.source.as_bytes().to_vec(),
        inputs: ingredients.inputs,
        findings,
        planned,
        plan_bytes,
        lock_bytes,
        lists,
        rebuilds_ledger: draft.rebuilds_ledger(),
        register,
    })
}

/// What the plan takes from the root's life so far: of a new root, nothing.
fn past(
    draft: &Draft<'_>,
    root: &RootPlan,
    inputs: &BTreeMap<String, Vec<u8>>,
    (ledger, register): (&LedgerState, &Register),
) -> (Past, Vec<Planned>) {
    let RootPlan::Existing(root) = root else {
        return (Past::default(), Vec::new());
    };
    let file = |path: &str| inputs.get(path).map_or(&[][..], Vec::as_slice);
    // An existing root's ledger has a ceremony: an empty one is not known, or a rehearsal's.
    let known = ledger.ceremonies > 0 || register.is_adopted();
    check::past::past(draft, root, file, known.then_some(register))
}

/// Checks a request again against the root as it now is: a new root's key was not known when
/// the plan was made.
pub fn recheck(
    prepared: &Prepared,
    plan: &IntermediatePlan,
    root: &Certificate,
) -> Result<(Cleared<Request>, Vec<Finding>), Refusal> {
    let bytes = prepared
        .inputs
        .get(&plan.request)
        .map_or(&[][..], Vec::as_slice);
    request(
        bytes,
        &RequestContext {
            root_subject: Some(&root.fields.subject),
            root_spki: Some(&root.fields.spki),
            spki_sha256: plan.spki_sha256,
            generate: plan.generate.as_ref(),
            subject: plan.profile.subject.as_ref(),
            succession: plan.succession,
            profile: Some(&plan.profile),
            lists: &prepared.lists,
            policy: prepared.plan.policy,
            waivers: &prepared.plan.waivers_of(&plan.product.name),
            ..RequestContext::alone(&plan.request, &prepared.register)
        },
    )
}

/// Checks a certificate to be cross-signed again, now that root and time are known.
pub fn recheck_cross(
    prepared: &Prepared,
    plan: &CrossPlan,
    root: &Certificate,
    now: UtcTime,
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    let materials = (&prepared.inputs, &prepared.register, &prepared.lists);
    check_cross(&prepared.plan, plan, materials, (Some((root, now)), &[]))
}

fn check_cross(
    plan: &Plan,
    one: &CrossPlan,
    (inputs, register, lists): (&BTreeMap<String, Vec<u8>>, &Register, &KeyLists),
    (known, claims): (Option<(&Certificate, UtcTime)>, &[Claim]),
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    let bytes = |path: &str| inputs.get(path).map_or(&[][..], Vec::as_slice);
    cross(
        bytes(&one.certificate),
        &CrossContext {
            plan: one,
            issuer: one.issuer.as_deref().map(bytes),
            root_subject: plan.root.subject(),
            root_spki: known.map_or(root_spki(&plan.root), |(root, _)| Some(&root.fields.spki)),
            register,
            claims,
            lists,
            policy: plan.policy,
            now: known.map(|(_, now)| now),
            waivers: &plan.waivers_of(&one.product.name),
        },
    )
}

/// The plan's file beside a ceremony file: `x.toml` has `x.plan`.
pub fn plan_name(file_name: &str) -> String {
    format!("{}.plan", stem(file_name))
}

/// The lock's file beside a ceremony file: `x.toml` has `x.lock`.
pub fn lock_name(file_name: &str) -> String {
    format!("{}.lock", stem(file_name))
}

fn stem(file_name: &str) -> &str {
    file_name.strip_suffix(".toml").unwrap_or(file_name)
}

fn root_spki(root: &RootPlan) -> Option<&[u8]> {
    match root {
        RootPlan::New(_) => None,
        RootPlan::Existing(certificate) => Some(&certificate.fields.spki),
    }
}
