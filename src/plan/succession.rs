//! What a certificate follows: nothing, an earlier one of the same key, or one whose key is
//! given up.

use toml::Spanned;

use super::file::FileError;
use super::make::Draft;
use crate::x509::key_identifier::KeyIdentifierMethod;
use crate::x509::public_key::PublicKey;

/// What an intermediate follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Succession {
    /// Nothing: neither its name nor its key is known.
    #[default]
    First,
    /// A certificate of the same name and the same key.
    Renewal,
    /// A certificate of the same name, whose key is given up.
    NewKey,
}

impl Succession {
    /// The field in the ceremony file, which is the word in the plan too.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::First => None,
            Self::Renewal => Some("renew"),
            Self::NewKey => Some("rekey"),
        }
    }

    /// What a plan's word says.
    pub fn parse(word: Option<&str>) -> Option<Self> {
        let all = [Self::First, Self::Renewal, Self::NewKey];
        all.into_iter().find(|one| one.word() == word)
    }
}

/// Where a certificate's subject key identifier comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectKeyId {
    /// It follows from the key.
    Method(KeyIdentifierMethod),
    /// It is an earlier certificate's, whatever that was made by: what was issued below names it.
    Kept(Vec<u8>),
}

impl SubjectKeyId {
    /// The identifier of a key.
    pub fn of(&self, key: &PublicKey) -> Vec<u8> {
        match self {
            Self::Method(method) => method.of(key),
            Self::Kept(bytes) => bytes.clone(),
        }
    }
}

impl Draft<'_> {
    /// What `renew` and `rekey` say together.
    pub(super) fn succession(
        &self,
        renew: Option<&Spanned<bool>>,
        rekey: Option<&Spanned<bool>>,
    ) -> Result<Succession, FileError> {
        let says = |field: Option<&Spanned<bool>>| field.is_some_and(|one| *one.get_ref());
        match (says(renew), says(rekey)) {
            (false, false) => Ok(Succession::First),
            (true, false) => Ok(Succession::Renewal),
            (false, true) => Ok(Succession::NewKey),
            (true, true) => {
                let place = rekey.map_or(0, |one| one.span().start);
                let words = "renew and rekey exclude each other: the same key again, or a new one";
                Err(self.at(place, words))
            }
        }
    }
}
