//! Types and sizes of keys.

use std::fmt;

use der::Tag;
use der::oid::ObjectIdentifier;

use super::oid;
use super::tlv::{encode, sequence};

/// `rsaEncryption` (RFC 4055 1.2)
pub(super) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey` (RFC 5480 2.1.1)
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `id-Ed25519` (RFC 8410 3)
pub(super) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A named curve we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1
    P256,
    /// secp384r1
    P384,
    /// secp521r1
    P521,
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// `namedCurve` (RFC 5480 2.1.1.1).
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Self::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
            Self::P521 => ObjectIdentifier::new_unwrap("1.3.132.0.35"),
        }
    }

    /// Octets of one coordinate, and of `r` and of `s` in a signature.
    pub fn field_octets(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            // 521 bits: the first octet holds one bit.
            Self::P521 => 66,
        }
    }
}

/// Type and size of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of this many bits.
    Rsa {
        /// Length of the modulus.
        bits: usize,
    },
    /// A point on a named curve.
    Ec(Curve),
    /// A point on edwards25519 (RFC 8032 5.1).
    Ed25519,
}

impl KeyKind {
    /// AlgorithmIdentifier of a SubjectPublicKeyInfo, DER: its one canonical form.
    pub(super) fn algorithm_identifier(self) -> Vec<u8> {
        match self {
            Self::Rsa { .. } => sequence(&[&oid::der(RSA_ENCRYPTION), &encode(Tag::Null, &[])]),
            Self::Ec(curve) => sequence(&[&oid::der(EC_PUBLIC_KEY), &oid::der(curve.oid())]),
            Self::Ed25519 => sequence(&[&oid::der(ED25519)]),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ec(Curve::P256) => f.write_str("EC P-256"),
            Self::Ec(Curve::P384) => f.write_str("EC P-384"),
            Self::Ec(Curve::P521) => f.write_str("EC P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}
