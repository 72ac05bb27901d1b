//! A person's public key, as a line of `authorized_keys` without options.

use ssh_key::public::{EcdsaPublicKey, KeyData};

use crate::x509::escape::escape_quoted;
use crate::x509::public_key::{Curve, PublicKey};

/// The most octets of a key as text. RSA of 8192 bits has 1400.
const TEXT_LIMIT: usize = 4096;
/// Bits of an RSA modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 3072..=8192;
/// The most octets of an RSA exponent; 65537 has 3.
const EXPONENT_OCTETS: usize = 4;

/// Why a key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// No such line.
    #[error("not an OpenSSH public key (\"ssh-ed25519 AAAA...\"): {0}")]
    Malformed(&'static str),
    /// A certificate.
    #[error("an OpenSSH certificate is not taken: name the key itself, the line of its .pub file")]
    Certificate,
    /// DSA.
    #[error("DSA keys are not taken: they sign SHA-1 with 1024 bits; {KINDS}")]
    Dsa,
    /// Another kind.
    #[error("keys of type {0} are not taken; {KINDS}")]
    Kind(String),
    /// RSA of another size.
    #[error("an RSA key of {0} bits is not taken; RSA has from 3072 to 8192")]
    RsaBits(usize),
    /// A modulus or exponent that no honest key has.
    #[error("not an RSA key that can be used: {0}")]
    Rsa(&'static str),
    /// Not a point of its curve, or one that no key has.
    #[error("not a key that can be used: {0}")]
    Point(String),
}

/// The kinds that are taken, with how a person makes the best of them.
const KINDS: &str = "ed25519, ecdsa, sk-ed25519, sk-ecdsa and RSA from 3072 bits are: ssh-keygen -t ed25519 makes one";

/// The same as a key's line names them.
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
];

/// A key that is taken.
#[derive(Clone, Debug)]
pub struct PersonKey {
    pub(super) data: KeyData,
    pub(super) public: PublicKey,
}

impl PersonKey {
    /// Reads type and base64; a comment may follow, and is passed over.
    pub fn parse(text: &str) -> Result<Self, KeyRefusal> {
        if text.len() > TEXT_LIMIT {
            return Err(KeyRefusal::Malformed("it is longer than any key"));
        }
        let mut parts = text.split_ascii_whitespace();
        let (Some(kind), Some(body)) = (parts.next(), parts.next()) else {
            return Err(KeyRefusal::Malformed("it is a type and base64"));
        };
        if kind.contains("-cert-v") {
            return Err(KeyRefusal::Certificate);
        }
        if kind == "ssh-dss" {
            return Err(KeyRefusal::Dsa);
        }
        if !TYPES.contains(&kind) {
            return Err(KeyRefusal::Kind(escape_quoted(kind)));
        }
        let line = format!("{kind} {body}");
        let read = ssh_key::PublicKey::from_openssh(&line)
            .map_err(|_| KeyRefusal::Malformed("type and base64 do not make one"))?;
        if read.to_openssh().as_deref() != Ok(&line) {
            return Err(KeyRefusal::Malformed("not in its one encoding"));
        }
        Self::of(KeyData::from(read))
    }

    /// The same of a key that was read from somewhere else, in its one encoding.
    pub(super) fn of(data: KeyData) -> Result<Self, KeyRefusal> {
        let public = public_key(&data)?;
        Ok(Self { data, public })
    }

    /// What a security key's owner registered it for; `None` of any other key.
    pub(super) fn application(&self) -> Option<&str> {
        match &self.data {
            KeyData::SkEd25519(key) => Some(key.application()),
            KeyData::SkEcdsaSha2NistP256(key) => Some(key.application()),
            _ => None,
        }
    }
}

/// The key that verifies.
fn public_key(data: &KeyData) -> Result<PublicKey, KeyRefusal> {
    let made = match data {
        KeyData::Ed25519(key) => PublicKey::from_ed25519(&key.0),
        KeyData::SkEd25519(key) => PublicKey::from_ed25519(&key.public_key().0),
        KeyData::Ecdsa(key) => PublicKey::from_ec_point(curve(key), key.as_sec1_bytes()),
        KeyData::SkEcdsaSha2NistP256(key) => {
            PublicKey::from_ec_point(Curve::P256, key.ec_point().as_bytes())
        }
        KeyData::Rsa(key) => {
            let modulus = key.n.as_positive_bytes().unwrap_or_default();
            let exponent = key.e.as_positive_bytes().unwrap_or_default();
            check_rsa(modulus, exponent)?;
            PublicKey::from_rsa(modulus, exponent)
        }
        other => {
            let kind = escape_quoted(other.algorithm().as_str());
            return Err(KeyRefusal::Kind(kind));
        }
    };
    made.map_err(|why| KeyRefusal::Point(why.to_string()))
}

fn curve(key: &EcdsaPublicKey) -> Curve {
    match key {
        EcdsaPublicKey::NistP256(_) => Curve::P256,
        EcdsaPublicKey::NistP384(_) => Curve::P384,
        EcdsaPublicKey::NistP521(_) => Curve::P521,
    }
}

/// Both without a leading zero; empty where they are not above zero.
fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyRefusal> {
    let zeros = modulus
        .first()
        .map_or(0, |top| top.leading_zeros() as usize);
    let bits = modulus.len() * 8 - zeros;
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !RSA_BITS.contains(&bits) {
        return Err(KeyRefusal::RsaBits(bits));
    }
    if !is_odd(modulus) {
        return Err(KeyRefusal::Rsa("its modulus is even"));
    }
    if !is_odd(exponent) || exponent == [1] {
        return Err(KeyRefusal::Rsa("its exponent is not an odd number from 3"));
    }
    if exponent.len() > EXPONENT_OCTETS {
        return Err(KeyRefusal::Rsa("its exponent has more than 32 bits"));
    }
    Ok(())
}
