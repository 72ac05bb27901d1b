//! From a message to what the token's raw mechanisms sign, and back to X.509's form.
//!
//! The hash is always ours. Only `CKM_RSA_PKCS`, `CKM_RSA_PKCS_PSS` and `CKM_ECDSA` are asked
//! for: tokens have them (SoftHSM has no `CKM_ECDSA_SHA256`), and signing time does not grow
//! with the CRL. `CKM_EDDSA` alone takes the whole message: Ed25519 hashes it twice.

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use der::Tag;

use crate::x509::oid;
use crate::x509::public_key::{HashAlgorithm, KeyKind, SignatureAlgorithm, ecdsa_signature_der};
use crate::x509::tlv;

/// Mechanism and input for `C_Sign`, or why this key cannot sign so.
pub(super) fn prepare(
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> Result<(Mechanism<'static>, Vec<u8>), String> {
    if !algorithm.fits(kind) {
        return Err(format!("it is {kind}, not a key for {}", algorithm.name()));
    }
    let hash = algorithm.hash();
    Ok(match kind {
        KeyKind::Rsa { .. } if algorithm.is_pss() => (pss(hash), hash.hash(message)),
        KeyKind::Rsa { .. } => (Mechanism::RsaPkcs, digest_info(hash, &hash.hash(message))),
        KeyKind::Ec(curve) => {
            // FIPS 186-5 6.4.1: the leftmost bits. Some tokens refuse the longer digest. The
            // orders of P-256 and P-384 fill their octets, and no digest is as long as P-521's,
            // so cutting at an octet changes nothing.
            let mut digest = hash.hash(message);
            digest.truncate(curve.field_octets());
            (Mechanism::Ecdsa, digest)
        }
        KeyKind::Ed25519 => {
            // Without parameters: pure Ed25519 (PKCS#11 3.0, 2.3.14).
            let pure = EddsaParams::new(EddsaSignatureScheme::Ed25519);
            (Mechanism::Eddsa(pure), message.to_vec())
        }
    })
}

/// `CKM_RSA_PKCS_PSS` over our digest: the same hash in the mask, a salt of its length.
fn pss(hash: HashAlgorithm) -> Mechanism<'static> {
    let (hash_alg, mgf) = match hash {
        HashAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        HashAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        HashAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    };
    Mechanism::RsaPkcsPss(PkcsPssParams {
        hash_alg,
        mgf,
        s_len: (hash.octets() as u64).into(),
    })
}

/// The token's answer in X.509 form; its length must be the key's.
pub(super) fn finish(kind: KeyKind, signature: Vec<u8>) -> Result<Vec<u8>, String> {
    let expected = match kind {
        KeyKind::Rsa { bits } => bits.div_ceil(8),
        KeyKind::Ec(curve) => 2 * curve.field_octets(),
        KeyKind::Ed25519 => 64,
    };
    if signature.len() != expected {
        return Err(format!(
            "its signature has {} octets, {kind} has {expected}",
            signature.len()
        ));
    }
    Ok(match kind {
        KeyKind::Rsa { .. } | KeyKind::Ed25519 => signature,
        KeyKind::Ec(_) => ecdsa_signature_der(&signature),
    })
}

/// DigestInfo (RFC 8017 9.2, note 1): AlgorithmIdentifier with NULL, digest.
fn digest_info(hash: HashAlgorithm, digest: &[u8]) -> Vec<u8> {
    tlv::sequence(&[
        &tlv::sequence(&[&oid::der(hash.oid()), &tlv::encode(Tag::Null, &[])]),
        &tlv::encode(Tag::OctetString, &[digest]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;
    use crate::x509::public_key::Curve;

    #[test]
    fn digest_info_begins_as_the_rfc_prints_it() {
        for (hash, prefix) in [
            (
                HashAlgorithm::Sha256,
                "3031300d060960864801650304020105000420",
            ),
            (
                HashAlgorithm::Sha384,
                "3041300d060960864801650304020205000430",
            ),
            (
                HashAlgorithm::Sha512,
                "3051300d060960864801650304020305000440",
            ),
        ] {
            let digest = hash.hash(b"abc");
            let info = digest_info(hash, &digest);
            assert_eq!(hex(&info), format!("{prefix}{}", hex(&digest)));
        }
    }

    #[test]
    fn only_the_keys_own_algorithms_are_prepared() {
        let rsa = KeyKind::Rsa { bits: 3072 };
        let p256 = KeyKind::Ec(Curve::P256);
        assert!(prepare(rsa, SignatureAlgorithm::EcdsaSha256, b"").is_err());
        assert!(prepare(p256, SignatureAlgorithm::RsaSha256, b"").is_err());
        let (_, cut) = prepare(p256, SignatureAlgorithm::EcdsaSha384, b"abc").unwrap();
        assert_eq!(cut, HashAlgorithm::Sha384.hash(b"abc")[..32]);
        let p521 = KeyKind::Ec(Curve::P521);
        let (_, whole) = prepare(p521, SignatureAlgorithm::EcdsaSha512, b"abc").unwrap();
        assert_eq!(whole, HashAlgorithm::Sha512.hash(b"abc"));
        let (mechanism, whole) =
            prepare(KeyKind::Ed25519, SignatureAlgorithm::Ed25519, b"abc").unwrap();
        assert_eq!(mechanism.mechanism_type(), MechanismType::EDDSA);
        assert_eq!(whole, b"abc");
        let (mechanism, digest) = prepare(rsa, SignatureAlgorithm::PssSha256, b"abc").unwrap();
        assert_eq!(mechanism.mechanism_type(), MechanismType::RSA_PKCS_PSS);
        assert_eq!(digest, HashAlgorithm::Sha256.hash(b"abc"));
    }

    #[test]
    fn a_signature_of_another_length_is_not_taken() {
        let p384 = KeyKind::Ec(Curve::P384);
        assert!(finish(p384, vec![1; 95]).is_err());
        assert!(finish(p384, vec![1; 64]).is_err());
        assert!(finish(KeyKind::Rsa { bits: 3072 }, vec![1; 383]).is_err());
        assert!(finish(KeyKind::Ed25519, vec![1; 63]).is_err());
        assert_eq!(finish(KeyKind::Ed25519, vec![1; 64]), Ok(vec![1; 64]));
        assert!(finish(KeyKind::Ec(Curve::P521), vec![1; 131]).is_err());
        assert!(finish(KeyKind::Ec(Curve::P521), vec![1; 132]).is_ok());
        let mut raw = vec![0; 64];
        raw[31] = 5;
        raw[32] = 0x80;
        let der = finish(KeyKind::Ec(Curve::P256), raw).unwrap();
        assert_eq!(hex(&der[..9]), "302602010502210080");
    }
}
