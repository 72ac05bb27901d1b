//! Public keys: what we accept, their one canonical DER, and the software verification of every
//! signature.

use std::fmt;

use aws_lc_rs::signature as lc;
use der::Tag;
use sha2::Digest as _;

pub use super::algorithm::{
    HashAlgorithm, SignatureAlgorithm, algorithm_name, algorithm_refusal, ecdsa_signature_der,
};
pub use super::key_kind::{Curve, KeyKind};
use super::key_kind::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION};
use super::oid;
pub use super::root_key::RootKey;
use super::tlv::{self, DerError, bit_string, bit_string_octets, sequence, sequence_of, unsigned};
use super::{edwards, key_refusal};
use crate::digest::Digest;

/// The most bits of an RSA exponent that aws-lc calculates with. SP 800-56B and the CA/Browser
/// Forum stop at 256.
const LC_EXPONENT_BITS: usize = 33;

/// Why a public key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an SPKI, or not in the one canonical form.
    #[error("the public key is malformed: {0}")]
    Malformed(DerError),
    /// An RSA modulus below zero: its leading zero was left out.
    #[error("the modulus is negative")]
    NegativeModulus,
    /// An RSA exponent below zero.
    #[error("the exponent is negative")]
    NegativeExponent,
    /// Not a point of its curve.
    #[error("the public key is no point that a key can be: {0}")]
    Point(String),
    /// An algorithm or curve that is not taken, with its reason.
    #[error("keys of type {kind} are not taken: {why}; RSA, P-256, P-384, P-521 and Ed25519 are")]
    Unsupported {
        /// Its name.
        kind: String,
        /// Why.
        why: &'static str,
    },
}

impl From<DerError> for KeyError {
    fn from(error: DerError) -> Self {
        Self::Malformed(error)
    }
}

/// A public key with its SubjectPublicKeyInfo as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    kind: KeyKind,
    /// Content of the BIT STRING: RSAPublicKey, the uncompressed point, or Ed25519's octets.
    key_octets: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo; only the canonical encoding is taken (named curve,
    /// uncompressed point, rsaEncryption with NULL, Ed25519 without parameters).
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let fields = sequence_of(spki, "SubjectPublicKeyInfo")?;
        let [algorithm, key] = fields.as_slice() else {
            return Err(DerError::new("SubjectPublicKeyInfo: not two fields").into());
        };
        let octets = bit_string_octets(key, "subjectPublicKey")?;
        let kind = read_kind(algorithm.raw, octets)?;
        let parsed = Self {
            spki: spki.to_vec(),
            kind,
            key_octets: octets.to_vec(),
        };
        let canonical = sequence(&[&kind.algorithm_identifier(), &bit_string(octets)]);
        if canonical != spki {
            return Err(DerError::new("not in its canonical encoding").into());
        }
        parsed.check_point()?;
        Ok(parsed)
    }

    /// From `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT`.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let key = sequence(&[&unsigned(modulus), &unsigned(exponent)]);
        Self::from_spki(&sequence(&[
            &KeyKind::Rsa { bits: 0 }.algorithm_identifier(),
            &bit_string(&key),
        ]))
    }

    /// From a curve and its uncompressed point (`CKA_EC_POINT` without its OCTET STRING).
    pub fn from_ec_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        Self::from_spki(&sequence(&[
            &KeyKind::Ec(curve).algorithm_identifier(),
            &bit_string(point),
        ]))
    }

    /// From the 32 octets of an Ed25519 key.
    pub fn from_ed25519(octets: &[u8]) -> Result<Self, KeyError> {
        Self::from_spki(&sequence(&[
            &KeyKind::Ed25519.algorithm_identifier(),
            &bit_string(octets),
        ]))
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Type and size.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// SHA-256 of the SPKI.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.spki)
    }

    /// Key identifier by RFC 7093 section 2, method 1: the leftmost 160 bits of the SHA-256
    /// of the BIT STRING's content.
    pub fn key_identifier(&self) -> Vec<u8> {
        sha2::Sha256::digest(&self.key_octets)[..20].to_vec()
    }

    /// RSA modulus and exponent, without leading zeros.
    pub fn rsa_numbers(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        matches!(self.kind, KeyKind::Rsa { .. })
            .then(|| rsa_numbers(&self.key_octets).ok())
            .flatten()
    }

    /// Whether `signature` over `message` is by this key. Software, on the CPU.
    pub fn verifies(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let Some(method) = algorithm.verification(self.kind) else {
            return false;
        };
        if let Some((modulus, exponent)) = self.long_exponent() {
            let hash = algorithm.hash();
            return !algorithm.is_pss()
                && super::rsa::verifies_pkcs1(&modulus, &exponent, hash, message, signature);
        }
        lc::UnparsedPublicKey::new(method, &self.key_octets)
            .verify(message, signature)
            .is_ok()
    }

    /// Whether nothing here can tell if such a signature is good: PSS under an exponent that
    /// aws-lc does not take. [`Self::verifies`] says no to it, though it may be sound.
    pub fn is_beyond_verifier(&self, algorithm: SignatureAlgorithm) -> bool {
        algorithm.is_pss() && self.long_exponent().is_some()
    }

    /// Modulus and exponent, where the exponent has more bits than aws-lc takes.
    fn long_exponent(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.rsa_numbers().filter(|(_, exponent)| {
            let zeros = exponent
                .first()
                .map_or(0, |top| top.leading_zeros() as usize);
            exponent.len() * 8 - zeros > LC_EXPONENT_BITS
        })
    }

    /// An EC point must be uncompressed (aws-lc takes other forms too, and then one key has
    /// two SPKIs) and lie on its curve (SP 800-56A full validation is aws-lc's parser's).
    fn check_point(&self) -> Result<(), KeyError> {
        let curve = match self.kind {
            KeyKind::Ec(curve) => curve,
            KeyKind::Ed25519 => return check_edwards(&self.key_octets),
            KeyKind::Rsa { .. } => return Ok(()),
        };
        // One octet of zero is the point at infinity (SEC 1 2.3.3).
        if self.key_octets == [0] {
            return Err(KeyError::Point("the point at infinity".to_owned()));
        }
        let uncompressed = self.key_octets.first() == Some(&4)
            && self.key_octets.len() == 1 + 2 * curve.field_octets();
        if !uncompressed {
            return Err(DerError::new("the point is not in its uncompressed form").into());
        }
        let method: &'static dyn lc::VerificationAlgorithm = match curve {
            Curve::P256 => &lc::ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &lc::ECDSA_P384_SHA384_ASN1,
            Curve::P521 => &lc::ECDSA_P521_SHA512_ASN1,
        };
        lc::ParsedPublicKey::new(method, &self.key_octets)
            .map(|_| ())
            .map_err(|_| KeyError::Point("not on the curve, or out of range".to_owned()))
    }
}

fn check_edwards(octets: &[u8]) -> Result<(), KeyError> {
    let octets: &[u8; 32] = octets
        .try_into()
        .map_err(|_| DerError::new("an Ed25519 key has 32 octets"))?;
    edwards::check(octets).map_err(|error| KeyError::Point(error.to_string()))
}

/// The modulus in an SPKI, where it is an RSA key that is taken.
pub fn rsa_modulus(spki: &[u8]) -> Option<Vec<u8>> {
    let key = PublicKey::from_spki(spki).ok()?;
    key.rsa_numbers().map(|(modulus, _)| modulus)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.kind, self.digest())
    }
}

fn read_kind(algorithm: &[u8], octets: &[u8]) -> Result<KeyKind, KeyError> {
    let fields = sequence_of(algorithm, "AlgorithmIdentifier")?;
    let Some((first, parameters)) = fields.split_first() else {
        return Err(DerError::new("AlgorithmIdentifier: empty").into());
    };
    if first.tag != Tag::ObjectIdentifier {
        return Err(DerError::new("AlgorithmIdentifier: no OID").into());
    }
    if first.value == RSA_ENCRYPTION.as_bytes() {
        let (modulus, _) = rsa_numbers(octets)?;
        let top = modulus.first().map_or(0, |b| b.leading_zeros() as usize);
        return Ok(KeyKind::Rsa {
            bits: modulus.len() * 8 - top,
        });
    }
    if first.value == ED25519.as_bytes() {
        return Ok(KeyKind::Ed25519);
    }
    if first.value == EC_PUBLIC_KEY.as_bytes() {
        return match parameters {
            [named] if named.tag == Tag::ObjectIdentifier => Curve::ALL
                .into_iter()
                .find(|curve| curve.oid().as_bytes() == named.value)
                .map(KeyKind::Ec)
                .ok_or_else(|| unsupported(&oid::dotted(named.value))),
            _ => Err(DerError::new(key_refusal::UNNAMED_CURVE).into()),
        };
    }
    Err(unsupported(&oid::dotted(first.value)))
}

fn unsupported(dotted: &str) -> KeyError {
    KeyError::Unsupported {
        kind: oid::name(dotted).to_owned(),
        why: key_refusal::why(dotted),
    }
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017 A.1.1).
fn rsa_numbers(octets: &[u8]) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let fields = sequence_of(octets, "RSAPublicKey")?;
    let [modulus, exponent] = fields.as_slice() else {
        return Err(DerError::new("RSAPublicKey: not two fields").into());
    };
    let negative = |number: &tlv::Element<'_>| {
        number.tag == Tag::Integer && number.value.first().is_some_and(|first| *first >= 0x80)
    };
    if negative(modulus) {
        return Err(KeyError::NegativeModulus);
    }
    if negative(exponent) {
        return Err(KeyError::NegativeExponent);
    }
    Ok((
        tlv::unsigned_octets(modulus, "modulus")?.to_vec(),
        tlv::unsigned_octets(exponent, "publicExponent")?.to_vec(),
    ))
}
