//! The keys that a root can have, and the algorithms that each may sign with.

use super::algorithm::{HashAlgorithm, SignatureAlgorithm};
use super::key_kind::{Curve, KeyKind};
use super::tlv::{bit_string, sequence, unsigned};

/// The key types a root can have here, as `[root] key` writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RootKey {
    /// `rsa:3072`
    Rsa3072,
    /// `rsa:4096`
    Rsa4096,
    /// `ec:P-256`
    P256,
    /// `ec:P-384`
    P384,
    /// `ec:P-521`
    P521,
    /// `ed25519`
    Ed25519,
}

impl TryFrom<String> for RootKey {
    type Error = String;
    fn try_from(word: String) -> Result<Self, String> {
        Self::parse(&word).ok_or_else(|| format!("no key of a root: {word}"))
    }
}

impl From<RootKey> for String {
    fn from(key: RootKey) -> Self {
        key.word().to_owned()
    }
}

impl RootKey {
    /// Every key a root can have.
    pub const ALL: [Self; 6] = [
        Self::Rsa3072,
        Self::Rsa4096,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Ed25519,
    ];

    /// The word in the ceremony file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rsa3072 => "rsa:3072",
            Self::Rsa4096 => "rsa:4096",
            Self::P256 => "ec:P-256",
            Self::P384 => "ec:P-384",
            Self::P521 => "ec:P-521",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The key with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.word() == word)
    }

    /// Type and size.
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Rsa3072 => KeyKind::Rsa { bits: 3072 },
            Self::Rsa4096 => KeyKind::Rsa { bits: 4096 },
            Self::P256 => KeyKind::Ec(Curve::P256),
            Self::P384 => KeyKind::Ec(Curve::P384),
            Self::P521 => KeyKind::Ec(Curve::P521),
            Self::Ed25519 => KeyKind::Ed25519,
        }
    }

    /// The algorithms such a root may sign with, its default first. Under RSA the digest is
    /// free; a curve has the digest of its size and no other (BR 7.1.3.2.2).
    pub fn algorithms(self) -> &'static [SignatureAlgorithm] {
        use SignatureAlgorithm as A;
        match self {
            Self::Rsa3072 => &[
                A::RsaSha384,
                A::RsaSha256,
                A::RsaSha512,
                A::PssSha384,
                A::PssSha256,
                A::PssSha512,
            ],
            Self::Rsa4096 => &[
                A::RsaSha512,
                A::RsaSha256,
                A::RsaSha384,
                A::PssSha512,
                A::PssSha256,
                A::PssSha384,
            ],
            Self::P256 => &[A::EcdsaSha256],
            Self::P384 => &[A::EcdsaSha384],
            Self::P521 => &[A::EcdsaSha512],
            Self::Ed25519 => &[A::Ed25519],
        }
    }

    /// What such a root signs with where nothing else is said.
    pub fn default_algorithm(self) -> SignatureAlgorithm {
        self.algorithms()[0]
    }

    /// The one of its algorithms with this hash and padding; `None` where it has none.
    pub fn algorithm(self, hash: Option<HashAlgorithm>, pss: bool) -> Option<SignatureAlgorithm> {
        self.algorithms()
            .iter()
            .copied()
            .find(|one| one.is_pss() == pss && hash.is_none_or(|hash| one.hash() == hash))
    }

    /// The root key of this kind.
    pub fn from_kind(kind: KeyKind) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.kind() == kind)
    }

    /// The SPKI that stands in templates before the key exists: the algorithm is right, the
    /// key is empty, or an RSA key's size.
    pub fn template_spki(self) -> Vec<u8> {
        // RSA sizes have one AlgorithmIdentifier: the size stands where the key will.
        let size = match self.kind() {
            KeyKind::Rsa { bits } => unsigned(&u32::try_from(bits).unwrap_or(0).to_be_bytes()),
            KeyKind::Ec(_) | KeyKind::Ed25519 => Vec::new(),
        };
        sequence(&[&self.kind().algorithm_identifier(), &bit_string(&size)])
    }
}
