//! Moduli that are worthless, and those beside them that are not.

use super::*;

/// The next prime from a number on, by the same test as above.
fn prime_from(start: BigUint) -> BigUint {
    let mut number = start | BigUint::from(1u8);
    while Modulus(number.clone()).flaw() != Some(Flaw::Prime) {
        number += 2u8;
    }
    number
}

fn start(bits: u32, seed: u32) -> BigUint {
    let top = BigUint::from(3u8) << (bits - 2);
    // Any number that is no pattern will do.
    let noise = BigUint::from(3u8).pow(bits / 2 + seed) % &top;
    top | noise
}

#[test]
fn flaws_are_named() {
    let p = prime_from(start(256, 0));
    let q = prime_from(start(256, 40));
    let r = prime_from(start(160, 80));
    assert_ne!(p, q);
    let flaw = |number: &BigUint| Modulus(number.clone()).flaw();
    assert_eq!(flaw(&(&p * &q)), None);
    assert_eq!(flaw(&(&p * &q * 2u8)), Some(Flaw::Even));
    assert_eq!(
        flaw(&(&p * &q * 65_521u32)),
        Some(Flaw::SmallFactor(65_521))
    );
    assert_eq!(flaw(&(&p * &q * 65_537u32)), None, "the first that may be");
    assert_eq!(flaw(&p), Some(Flaw::Prime));
    assert_eq!(flaw(&(&p * &p)), Some(Flaw::Power(2)));
    assert_eq!(flaw(&r.pow(3)), Some(Flaw::Power(3)));
    assert_eq!(
        flaw(&BigUint::from(65_537u32).pow(30)),
        Some(Flaw::Power(2))
    );
    assert_eq!(
        flaw(&BigUint::from(65_537u32).pow(31)),
        Some(Flaw::Power(31))
    );
}

#[test]
fn close_factors_are_found_and_others_are_not() {
    let p = prime_from(start(512, 0));
    let near = prime_from(&p + 2u8);
    let far = prime_from(&p + (BigUint::from(1u8) << 300));
    assert!(Modulus(&p * &near).has_close_factors());
    assert!(Modulus(&p * &p).has_close_factors());
    assert!(!Modulus(&p * &far).has_close_factors());
}

#[test]
fn fermat_stops_after_its_rounds() {
    // With factors r - d and r + d the method starts at about r - d^2 / 2r, and the root
    // r comes in the round that follows from d.
    let r = BigUint::from(1u8) << 128;
    let in_round = |round: u32| {
        let d = BigUint::sqrt(&(&r * 2u8 * round));
        Modulus((&r - &d) * (&r + &d))
    };
    assert!(in_round(990).has_close_factors());
    assert!(!in_round(1010).has_close_factors());
}

#[test]
fn the_form_of_roca_is_seen() {
    let all = primes_below(168).fold(BigUint::from(1u8), |all, prime| all * prime);
    let form = BigUint::from(65_537u32).modpow(&BigUint::from(1234u32), &all);
    let number: BigUint = form + (&all << 900);
    assert!(Modulus(number.clone()).has_roca_form());
    assert!(!Modulus(number + 2u8).has_roca_form());
}

#[test]
fn common_factors_are_found_among_many() {
    let p = prime_from(start(200, 0));
    let q = prime_from(start(200, 20));
    let r = prime_from(start(200, 60));
    let octets = |number: BigUint| number.to_bytes_be();
    let others = [octets(&q * &r), octets(&p * &r)];
    let list = |count: usize| others[..count].iter().map(Vec::as_slice);
    let known = Modulus(&p * prime_from(start(200, 90)));
    assert_eq!(known.shares_factor(list(0)), None);
    assert_eq!(known.shares_factor(list(1)), None);
    assert_eq!(known.shares_factor(list(2)), Some(1));
}

#[test]
fn signatures_under_long_exponents_verify_and_others_do_not() {
    // Under the exponent 1 an encoding is its own signature.
    let modulus = (prime_from(start(512, 0)) * prime_from(start(512, 40))).to_bytes_be();
    let info = [
        &[
            0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20,
        ][..],
        &HashAlgorithm::Sha256.hash(b"message"),
    ]
    .concat();
    let fill = vec![0xff; modulus.len() - info.len() - 3];
    let encoded = [&[0, 1][..], &fill, &[0], &info].concat();
    let verifies = |exponent: &[u8], message: &[u8], signature: &[u8]| {
        verifies_pkcs1(
            &modulus,
            exponent,
            HashAlgorithm::Sha256,
            message,
            signature,
        )
    };
    assert!(verifies(&[1], b"message", &encoded));
    assert!(!verifies(&[1], b"massage", &encoded));
    assert!(!verifies(&[3], b"message", &encoded));
    assert!(!verifies(&[1], b"message", &encoded[1..]), "too short");
    assert!(
        !verifies(&[1; 33], b"message", &encoded),
        "exponent too long"
    );
    assert!(
        !verifies(&[1], b"message", &modulus),
        "not below the modulus"
    );
}
