//! Public keys: what we accept, their one canonical DER, and the software verification of every
//! signature.

use std::fmt;

use aws_lc_rs::signature as lc;
use der::Tag;
use der::oid::ObjectIdentifier;
use sha2::Digest as _;

pub use super::algorithm::{
    HashAlgorithm, SignatureAlgorithm, algorithm_name, ecdsa_signature_der,
};
pub use super::key_kind::{Curve, KeyKind};
use super::oid;
use super::tlv::{self, DerError, bit_string, bit_string_octets, sequence, sequence_of, unsigned};
use crate::digest::Digest;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The key types a root can have here, as `[root] key` writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKey {
    /// `rsa:3072`
    Rsa3072,
    /// `rsa:4096`
    Rsa4096,
    /// `ec:P-256`
    P256,
    /// `ec:P-384`
    P384,
}

impl RootKey {
    /// Every key a root can have.
    pub const ALL: [Self; 4] = [Self::Rsa3072, Self::Rsa4096, Self::P256, Self::P384];

    /// The word in the ceremony file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rsa3072 => "rsa:3072",
            Self::Rsa4096 => "rsa:4096",
            Self::P256 => "ec:P-256",
            Self::P384 => "ec:P-384",
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
        }
    }

    /// The algorithm such a root signs with: the digest follows the key.
    pub fn signature_algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa3072 => SignatureAlgorithm::RsaSha384,
            Self::Rsa4096 => SignatureAlgorithm::RsaSha512,
            Self::P256 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 => SignatureAlgorithm::EcdsaSha384,
        }
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
            KeyKind::Ec(_) => Vec::new(),
        };
        sequence(&[&algorithm_identifier(self.kind()), &bit_string(&size)])
    }
}

/// Why a public key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an SPKI, or not in the one canonical form.
    #[error("the public key is malformed: {0}")]
    Malformed(DerError),
    /// Not a point of its curve.
    #[error("the public key is no point of its curve: {0}")]
    Point(String),
    /// An algorithm or curve that is not taken.
    #[error("keys of type {0} are not taken; RSA, P-256 and P-384 are")]
    Unsupported(String),
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
    /// Content of the BIT STRING: RSAPublicKey, or the uncompressed point.
    key_octets: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo; only the canonical encoding is taken (named curve,
    /// uncompressed point, rsaEncryption with NULL).
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
        let canonical = sequence(&[&algorithm_identifier(kind), &bit_string(octets)]);
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
            &algorithm_identifier(KeyKind::Rsa { bits: 0 }),
            &bit_string(&key),
        ]))
    }

    /// From a curve and its uncompressed point (`CKA_EC_POINT` without its OCTET STRING).
    pub fn from_ec_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        Self::from_spki(&sequence(&[
            &algorithm_identifier(KeyKind::Ec(curve)),
            &bit_string(point),
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
        lc::UnparsedPublicKey::new(method, &self.key_octets)
            .verify(message, signature)
            .is_ok()
    }

    /// An EC point must be uncompressed (aws-lc takes other forms too, and then one key has
    /// two SPKIs) and lie on its curve (SP 800-56A full validation is aws-lc's parser's).
    fn check_point(&self) -> Result<(), KeyError> {
        let KeyKind::Ec(curve) = self.kind else {
            return Ok(());
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
        };
        lc::ParsedPublicKey::new(method, &self.key_octets)
            .map(|_| ())
            .map_err(|_| KeyError::Point("not on the curve, or out of range".to_owned()))
    }
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
    if first.value == EC_PUBLIC_KEY.as_bytes() {
        return match parameters {
            [named] if named.tag == Tag::ObjectIdentifier => Curve::ALL
                .into_iter()
                .find(|curve| curve.oid().as_bytes() == named.value)
                .map(KeyKind::Ec)
                .ok_or_else(|| {
                    KeyError::Unsupported(oid::name(&oid::dotted(named.value)).to_owned())
                }),
            _ => Err(DerError::new(
                "an EC key names its curve; explicit parameters can imitate another key",
            )
            .into()),
        };
    }
    Err(KeyError::Unsupported(
        oid::name(&oid::dotted(first.value)).to_owned(),
    ))
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017 A.1.1).
fn rsa_numbers(octets: &[u8]) -> Result<(Vec<u8>, Vec<u8>), DerError> {
    let fields = sequence_of(octets, "RSAPublicKey")?;
    let [modulus, exponent] = fields.as_slice() else {
        return Err(DerError::new("RSAPublicKey: not two fields"));
    };
    Ok((
        tlv::unsigned_octets(modulus, "modulus")?.to_vec(),
        tlv::unsigned_octets(exponent, "publicExponent")?.to_vec(),
    ))
}

fn algorithm_identifier(kind: KeyKind) -> Vec<u8> {
    match kind {
        KeyKind::Rsa { .. } => sequence(&[&oid::der(RSA_ENCRYPTION), &tlv::encode(Tag::Null, &[])]),
        KeyKind::Ec(curve) => sequence(&[&oid::der(EC_PUBLIC_KEY), &oid::der(curve.oid())]),
    }
}
