//! From the file as written to the plan: defaults expanded, fields that do not belong
//! together refused, templates made.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::cert_manager::CertManager;
use super::error::PlanError;
use super::file::{self, CeremonyFile, CertManagerFile, FileError, Requests, StepFile};
use super::generate::Generate;
use super::past::{Origin, Past, is_final};
use super::profile::Profile;
use super::step_kind::StepKind;
use super::{
    CrlPlan, IntermediatePlan, LedgerState, Person, Plan, RootPlan, Step, StepPlan, SubjectKeyId,
    Succession, Validity,
};
use super::{request, template};
use crate::digest::Digest;
use crate::x509::crl_entry::NewEntry;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::request::Request;
use crate::x509::time::Span;

/// The file's source beside what was read from it, for errors that need a place.
pub struct Draft<'a> {
    pub(super) source: &'a str,
    pub(super) file: CeremonyFile,
}

/// A request with what its checks need.
#[derive(Clone, Debug)]
pub struct WantedRequest {
    /// Path of the request's file.
    pub request: String,
    /// Id of its step.
    pub step: String,
    /// SPKI digest that the file names.
    pub spki_sha256: Option<Digest>,
    /// How the file has Vault make it.
    pub generate: Option<Generate>,
    /// What it follows.
    pub succession: Succession,
    /// What its certificate will say.
    pub profile: Profile,
}

/// What a step with its defaults looks like before templates are made.
pub(super) struct Wanted<'a> {
    pub(super) mount: &'a Spanned<file::Mount>,
    pub(super) request: String,
    pub(super) request_place: usize,
    spki_sha256: Option<Digest>,
    pub(super) generate: Option<&'a Spanned<file::GenerateFile>>,
    pub(super) renew: Option<&'a Spanned<bool>>,
    pub(super) rekey: Option<&'a Spanned<bool>>,
    pub(super) profile: Option<&'a Spanned<String>>,
    pub(super) cert_manager: Option<&'a CertManagerFile>,
}

impl<'a> Draft<'a> {
    /// Reads the file and checks what can be checked without its inputs.
    pub fn parse(source: &'a str) -> Result<Self, FileError> {
        let draft = Self {
            source,
            file: file::parse(source)?,
        };
        draft.check_steps()?;
        draft.check_generated()?;
        draft.check_people()?;
        draft.check_waivers()?;
        Ok(draft)
    }

    /// Ceremony id.
    pub fn id(&self) -> &str {
        &self.file.id.0
    }

    /// What is allowed.
    pub fn policy(&self) -> super::Policy {
        self.file.policy.0
    }

    /// Label of the token.
    pub fn token_label(&self) -> &str {
        &self.file.token.label.0
    }

    /// Path of the existing root's certificate.
    pub fn root_certificate(&self) -> Option<&str> {
        self.file
            .root
            .get_ref()
            .certificate
            .as_ref()
            .map(|path| path.get_ref().0.as_str())
    }

    /// Whether a step rebuilds a ledger that is lost.
    pub fn rebuilds_ledger(&self) -> bool {
        let mut steps = self.file.step.iter();
        steps.any(|step| step.get_ref().lost_ledger.is_some())
    }

    /// Paths of the lists of lost keys: Debian's and the site's own.
    pub fn key_lists(&self) -> [Option<&str>; 2] {
        let keys = &self.file.keys;
        [&keys.debian_weak, &keys.blocked].map(|path| path.as_ref().map(|path| path.0.as_str()))
    }

    /// Paths of the requests, in the order of the steps.
    pub fn requests(&self) -> Vec<String> {
        self.file
            .step
            .iter()
            .flat_map(|step| wanted(step.get_ref()))
            .map(|one| one.request)
            .collect()
    }

    /// The mounts that get an intermediate, in the order of the steps.
    pub fn mounts(&self) -> impl Iterator<Item = &str> {
        let steps = self.file.step.iter();
        steps
            .flat_map(|step| wanted(step.get_ref()))
            .map(|one| one.mount.get_ref().0.as_str())
    }

    /// The requests with what their checks need, in the order of the steps.
    pub fn wanted_requests(&self) -> Result<Vec<WantedRequest>, FileError> {
        let steps = self.file.step.iter().enumerate();
        steps
            .flat_map(|(at, step)| wanted(step.get_ref()).into_iter().map(move |one| (at, one)))
            .map(|(at, one)| {
                Ok(WantedRequest {
                    step: self.step_id(at),
                    succession: self.succession(one.renew, one.rekey)?,
                    profile: self.profile(one.profile)?,
                    generate: self.generate(one.generate)?,
                    request: one.request,
                    spki_sha256: one.spki_sha256,
                })
            })
            .collect()
    }

    /// Every input, sorted.
    pub fn input_paths(&self) -> Vec<String> {
        let mut paths: BTreeSet<String> = self.requests().into_iter().collect();
        paths.extend(self.root_certificate().map(str::to_owned));
        paths.extend(self.cross_inputs());
        paths.extend(self.key_lists().into_iter().flatten().map(str::to_owned));
        paths.extend(self.spki_list().map(str::to_owned));
        paths.extend(self.revocation_inputs());
        paths.extend(self.adoption_inputs());
        paths.extend(self.trust_inputs());
        paths.into_iter().collect()
    }

    /// The plan. `requests` holds every path of [`Self::requests`].
    pub fn plan(
        &self,
        inputs: &BTreeMap<String, Vec<u8>>,
        requests: &BTreeMap<String, Request>,
        ledger: LedgerState,
        past: &Past,
    ) -> Result<Plan, PlanError> {
        let root = self.root(inputs)?;
        let after_previous = past.previous.map_or(0, |crl| crl.number.saturating_add(1));
        let mut next_crl_number = ledger.next_crl_number.max(after_previous);
        let mut adoption = self.adoption(inputs)?;
        let mut steps = Vec::new();
        for (at, step) in self.file.step.iter().enumerate() {
            let written = step.get_ref();
            let kind = match adoption.take_if(|_| *written.kind.get_ref() == StepKind::AdoptRoot) {
                Some((_, adopt)) => {
                    let last = adopt.adoption.crl.as_ref().map_or(0, |crl| crl.number);
                    next_crl_number = next_crl_number.max(last.saturating_add(1));
                    StepPlan::AdoptRoot(Box::new(adopt))
                }
                None => self.step(
                    at,
                    step,
                    (&root, inputs),
                    requests,
                    past,
                    &mut next_crl_number,
                )?,
            };
            steps.push(Step {
                id: self.step_id(at),
                title: written
                    .title
                    .as_ref()
                    .map_or_else(|| default_title(&kind, &root), |title| title.0.clone()),
                read_aloud: written.read_aloud.as_ref().map(|text| text.0.clone()),
                kind,
            });
        }
        Ok(Plan {
            id: self.file.id.0.clone(),
            title: self.file.title.0.clone(),
            policy: self.file.policy.0,
            seal: self.file.seal.root.0,
            people: self
                .file
                .person
                .iter()
                .map(|person| Person {
                    id: person.id.get_ref().0.clone(),
                    role: person.role.0.clone(),
                    key: person.key.as_ref().map(|key| key.get_ref().0.clone()),
                })
                .collect(),
            token_label: self.file.token.label.0.clone(),
            root,
            ledger,
            steps,
            waivers: self.waivers(),
            trust: self.trust(inputs),
            inputs: inputs
                .iter()
                .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
                .collect(),
        })
    }

    pub(super) fn at(&self, offset: usize, words: &str) -> FileError {
        file::error_at(self.source, offset, words)
    }

    pub(super) fn step_id(&self, at: usize) -> String {
        self.file.step[at]
            .get_ref()
            .id
            .as_ref()
            .map_or_else(|| format!("s{:02}", at + 1), |id| id.get_ref().0.clone())
    }

    pub(super) fn bounded(
        &self,
        length: &Spanned<file::Length>,
        least: u64,
        most: u64,
        words: &str,
    ) -> Result<Span, FileError> {
        let span = length.get_ref().0;
        let seconds = span.approximate_seconds();
        // A calendar year is up to a day shorter than 366 days.
        if seconds + 86_400 < least || seconds > most {
            return Err(self.at(length.span().start, words));
        }
        Ok(span)
    }

    fn step(
        &self,
        at: usize,
        step: &Spanned<StepFile>,
        (root, inputs): (&RootPlan, &BTreeMap<String, Vec<u8>>),
        requests: &BTreeMap<String, Request>,
        past: &Past,
        next_crl_number: &mut u64,
    ) -> Result<StepPlan, PlanError> {
        let id = self.step_id(at);
        let written = step.get_ref();
        let failed = |product: &str| {
            let product = product.to_owned();
            move |cause| PlanError::Template { product, cause }
        };
        Ok(match (written.kind.get_ref(), root) {
            (StepKind::GenerateRootKey, _) => StepPlan::GenerateRootKey,
            (StepKind::IssueRoot, RootPlan::New(new)) => {
                StepPlan::IssueRoot(template::root(&id, new).map_err(failed(&id))?)
            }
            (StepKind::IssueRoot, RootPlan::Existing(_)) => {
                return Err(self
                    .at(written.kind.span().start, "the root exists already")
                    .into());
            }
            (StepKind::IssueIntermediate, _) => {
                let many = wanted(written);
                let list = many
                    .iter()
                    .map(|one| {
                        let name = if many.len() == 1 && !is_list(written) {
                            id.clone()
                        } else {
                            format!("{id}/{}", one.mount.get_ref().0)
                        };
                        self.intermediate(&name, one, root, (requests, past))
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                StepPlan::IssueIntermediates(list)
            }
            (StepKind::CrossSign, _) => {
                StepPlan::CrossSign(Box::new(self.cross(&id, step, root, inputs)?))
            }
            (StepKind::AdoptRoot, _) => {
                let words = "a root that is adopted exists: [root] names its certificate";
                return Err(self.at(written.kind.span().start, words).into());
            }
            (StepKind::CertificateRequest, _) => {
                StepPlan::RequestCertificate(request::product(&id, root).map_err(failed(&id))?)
            }
            (StepKind::ConfirmCopy, _) => {
                let label = written
                    .token
                    .as_ref()
                    .map(|label| label.get_ref().0.clone());
                let place = written.kind.span().start;
                let words = "confirm-copy needs token = \"label of the token that holds the copy\"";
                StepPlan::ConfirmCopy(label.ok_or_else(|| self.at(place, words))?)
            }
            (StepKind::DestroyKey, _) => StepPlan::DestroyKey,
            (StepKind::Revoke, _) => {
                let revoked = past.revoked.get(&id).cloned().ok_or_else(|| {
                    let words = "what it revokes was not read";
                    self.at(written.kind.span().start, words)
                })?;
                StepPlan::Revoke(revoked)
            }
            (StepKind::IssueCrl, _) => {
                let next_update = match &written.next_update {
                    _ if is_final(written) => Validity::NoEnd,
                    None => Validity::For(Span::Months(6)),
                    Some(length) => Validity::For(self.bounded(
                        length,
                        2 * 86_400,
                        366 * 86_400,
                        "a CRL's next_update is 1d to 12mo; longer, and a revocation reaches nobody in time",
                    )?),
                };
                let algorithm = signature_algorithm(root);
                let number = *next_crl_number;
                *next_crl_number += 1;
                let revoked: Vec<NewEntry> =
                    past.revoked.values().map(|one| one.entry.clone()).collect();
                let listed = (&past.carried, revoked.as_slice());
                let product = template::crl(&id, root, algorithm, next_update, number, listed)
                    .map_err(failed(&id))?;
                StepPlan::IssueCrl(CrlPlan {
                    product,
                    number,
                    carried: past.carried.clone(),
                    revoked,
                    after: past.previous.map(|crl| crl.this_update),
                })
            }
        })
    }

    fn intermediate(
        &self,
        name: &str,
        wanted: &Wanted<'_>,
        root: &RootPlan,
        (requests, past): (&BTreeMap<String, Request>, &Past),
    ) -> Result<IntermediatePlan, PlanError> {
        let profile = self.profile(wanted.profile)?;
        let place = wanted
            .profile
            .map_or(wanted.mount.span(), Spanned::span)
            .start;
        self.check_nested(place, &profile, root)?;
        self.check_room(place, &profile, root)?;
        let Some(request) = requests.get(&wanted.request) else {
            return Err(self
                .at(wanted.mount.span().start, "its request was not read")
                .into());
        };
        let key = PublicKey::from_spki(&request.spki).map_err(|cause| PlanError::Key {
            path: wanted.request.clone(),
            cause,
        })?;
        let subject = profile
            .subject
            .clone()
            .unwrap_or_else(|| request.subject.clone());
        let algorithm = signature_algorithm(root);
        let succession = self.succession(wanted.renew, wanted.rekey)?;
        let key_identifier = match (succession, past.kept.get(&wanted.request)) {
            (Succession::Renewal, Some(kept)) => SubjectKeyId::Kept(kept.clone()),
            _ => SubjectKeyId::Method(profile.key_identifier),
        };
        let certified = (&subject, &key, &key_identifier);
        let product =
            template::below(name, root, algorithm, &profile, certified).map_err(|cause| {
                PlanError::Template {
                    product: name.to_owned(),
                    cause,
                }
            })?;
        Ok(IntermediatePlan {
            product,
            mount: wanted.mount.get_ref().0.clone(),
            request: wanted.request.clone(),
            spki_sha256: wanted.spki_sha256,
            generate: self.generate(wanted.generate)?,
            succession,
            profile,
            subject,
            cert_manager: wanted.cert_manager.map(CertManager::of),
        })
    }
}

/// The requests of a step; the step's own profile is the default of its list.
pub(super) fn wanted(step: &StepFile) -> Vec<Wanted<'_>> {
    match (step.request.as_ref().map(Spanned::get_ref), &step.mount) {
        (Some(Requests::One(path)), Some(mount)) => vec![Wanted {
            mount,
            request: path.0.clone(),
            request_place: step.request.as_ref().map_or(0, |one| one.span().start),
            generate: step.generate.as_ref(),
            spki_sha256: step.spki_sha256.as_ref().map(|digest| *digest.get_ref()),
            renew: step.renew.as_ref(),
            rekey: step.rekey.as_ref(),
            profile: step.profile.as_ref(),
            cert_manager: step.cert_manager.as_ref().map(Spanned::get_ref),
        }],
        (Some(Requests::Many(many)), _) => many
            .iter()
            .map(|one| {
                let one = one.get_ref();
                Wanted {
                    mount: &one.mount,
                    request: one.request.get_ref().0.clone(),
                    request_place: one.request.span().start,
                    generate: one.generate.as_ref(),
                    spki_sha256: one.spki_sha256,
                    renew: one.renew.as_ref(),
                    rekey: one.rekey.as_ref(),
                    profile: one.profile.as_ref().or(step.profile.as_ref()),
                    cert_manager: one.cert_manager.as_ref(),
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn is_list(step: &StepFile) -> bool {
    matches!(
        step.request.as_ref().map(Spanned::get_ref),
        Some(Requests::Many(_))
    )
}

pub(super) fn signature_algorithm(root: &RootPlan) -> SignatureAlgorithm {
    // `Draft::root` refuses a root without one.
    root.signature_algorithm()
        .unwrap_or(SignatureAlgorithm::EcdsaSha384)
}

fn default_title(kind: &StepPlan, root: &RootPlan) -> String {
    match kind {
        StepPlan::GenerateRootKey => format!(
            "Generate the root key ({}) in the token",
            root.key().map_or("unknown", |key| key.word())
        ),
        StepPlan::IssueRoot(_) => "Issue the root certificate".to_owned(),
        StepPlan::IssueIntermediates(list) => match list.as_slice() {
            [one] => match one.succession {
                Succession::First => format!("Issue the intermediate for {}", one.mount),
                Succession::Renewal => format!("Renew the intermediate for {}", one.mount),
                Succession::NewKey => {
                    format!("Issue the intermediate for {} with a new key", one.mount)
                }
            },
            many => format!("Issue {} intermediates", many.len()),
        },
        StepPlan::ConfirmCopy(label) => {
            format!("Confirm that the token {label} holds a copy of the root key")
        }
        StepPlan::DestroyKey => "Destroy the root key, after the seal".to_owned(),
        StepPlan::CrossSign(cross) => format!("Cross-sign {}", cross.subject),
        StepPlan::RequestCertificate(_) => "Request a certificate for the root key".to_owned(),
        StepPlan::IssueCrl(crl) => match crl.product.validity {
            Validity::NoEnd => format!("Issue CRL number {}, the final one", crl.number),
            _ => format!("Issue CRL number {}", crl.number),
        },
        StepPlan::Revoke(one) => match &one.origin {
            Some(Origin {
                mount: Some(mount), ..
            }) => format!("Revoke the intermediate of {mount}"),
            _ => format!("Revoke the certificate {}", one.entry.serial),
        },
        StepPlan::AdoptRoot(plan) if plan.lost_ledger.is_some() => {
            "Take over the root whose ledger was lost".to_owned()
        }
        StepPlan::AdoptRoot(_) => "Take over the root".to_owned(),
    }
}
