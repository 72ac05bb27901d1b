//! The kinds of steps, and the word for each in ceremony file, plan and transcript.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantNames};

use super::words::not_one_of;

/// What a step does; in the order of a root's life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    IntoStaticStr,
    EnumString,
    VariantNames,
)]
#[serde(try_from = "String", into = "&str")]
#[strum(serialize_all = "kebab-case")]
pub enum StepKind {
    /// A new root's key.
    GenerateRootKey,
    /// A new root's certificate.
    IssueRoot,
    /// A root that existed before its ledger.
    AdoptRoot,
    /// Certificates for Vault's mounts.
    IssueIntermediate,
    /// Another CA's certificate, certified anew.
    CrossSign,
    /// A request for the root's own key.
    CertificateRequest,
    /// A certificate, revoked.
    Revoke,
    /// The next CRL.
    IssueCrl,
    /// A second token that holds the root's key.
    ConfirmCopy,
    /// The end of the root's key.
    DestroyKey,
}

impl StepKind {
    /// The word in the ceremony file.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl TryFrom<String> for StepKind {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| not_one_of(&text, Self::VARIANTS))
    }
}
