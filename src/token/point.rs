//! How a token names curves and writes points: `CKA_EC_PARAMS` and `CKA_EC_POINT`.

use der::Tag;

use crate::x509::oid;
use crate::x509::public_key::{Curve, SignatureAlgorithm};
use crate::x509::tlv;

/// `id-Ed25519` (RFC 8410 3), as PKCS#11 3.1 has it in `CKA_EC_PARAMS`.
pub(super) fn edwards_oid() -> Vec<u8> {
    oid::der(SignatureAlgorithm::Ed25519.oid())
}

/// The curve's name as PKCS#11 3.0 has it (2.3.3).
pub(super) fn edwards_name() -> Vec<u8> {
    tlv::encode(Tag::PrintableString, &[b"edwards25519"])
}

/// The uncompressed point in a `CKA_EC_POINT`: in its OCTET STRING as the standard has it, or
/// bare as some tokens give it. Both begin with 0x04; the length tells them apart.
pub(super) fn ec_point(curve: Curve, encoded: &[u8]) -> Option<&[u8]> {
    let length = 1 + 2 * curve.field_octets();
    let point = if encoded.len() == length {
        encoded
    } else {
        tlv::single(encoded, Tag::OctetString, "CKA_EC_POINT")
            .ok()?
            .value
    };
    (point.len() == length && point.first() == Some(&4)).then_some(point)
}

/// The octets of an Ed25519 key in a `CKA_EC_POINT`, wrapped or bare in the same way.
pub(super) fn edwards_point(encoded: &[u8]) -> Option<&[u8]> {
    const LENGTH: usize = 32;
    if encoded.len() == LENGTH {
        return Some(encoded);
    }
    let point = tlv::single(encoded, Tag::OctetString, "CKA_EC_POINT").ok()?;
    (point.value.len() == LENGTH).then_some(point.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_taken_wrapped_or_bare_and_in_no_other_form() {
        for curve in Curve::ALL {
            let length = 1 + 2 * curve.field_octets();
            // The worst case: a bare point whose next octets look like an OCTET STRING's.
            let mut bare = vec![7; length];
            bare[0] = 4;
            bare[1] = u8::try_from(length - 2).unwrap_or(0x81);
            let wrapped = tlv::encode(Tag::OctetString, &[&bare]);
            assert_eq!(ec_point(curve, &bare), Some(bare.as_slice()));
            assert_eq!(ec_point(curve, &wrapped), Some(bare.as_slice()));
            assert_eq!(ec_point(curve, &wrapped[..length + 1]), None);
            assert_eq!(ec_point(curve, &bare[1..]), None);
            assert_eq!(ec_point(curve, &[]), None);
            let mut compressed = bare[..=curve.field_octets()].to_vec();
            compressed[0] = 2;
            assert_eq!(ec_point(curve, &compressed), None);
            let mut hybrid = bare.clone();
            hybrid[0] = 6;
            assert_eq!(ec_point(curve, &hybrid), None);
        }
    }

    #[test]
    fn an_edwards_point_is_taken_wrapped_or_bare() {
        let mut bare = vec![7; 32];
        bare[..2].copy_from_slice(&[4, 30]);
        let wrapped = tlv::encode(Tag::OctetString, &[&bare]);
        assert_eq!(edwards_point(&bare), Some(bare.as_slice()));
        assert_eq!(edwards_point(&wrapped), Some(bare.as_slice()));
        assert_eq!(edwards_point(&bare[1..]), None);
        assert_eq!(edwards_point(&wrapped[..33]), None);
        assert_eq!(edwards_point(&[]), None);
    }
}
