//! Why a certificate is revoked: the reasons that a CA certificate may have.

/// CRLReason (RFC 5280 5.3.1), without those that are never written: unspecified (0) says
/// nothing, and hold, removal and the AA's (6, 7, 8, 10) have no place in a root's CRL.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum RevocationReason {
    /// Somebody else may have its key.
    KeyCompromise,
    /// Its name is not its owner's any more.
    AffiliationChanged,
    /// Another certificate has taken its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// It may not do any more what it was issued for.
    PrivilegeWithdrawn,
}

impl RevocationReason {
    /// Every reason, by its number.
    pub const ALL: [Self; 5] = [
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The number in a CRL.
    pub fn number(self) -> u8 {
        match self {
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }

    /// RFC 5280's name for it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The reason of this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The reason of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.number() == number)
    }
}
