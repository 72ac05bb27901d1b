//! The plan as a file: every default expanded, every product with its template. Written as
//! JSON in one fixed form, so that the same plan always has the same bytes.

use serde::{Deserialize, Serialize};

use super::cert_manager::CertManager;
use super::cross::CrossPlan;
use super::profile::Profile;
pub use super::revoke_document::RevokeDocument;
use super::trust::TrustBundle;
use super::{
    IntermediatePlan, Plan, Policy, Product, RootPlan, SealMode, StepKind, StepPlan, SubjectKeyId,
};
use crate::digest::{Digest, hex, unhex};
use crate::edition;
use crate::x509::certificate_policy::CertificatePolicy;
use crate::x509::name_constraints::Subtree;
use crate::x509::oid;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::template::{Template, Unknown};

/// The `format` of the plans this version writes.
pub const FORMAT: &str = "anchorite/plan/0";

/// The name and version of this program, as files name it.
pub const TOOL: &str = concat!("anchorite ", env!("CARGO_PKG_VERSION"));

/// The whole plan file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// [`FORMAT`]
    pub format: String,
    /// [`TOOL`] that made it.
    pub tool: String,
    /// The edition of the rules it was made under; edition 0 has no such field.
    #[serde(default, skip_serializing_if = "edition::is_zero")]
    pub edition: u32,
    /// Ceremony id.
    pub id: String,
    /// For people.
    pub title: String,
    /// What is allowed.
    pub policy: Policy,
    /// Who signs the seal besides people.
    pub seal: SealMode,
    /// Label of the token.
    pub token_label: String,
    /// The ledger it was made for.
    pub ledger: LedgerDocument,
    /// People.
    pub people: Vec<PersonDocument>,
    /// The root.
    pub root: RootDocument,
    /// Steps in their order.
    pub steps: Vec<StepDocument>,
    /// Refusals put aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverDocument>,
    /// The anchors that clients are to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle: Option<TrustBundle>,
    /// Inputs, sorted by path.
    pub inputs: Vec<InputDocument>,
}

/// The state of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerDocument {
    /// Sealed ceremonies so far.
    pub ceremonies: u32,
    /// SHA-256 of the newest SEAL.txt, zeros for none.
    pub head: Digest,
    /// Number of the next CRL.
    pub next_crl_number: u64,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonDocument {
    /// Short name.
    pub id: String,
    /// Role.
    pub role: String,
    /// OpenSSH public key.
    pub key: Option<String>,
}

/// The root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootDocument {
    /// Made in this ceremony.
    pub new: bool,
    /// Subject, DER in hex.
    pub subject: String,
    /// Key word.
    pub key: String,
    /// How a new root's key identifier follows from its key.
    pub key_identifier: Option<String>,
    /// Name of the algorithm it signs with.
    pub algorithm: String,
    /// SHA-256 of the certificate of an existing root.
    pub certificate_sha256: Option<Digest>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDocument {
    /// Id.
    pub id: String,
    /// Kind.
    #[serde(rename = "do")]
    pub kind: StepKind,
    /// For people.
    pub title: String,
    /// To be read aloud.
    pub read_aloud: Option<String>,
    /// Label of the token that holds a copy of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What people approve in one go.
    pub approval_sha256: Option<Digest>,
    /// What it revokes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<RevokeDocument>,
    /// What it takes over, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopts: Vec<String>,
    /// What it signs.
    pub products: Vec<ProductDocument>,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductDocument {
    /// Unique name.
    pub name: String,
    /// Mount path of an intermediate.
    pub mount: Option<String>,
    /// Request of an intermediate.
    pub request: Option<String>,
    /// Certificate that is cross-signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Its issuer's, where it did not sign itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What an intermediate follows: renew or rekey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succession: Option<String>,
    /// The key identifier of an earlier certificate that this one keeps, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_key_identifier: Option<String>,
    /// Profile of an intermediate.
    pub profile: Option<ProfileDocument>,
    /// What cert-manager is told of an intermediate's mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_manager: Option<CertManager>,
    /// A request for the root's own key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_request: bool,
    /// Number of a CRL.
    pub crl_number: Option<u64>,
    /// How many entries a CRL lists again; their digest stands in its template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<u64>,
    /// `20y`, "to the issuer's last second", or that there are no dates.
    pub validity: String,
    /// What the template marks of the root: nothing, issuer, own, key.
    pub unknown: String,
    /// SHA-256 of the template.
    pub template_sha256: Digest,
    /// The template, hex.
    pub template: String,
}

/// A profile with every field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileDocument {
    /// Its name.
    pub name: String,
    /// A number, or none.
    pub path_length: Option<u8>,
    /// Names of the bits.
    pub key_usage: Vec<String>,
    /// Names of the usages.
    pub extended_key_usage: Vec<String>,
    /// Name constraints: subtrees that are permitted.
    pub permitted: Vec<String>,
    /// Name constraints: subtrees that are excluded.
    pub excluded: Vec<String>,
    /// Policies, with their CPS.
    pub policies: Vec<String>,
    /// How the key identifier follows from the key.
    pub key_identifier: String,
    /// CRL distribution point.
    pub crl_url: Option<String>,
    /// caIssuers.
    pub issuer_url: Option<String>,
    /// OCSP.
    pub ocsp_url: Option<String>,
}

/// A waiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverDocument {
    /// Public id of the check.
    pub check: String,
    /// Id of the step.
    pub step: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: String,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputDocument {
    /// Path below the ceremony file's folder.
    pub path: String,
    /// Its digest.
    pub sha256: Digest,
}

impl PlanDocument {
    /// The document of a plan.
    pub fn of(plan: &Plan) -> Self {
        Self {
            format: FORMAT.to_owned(),
            tool: TOOL.to_owned(),
            edition: edition::NEWEST,
            id: plan.id.clone(),
            title: plan.title.clone(),
            policy: plan.policy,
            seal: plan.seal,
            token_label: plan.token_label.clone(),
            ledger: LedgerDocument {
                ceremonies: plan.ledger.ceremonies,
                head: plan.ledger.head,
                next_crl_number: plan.ledger.next_crl_number,
            },
            people: plan
                .people
                .iter()
                .map(|person| PersonDocument {
                    id: person.id.clone(),
                    role: person.role.clone(),
                    key: person.key.clone(),
                })
                .collect(),
            root: root(&plan.root),
            steps: plan
                .steps
                .iter()
                .map(|step| StepDocument {
                    id: step.id.clone(),
                    kind: step.kind.kind(),
                    title: step.title.clone(),
                    read_aloud: step.read_aloud.clone(),
                    token: match &step.kind {
                        StepPlan::ConfirmCopy(label) => Some(label.clone()),
                        _ => None,
                    },
                    approval_sha256: step.approval_digest(),
                    revoke: match &step.kind {
                        StepPlan::Revoke(plan) => Some(RevokeDocument::of(plan)),
                        _ => None,
                    },
                    adopts: match &step.kind {
                        StepPlan::AdoptRoot(plan) => plan.statement(),
                        _ => Vec::new(),
                    },
                    products: products(&step.kind),
                })
                .collect(),
            waivers: plan
                .waivers
                .iter()
                .map(|waiver| WaiverDocument {
                    check: waiver.check.clone(),
                    step: waiver.step.clone(),
                    reason: waiver.reason.clone(),
                    by: waiver.by.clone(),
                })
                .collect(),
            trust_bundle: plan.trust.as_ref().map(|trust| trust.bundle.clone()),
            inputs: plan
                .inputs
                .iter()
                .map(|(path, sha256)| InputDocument {
                    path: path.clone(),
                    sha256: *sha256,
                })
                .collect(),
        }
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and numbers only: this cannot fail.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a plan file; it must be in the one form that is written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let document: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if document.format != FORMAT {
            return Err(format!("not of the format {FORMAT}"));
        }
        if document.to_bytes() != bytes {
            return Err("not in the form that the tool writes".to_owned());
        }
        Ok(document)
    }

    /// Every product of every step, with its step.
    pub fn products(&self) -> impl Iterator<Item = (&StepDocument, &ProductDocument)> {
        self.steps
            .iter()
            .flat_map(|step| step.products.iter().map(move |product| (step, product)))
    }
}

impl ProductDocument {
    /// The template's bytes.
    pub fn template(&self) -> Option<Template> {
        unhex(&self.template).map(Template)
    }
}

fn root(root: &RootPlan) -> RootDocument {
    RootDocument {
        new: matches!(root, RootPlan::New(_)),
        subject: hex(root.subject().as_der()),
        key: root
            .key()
            .map_or_else(String::new, |key| key.word().to_owned()),
        key_identifier: match root {
            RootPlan::New(new) => Some(new.key_identifier.word().to_owned()),
            RootPlan::Existing(_) => None,
        },
        algorithm: root
            .signature_algorithm()
            .map_or_else(String::new, SignatureAlgorithm::name),
        certificate_sha256: match root {
            RootPlan::New(_) => None,
            RootPlan::Existing(certificate) => Some(certificate.digest()),
        },
    }
}

fn products(kind: &StepPlan) -> Vec<ProductDocument> {
    match kind {
        StepPlan::GenerateRootKey
        | StepPlan::AdoptRoot(_)
        | StepPlan::Revoke(_)
        | StepPlan::ConfirmCopy(_)
        | StepPlan::DestroyKey => Vec::new(),
        StepPlan::IssueRoot(one) => vec![product(one)],
        StepPlan::RequestCertificate(one) => vec![ProductDocument {
            own_request: true,
            ..product(one)
        }],
        StepPlan::IssueIntermediates(list) => list.iter().map(intermediate).collect(),
        StepPlan::CrossSign(one) => vec![cross(one)],
        StepPlan::IssueCrl(crl) => {
            vec![ProductDocument {
                crl_number: Some(crl.number),
                carried: (crl.carried.count() > 0).then(|| crl.carried.count()),
                ..product(&crl.product)
            }]
        }
    }
}

fn cross(plan: &CrossPlan) -> ProductDocument {
    ProductDocument {
        mount: plan.mount.clone(),
        certificate: Some(plan.certificate.clone()),
        issuer: plan.issuer.clone(),
        profile: Some(profile(&plan.profile)),
        ..product(&plan.product)
    }
}

fn intermediate(plan: &IntermediatePlan) -> ProductDocument {
    ProductDocument {
        mount: Some(plan.mount.clone()),
        request: Some(plan.request.clone()),
        succession: plan.succession.word().map(str::to_owned),
        profile: Some(profile(&plan.profile)),
        cert_manager: plan.cert_manager.clone(),
        ..product(&plan.product)
    }
}

fn profile(profile: &Profile) -> ProfileDocument {
    ProfileDocument {
        name: profile.name.clone(),
        path_length: profile.path_length,
        key_usage: profile
            .key_usage
            .iter()
            .map(|usage| usage.word().to_owned())
            .collect(),
        extended_key_usage: profile
            .extended_key_usage
            .iter()
            .map(|oid| oid::name(oid).to_owned())
            .collect(),
        permitted: texts(&profile.constraints.permitted),
        excluded: texts(&profile.constraints.excluded),
        policies: profile
            .policies
            .iter()
            .map(CertificatePolicy::describe)
            .collect(),
        key_identifier: profile.key_identifier.word().to_owned(),
        crl_url: profile.crl_url.clone(),
        issuer_url: profile.issuer_url.clone(),
        ocsp_url: profile.ocsp_url.clone(),
    }
}

fn texts(subtrees: &[Subtree]) -> Vec<String> {
    subtrees.iter().map(Subtree::to_string).collect()
}

fn product(product: &Product) -> ProductDocument {
    ProductDocument {
        name: product.name.clone(),
        mount: None,
        request: None,
        certificate: None,
        issuer: None,
        succession: None,
        kept_key_identifier: match &product.key_identifier {
            Some(SubjectKeyId::Kept(bytes)) => Some(hex(bytes)),
            _ => None,
        },
        profile: None,
        cert_manager: None,
        own_request: false,
        crl_number: None,
        carried: None,
        validity: product.validity.words(),
        unknown: match product.unknown {
            Unknown::Nothing => "nothing",
            Unknown::Issuer => "issuer",
            Unknown::Own(_) => "own",
            Unknown::Key(_) => "key",
        }
        .to_owned(),
        template_sha256: product.template.digest(),
        template: hex(&product.template.0),
    }
}
