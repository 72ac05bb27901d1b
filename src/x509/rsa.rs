//! Arithmetic on RSA moduli: what makes one worthless. Every question has a bound on its work;
//! the caller sees to the bound on its size.

use aws_lc_rs::digest;
use num_bigint::BigUint;
use num_integer::Integer as _;

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
        .all(|divisor| number % divisor != 0)
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
mod tests {
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
    fn the_largest_modulus_takes_little_time() {
        let start = std::time::Instant::now();
        let modulus = Modulus(
            (BigUint::from(3u8).pow(5168) | BigUint::from(1u8)) << 1u8 | BigUint::from(1u8),
        );
        let number = Modulus((&modulus.0 >> (modulus.0.bits() - MOST_BITS)) | BigUint::from(1u8));
        let _ = (
            number.looks_prime(),
            number.power(),
            number.has_close_factors(),
        );
        let _ = (number.has_roca_form(), residue(&number.0, 7));
        assert!(primes_below(SMALL).all(|prime| residue(&number.0, prime) < prime));
        assert!(start.elapsed().as_millis() < 2000, "{:?}", start.elapsed());
        eprintln!("{:?}", start.elapsed());
    }
}
