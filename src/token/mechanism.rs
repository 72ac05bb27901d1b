//! From a message to what the token's raw mechanisms sign, and back to X.509's form.
//!
//! The hash is always ours. Only `CKM_RSA_PKCS` and `CKM_ECDSA` are asked for: every token
//! has them (SoftHSM has no `CKM_ECDSA_SHA256`), and signing time does not grow with the CRL.

use cryptoki::mechanism::Mechanism;
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
    let hash = algorithm.hash();
    let mut digest = hash.hash(message);
    match (kind, algorithm.is_rsa()) {
        (KeyKind::Rsa { .. }, true) => Ok((Mechanism::RsaPkcs, digest_info(hash, &digest))),
        (KeyKind::Ec(curve), false) => {
            // FIPS 186-5 6.4.1: the leftmost bits. Some tokens refuse the longer digest, and
            // both curves' orders fill their octets, so cutting here changes nothing.
            digest.truncate(curve.field_octets());
            Ok((Mechanism::Ecdsa, digest))
        }
        _ => Err(format!("it is {kind}, not a key for {}", algorithm.name())),
    }
}

/// The token's answer in X.509 form; its length must be the key's.
pub(super) fn finish(kind: KeyKind, signature: Vec<u8>) -> Result<Vec<u8>, String> {
    let expected = match kind {
        KeyKind::Rsa { bits } => bits.div_ceil(8),
        KeyKind::Ec(curve) => 2 * curve.field_octets(),
    };
    if signature.len() != expected {
        return Err(format!(
            "its signature has {} octets, {kind} has {expected}",
            signature.len()
        ));
    }
    Ok(match kind {
        KeyKind::Rsa { .. } => signature,
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
    }

    #[test]
    fn a_signature_of_another_length_is_not_taken() {
        let p384 = KeyKind::Ec(Curve::P384);
        assert!(finish(p384, vec![1; 95]).is_err());
        assert!(finish(p384, vec![1; 64]).is_err());
        assert!(finish(KeyKind::Rsa { bits: 3072 }, vec![1; 383]).is_err());
        let mut raw = vec![0; 64];
        raw[31] = 5;
        raw[32] = 0x80;
        let der = finish(KeyKind::Ec(Curve::P256), raw).unwrap();
        assert_eq!(hex(&der[..9]), "302602010502210080");
    }
}
