//! What transcript entries say: each kind of entry with its fields, in the one order in which
//! they are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kinds::{BodyKind, CeremonyKind, CeremonyOutcome, KeySource, Outcome};
use crate::digest::Digest;
use crate::edition;
use crate::plan::StepKind;
use crate::plan::document::RevokeDocument;
use crate::ports::{Interface, TokenIdentity};
use crate::x509::public_key::{RootKey, SignatureAlgorithm};
use crate::x509::reason::RevocationReason;

/// A check's outcome as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRecord {
    /// Public id, `REQ-POP`.
    pub id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub words: String,
}

/// A file that was written, below the ceremony's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Path.
    pub path: String,
    /// Digest.
    pub sha256: Digest,
}

/// A certificate that was taken over with its root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptedRecord {
    /// Serial number, hex.
    pub serial: String,
    /// Subject, escaped.
    pub subject: String,
    /// Last second.
    pub not_after: String,
    /// SPKI digest, where its certificate was given.
    pub spki_sha256: Option<Digest>,
    /// Since when the index calls it revoked.
    pub revoked: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is known from.
    pub source: String,
}

/// What an entry says. The words of its types are `VARIANTS`.
#[derive(
    Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// The ceremony begins.
    #[serde(rename_all = "snake_case")]
    Begin {
        /// [`super::entry::FORMAT`]
        format: String,
        /// Ceremony id.
        ceremony: String,
        /// Production or rehearsal.
        kind: CeremonyKind,
        /// The edition of the rules; edition 0 has no such field.
        #[serde(default, skip_serializing_if = "edition::is_zero")]
        edition: u32,
        /// Name and version of the program.
        tool: String,
        /// Digest of its executable.
        tool_sha256: Digest,
        /// Which interface answers.
        interface: Interface,
        /// Digest of the plan.
        plan_sha256: Digest,
        /// Digest of the lock.
        lock_sha256: Digest,
        /// Digest of the newest SEAL.txt before this one, zeros for none.
        previous_seal: Digest,
        /// Certificate of the root where it existed before, DER in hex.
        root: Option<String>,
    },
    /// An interrupted ceremony goes on.
    Resumed {
        /// Name and version of the program.
        tool: String,
        /// Digest of its executable.
        tool_sha256: Digest,
        /// Which interface answers.
        interface: Interface,
        /// Where a torn tail was kept.
        torn: Option<FileRecord>,
    },
    /// What was observed of the laptop.
    Environment {
        /// The evidence.
        file: FileRecord,
        /// What a witness should know.
        findings: Vec<String>,
    },
    /// The token was opened and a person logged in.
    TokenOpened {
        /// What it says of itself.
        token: TokenIdentity,
    },
    /// A step begins.
    StepBegun {
        /// From 1.
        step_number: usize,
        /// How many there are.
        steps: usize,
        /// Kind of step.
        does: StepKind,
        /// For people.
        title: String,
    },
    /// Something was checked.
    Checked {
        /// What: `request clusters/etcd.csr`.
        what: String,
        /// Digest of its bytes.
        sha256: Digest,
        /// Every check with its outcome.
        findings: Vec<FindingRecord>,
    },
    /// A question was put.
    Question {
        /// Its name.
        id: String,
        /// Its words.
        text: String,
    },
    /// It was answered.
    Answer {
        /// The question's name.
        id: String,
        /// What was typed.
        value: String,
        /// Whether it was the right answer.
        accepted: bool,
    },
    /// A root key will be generated.
    KeyIntended {
        /// Its type and size.
        key: RootKey,
        /// `CKA_LABEL`
        label: String,
        /// `CKA_ID`, hex.
        id: String,
    },
    /// The root key is in the token: generated now, adopted after a crash, or found.
    KeyReady {
        /// How it came to be at hand.
        how: KeySource,
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// SubjectPublicKeyInfo, DER in hex.
        spki: String,
        /// Its digest.
        spki_sha256: Digest,
        /// Every attribute read back.
        attributes: BTreeMap<String, String>,
    },
    /// The token will be asked to sign. Synced before it is.
    SignIntended {
        /// The product's name in the plan.
        product: String,
        /// What the body is of.
        kind: BodyKind,
        /// The body, DER in hex; `None` where it stands in `tbs_file`.
        tbs: Option<String>,
        /// The file that holds the body.
        tbs_file: Option<String>,
        /// Digest of the body.
        tbs_sha256: Digest,
        /// The entry whose intent this repeats.
        again_of: Option<u64>,
    },
    /// The token signed, and the signature verified.
    Signed {
        /// The product's name in the plan.
        product: String,
        /// The intent's entry.
        intent: u64,
        /// Signature algorithm.
        algorithm: SignatureAlgorithm,
        /// The signature, hex.
        signature: String,
    },
    /// The product was put together, checked and written.
    Issued {
        /// The product's name in the plan.
        product: String,
        /// What it is; never a proof of possession.
        kind: BodyKind,
        /// Subject of a certificate or request, escaped.
        subject: Option<String>,
        /// Serial number of a certificate, hex.
        serial: Option<String>,
        /// Number of a CRL.
        crl_number: Option<u64>,
        /// SPKI digest of a certificate or request.
        spki_sha256: Option<Digest>,
        /// Digest of the request file it answers.
        request_sha256: Option<Digest>,
        /// Digest of the certificate, CRL or request, DER.
        sha256: Digest,
        /// What was written.
        files: Vec<FileRecord>,
    },
    /// A second token holds the same key, and has proved it.
    CopyConfirmed {
        /// What the second token says of itself.
        token: TokenIdentity,
        /// `CKA_ID` there, hex.
        id: String,
        /// `CKA_LABEL` there.
        label: String,
        /// Digest of the key's SPKI.
        spki_sha256: Digest,
        /// Every attribute read back there.
        attributes: BTreeMap<String, String>,
        /// The proof of possession: its content, with the random number, and the signature.
        files: Vec<FileRecord>,
    },
    /// The root key will be destroyed after the seal.
    DestructionAnnounced {
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// Digest of its SPKI.
        spki_sha256: Digest,
        /// Copies that were confirmed, and that this does not destroy.
        copies: Vec<String>,
    },
    /// After the seal: the token will be asked to destroy the root key.
    DestructionIntended {
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// Digest of its SPKI.
        spki_sha256: Digest,
    },
    /// After the seal: the key was destroyed, looked for, and not found.
    KeyDestroyed {
        /// `CKA_ID`, hex.
        id: String,
        /// `CKA_LABEL`
        label: String,
        /// Digest of its SPKI.
        spki_sha256: Digest,
    },
    /// A person confirmed that this is to be revoked; the CRL of the same ceremony lists it.
    Revoked {
        /// Serial number, hex.
        serial: String,
        /// Subject, escaped, where certificate or register tell.
        subject: Option<String>,
        /// Digest of the certificate, where the file names it.
        certificate_sha256: Option<Digest>,
        /// Why.
        reason: RevocationReason,
        /// Since when its key is not to be trusted.
        invalidity_date: Option<String>,
        /// The register does not know it.
        foreign: bool,
    },
    /// What a root had issued before this ledger took it over, as the files told that were
    /// given. Several stand one after the other where the list is long; the files are named in
    /// the first.
    Adopted {
        /// From 1.
        part: usize,
        /// How many there are.
        parts: usize,
        /// The root's certificate.
        root: Option<FileRecord>,
        /// Certificates.
        certificates: Vec<FileRecord>,
        /// openssl's `index.txt`.
        index: Option<FileRecord>,
        /// The last CRL.
        crl: Option<FileRecord>,
        /// Its number.
        crl_number: Option<u64>,
        /// Why the ledger is rebuilt.
        lost_ledger: Option<String>,
        /// The proof that the token holds the root's key.
        proof: Vec<FileRecord>,
        /// What it issued, the root itself among it.
        issued: Vec<AdoptedRecord>,
    },
    /// The hand-over was written.
    HandedOver {
        /// What was written.
        files: Vec<FileRecord>,
    },
    /// A person stopped the program.
    Interrupted {
        /// What the program was doing.
        at: String,
    },
    /// The laptop's clock is behind the entry before: that one's time is written in its place.
    ClockBehind {
        /// What the clock says.
        clock: String,
    },
    /// The ceremony was given up. Several stand one after the other where the names are many.
    Aborted {
        /// Products that were signed.
        signed: Vec<String>,
        /// Products whose signing was intended, with an unknown end.
        possibly_signed: Vec<String>,
    },
    /// The last entry. One signature may follow: the seal.
    Close {
        /// How the ceremony ended.
        outcome: CeremonyOutcome,
        /// How often the token was asked to sign.
        signatures_asked: u64,
        /// How many signatures were kept.
        signatures_kept: u64,
    },
}

impl Event {
    /// Its type, as the line has it.
    pub fn word(&self) -> &'static str {
        self.into()
    }

    /// A revocation as it was planned.
    pub fn revoked(plan: &RevokeDocument) -> Self {
        Self::Revoked {
            serial: plan.serial.clone(),
            subject: plan.subject.clone(),
            certificate_sha256: plan.certificate_sha256,
            reason: plan.reason,
            invalidity_date: plan.invalidity_date.clone(),
            foreign: plan.foreign,
        }
    }

    /// The fields that hold octets in hex.
    pub fn hexes(&self) -> Vec<&str> {
        match self {
            Self::Begin { root, .. } => root.as_deref().into_iter().collect(),
            Self::KeyIntended { id, .. }
            | Self::CopyConfirmed { id, .. }
            | Self::DestructionAnnounced { id, .. }
            | Self::DestructionIntended { id, .. }
            | Self::KeyDestroyed { id, .. } => vec![id],
            Self::KeyReady { id, spki, .. } => vec![id, spki],
            Self::SignIntended { tbs, .. } => tbs.as_deref().into_iter().collect(),
            Self::Signed { signature, .. } => vec![signature],
            Self::Resumed { .. }
            | Self::Environment { .. }
            | Self::TokenOpened { .. }
            | Self::StepBegun { .. }
            | Self::Checked { .. }
            | Self::Question { .. }
            | Self::Answer { .. }
            | Self::Issued { .. }
            | Self::Revoked { .. }
            | Self::Adopted { .. }
            | Self::HandedOver { .. }
            | Self::Interrupted { .. }
            | Self::ClockBehind { .. }
            | Self::Aborted { .. }
            | Self::Close { .. } => Vec::new(),
        }
    }

    /// What was checked, and its checks whose failure was put aside: the deviations that a seal
    /// counts, each once.
    pub fn waived(&self) -> impl Iterator<Item = (&str, &FindingRecord)> {
        let (what, findings) = if let Self::Checked { what, findings, .. } = self {
            (what.as_str(), findings.as_slice())
        } else {
            ("", &[][..])
        };
        let waived = findings.iter().filter(|one| one.outcome == Outcome::Waived);
        waived.map(move |one| (what, one))
    }
}
