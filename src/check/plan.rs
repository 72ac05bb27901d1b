//! Checks of what is planned: the root, each profile, each CRL. They need no key and no request,
//! so the same findings come out when planning, on the day and years later.

use super::extensions::{is_nested, usage_words};
use super::{
    CheckId, Finding, Findings, Refusal, adoption, destroy, ending, profile, renewed, trust,
};
use crate::digest::Digest;
use crate::ledger::entry::Event;
use crate::ledger::register::Register;
use crate::plan::{CrlPlan, NewRoot, Plan, Policy, RootPlan, Step, StepPlan, Validity, template};
use crate::x509::escape::escape;
use crate::x509::public_key::{RootKey, SignatureAlgorithm};
use crate::x509::time::UtcTime;

/// Seconds of a day.
pub(super) const DAY: i64 = 24 * 3600;

/// What was found of one planned thing.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Id of its step.
    pub step: String,
    /// What it is, escaped: `root`, `profile vault`, `CRL 7`.
    pub what: String,
    /// What was found, or why it is refused.
    pub found: Result<Vec<Finding>, Refusal>,
}

impl Planned {
    /// As recorded in the transcript, beside the plan's digest; a refusal is never recorded.
    pub fn record(&self, plan_sha256: Digest) -> Option<Event> {
        let findings = self.found.as_ref().ok()?;
        Some(Event::Checked {
            what: self.what.clone(),
            sha256: plan_sha256,
            findings: findings.iter().map(Finding::record).collect(),
        })
    }
}

/// What was found of the plan on its ledger: what the register alone can tell.
pub fn on_ledger(plan: &Plan, register: &Register) -> Vec<Planned> {
    let mut list = ending::all(plan, register);
    list.extend(renewed::all(plan, register));
    list.extend(destroy::all(plan, register));
    list
}

/// Checks everything that a plan holds, in the order of its steps.
pub fn all(plan: &Plan) -> Vec<Planned> {
    let mut list: Vec<Planned> = trust_bundle(plan).into_iter().collect();
    for step in &plan.steps {
        match &step.kind {
            StepPlan::GenerateRootKey
            | StepPlan::Revoke(_)
            | StepPlan::RequestCertificate(_)
            | StepPlan::ConfirmCopy(_)
            | StepPlan::DestroyKey => {}
            StepPlan::AdoptRoot(one) => {
                let found = adoption::adoption(one, plan.policy);
                list.push(planned(plan, step, "what is adopted".to_owned(), found));
                if let Some(found) = adoption::last_crl(one) {
                    list.push(planned(plan, step, "last CRL".to_owned(), found));
                }
            }
            StepPlan::IssueRoot(_) => {
                if let RootPlan::New(new) = &plan.root {
                    list.push(planned(
                        plan,
                        step,
                        "root".to_owned(),
                        root(new, plan.policy),
                    ));
                }
            }
            StepPlan::IssueIntermediates(many) => {
                let mut seen: Vec<&str> = Vec::new();
                for one in many {
                    if seen.contains(&one.profile.name.as_str()) {
                        continue;
                    }
                    seen.push(&one.profile.name);
                    let what = format!("profile {}", escape(&one.profile.name));
                    let findings = profile::profile(&one.profile, &plan.root, plan.policy);
                    list.push(planned(plan, step, what, findings));
                }
            }
            StepPlan::CrossSign(one) => {
                let what = format!("cross-certificate {}", escape(&one.product.name));
                let findings = profile::profile(&one.profile, &plan.root, plan.policy);
                list.push(planned(plan, step, what, findings));
            }
            StepPlan::IssueCrl(one) => {
                let what = format!("CRL {}", one.number);
                list.push(planned(plan, step, what, crl(one, plan.policy)));
            }
        }
    }
    list
}

/// It belongs to no step: it is told and recorded with the first thing that is signed.
fn trust_bundle(plan: &Plan) -> Option<Planned> {
    let trust = plan.trust.as_ref()?;
    let mut steps = plan.steps.iter();
    let step = steps.find(|step| !step.kind.products().is_empty());
    let step = step.or(plan.steps.first())?;
    let found = trust::trust(plan, trust);
    Some(planned(plan, step, "trust bundle".to_owned(), found))
}

fn planned(plan: &Plan, step: &Step, what: String, mut findings: Findings) -> Planned {
    findings.waive(&plan.waivers_in(&step.id));
    Planned {
        step: step.id.clone(),
        found: findings.clear((), &what).map(|(_, list)| list),
        what,
    }
}

/// What holds is a pass; what does not is told, and refused where the policy is webtrust.
pub(super) fn by_policy(
    findings: &mut Findings,
    id: CheckId,
    holds: bool,
    policy: Policy,
    words: impl Into<String>,
) {
    if holds || policy == Policy::Webtrust {
        findings.require(id, holds, words);
    } else {
        findings.notice(id, words);
    }
}

/// Checks a root that is to be made.
fn root(new: &NewRoot, policy: Policy) -> Findings {
    let mut findings = Findings::default();
    let key = new.key.word();
    match clients_that_refuse(new) {
        None => {
            findings.require(CheckId::RootKey, true, key);
        }
        Some(clients) => findings.notice(CheckId::RootKey, format!("{key}: {clients}")),
    }
    let missing = subject_faults(new);
    let words = if missing.is_empty() {
        "C, O and CN, no OU".to_owned()
    } else {
        missing.join(", ")
    };
    by_policy(
        &mut findings,
        CheckId::RootSubject,
        missing.is_empty(),
        policy,
        words,
    );
    let dates = template::dates(Validity::For(new.validity), &RootPlan::New(new.clone()));
    let seconds = dates.end.unix() - dates.start.unix() + 1;
    by_policy(
        &mut findings,
        CheckId::RootValidity,
        (2922 * DAY..=9132 * DAY).contains(&seconds),
        policy,
        format!("{}: {} days", new.validity, seconds / DAY),
    );
    findings
}

/// Clients that refuse a root with such a key or signature (measured).
fn clients_that_refuse(new: &NewRoot) -> Option<&'static str> {
    match (new.key, new.algorithm) {
        (RootKey::P521, _) => Some("rustls-webpki with ring refuses it"),
        (RootKey::Ed25519, _) => Some("NSS 3.87 and pyca refuse it"),
        (
            RootKey::Rsa3072 | RootKey::Rsa4096,
            SignatureAlgorithm::PssSha256
            | SignatureAlgorithm::PssSha384
            | SignatureAlgorithm::PssSha512,
        ) => Some("some clients refuse RSA-PSS signatures"),
        (RootKey::Rsa3072 | RootKey::Rsa4096 | RootKey::P256 | RootKey::P384, _) => None,
    }
}

fn subject_faults(new: &NewRoot) -> Vec<&'static str> {
    let attributes: Vec<String> = new
        .subject
        .rdns()
        .unwrap_or_default()
        .into_iter()
        .flatten()
        .map(|attribute| attribute.oid)
        .collect();
    let has = |oid: &str| attributes.iter().any(|one| one == oid);
    [
        (!has("2.5.4.6"), "no C"),
        (!has("2.5.4.10"), "no O"),
        (!has("2.5.4.3"), "no CN"),
        (has("2.5.4.11"), "an OU"),
    ]
    .into_iter()
    .filter_map(|(fault, words)| fault.then_some(words))
    .collect()
}

/// Checks a planned CRL.
fn crl(crl: &CrlPlan, policy: Policy) -> Findings {
    let mut findings = Findings::default();
    if crl.product.validity == Validity::NoEnd {
        findings.require(CheckId::CrlNextUpdate, true, crl.product.validity.words());
        return findings;
    }
    let Validity::For(span) = crl.product.validity else {
        by_policy(
            &mut findings,
            CheckId::CrlNextUpdate,
            false,
            policy,
            "no length of time",
        );
        return findings;
    };
    let start = UtcTime::TEMPLATE_START;
    // The last moment counts: a calendar year may have a day more.
    let seconds = template::last_second(start, span).unix() - start.unix() + 1;
    by_policy(
        &mut findings,
        CheckId::CrlNextUpdate,
        seconds <= 365 * DAY,
        policy,
        format!("{span}: up to {} days", (seconds + DAY - 1) / DAY),
    );
    findings
}

/// Whether the extended key usages of a profile lie within the root's, where that exists.
pub(super) fn nested_usages(findings: &mut Findings, own: &[String], root: &RootPlan) {
    let issuer = match root {
        RootPlan::New(_) => None,
        RootPlan::Existing(root) => root.fields.extended_key_usage(),
    };
    let words = match &issuer {
        None => "the root has none".to_owned(),
        Some(list) => format!("the root has {}", usage_words(list)),
    };
    let nested = is_nested(own, issuer.as_deref());
    findings.require(CheckId::ProfileExtendedUsageNested, nested, words);
}
