//! Lock and plan: what was approved before the day, recomputed from the locked files.

use std::collections::BTreeMap;

use super::Before;
use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::past;
use super::unmade::Unmade;
use crate::check::plan::Planned;
use crate::check::request::lists::KeyLists;
use crate::check::{self, CheckId};
use crate::digest::{Digest, unhex};
use crate::ledger::layout;
use crate::plan::adopt::approval_digest;
use crate::plan::cross::CrossPlan;
use crate::plan::document::{PlanDocument, ProductDocument, StepDocument};
use crate::plan::lock;
use crate::plan::make::{Draft, WantedRequest};
use crate::plan::past::Past;
use crate::plan::{LedgerState, Policy, Product, SubjectKeyId, Validity, Waiver};
use crate::x509::escape::escape;
use crate::x509::key_identifier::KeyIdentifierMethod;
use crate::x509::public_key::RootKey;
use crate::x509::request::Request;
use crate::x509::template::Unknown;
use crate::x509::time::Span;

/// What was approved.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Digest of the lock.
    pub lock: Digest,
    /// Digest of the plan.
    pub plan_sha256: Digest,
    /// The plan.
    pub plan: Option<PlanDocument>,
    /// What the ceremony file says of its requests. `None` where it cannot be read: then the
    /// template alone tells.
    pub wanted: Option<Vec<WantedRequest>>,
    /// What is found of root, profiles and CRLs.
    pub planned: Vec<Planned>,
    /// What is cross-signed, as the plan made again has it.
    pub crosses: Vec<CrossPlan>,
    /// The lists of lost keys that it names.
    pub lists: KeyLists,
    /// What it takes from the root's life before it.
    pub past: Past,
}

impl Script {
    /// Reads and checks the folder `script/`: the plan was made for the ledger `before`, and
    /// with what is `known` besides, of a root that it adopts.
    pub fn read(
        files: &Files,
        (before, known): (Option<&Before>, Option<&Before>),
        authority: &Authority<'_>,
        unmade: Option<&Unmade>,
        findings: &mut Findings,
    ) -> Self {
        check_lock(files, findings);
        findings.begun(AuditId::Plan);
        let bytes = files.get(layout::SCRIPT_PLAN);
        let plan = match PlanDocument::from_bytes(bytes) {
            Ok(plan) => Some(plan),
            Err(why) => {
                findings.fail(AuditId::Plan, layout::SCRIPT_PLAN, escape(&why));
                None
            }
        };
        let mut script = Self {
            lock: Digest::of(files.get(layout::SCRIPT_LOCK)),
            plan_sha256: Digest::of(bytes),
            plan,
            wanted: None,
            planned: Vec::new(),
            crosses: Vec::new(),
            lists: KeyLists::NONE,
            past: Past::default(),
        };
        if let Some(plan) = script.plan.take() {
            check_plan(&plan, files, before, findings);
            if unmade.is_none() {
                check_root(&plan, authority, findings);
            }
            // The first of a ledger has nothing before it, whether all of it is at hand or not.
            let nothing = Before::default();
            let first = (plan.ledger.ceremonies == 0).then_some(&nothing);
            match recompute(&plan, files, known.or(first), findings) {
                Some(again) => {
                    script.wanted = Some(again.wanted);
                    script.lists = again.lists;
                    script.crosses = again.crosses;
                    script.planned = again.planned;
                    script.past = again.past;
                }
                None => script.past = past::told(&plan, None, &BTreeMap::new()),
            }
            script.plan = Some(plan);
        }
        script
    }

    /// A product with its step.
    pub fn product(&self, name: &str) -> Option<(&StepDocument, &ProductDocument)> {
        self.plan
            .as_ref()?
            .products()
            .find(|(_, product)| product.name == name)
    }

    /// What the plan allows.
    pub fn policy(&self) -> Policy {
        self.plan
            .as_ref()
            .map_or(Policy::Private, |plan| plan.policy)
    }

    /// Whether the ceremony file asks for one approval and one serial for each signature.
    pub fn webtrust(&self) -> bool {
        self.policy() == Policy::Webtrust
    }

    /// What the plan waives in a step.
    pub fn waivers(&self, step: &str) -> Vec<Waiver> {
        self.plan
            .as_ref()
            .map_or_else(Vec::new, |plan| of_step(plan, step))
    }

    /// Whether it is the first of its ledger.
    pub fn is_first(&self) -> bool {
        let mut plan = self.plan.iter();
        plan.any(|plan| plan.ledger.ceremonies == 0)
    }

    /// Who acts where nobody else is named: the first operator or administrator.
    pub fn actor(&self) -> &str {
        let mut people = self.plan.iter().flat_map(|plan| &plan.people);
        let acts = |role: &str| role == "operator" || role == "administrator";
        people
            .find(|person| acts(&person.role))
            .map_or("operator", |person| &person.id)
    }

    /// What the checks of a body need to know of a planned product.
    pub fn planned(&self, product: &ProductDocument) -> Option<Product> {
        let plan = self.plan.as_ref()?;
        let unknown = match product.unknown.as_str() {
            "nothing" => Unknown::Nothing,
            "issuer" => Unknown::Issuer,
            "own" => Unknown::Own(RootKey::parse(&plan.root.key)?.template_spki()),
            "key" => Unknown::Key(RootKey::parse(&plan.root.key)?.template_spki()),
            _ => return None,
        };
        let validity = if product.validity == Validity::UntilIssuer.words() {
            Validity::UntilIssuer
        } else if product.validity == Validity::NoEnd.words() {
            Validity::NoEnd
        } else if product.validity == Validity::Dateless.words() {
            Validity::Dateless
        } else {
            Validity::For(Span::parse(&product.validity)?)
        };
        Some(Product {
            name: product.name.clone(),
            validity,
            template: product.template()?,
            unknown,
            key_identifier: subject_key_id(plan, product)?,
        })
    }
}

/// `None` for a word that is not known here; a CRL has no such identifier, and a request asks for
/// the root's.
fn subject_key_id(plan: &PlanDocument, product: &ProductDocument) -> Option<Option<SubjectKeyId>> {
    if let Some(kept) = &product.kept_key_identifier {
        return Some(Some(SubjectKeyId::Kept(unhex(kept)?)));
    }
    if product.own_request {
        return Some(None);
    }
    let word = match (&product.profile, product.crl_number) {
        (Some(profile), _) => &profile.key_identifier,
        (None, None) => plan.root.key_identifier.as_ref()?,
        (None, Some(_)) => return Some(None),
    };
    Some(Some(SubjectKeyId::Method(KeyIdentifierMethod::parse(
        word,
    )?)))
}

/// What a plan waives in a step.
fn of_step(plan: &PlanDocument, step: &str) -> Vec<Waiver> {
    let of = plan.waivers.iter().filter(|one| one.step == step);
    let waivers = of.map(|one| Waiver {
        check: one.check.clone(),
        step: one.step.clone(),
        reason: one.reason.clone(),
        by: one.by.clone(),
    });
    waivers.collect()
}

fn check_lock(files: &Files, findings: &mut Findings) {
    findings.begun(AuditId::Lock);
    let bytes = files.get(layout::SCRIPT_LOCK);
    let text = String::from_utf8_lossy(bytes);
    let lines = match lock::read(&text) {
        Ok(lines) if lock::write(&lines).as_bytes() == bytes && lines.len() >= 2 => lines,
        Ok(_) => {
            let words = "not the lines of ceremony file, plan and inputs";
            return findings.fail(AuditId::Lock, layout::SCRIPT_LOCK, words);
        }
        Err(line) => {
            let place = format!("{}, line {line}", layout::SCRIPT_LOCK);
            return findings.fail(AuditId::Lock, place, "no digest, two spaces and path");
        }
    };
    for (at, line) in lines.iter().enumerate() {
        let path = match at {
            0 => layout::SCRIPT_FILE.to_owned(),
            1 => layout::SCRIPT_PLAN.to_owned(),
            _ => format!("in/{}", line.path),
        };
        let found = files.bytes.get(&path).map(|bytes| Digest::of(bytes));
        let place = format!("{}, line {}", layout::SCRIPT_LOCK, at + 1);
        let words = format!("{} is missing or has another digest", escape(&path));
        findings.require(AuditId::Lock, found == Some(line.sha256), place, words);
    }
    for pair in lines[2..].windows(2) {
        let sorted = pair[0].path < pair[1].path;
        findings.require(
            AuditId::Lock,
            sorted,
            layout::SCRIPT_LOCK,
            "inputs are not sorted, or one comes twice",
        );
    }
    for path in files.below("in/") {
        let listed = lines[2..]
            .iter()
            .any(|line| path.strip_prefix("in/") == Some(&line.path));
        findings.require(
            AuditId::Lock,
            listed,
            escape(path),
            "is no input of the lock",
        );
    }
}

fn check_root(plan: &PlanDocument, authority: &Authority<'_>, findings: &mut Findings) {
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Plan, holds, layout::SCRIPT_PLAN, words);
    };
    let key = RootKey::parse(&plan.root.key);
    require(
        key.is_some_and(|key| key.kind() == authority.key.kind()),
        "its root key is of another type than the given root's",
    );
    require(
        plan.root.algorithm == authority.algorithm.name(),
        "its root signs with another algorithm than the given root",
    );
    require(
        plan.root.subject == crate::digest::hex(authority.certificate.fields.subject.as_der()),
        "its root has another subject than the given root",
    );
}

fn check_plan(
    plan: &PlanDocument,
    files: &Files,
    before: Option<&Before>,
    findings: &mut Findings,
) {
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Plan, holds, layout::SCRIPT_PLAN, words);
    };
    let inputs = plan.inputs.iter().all(|input| {
        files
            .bytes
            .get(&format!("in/{}", input.path))
            .is_some_and(|bytes| Digest::of(bytes) == input.sha256)
    });
    let count = files.below("in/").count();
    require(
        inputs && plan.inputs.len() == count,
        "its inputs are not the files in in/",
    );
    for step in &plan.steps {
        let digests: Vec<Digest> = step
            .products
            .iter()
            .map(|one| one.template_sha256)
            .collect();
        let approval = match digests.as_slice() {
            [] if !step.adopts.is_empty() => Some(approval_digest(&step.adopts)),
            [] => None,
            [one] => Some(*one),
            many => {
                let lines: String = many.iter().map(|digest| format!("{digest}\n")).collect();
                Some(Digest::of(lines.as_bytes()))
            }
        };
        let templates = step.products.iter().all(|product| {
            product
                .template()
                .is_some_and(|template| template.digest() == product.template_sha256)
        });
        require(
            templates && approval == step.approval_sha256,
            &format!("step {}: digests are not its templates'", escape(&step.id)),
        );
    }
    if let Some(before) = before {
        let state = &plan.ledger;
        require(
            state.ceremonies == before.ceremonies
                && state.head == before.head
                && state.next_crl_number == before.register.next_crl_number(),
            "it was made for another state of the ledger",
        );
    }
}

/// Makes the plan again from the ceremony file, under its own edition: it must come out the
/// same, whichever version made it.
fn recompute(
    plan: &PlanDocument,
    files: &Files,
    before: Option<&Before>,
    findings: &mut Findings,
) -> Option<Again> {
    let again = match made_again(plan, files, before) {
        Ok(again) => again,
        Err(why) => {
            let words = format!("cannot be made again from the ceremony file: {why}");
            findings.fail(AuditId::Plan, layout::SCRIPT_PLAN, words);
            return None;
        }
    };
    findings.require(
        AuditId::Plan,
        again.document.to_bytes() == files.get(layout::SCRIPT_PLAN),
        layout::SCRIPT_PLAN,
        "not what follows from ceremony file, inputs and ledger",
    );
    for one in &again.planned {
        let Err(refusal) = &one.found else { continue };
        let waivers = of_step(plan, &one.step);
        if let Some(why) = findings.refuses(refusal.clone(), &waivers) {
            let words = format!("{}: {why}", refusal.subject);
            findings.fail(AuditId::Plan, layout::SCRIPT_PLAN, words);
        }
    }
    Some(again)
}

/// A plan made again, with what it was made from.
struct Again {
    document: PlanDocument,
    wanted: Vec<WantedRequest>,
    lists: KeyLists,
    planned: Vec<Planned>,
    crosses: Vec<CrossPlan>,
    past: Past,
}

fn made_again(
    plan: &PlanDocument,
    files: &Files,
    before: Option<&Before>,
) -> Result<Again, String> {
    let source = std::str::from_utf8(files.get(layout::SCRIPT_FILE))
        .map_err(|_| "it is not UTF-8".to_owned())?;
    let draft = Draft::parse(source).map_err(|error| escape(&error.to_string()))?;
    draft
        .check_waivable(&CheckId::waivable())
        .map_err(|error| escape(&error.to_string()))?;
    let mut inputs = BTreeMap::new();
    for path in draft.input_paths() {
        let bytes = files.get(&format!("in/{path}")).to_vec();
        inputs.insert(path, bytes);
    }
    let lists = KeyLists::of(&draft, &inputs).map_err(|error| error.to_string())?;
    let mut requests = BTreeMap::new();
    let mut kept = BTreeMap::new();
    let wanted = draft
        .wanted_requests()
        .map_err(|e| escape(&e.to_string()))?;
    for one in &wanted {
        let bytes = inputs.get(&one.request).map_or(&[][..], Vec::as_slice);
        let request = Request::from_bytes(bytes)
            .map_err(|error| format!("{}: {error}", escape(&one.request)))?;
        // The plan's own word: what was issued before is compared with it where it is known.
        let planned = plan.products().map(|(_, product)| product);
        let planned = planned
            .filter(|product| product.request.as_ref() == Some(&one.request))
            .find_map(|product| unhex(product.kept_key_identifier.as_deref()?));
        kept.extend(planned.map(|bytes| (one.request.clone(), bytes)));
        requests.insert(one.request.clone(), request);
    }
    let ledger = LedgerState {
        ceremonies: plan.ledger.ceremonies,
        head: plan.ledger.head,
        next_crl_number: plan.ledger.next_crl_number,
    };
    let (past, of_past) = past::past(plan, &draft, &inputs, before)?;
    let past = Past { kept, ..past };
    let made = draft
        .plan(&inputs, &requests, ledger, &past)
        .map_err(|error| escape(&error.to_string()))?;
    let mut document = PlanDocument::of(&made);
    // Which version made it changes nothing of the rest; the edition does.
    document.tool.clone_from(&plan.tool);
    document.edition = plan.edition;
    let mut planned = check::plan::all(&made);
    planned.extend(of_past);
    if let Some(before) = before {
        planned.extend(check::plan::on_ledger(&made, &before.register));
    }
    Ok(Again {
        document,
        wanted,
        lists,
        planned,
        crosses: made.crosses().cloned().collect(),
        past,
    })
}
