//! Key usages by their names and bits.

use x509_cert::ext::pkix::KeyUsages;

/// A key usage bit (RFC 5280 4.2.1.3). The number is its place in the bit string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyUsage {
    /// digitalSignature
    DigitalSignature = 0,
    /// nonRepudiation
    NonRepudiation = 1,
    /// keyEncipherment
    KeyEncipherment = 2,
    /// dataEncipherment
    DataEncipherment = 3,
    /// keyAgreement
    KeyAgreement = 4,
    /// keyCertSign
    KeyCertSign = 5,
    /// cRLSign
    CrlSign = 6,
    /// encipherOnly
    EncipherOnly = 7,
    /// decipherOnly
    DecipherOnly = 8,
}

impl KeyUsage {
    pub(super) const ALL: [(Self, &'static str, KeyUsages); 9] = [
        (
            Self::DigitalSignature,
            "digitalSignature",
            KeyUsages::DigitalSignature,
        ),
        (
            Self::NonRepudiation,
            "nonRepudiation",
            KeyUsages::NonRepudiation,
        ),
        (
            Self::KeyEncipherment,
            "keyEncipherment",
            KeyUsages::KeyEncipherment,
        ),
        (
            Self::DataEncipherment,
            "dataEncipherment",
            KeyUsages::DataEncipherment,
        ),
        (Self::KeyAgreement, "keyAgreement", KeyUsages::KeyAgreement),
        (Self::KeyCertSign, "keyCertSign", KeyUsages::KeyCertSign),
        (Self::CrlSign, "cRLSign", KeyUsages::CRLSign),
        (Self::EncipherOnly, "encipherOnly", KeyUsages::EncipherOnly),
        (Self::DecipherOnly, "decipherOnly", KeyUsages::DecipherOnly),
    ];

    /// The standard's name.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(usage, ..)| *usage == self)
            .map_or("", |(_, word, _)| word)
    }

    /// The usage with this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, name, _)| *name == word)
            .map(|(usage, ..)| *usage)
    }

    pub(super) fn bit(self) -> Option<KeyUsages> {
        Self::ALL
            .iter()
            .find(|(usage, ..)| *usage == self)
            .map(|(.., bit)| *bit)
    }
}
