//! The closed sets of words in entries and seal. One that is not here makes a line unreadable.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Outcome {
    /// As it must be.
    Pass,
    /// Allowed, and to be known.
    Notice,
    /// Would be refused, and is put aside by a waiver of the ceremony file.
    Waived,
    /// Refused.
    Fail,
}

/// Whether a ceremony counts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr, EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CeremonyKind {
    /// With the root's key.
    Production,
    /// With a key that stands in for it.
    Rehearsal,
}

impl CeremonyKind {
    /// Which one it is.
    pub fn of(rehearsal: bool) -> Self {
        if rehearsal {
            Self::Rehearsal
        } else {
            Self::Production
        }
    }
}

/// How a ceremony ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr, EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CeremonyOutcome {
    /// Every step was done.
    Completed,
    /// It was given up.
    Aborted,
}

/// How the root key came to be at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum KeySource {
    /// Generated in this session.
    Generated,
    /// Generated in a session that died before it could say so.
    Adopted,
    /// Of a root that existed before its ledger.
    #[serde(rename = "taken over")]
    #[strum(serialize = "taken over")]
    TakenOver,
    /// There from an earlier ceremony.
    Found,
}

/// What a body that the root key signs is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum BodyKind {
    /// A certificate's `TBSCertificate`.
    Certificate,
    /// A CRL's `TBSCertList`.
    Crl,
    /// The `CertificationRequestInfo` of a request for the root's own key.
    Request,
    /// The signed attributes of a proof of possession.
    Possession,
}

macro_rules! words {
    ($($set:ident),*) => {$(
        impl $set {
            /// The word in files.
            pub fn word(self) -> &'static str {
                self.into()
            }
        }
    )*};
}

words!(Outcome, CeremonyKind, CeremonyOutcome, KeySource, BodyKind);
