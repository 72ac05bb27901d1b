//! Points of edwards25519 (RFC 8032 5.1): an Ed25519 key must be one, in its one encoding, and
//! none of the eight of small order, under which one signature fits many messages.

use num_bigint::BigUint;

/// Why 32 octets are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// `y` is not below 2^255 - 19, or a zero `x` has a sign.
    #[error("not in its canonical encoding")]
    NotCanonical,
    /// No `x` belongs to this `y`.
    #[error("not on the curve")]
    NotOnCurve,
    /// One of eight points.
    #[error("one of the eight points of small order")]
    SmallOrder,
}

/// The bit beside `y` that tells the sign of `x`.
const SIGN: u8 = 0x80;

/// Judges an encoded point.
pub fn check(octets: &[u8; 32]) -> Result<(), PointError> {
    let sign = octets[31] & SIGN != 0;
    let mut y = *octets;
    y[31] &= !SIGN;
    let y = BigUint::from_bytes_le(&y);
    let p = prime();
    let one = BigUint::from(1u8);
    if y >= p {
        return Err(PointError::NotCanonical);
    }
    if y == one || y == &p - &one {
        // These have x = 0, which has no sign.
        return Err(if sign {
            PointError::NotCanonical
        } else {
            PointError::SmallOrder
        });
    }
    // x^2 = (y^2 - 1) / (d y^2 + 1)
    let square = &y * &y % &p;
    let above = (&square + &p - &one) % &p;
    let below = (curve_constant(&p) * &square + &one) % &p;
    let x_square = above * inverse(&below, &p) % &p;
    if x_square.modpow(&((&p - &one) >> 1u8), &p) != one {
        return Err(PointError::NotOnCurve);
    }
    // Doubling thrice gives the neutral point, y = 1, where the order divides 8.
    let (mut x_square, mut y) = (x_square, y);
    for _ in 0..3 {
        (x_square, y) = doubled(&x_square, &y, &p);
    }
    if y == one {
        return Err(PointError::SmallOrder);
    }
    Ok(())
}

fn prime() -> BigUint {
    (BigUint::from(1u8) << 255) - 19u8
}

/// d = -121665/121666
fn curve_constant(p: &BigUint) -> BigUint {
    (p - 121_665u32) * inverse(&BigUint::from(121_666u32), p) % p
}

fn inverse(number: &BigUint, p: &BigUint) -> BigUint {
    number.modpow(&(p - 2u8), p)
}

/// `x^2` and `y` of twice a point, from its own `x^2` and `y`: the sign of `x` plays no part.
fn doubled(x_square: &BigUint, y: &BigUint, p: &BigUint) -> (BigUint, BigUint) {
    let one = BigUint::from(1u8);
    let y_square = y * y % p;
    let product = curve_constant(p) * x_square % p * &y_square % p;
    let four = BigUint::from(4u8);
    // x' = 2xy / (1 + d x^2 y^2), y' = (y^2 + x^2) / (1 - d x^2 y^2)
    let below = inverse(&((&product + &one) % p), p);
    let x_square_of_double = four * x_square % p * &y_square % p * &below % p * &below % p;
    let below = inverse(&((p + &one - &product) % p), p);
    let y_of_double = (y_square + x_square) * below % p;
    (x_square_of_double, y_of_double)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::unhex;

    fn judge(text: &str) -> Result<(), PointError> {
        check(&unhex(text).unwrap().try_into().unwrap())
    }

    #[test]
    fn keys_of_rfc_8032_are_taken() {
        for key in [
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            // The base point.
            "5866666666666666666666666666666666666666666666666666666666666666",
        ] {
            assert_eq!(judge(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn every_encoding_of_small_order_is_refused() {
        use PointError::{NotCanonical, SmallOrder};
        let zeros = "0".repeat(62);
        let ones = "f".repeat(60);
        let table = [
            (format!("01{zeros}"), SmallOrder),
            (format!("00{zeros}"), SmallOrder),
            (format!("00{}80", "0".repeat(60)), SmallOrder),
            (format!("ec{ones}7f"), SmallOrder),
            (
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".into(),
                SmallOrder,
            ),
            (
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85".into(),
                SmallOrder,
            ),
            (
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".into(),
                SmallOrder,
            ),
            (
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa".into(),
                SmallOrder,
            ),
            // The same points in encodings that are none.
            (format!("01{}80", "0".repeat(60)), NotCanonical),
            (format!("ec{ones}ff"), NotCanonical),
            (format!("ed{ones}7f"), NotCanonical),
            (format!("ed{ones}ff"), NotCanonical),
            (format!("ee{ones}7f"), NotCanonical),
            (format!("ee{ones}ff"), NotCanonical),
            ("f".repeat(64), NotCanonical),
        ];
        for (key, wanted) in table {
            assert_eq!(judge(&key), Err(wanted), "{key}");
        }
    }

    #[test]
    fn half_of_all_y_have_no_point() {
        let two = format!("02{}", "0".repeat(62));
        assert_eq!(judge(&two), Err(PointError::NotOnCurve));
    }
}
