//! What a plan shows people, as one value: the script's text, its page and `plan --json` are
//! made from it. Every text in it is escaped already.

mod make;

use serde::Serialize;

use crate::check::Finding;
use crate::digest::Digest;
use crate::plan::document::RevokeDocument;
use crate::x509::facts::{CertificateFacts, CrlFacts, RequestFacts};

/// The JSON's format.
pub const FORMAT: &str = "anchorite/plan-report/0";

/// A plan as people approve it.
#[derive(Clone, Debug, Serialize)]
pub struct PlanReport {
    /// [`FORMAT`]
    pub format: &'static str,
    /// Ceremony id.
    pub ceremony: String,
    /// For people.
    pub title: String,
    /// private or webtrust
    pub policy: &'static str,
    /// direct or none
    pub seal: &'static str,
    /// `CK_TOKEN_INFO.label` of the token.
    pub token: String,
    /// The root that is made or used.
    pub root: RootFact,
    /// The ledger it was made for.
    pub ledger: LedgerFact,
    /// Refusals put aside.
    pub waivers: Vec<WaiverFact>,
    /// Who is named.
    pub people: Vec<PersonFact>,
    /// Every profile that is used.
    pub profiles: Vec<ProfileFact>,
    /// The steps in their order.
    pub steps: Vec<StepFact>,
    /// What clients are to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_bundle: Option<TrustFact>,
    /// A new root gets no CRL in this ceremony.
    pub lacks_first_crl: bool,
    /// What the lock covers.
    pub files: Vec<FileFact>,
    /// The lock's digest.
    pub lock: DigestFact,
}

/// The root.
#[derive(Clone, Debug, Serialize)]
pub struct RootFact {
    /// subject
    pub subject: String,
    /// Key of a root that is made in this ceremony.
    pub new_key: Option<&'static str>,
    /// Digest of the certificate of a root that exists.
    pub sha256: Option<Digest>,
    /// Checks of that certificate.
    pub findings: Vec<Finding>,
}

/// The ledger's state.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerFact {
    /// Whether it was given, or is known to be empty.
    pub known: bool,
    /// Sealed ceremonies.
    pub ceremonies: u32,
    /// Digest of the newest SEAL.txt; zeros for none.
    pub head: Digest,
}

/// A refusal put aside.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverFact {
    /// Public id of the check.
    pub check: String,
    /// Id of the step.
    pub step: String,
    /// Who answers for it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// How many findings of this plan it puts aside; the day may add some.
    pub puts_aside: usize,
}

/// Somebody named in the file.
#[derive(Clone, Debug, Serialize)]
pub struct PersonFact {
    /// Short name.
    pub id: String,
    /// Role.
    pub role: String,
    /// Has a key, and signs the seal.
    pub signs: bool,
}

/// The anchors that the hand-over writes for clients.
#[derive(Clone, Debug, Serialize)]
pub struct TrustFact {
    /// Name of the Bundle.
    pub name: String,
    /// Every anchor beside the root.
    pub also: Vec<AnchorFact>,
}

/// An anchor beside the root.
#[derive(Clone, Debug, Serialize)]
pub struct AnchorFact {
    /// Path.
    pub path: String,
    /// subject
    pub subject: String,
    /// Last second.
    pub not_after: String,
    /// Digest of the certificate.
    pub sha256: Digest,
}

/// A profile with every field.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileFact {
    /// Its name.
    pub name: String,
    /// The built-in that it is, or starts from.
    pub base: &'static str,
    /// Whether it is that built-in, with nothing put over it.
    pub built_in: bool,
    /// What the built-in is for.
    pub purpose: &'static str,
    /// Its fields.
    pub fields: Vec<FieldFact>,
}

/// A field of a profile.
#[derive(Clone, Debug, Serialize)]
pub struct FieldFact {
    /// As the ceremony file calls it.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// Where that comes from, and why.
    pub because: String,
}

/// What was found of a planned thing beside its request: the root, a profile, a CRL.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedFact {
    /// What it is.
    pub what: String,
    /// Its checks.
    pub findings: Vec<Finding>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct StepFact {
    /// Id.
    pub id: String,
    /// Kind of step.
    pub does: &'static str,
    /// For people.
    pub title: String,
    /// To be read aloud before it.
    pub read_aloud: Option<String>,
    /// What it revokes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke: Option<RevokeDocument>,
    /// Everything it takes over, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adopts: Vec<String>,
    /// Everything it signs.
    pub products: Vec<ProductFact>,
    /// What was found of its plan.
    pub planned: Vec<PlannedFact>,
    /// What is approved on the day.
    pub approvals: Vec<Approval>,
}

/// A certificate-to-be, a CRL-to-be or a request-to-be.
#[derive(Clone, Debug, Serialize)]
pub struct ProductFact {
    /// Unique within the ceremony.
    pub name: String,
    /// Mount path of an intermediate.
    pub mount: Option<String>,
    /// Path of an intermediate's request.
    pub request: Option<String>,
    /// Profile of an intermediate.
    pub profile: Option<String>,
    /// What cert-manager is told of an intermediate's mount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_manager: Option<String>,
    /// A certificate's template.
    pub certificate: Option<CertificateFacts>,
    /// A CRL's template: it lists what is new, and counts what is carried over too.
    pub crl: Option<CrlFacts>,
    /// A template of a request for the root's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_request: Option<RequestFacts>,
    /// Digest of the template.
    pub template_sha256: Digest,
    /// Checks of the request.
    pub findings: Vec<Finding>,
}

/// A digest whose words are typed.
#[derive(Clone, Debug, Serialize)]
pub struct Approval {
    /// Of what.
    pub what: String,
    /// Hex and words.
    #[serde(flatten)]
    pub digest: DigestFact,
}

/// A digest in both forms.
#[derive(Clone, Debug, Serialize)]
pub struct DigestFact {
    /// Hex.
    pub sha256: Digest,
    /// 32 words.
    pub words: String,
}

/// A file that the lock covers.
#[derive(Clone, Debug, Serialize)]
pub struct FileFact {
    /// Path.
    pub path: String,
    /// Digest.
    pub sha256: Digest,
}
