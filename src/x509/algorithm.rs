//! Signature algorithms: their one exact AlgorithmIdentifier, their hash, and how software
//! verifies them.

use aws_lc_rs::signature as lc;
use der::Tag;
use der::oid::ObjectIdentifier;
use sha2::Digest as _;

use super::key_kind::{Curve, KeyKind};
use super::oid;
use super::tlv::{self, sequence, sequence_of, unsigned};

/// A signature algorithm with its one exact AlgorithmIdentifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// sha256WithRSAEncryption, parameters NULL (RFC 4055 5)
    RsaSha256,
    /// sha384WithRSAEncryption
    RsaSha384,
    /// sha512WithRSAEncryption
    RsaSha512,
    /// ecdsa-with-SHA256, parameters absent (RFC 5758 3.2)
    EcdsaSha256,
    /// ecdsa-with-SHA384
    EcdsaSha384,
    /// ecdsa-with-SHA512
    EcdsaSha512,
}

/// A digest algorithm that a signature hashes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl HashAlgorithm {
    /// The digest of `message`.
    pub fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }

    /// OID (RFC 5754 2).
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
            Self::Sha384 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
            Self::Sha512 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
        }
    }
}

impl SignatureAlgorithm {
    /// Every algorithm we verify.
    pub const ALL: [Self; 6] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
    ];

    /// OID.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::RsaSha256 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
            Self::RsaSha384 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
            Self::RsaSha512 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
            Self::EcdsaSha256 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
            Self::EcdsaSha384 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
            Self::EcdsaSha512 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
        }
    }

    /// The hash it signs.
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaSha256 | Self::EcdsaSha256 => HashAlgorithm::Sha256,
            Self::RsaSha384 | Self::EcdsaSha384 => HashAlgorithm::Sha384,
            Self::RsaSha512 | Self::EcdsaSha512 => HashAlgorithm::Sha512,
        }
    }

    /// Whether it is an RSA algorithm.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512)
    }

    /// AlgorithmIdentifier, DER.
    pub fn to_der(self) -> Vec<u8> {
        let oid = oid::der(self.oid());
        if self.is_rsa() {
            sequence(&[&oid, &tlv::encode(Tag::Null, &[])])
        } else {
            sequence(&[&oid])
        }
    }

    /// The algorithm with exactly this AlgorithmIdentifier.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.to_der() == der)
    }

    /// The name the standards give it.
    pub fn name(self) -> String {
        oid::name(&self.oid().to_string()).to_owned()
    }

    pub(super) fn verification(
        self,
        kind: KeyKind,
    ) -> Option<&'static dyn lc::VerificationAlgorithm> {
        use Curve::{P256, P384};
        Some(match (kind, self) {
            (KeyKind::Rsa { .. }, Self::RsaSha256) => &lc::RSA_PKCS1_2048_8192_SHA256,
            (KeyKind::Rsa { .. }, Self::RsaSha384) => &lc::RSA_PKCS1_2048_8192_SHA384,
            (KeyKind::Rsa { .. }, Self::RsaSha512) => &lc::RSA_PKCS1_2048_8192_SHA512,
            (KeyKind::Ec(P256), Self::EcdsaSha256) => &lc::ECDSA_P256_SHA256_ASN1,
            (KeyKind::Ec(P256), Self::EcdsaSha384) => &lc::ECDSA_P256_SHA384_ASN1,
            (KeyKind::Ec(P256), Self::EcdsaSha512) => &lc::ECDSA_P256_SHA512_ASN1,
            (KeyKind::Ec(P384), Self::EcdsaSha256) => &lc::ECDSA_P384_SHA256_ASN1,
            (KeyKind::Ec(P384), Self::EcdsaSha384) => &lc::ECDSA_P384_SHA384_ASN1,
            (KeyKind::Ec(P384), Self::EcdsaSha512) => &lc::ECDSA_P384_SHA512_ASN1,
            _ => return None,
        })
    }
}

/// What people call the algorithm of an AlgorithmIdentifier, known or not.
pub fn algorithm_name(der: &[u8]) -> String {
    sequence_of(der, "AlgorithmIdentifier")
        .ok()
        .and_then(|fields| fields.first().map(|oid| oid::dotted(oid.value)))
        .map_or_else(
            || "unreadable".to_owned(),
            |dotted| oid::name(&dotted).to_owned(),
        )
}

/// `r` and `s` side by side, as `CKM_ECDSA` gives them, as the DER of Ecdsa-Sig-Value
/// (RFC 3279 2.2.3).
pub fn ecdsa_signature_der(r_and_s: &[u8]) -> Vec<u8> {
    let (r, s) = r_and_s.split_at(r_and_s.len() / 2);
    sequence(&[&unsigned(r), &unsigned(s)])
}
