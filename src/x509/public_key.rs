//! Public keys and signature algorithms: what we accept, their exact DER, and the software
//! verification of every signature.

use std::fmt;

use aws_lc_rs::signature as lc;
use der::Tag;
use der::oid::ObjectIdentifier;
use sha2::Digest as _;

use super::oid;
use super::tlv::{self, DerError, bit_string, bit_string_octets, sequence, sequence_of, unsigned};
use crate::digest::Digest;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A named curve we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1
    P256,
    /// secp384r1
    P384,
}

impl Curve {
    const ALL: [Self; 2] = [Self::P256, Self::P384];

    /// `namedCurve` (RFC 5480 2.1.1.1).
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Self::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
        }
    }

    /// Octets of one coordinate, and of `r` and of `s` in a signature.
    pub fn field_octets(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
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
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ec(Curve::P256) => f.write_str("EC P-256"),
            Self::Ec(Curve::P384) => f.write_str("EC P-384"),
        }
    }
}

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
            .map_err(|_| DerError::new("the point is not on the curve").into())
    }
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
            _ => Err(KeyError::Unsupported(
                "EC with explicit parameters".to_owned(),
            )),
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

    fn verification(self, kind: KeyKind) -> Option<&'static dyn lc::VerificationAlgorithm> {
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
