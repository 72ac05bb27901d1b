//! Arithmetic on RSA moduli: what makes one worthless. Every question has a bound on its work;
//! the caller sees to the bound on its size.

use aws_lc_rs::digest;
use der::Tag;
use num_bigint::BigUint;
use num_integer::Integer as _;

use super::hash::HashAlgorithm;
use super::oid;
use super::tlv::{encode, sequence};

/// Moduli have no prime factor below this.
const SMALL: u32 = 65_537;
/// Rounds of Fermat's method; Let's Encrypt does 110.
const FERMAT_ROUNDS: u32 = 1000;
/// The most bits of a modulus that is calculated with.
pub const MOST_BITS: u64 = 8192;

/// An odd or even number that should be the product of two large primes.
pub struct Modulus(BigUint);

/// Why a modulus is worthless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Divisible by two.
    Even,
    /// Divisible by a small prime.
    SmallFactor(u32),
    /// The power of a number, with this exponent.
    Power(u32),
    /// A prime, or one of the numbers that look like one.
    Prime,
}

impl Modulus {
    /// From big-endian octets.
    pub fn new(octets: &[u8]) -> Self {
        Self(BigUint::from_bytes_be(octets))
    }

    /// What is wrong with it as a product, if anything.
    pub fn flaw(&self) -> Option<Flaw> {
        if self.0.is_even() {
            return Some(Flaw::Even);
        }
        let mut small = primes_below(SMALL);
        if let Some(prime) = small.find(|prime| residue(&self.0, *prime) == 0) {
            return Some(Flaw::SmallFactor(prime));
        }
        if let Some(exponent) = self.power() {
            return Some(Flaw::Power(exponent));
        }
        self.looks_prime().then_some(Flaw::Prime)
    }

    /// The exponent, where it is a power. Without small factors the base has 17 bits or more.
    fn power(&self) -> Option<u32> {
        let most = u32::try_from(self.0.bits() / 16).unwrap_or(0);
        primes_below(most + 1)
            .filter(|exponent| may_be_power(&self.0, *exponent))
            .find(|exponent| self.0.nth_root(*exponent).pow(*exponent) == self.0)
    }

    /// One round of Miller-Rabin to the base 2: every prime passes, and no product of two
    /// random primes does (a number made to pass is refused with the primes, and rightly).
    fn looks_prime(&self) -> bool {
        let one = BigUint::from(1u8);
        let less = &self.0 - &one;
        let twos = less.trailing_zeros().unwrap_or(0);
        let mut power = BigUint::from(2u8).modpow(&(&less >> twos), &self.0);
        if power == one {
            return true;
        }
        for _ in 0..twos {
            if power == less {
                return true;
            }
            power = &power * &power % &self.0;
        }
        false
    }

    /// Whether its factors are so close that Fermat's method finds them at once.
    pub fn has_close_factors(&self) -> bool {
        let mut root = self.0.sqrt();
        if &root * &root < self.0 {
            root += 1u8;
        }
        let mut rest = &root * &root - &self.0;
        for _ in 0..FERMAT_ROUNDS {
            if is_square(&rest) {
                return true;
            }
            rest += (&root << 1u8) + 1u8;
            root += 1u8;
        }
        false
    }

    /// Whether it has the form of CVE-2017-15361: a power of 65537 modulo every small prime.
    /// A random number has it once in 2^28.
    pub fn has_roca_form(&self) -> bool {
        primes_below(168)
            .skip(1)
            .all(|prime| is_power_of_65537(residue(&self.0, prime), prime))
    }

    /// Whether it shares a factor with any of these, and with which first. The product of
    /// all is looked at once, so that a long register costs little.
    pub fn shares_factor<'a>(
        &self,
        others: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Option<usize> {
        let product = others.clone().fold(BigUint::from(1u8), |product, other| {
            product * BigUint::from_bytes_be(other) % &self.0
        });
        let shares = |other: &BigUint| self.0.gcd(other) != BigUint::from(1u8);
        if !shares(&product) {
            return None;
        }
        others
            .map(BigUint::from_bytes_be)
            .position(|other| shares(&other))
    }
}

/// Whether an RSASSA-PKCS1-v1_5 signature (RFC 8017 8.2.2) verifies under an exponent that
/// aws-lc does not take. Compared with the one encoding that the hash has, octet by octet.
pub fn verifies_pkcs1(
    modulus: &[u8],
    exponent: &[u8],
    hash: HashAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let number = BigUint::from_bytes_be(modulus);
    let signed = BigUint::from_bytes_be(signature);
    let within = number.bits() <= MOST_BITS && exponent.len() <= 32;
    if !within || signature.len() != modulus.len() || signed >= number {
        return false;
    }
    let algorithm = sequence(&[&oid::der(hash.oid()), &encode(Tag::Null, &[])]);
    let info = sequence(&[
        &algorithm,
        &encode(Tag::OctetString, &[&hash.hash(message)]),
    ]);
    let Some(fill) = modulus
        .len()
        .checked_sub(info.len() + 3)
        .filter(|fill| *fill >= 8)
    else {
        return false;
    };
    let wanted = [&[0, 1][..], &vec![0xff; fill], &[0], &info].concat();
    signed.modpow(&BigUint::from_bytes_be(exponent), &number) == BigUint::from_bytes_be(&wanted)
}

/// The last 80 bits of the SHA-1 of `Modulus=...` as `openssl rsa -modulus` prints it: how the
/// packages openssl-blacklist of Debian and Ubuntu name their weak keys.
pub fn blacklist_fingerprint(modulus: &[u8]) -> [u8; 10] {
    let line = format!("Modulus={:X}\n", BigUint::from_bytes_be(modulus));
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, line.as_bytes());
    let mut tail = [0; 10];
    tail.copy_from_slice(&sha1.as_ref()[10..]);
    tail
}

/// The remainder by a small number.
fn residue(number: &BigUint, by: u32) -> u32 {
    let by = u64::from(by);
    let rest = number
        .iter_u32_digits()
        .rev()
        .fold(0, |rest, digit| (rest << 32 | u64::from(digit)) % by);
    u32::try_from(rest).unwrap_or(0)
}

/// Primes in their order, by Eratosthenes' sieve.
fn primes_below(end: u32) -> impl Iterator<Item = u32> {
    let end = end as usize;
    let mut composite = vec![false; end];
    for prime in 2..end {
        if prime * prime >= end {
            break;
        }
        if !composite[prime] {
            (prime * prime..end)
                .step_by(prime)
                .for_each(|at| composite[at] = true);
        }
    }
    (2u32..)
        .zip(composite.into_iter().skip(2))
        .filter_map(|(number, composite)| (!composite).then_some(number))
}

fn power_modulo(base: u32, exponent: u32, modulus: u32) -> u32 {
    let modulus = u64::from(modulus);
    let mut base = u64::from(base) % modulus;
    let mut left = exponent;
    let mut power = 1 % modulus;
    while left > 0 {
        if left & 1 == 1 {
            power = power * base % modulus;
        }
        base = base * base % modulus;
        left >>= 1;
    }
    u32::try_from(power).unwrap_or(0)
}

/// Most numbers that are no power of this exponent are told by their remainders: modulo a prime
/// `q = 2ke + 1` a power's `(q-1)/e`-th power is 1.
fn may_be_power(number: &BigUint, exponent: u32) -> bool {
    let tests = (1..40)
        .map(|factor| 2 * factor * exponent + 1)
        .filter(|q| is_small_prime(*q))
        .take(4);
    tests
        .map(|q| power_modulo(residue(number, q), (q - 1) / exponent, q))
        .all(|power| power <= 1)
}

fn is_small_prime(number: u32) -> bool {
    (2..number)
        .take_while(|divisor| divisor * divisor <= number)
        .all(|divisor| !number.is_multiple_of(divisor))
}

fn is_power_of_65537(number: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == number {
            return true;
        }
        power = power * (65_537 % prime) % prime;
    }
    false
}

/// A square, after the few questions that most numbers fail.
fn is_square(number: &BigUint) -> bool {
    const SIEVE: [u32; 6] = [64, 63, 65, 11, 17, 31];
    let is_residue = |by: &u32| {
        let rest = residue(number, *by);
        (0..*by).any(|root| root * root % by == rest)
    };
    if !SIEVE.iter().all(is_residue) {
        return false;
    }
    let root = number.sqrt();
    &root * &root == *number
}

#[cfg(test)]
#[path = "rsa_tests.rs"]
mod tests;
