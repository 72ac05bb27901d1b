//! The report made from a prepared ceremony.

use super::{
    AnchorFact, Approval, DigestFact, FORMAT, FieldFact, FileFact, LedgerFact, PersonFact,
    PlanReport, PlannedFact, ProductFact, ProfileFact, RootFact, StepFact, TrustFact, WaiverFact,
};
use crate::ceremony::prepare::Prepared;
use crate::check::{Finding, Outcome};
use crate::digest::Digest;
use crate::plan::cross::CrossPlan;
use crate::plan::document::RevokeDocument;
use crate::plan::profile::Profile;
use crate::plan::trust::TrustPlan;
use crate::plan::{
    CrlPlan, IntermediatePlan, Plan, Policy, Product, RootPlan, Step, StepPlan, Validity, Waiver,
    explain, lock, template,
};
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;
use crate::x509::facts::{CertificateFacts, CrlFacts, RequestFacts};
use crate::x509::tbs::{CertificateTbs, CertificationRequestInfo, CrlTbs};
use crate::x509::time::UtcTime;

impl DigestFact {
    fn of(digest: Digest) -> Self {
        Self {
            sha256: digest,
            words: digest.words().join(" "),
        }
    }
}

impl PlanReport {
    /// Of a prepared ceremony. `known` says whether the ledger's state is known; with `today`
    /// validities stand there in dates, without it the report is a function of the plan alone.
    pub fn of(prepared: &Prepared, known: bool, today: Option<UtcTime>) -> Self {
        let plan = &prepared.plan;
        let bench = Bench { prepared, today };
        let issues_crl = |step: &Step| matches!(step.kind, StepPlan::IssueCrl(_));
        let is_new = matches!(plan.root, RootPlan::New(_));
        let steps: Vec<StepFact> = plan.steps.iter().map(|step| bench.step(step)).collect();
        Self {
            format: FORMAT,
            ceremony: escape(&plan.id),
            title: escape(&plan.title),
            policy: plan.policy.word(),
            seal: match plan.seal {
                crate::plan::SealMode::Direct => "direct",
                crate::plan::SealMode::None => "none",
            },
            token: escape(&plan.token_label),
            root: root(prepared),
            ledger: LedgerFact {
                known,
                ceremonies: plan.ledger.ceremonies,
                head: plan.ledger.head,
            },
            waivers: waivers(plan, &steps),
            people: people(plan),
            profiles: profiles(plan),
            steps,
            trust_bundle: plan.trust.as_ref().map(trust),
            lacks_first_crl: is_new && !plan.steps.iter().any(issues_crl),
            files: files(prepared),
            lock: DigestFact::of(prepared.lock_digest()),
        }
    }
}

fn root(prepared: &Prepared) -> RootFact {
    let plan = &prepared.plan;
    let requests = plan.intermediates().map(|one| &*one.request);
    let crosses = plan.crosses().map(|one| &*one.certificate);
    let requests: Vec<&str> = requests.chain(crosses).collect();
    let findings = prepared.findings.iter();
    let of_root = findings.filter(|(path, _)| !requests.contains(&&**path));
    let (new_key, sha256) = match &plan.root {
        RootPlan::New(new) => (Some(new.key.word()), None),
        RootPlan::Existing(root) => (None, Some(root.digest())),
    };
    RootFact {
        subject: plan.root.subject().to_string(),
        new_key,
        sha256,
        findings: of_root.flat_map(|(_, found)| found.clone()).collect(),
    }
}

fn trust(plan: &TrustPlan) -> TrustFact {
    let anchors = plan.files().filter_map(|(path, bytes)| {
        let anchor = Certificate::from_file(bytes).ok()?;
        Some(AnchorFact {
            path: escape(path),
            subject: anchor.fields.subject.to_string(),
            not_after: anchor.fields.not_after.to_string(),
            sha256: anchor.digest(),
        })
    });
    TrustFact {
        name: plan.bundle.name.clone(),
        also: anchors.collect(),
    }
}

fn waivers(plan: &Plan, steps: &[StepFact]) -> Vec<WaiverFact> {
    let puts_aside = |waiver: &Waiver| {
        let step = steps.iter().filter(|step| step.id == escape(&waiver.step));
        let found = step.flat_map(|step| {
            let planned = step.planned.iter().flat_map(|one| &one.findings);
            planned.chain(step.products.iter().flat_map(|one| &one.findings))
        });
        let is_meant =
            |one: &&Finding| one.outcome == Outcome::Waived && one.id.public() == waiver.check;
        found.filter(is_meant).count()
    };
    let fact = |waiver: &Waiver| WaiverFact {
        check: escape(&waiver.check),
        step: escape(&waiver.step),
        by: escape(&waiver.by),
        reason: escape(&waiver.reason),
        puts_aside: puts_aside(waiver),
    };
    plan.waivers.iter().map(fact).collect()
}

fn people(plan: &Plan) -> Vec<PersonFact> {
    let fact = |person: &crate::plan::Person| PersonFact {
        id: escape(&person.id),
        role: escape(&person.role),
        signs: person.key.is_some(),
    };
    plan.people.iter().map(fact).collect()
}

fn profiles(plan: &Plan) -> Vec<ProfileFact> {
    let mut used: Vec<&Profile> = Vec::new();
    for one in plan.intermediates() {
        if used.iter().all(|profile| profile.name != one.profile.name) {
            used.push(&one.profile);
        }
    }
    used.into_iter()
        .map(|profile| ProfileFact {
            name: escape(&profile.name),
            base: profile.base.word(),
            built_in: profile.base.word() == profile.name && profile.written.is_empty(),
            purpose: profile.base.purpose(),
            fields: explain::profile(profile)
                .into_iter()
                .map(|field| FieldFact {
                    field: field.field,
                    value: field.value,
                    because: field.because,
                })
                .collect(),
        })
        .collect()
}

fn files(prepared: &Prepared) -> Vec<FileFact> {
    let text = String::from_utf8_lossy(&prepared.lock_bytes);
    let lines = lock::read(&text).unwrap_or_default().into_iter();
    lines
        .map(|line| FileFact {
            path: escape(&line.path),
            sha256: line.sha256,
        })
        .collect()
}

/// What the facts of a step are made from.
struct Bench<'a> {
    prepared: &'a Prepared,
    today: Option<UtcTime>,
}

impl Bench<'_> {
    fn step(&self, step: &Step) -> StepFact {
        StepFact {
            id: escape(&step.id),
            does: step.kind.word(),
            title: escape(&step.title),
            read_aloud: step.read_aloud.as_deref().map(escape),
            revoke: match &step.kind {
                StepPlan::Revoke(plan) => Some(RevokeDocument::of(plan).escaped()),
                _ => None,
            },
            adopts: match &step.kind {
                StepPlan::AdoptRoot(plan) => plan.statement(),
                _ => Vec::new(),
            },
            products: match &step.kind {
                StepPlan::GenerateRootKey
                | StepPlan::AdoptRoot(_)
                | StepPlan::Revoke(_)
                | StepPlan::ConfirmCopy(_)
                | StepPlan::DestroyKey => Vec::new(),
                StepPlan::IssueRoot(product) => vec![self.certificate(product)],
                StepPlan::RequestCertificate(product) => vec![self.own_request(product)],
                StepPlan::IssueIntermediates(list) => {
                    list.iter().map(|one| self.intermediate(one)).collect()
                }
                StepPlan::CrossSign(cross) => vec![self.cross(cross)],
                StepPlan::IssueCrl(crl) => vec![self.crl(crl)],
            },
            planned: self.planned(step),
            approvals: self.approvals(step),
        }
    }

    fn planned(&self, step: &Step) -> Vec<PlannedFact> {
        let planned = self.prepared.planned.iter();
        planned
            .filter(|one| one.step == step.id)
            .map(|one| PlannedFact {
                what: one.what.clone(),
                findings: one.found.clone().unwrap_or_default(),
            })
            .collect()
    }

    fn product(&self, product: &Product) -> ProductFact {
        ProductFact {
            name: escape(&product.name),
            mount: None,
            request: None,
            profile: None,
            cert_manager: None,
            certificate: None,
            crl: None,
            own_request: None,
            template_sha256: product.template.digest(),
            findings: Vec::new(),
        }
    }

    fn certificate(&self, product: &Product) -> ProductFact {
        let body = CertificateTbs(product.template.0.clone());
        let validity = self.validity(product.validity);
        ProductFact {
            certificate: CertificateFacts::of_template(&body, &validity).ok(),
            ..self.product(product)
        }
    }

    fn own_request(&self, product: &Product) -> ProductFact {
        let root = &self.prepared.plan.root;
        let own = match root {
            RootPlan::New(_) => None,
            RootPlan::Existing(root) => Some(&root.fields.spki[..]),
        };
        let body = CertificationRequestInfo(product.template.0.clone());
        let facts = |algorithm| RequestFacts::of_info(&body, own, algorithm).ok();
        ProductFact {
            own_request: root.signature_algorithm().and_then(facts),
            ..self.product(product)
        }
    }

    fn crl(&self, plan: &CrlPlan) -> ProductFact {
        let product = &plan.product;
        let body = CrlTbs(product.template.0.clone());
        let validity = self.validity(product.validity);
        ProductFact {
            crl: CrlFacts::of_template(&body, &validity, plan.carried.count()).ok(),
            ..self.product(product)
        }
    }

    fn intermediate(&self, one: &IntermediatePlan) -> ProductFact {
        let mut findings = self.prepared.findings.iter();
        let found = findings.find(|(path, _)| *path == one.request);
        ProductFact {
            mount: Some(escape(&one.mount)),
            request: Some(escape(&one.request)),
            profile: Some(escape(&one.profile.name)),
            cert_manager: one.cert_manager.as_ref().map(|told| escape(&told.words())),
            findings: found.map(|(_, list)| list.clone()).unwrap_or_default(),
            ..self.certificate(&one.product)
        }
    }

    fn cross(&self, one: &CrossPlan) -> ProductFact {
        let mut findings = self.prepared.findings.iter();
        let found = findings.find(|(path, _)| *path == one.certificate);
        ProductFact {
            mount: one.mount.as_deref().map(escape),
            request: Some(escape(&one.certificate)),
            profile: Some(escape(&one.profile.name)),
            findings: found.map(|(_, list)| list.clone()).unwrap_or_default(),
            ..self.certificate(&one.product)
        }
    }

    /// In dates: what it would be if the ceremony were today.
    fn validity(&self, validity: Validity) -> String {
        match (validity, &self.prepared.plan.root) {
            (Validity::For(span), _) => match self.today {
                Some(today) => {
                    let end = template::last_second(today, span);
                    format!("{span}; issued today: {} to {}", today.date(), end.date())
                }
                None => span.to_string(),
            },
            (Validity::UntilIssuer, RootPlan::Existing(root)) => {
                format!("{}: {}", validity.words(), root.fields.not_after.readable())
            }
            (Validity::UntilIssuer, RootPlan::New(_))
            | (Validity::NoEnd | Validity::Dateless, _) => validity.words(),
        }
    }

    fn approvals(&self, step: &Step) -> Vec<Approval> {
        let products = step.kind.products();
        if let StepPlan::AdoptRoot(plan) = &step.kind {
            return vec![Approval {
                what: format!("Step {} (its list)", escape(&step.id)),
                digest: DigestFact::of(plan.approval_digest()),
            }];
        }
        if self.prepared.plan.policy == Policy::Webtrust {
            let one_by_one = |product: &&Product| Approval {
                what: format!("{}'s template", escape(&product.name)),
                digest: DigestFact::of(product.template.digest()),
            };
            return products.iter().map(one_by_one).collect();
        }
        let which = match products.len() {
            0 | 1 => "its template",
            _ => "all its templates",
        };
        let approval = step.approval_digest().map(|digest| Approval {
            what: format!("Step {} ({which})", escape(&step.id)),
            digest: DigestFact::of(digest),
        });
        approval.into_iter().collect()
    }
}
