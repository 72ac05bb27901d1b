//! How a key identifier follows from a key: one method for a root and one for each profile.
//! Whoever writes, checks or audits a subject key identifier asks here.

use super::public_key::PublicKey;
use super::tlv;

/// A method for subject key identifiers; both give 20 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum KeyIdentifierMethod {
    /// The leftmost 160 bits of the SHA-256 of the key's BIT STRING (RFC 7093 2, method 1).
    #[default]
    Rfc7093,
    /// The SHA-1 of the key's BIT STRING (RFC 5280 4.2.1.2, method 1).
    Sha1,
}

impl KeyIdentifierMethod {
    /// Every method.
    pub const ALL: [Self; 2] = [Self::Rfc7093, Self::Sha1];

    /// The word in the ceremony file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rfc7093 => "rfc7093",
            Self::Sha1 => "sha1",
        }
    }

    /// The method with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The identifier of a key.
    pub fn of(self, key: &PublicKey) -> Vec<u8> {
        match self {
            Self::Rfc7093 => key.key_identifier(),
            Self::Sha1 => {
                // An identifier, not a proof: nothing rests on SHA-1 here.
                let method = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
                let octets = key_octets(key.spki()).unwrap_or_default();
                aws_lc_rs::digest::digest(method, &octets).as_ref().to_vec()
            }
        }
    }
}

/// The content of the key's BIT STRING; a `PublicKey` always has one.
fn key_octets(spki: &[u8]) -> Option<Vec<u8>> {
    let fields = tlv::sequence_of(spki, "SubjectPublicKeyInfo").ok()?;
    let octets = tlv::bit_string_octets(fields.get(1)?, "subjectPublicKey").ok()?;
    Some(octets.to_vec())
}
