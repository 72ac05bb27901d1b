//! The ceremony file's meaning: what is allowed, what each product will say, and the plan
//! and lock that people approve before the day.

pub mod adopt;
pub mod adoption;
pub mod cert_manager;
pub mod cross;
pub mod document;
pub mod error;
pub mod explain;
pub mod file;
mod fit;
pub mod generate;
mod kubernetes;
pub mod lock;
pub mod make;
mod order;
mod own_profile;
pub mod past;
pub mod profile;
pub mod request;
mod revoke_document;
mod root_plan;
mod step_kind;
mod subject;
pub mod succession;
pub mod template;
pub mod trust;
mod words;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

use crate::digest::Digest;
use crate::x509::certificate::Certificate;
use crate::x509::crl_entry::{Carried, NewEntry};
use crate::x509::key_identifier::KeyIdentifierMethod;
use crate::x509::key_usage::KeyUsage;
use crate::x509::name::Name;
use crate::x509::public_key::{RootKey, SignatureAlgorithm};
use crate::x509::root;
use crate::x509::template::{Template, Unknown};
use crate::x509::time::{Span, UtcTime};
use adopt::AdoptPlan;
use cert_manager::CertManager;
use cross::CrossPlan;
use generate::Generate;
use past::RevokePlan;
use profile::Profile;
pub use step_kind::StepKind;
pub use succession::{SubjectKeyId, Succession};
use trust::TrustPlan;

/// What is allowed, beyond what is always refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Policy {
    /// A company's own PKI.
    Private,
    /// As WebTrust audits ask: one approval for each signature, a new serial after a crash.
    Webtrust,
}

impl Policy {
    /// The word in the ceremony file.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Who signs the seal besides people.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr, EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum SealMode {
    /// The root key itself.
    Direct,
    /// Nobody: people alone.
    None,
}

impl SealMode {
    /// The word in the ceremony file.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Somebody named in the ceremony file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Short name; part of a file name.
    pub id: String,
    /// administrator, operator, custodian, witness or auditor.
    pub role: String,
    /// OpenSSH public key, if the person signs.
    pub key: Option<String>,
}

/// A refusal that the ceremony file puts aside: one check, in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Public id of the check.
    pub check: String,
    /// Id of the step.
    pub step: String,
    /// Why.
    pub reason: String,
    /// Id of the person who answers for it.
    pub by: String,
}

/// The state of the ledger that a plan was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerState {
    /// Sealed ceremonies so far.
    pub ceremonies: u32,
    /// SHA-256 of the newest SEAL.txt; zeros for an empty ledger.
    pub head: Digest,
    /// The number that the next CRL gets.
    pub next_crl_number: u64,
}

impl LedgerState {
    /// A ledger without any ceremony.
    pub const EMPTY: Self = Self {
        ceremonies: 0,
        head: Digest::ZERO,
        next_crl_number: 1,
    };
}

/// The root that a ceremony makes or uses.
#[derive(Clone, Debug)]
pub enum RootPlan {
    /// Made in this ceremony.
    New(NewRoot),
    /// Named by its certificate.
    Existing(Box<Certificate>),
}

/// A root to be made.
#[derive(Clone, Debug)]
pub struct NewRoot {
    /// Subject and issuer.
    pub subject: Name,
    /// Type and size.
    pub key: RootKey,
    /// What it signs with.
    pub algorithm: SignatureAlgorithm,
    /// Length of its life.
    pub validity: Span,
    /// keyCertSign, cRLSign and what the file adds.
    pub key_usage: Vec<KeyUsage>,
    /// How its key identifier follows from its key.
    pub key_identifier: KeyIdentifierMethod,
}

impl RootPlan {
    /// The root's subject: the issuer of everything it signs.
    pub fn subject(&self) -> &Name {
        match self {
            Self::New(root) => &root.subject,
            Self::Existing(certificate) => &certificate.fields.subject,
        }
    }

    /// The algorithm the root signs with; `None` for a key this version cannot use.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        match self {
            Self::New(root) => Some(root.algorithm),
            Self::Existing(certificate) => root::algorithm_of(certificate),
        }
    }

    /// The root's key type; `None` for one this version cannot use.
    pub fn key(&self) -> Option<RootKey> {
        match self {
            Self::New(root) => Some(root.key),
            Self::Existing(certificate) => root::key_of(certificate),
        }
    }

    /// What templates cannot know yet of the issuer.
    pub fn unknown_issuer(&self) -> Unknown {
        match self {
            Self::New(_) => Unknown::Issuer,
            Self::Existing(_) => Unknown::Nothing,
        }
    }
}

/// How long a product is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Start plus this, less one second.
    For(Span),
    /// To the issuer's last second.
    UntilIssuer,
    /// No well-defined end: the last CRL of all.
    NoEnd,
    /// A request has no dates.
    Dateless,
}

impl Validity {
    /// For people and for the plan.
    pub fn words(self) -> String {
        match self {
            Self::For(span) => span.to_string(),
            Self::UntilIssuer => "to the issuer's last second".to_owned(),
            Self::NoEnd => "for ever: the final CRL".to_owned(),
            Self::Dateless => "no dates: a request".to_owned(),
        }
    }

    /// The last second of what starts then, under an issuer that ends with `issuer`.
    pub fn end(self, start: UtcTime, issuer: UtcTime) -> UtcTime {
        match self {
            Self::For(span) => template::last_second(start, span),
            Self::UntilIssuer => issuer,
            Self::NoEnd | Self::Dateless => UtcTime::NO_END,
        }
    }
}

/// One thing that the root will sign.
#[derive(Clone, Debug)]
pub struct Product {
    /// Unique within the ceremony: the step's id, and the mount where a step has many.
    pub name: String,
    /// How long it is valid.
    pub validity: Validity,
    /// Its body with marks.
    pub template: Template,
    /// What the template marks of the root.
    pub unknown: Unknown,
    /// Where a certificate's key identifier comes from; a CRL has none, and a request's is the
    /// root's.
    pub key_identifier: Option<SubjectKeyId>,
}

/// One intermediate to be issued.
#[derive(Clone, Debug)]
pub struct IntermediatePlan {
    /// The certificate.
    pub product: Product,
    /// Mount path in Vault.
    pub mount: String,
    /// Path of the request below the ceremony file's folder.
    pub request: String,
    /// The SPKI digest the file names.
    pub spki_sha256: Option<Digest>,
    /// How the file has Vault make the request.
    pub generate: Option<Generate>,
    /// What it follows.
    pub succession: Succession,
    /// What the certificate says.
    pub profile: Profile,
    /// Subject of the certificate.
    pub subject: Name,
    /// What cert-manager is told of the mount.
    pub cert_manager: Option<CertManager>,
}

/// One CRL to be issued.
#[derive(Clone, Debug)]
pub struct CrlPlan {
    /// The CRL.
    pub product: Product,
    /// cRLNumber
    pub number: u64,
    /// What it lists again.
    pub carried: Carried,
    /// What it lists for the first time: everything that this ceremony revokes.
    pub revoked: Vec<NewEntry>,
    /// thisUpdate of the CRL that the file calls `previous`: this one is later.
    pub after: Option<UtcTime>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepPlan {
    /// `generate-root-key`
    GenerateRootKey,
    /// `issue-root`
    IssueRoot(Product),
    /// `issue-intermediate`
    IssueIntermediates(Vec<IntermediatePlan>),
    /// `cross-sign`
    CrossSign(Box<CrossPlan>),
    /// `certificate-request`
    RequestCertificate(Product),
    /// `issue-crl`
    IssueCrl(CrlPlan),
    /// `confirm-copy`, with the label of the token that holds it
    ConfirmCopy(String),
    /// `destroy-key`
    DestroyKey,
    /// `revoke`
    Revoke(RevokePlan),
    /// `adopt-root`
    AdoptRoot(Box<AdoptPlan>),
}

impl StepPlan {
    /// Which kind it is of.
    pub fn kind(&self) -> StepKind {
        match self {
            Self::GenerateRootKey => StepKind::GenerateRootKey,
            Self::IssueRoot(_) => StepKind::IssueRoot,
            Self::IssueIntermediates(_) => StepKind::IssueIntermediate,
            Self::CrossSign(_) => StepKind::CrossSign,
            Self::RequestCertificate(_) => StepKind::CertificateRequest,
            Self::IssueCrl(_) => StepKind::IssueCrl,
            Self::ConfirmCopy(_) => StepKind::ConfirmCopy,
            Self::DestroyKey => StepKind::DestroyKey,
            Self::Revoke(_) => StepKind::Revoke,
            Self::AdoptRoot(_) => StepKind::AdoptRoot,
        }
    }

    /// The word in the ceremony file.
    pub fn word(&self) -> &'static str {
        self.kind().word()
    }

    /// Everything the step signs.
    pub fn products(&self) -> Vec<&Product> {
        match self {
            Self::GenerateRootKey
            | Self::AdoptRoot(_)
            | Self::Revoke(_)
            | Self::ConfirmCopy(_)
            | Self::DestroyKey => Vec::new(),
            Self::IssueRoot(product) | Self::RequestCertificate(product) => vec![product],
            Self::IssueIntermediates(list) => list.iter().map(|one| &one.product).collect(),
            Self::CrossSign(cross) => vec![&cross.product],
            Self::IssueCrl(crl) => vec![&crl.product],
        }
    }
}

/// One step of the ceremony.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique id.
    pub id: String,
    /// For people.
    pub title: String,
    /// To be read aloud before it.
    pub read_aloud: Option<String>,
    /// What it does.
    pub kind: StepPlan,
}

impl Step {
    /// What people approve in one go: the digest of the one template, or of the list of
    /// template digests, one to a line; of a root that is taken over, the list of what is.
    pub fn approval_digest(&self) -> Option<Digest> {
        if let StepPlan::AdoptRoot(plan) = &self.kind {
            return Some(plan.approval_digest());
        }
        let products = self.kind.products();
        match products.as_slice() {
            [] => None,
            [product] => Some(product.template.digest()),
            many => {
                let lines: String = many
                    .iter()
                    .map(|product| format!("{}\n", product.template.digest()))
                    .collect();
                Some(Digest::of(lines.as_bytes()))
            }
        }
    }
}

/// Everything that will be done, with every default expanded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Ceremony id.
    pub id: String,
    /// For people.
    pub title: String,
    /// What is allowed.
    pub policy: Policy,
    /// Who signs the seal.
    pub seal: SealMode,
    /// Who is named.
    pub people: Vec<Person>,
    /// `CK_TOKEN_INFO.label` of the token.
    pub token_label: String,
    /// The root.
    pub root: RootPlan,
    /// The ledger it was made for.
    pub ledger: LedgerState,
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// Refusals put aside.
    pub waivers: Vec<Waiver>,
    /// The anchors that clients are to trust, where the hand-over writes them.
    pub trust: Option<TrustPlan>,
    /// Inputs by path, with their digests, sorted by path.
    pub inputs: Vec<(String, Digest)>,
}

impl Plan {
    /// Who acts where nobody else is named: the first operator or administrator.
    pub fn actor(&self) -> &str {
        self.people
            .iter()
            .find(|person| person.role == "operator" || person.role == "administrator")
            .map_or("operator", |person| &person.id)
    }

    /// What the file waives in the step of a product.
    pub fn waivers_of(&self, product: &str) -> Vec<&Waiver> {
        let mut steps = self.steps.iter();
        let of = |step: &&Step| step.kind.products().iter().any(|one| one.name == product);
        let step = steps.find(of);
        step.map_or_else(Vec::new, |step| self.waivers_in(&step.id))
    }

    /// What the file waives in a step.
    pub fn waivers_in(&self, step: &str) -> Vec<&Waiver> {
        let waivers = self.waivers.iter();
        waivers.filter(|one| one.step == step).collect()
    }

    /// Every certificate that is revoked, in the order of the steps.
    pub fn revocations(&self) -> impl Iterator<Item = &RevokePlan> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepPlan::Revoke(plan) => Some(plan),
            _ => None,
        })
    }

    /// The step that takes over a root, where one does.
    pub fn adopts(&self) -> Option<&AdoptPlan> {
        self.steps.iter().find_map(|step| match &step.kind {
            StepPlan::AdoptRoot(plan) => Some(&**plan),
            _ => None,
        })
    }

    /// Every certificate that is cross-signed.
    pub fn crosses(&self) -> impl Iterator<Item = &CrossPlan> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepPlan::CrossSign(cross) => Some(&**cross),
            _ => None,
        })
    }

    /// Every request for the root's own key.
    pub fn own_requests(&self) -> impl Iterator<Item = &Product> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepPlan::RequestCertificate(product) => Some(product),
            _ => None,
        })
    }

    /// Every mount that something is handed over to.
    pub fn mounts(&self) -> impl Iterator<Item = &str> {
        let crosses = self.crosses().filter_map(|one| one.mount.as_deref());
        self.intermediates()
            .map(|one| one.mount.as_str())
            .chain(crosses)
    }

    /// Every intermediate of every step.
    pub fn intermediates(&self) -> impl Iterator<Item = &IntermediatePlan> {
        self.steps.iter().flat_map(|step| match &step.kind {
            StepPlan::IssueIntermediates(list) => list.as_slice(),
            _ => &[],
        })
    }
}
