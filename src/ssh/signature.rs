//! A signature as `ssh-keygen -Y sign` writes it (OpenSSH's PROTOCOL.sshsig), and whether it is
//! one by a given key.

use sha2::{Digest as _, Sha256, Sha512};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, Mpint, SshSig};

use super::key::{KeyRefusal, PersonKey};
use super::wire;
use crate::x509::escape::escape_quoted;
use crate::x509::key_kind::{Curve, KeyKind};
use crate::x509::pem::{self, PemError};
use crate::x509::public_key::{SignatureAlgorithm, ecdsa_signature_der};

/// The most octets of a signature's file. RSA of 8192 bits has 3000.
pub const FILE_LIMIT: usize = 16 * 1024;

const MAGIC: &[u8] = b"SSHSIG";
const LABEL: &str = "SSH SIGNATURE";
const HEADER: &[u8] = b"-----BEGIN SSH SIGNATURE-----\n";
/// How many columns `ssh-key` reads.
const COLUMNS: usize = 70;
/// Flags and counter, after a security key's signature.
const TRAILER: usize = 5;
/// The flag that its owner touched a security key.
const TOUCHED: u8 = 0x01;

/// Why a file is no signature by a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefusal {
    /// No octets.
    #[error("the file is empty")]
    Empty,
    /// Over [`FILE_LIMIT`].
    #[error("the file has {0} octets, more than 16384")]
    TooLarge(usize),
    /// Another file.
    #[error("the file does not begin with -----BEGIN SSH SIGNATURE-----")]
    NoHeader,
    /// ssh-keygen reads no such file.
    #[error("its lines end in CR and LF, and ssh-keygen writes LF alone: it was converted")]
    CarriageReturn,
    /// Its frame.
    #[error(transparent)]
    Armor(#[from] PemError),
    /// Its content.
    #[error("it cannot be read as an SSH signature of version 1 over SHA-256 or SHA-512")]
    Malformed,
    /// Made for something else.
    #[error("it was made for \"{found}\", not for \"{wanted}\"")]
    Namespace {
        /// Escaped.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// Made by somebody else.
    #[error("it was made by another key")]
    OtherKey,
    /// Made by a key that is not taken.
    #[error("its key is not taken: {0}")]
    Key(#[from] KeyRefusal),
    /// Not an algorithm of this key.
    #[error("its algorithm, {0}, is not taken for this key")]
    Algorithm(String),
    /// Of other bytes, or made up.
    #[error("it is not of these bytes, or the key did not make it")]
    Wrong,
    /// Good, but a program may have made it while nobody was there.
    #[error("its security key was not touched")]
    NotTouched,
}

/// Whether `file` holds a signature by this key over `message`, made for this namespace.
pub fn verify(
    key: &PersonKey,
    namespace: &str,
    message: &[u8],
    file: &[u8],
) -> Result<(), SignatureRefusal> {
    let read = read(file, namespace)?;
    if *read.public_key() != key.data {
        return Err(SignatureRefusal::OtherKey);
    }
    holds(&read, key, namespace, message)
}

/// The same by whatever key made it, which the file brings along: this says of nobody that it is
/// theirs.
pub fn verify_by_some_key(
    namespace: &str,
    message: &[u8],
    file: &[u8],
) -> Result<(), SignatureRefusal> {
    let read = read(file, namespace)?;
    let key = PersonKey::of(read.public_key().clone())?;
    holds(&read, &key, namespace, message)
}

/// Whether the signature is one by this key, and the key's owner was there.
fn holds(
    read: &SshSig,
    key: &PersonKey,
    namespace: &str,
    message: &[u8],
) -> Result<(), SignatureRefusal> {
    let Some((algorithm, octets)) = fitting(read, key) else {
        let name = escape_quoted(read.algorithm().as_str());
        return Err(SignatureRefusal::Algorithm(name));
    };
    let signed = signed_data(namespace, read.hash_alg(), message);
    let signed = signed.ok_or(SignatureRefusal::Malformed)?;
    let Some(application) = key.application() else {
        let good = key.public.verifies(algorithm, &signed, &octets);
        return good.then_some(()).ok_or(SignatureRefusal::Wrong);
    };
    let trailer = read.signature_bytes().last_chunk::<TRAILER>();
    let trailer = trailer.ok_or(SignatureRefusal::Malformed)?;
    let signed = by_authenticator(application, trailer, &signed);
    if !key.public.verifies(algorithm, &signed, &octets) {
        return Err(SignatureRefusal::Wrong);
    }
    if trailer[0] & TOUCHED == 0 {
        return Err(SignatureRefusal::NotTouched);
    }
    Ok(())
}

/// One signature made for this namespace, in one armor, with nothing before or after it, in its
/// one encoding.
fn read(file: &[u8], namespace: &str) -> Result<SshSig, SignatureRefusal> {
    if file.is_empty() {
        return Err(SignatureRefusal::Empty);
    }
    if file.len() > FILE_LIMIT {
        return Err(SignatureRefusal::TooLarge(file.len()));
    }
    if file.contains(&b'\r') {
        return Err(SignatureRefusal::CarriageReturn);
    }
    if !file.starts_with(HEADER) {
        return Err(SignatureRefusal::NoHeader);
    }
    let blob = pem::decode_one(file, &[LABEL])?;
    let read = SshSig::from_pem(armored(&blob)).map_err(|_| SignatureRefusal::Malformed)?;
    let same = written(&read).is_some_and(|again| again == blob);
    if read.version() != SshSig::VERSION || !same {
        return Err(SignatureRefusal::Malformed);
    }
    if read.namespace() != namespace {
        return Err(SignatureRefusal::Namespace {
            found: escape_quoted(read.namespace()),
            wanted: namespace.to_owned(),
        });
    }
    Ok(read)
}

/// In the columns that `ssh-key` reads; signers break their lines as they like.
fn armored(blob: &[u8]) -> String {
    let text = pem::base64(blob);
    let mut out = format!("-----BEGIN {LABEL}-----\n");
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % COLUMNS == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    out.push_str(&format!("\n-----END {LABEL}-----\n"));
    out
}

/// What was read, as a signer writes it. `ssh-key` does not look whether a string that holds
/// others ends where they do, and writes the signatures of some security keys wrongly.
fn written(read: &SshSig) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    let public = ssh_key::PublicKey::from(read.public_key().clone());
    key.extend(public.to_bytes().ok()?);
    let octets = read.signature_bytes();
    let trailer = match read.algorithm() {
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => TRAILER,
        _ => 0,
    };
    let (octets, trailer) = octets.split_at_checked(octets.len().checked_sub(trailer)?)?;
    let mut signature = Vec::new();
    wire::put(&mut signature, read.algorithm().as_str().as_bytes());
    wire::put(&mut signature, octets);
    signature.extend_from_slice(trailer);
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&read.version().to_be_bytes());
    wire::put(&mut out, &key);
    wire::put(&mut out, read.namespace().as_bytes());
    wire::put(&mut out, read.reserved());
    wire::put(&mut out, read.hash_alg().as_str().as_bytes());
    wire::put(&mut out, &signature);
    Some(out)
}

/// What a signer signs. The signature's field `reserved` is passed over, and stands as empty
/// here, as ssh-keygen does it.
fn signed_data(namespace: &str, hash: HashAlg, message: &[u8]) -> Option<Vec<u8>> {
    let digest = match hash {
        HashAlg::Sha256 => Sha256::digest(message).to_vec(),
        HashAlg::Sha512 => Sha512::digest(message).to_vec(),
        _ => return None,
    };
    let mut out = MAGIC.to_vec();
    wire::put(&mut out, namespace.as_bytes());
    wire::put(&mut out, &[]);
    wire::put(&mut out, hash.as_str().as_bytes());
    wire::put(&mut out, &digest);
    Some(out)
}

/// What a security key signs in its place (OpenSSH's PROTOCOL.u2f).
fn by_authenticator(application: &str, trailer: &[u8; TRAILER], signed: &[u8]) -> Vec<u8> {
    let mut out = Sha256::digest(application.as_bytes()).to_vec();
    out.extend_from_slice(trailer);
    out.extend_from_slice(&Sha256::digest(signed));
    out
}

/// The algorithm, where it is one of this key's, and the signature as it is verified.
fn fitting(read: &SshSig, key: &PersonKey) -> Option<(SignatureAlgorithm, Vec<u8>)> {
    let octets = read.signature_bytes();
    let bare = |trailer: usize| octets.get(..octets.len().checked_sub(trailer)?);
    match (read.algorithm(), &key.data) {
        (Algorithm::Ed25519, KeyData::Ed25519(_)) => {
            Some((SignatureAlgorithm::Ed25519, octets.to_vec()))
        }
        (Algorithm::SkEd25519, KeyData::SkEd25519(_)) => {
            Some((SignatureAlgorithm::Ed25519, bare(TRAILER)?.to_vec()))
        }
        (Algorithm::SkEcdsaSha2NistP256, KeyData::SkEcdsaSha2NistP256(_)) => {
            let der = ecdsa_der(bare(TRAILER)?, Curve::P256)?;
            Some((SignatureAlgorithm::EcdsaSha256, der))
        }
        (Algorithm::Ecdsa { curve }, KeyData::Ecdsa(own)) if curve == own.curve() => {
            let (curve, algorithm) = match curve {
                EcdsaCurve::NistP256 => (Curve::P256, SignatureAlgorithm::EcdsaSha256),
                EcdsaCurve::NistP384 => (Curve::P384, SignatureAlgorithm::EcdsaSha384),
                EcdsaCurve::NistP521 => (Curve::P521, SignatureAlgorithm::EcdsaSha512),
            };
            Some((algorithm, ecdsa_der(octets, curve)?))
        }
        (Algorithm::Rsa { hash: Some(hash) }, KeyData::Rsa(_)) => {
            let algorithm = match hash {
                HashAlg::Sha256 => SignatureAlgorithm::RsaSha256,
                HashAlg::Sha512 => SignatureAlgorithm::RsaSha512,
                _ => return None,
            };
            Some((algorithm, padded(octets, key)))
        }
        _ => None,
    }
}

/// `r` and `s` as the DER that is verified.
fn ecdsa_der(mut octets: &[u8], curve: Curve) -> Option<Vec<u8>> {
    let mut both = Vec::new();
    for _ in 0..2 {
        let number = Mpint::from_bytes(wire::take(&mut octets)?).ok()?;
        let number = number.as_positive_bytes()?.to_vec();
        both.resize(
            both.len() + curve.field_octets().checked_sub(number.len())?,
            0,
        );
        both.extend(number);
    }
    octets.is_empty().then(|| ecdsa_signature_der(&both))
}

/// Some signers leave out an RSA signature's leading zeros.
fn padded(octets: &[u8], key: &PersonKey) -> Vec<u8> {
    let KeyKind::Rsa { bits } = key.public.kind() else {
        return octets.to_vec();
    };
    let missing = bits.div_ceil(8).saturating_sub(octets.len());
    [&vec![0; missing][..], octets].concat()
}
