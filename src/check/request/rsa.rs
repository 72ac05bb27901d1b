//! An RSA key's numbers. The size comes first: nothing is calculated with a modulus that is
//! refused for it.

use super::super::{CheckId, Findings};
use super::RequestContext;
use crate::digest::hex;
use crate::x509::escape::escape;
use crate::x509::public_key::{KeyKind, PublicKey, rsa_modulus};
use crate::x509::rsa::{Flaw, Modulus};

/// What a CA's key should have at least (NIST SP 800-57 part 1, beyond 2030).
const STRONG: usize = 3072;

/// Checks an RSA key, and passes over others. Tells whether signatures under the key can be
/// verified at all.
pub(super) fn check(
    key: &PublicKey,
    context: &RequestContext<'_>,
    findings: &mut Findings,
) -> bool {
    let (KeyKind::Rsa { bits }, Some((modulus, exponent))) = (key.kind(), key.rsa_numbers()) else {
        return true;
    };
    let size = check_size(bits, findings);
    let exponent = check_exponent(&exponent, findings);
    if !size {
        return false;
    }
    let number = Modulus::new(&modulus);
    let sound = check_modulus(&number, findings);
    if sound {
        check_factors(&number, findings);
    }
    check_debian(&modulus, context, findings);
    check_shared(key, &number, context, findings);
    exponent && sound
}

fn check_size(bits: usize, findings: &mut Findings) -> bool {
    let fits = (2048..=8192).contains(&bits) && bits.is_multiple_of(8);
    let words = if fits {
        format!("{bits} bits")
    } else {
        format!("{bits} bits; 2048 to 8192, a multiple of 8, are taken")
    };
    if !findings.require(CheckId::RequestRsaSize, fits, words) {
        return false;
    }
    if bits < STRONG {
        let words = format!("{bits} bits; {STRONG} or more are advised for a CA");
        findings.notice(CheckId::RequestRsaStrength, words);
    } else {
        findings.require(CheckId::RequestRsaStrength, true, format!("{bits} bits"));
    }
    true
}

fn check_exponent(exponent: &[u8], findings: &mut Findings) -> bool {
    let odd = exponent.last().is_some_and(|low| low & 1 == 1);
    // At least 65537: odd and longer than two octets; below 2^256: at most 32.
    let in_range = (3..=32).contains(&exponent.len());
    findings.require(
        CheckId::RequestRsaExponent,
        in_range && odd,
        format!("exponent 0x{}", hex(&exponent[..exponent.len().min(40)])),
    )
}

fn check_modulus(number: &Modulus, findings: &mut Findings) -> bool {
    let flaw = number.flaw();
    let words = match &flaw {
        None => "odd, no prime, no power, no small factor".to_owned(),
        Some(Flaw::Even) => "the modulus is even".to_owned(),
        Some(Flaw::SmallFactor(prime)) => format!("the modulus has the factor {prime}"),
        Some(Flaw::Power(2)) => "the modulus is a square".to_owned(),
        Some(Flaw::Power(exponent)) => {
            format!("the modulus is a number to the power of {exponent}")
        }
        Some(Flaw::Prime) => "the modulus is a prime itself".to_owned(),
    };
    findings.require(CheckId::RequestRsaModulus, flaw.is_none(), words)
}

fn check_factors(number: &Modulus, findings: &mut Findings) {
    let close = number.has_close_factors();
    findings.require(
        CheckId::RequestRsaClose,
        !close,
        if close {
            "the modulus was factored: its primes lie close together"
        } else {
            "not found in 1000 rounds"
        },
    );
    let roca = number.has_roca_form();
    findings.require(
        CheckId::RequestRoca,
        !roca,
        if roca {
            "the modulus has the form of CVE-2017-15361 (ROCA)"
        } else {
            "not of that form"
        },
    );
}

fn check_debian(modulus: &[u8], context: &RequestContext<'_>, findings: &mut Findings) {
    let weak = context.lists.is_debian_weak(modulus);
    findings.require(
        CheckId::RequestDebian,
        !weak,
        if weak {
            "the key is one of those that Debian's OpenSSL made in 2006 to 2008"
        } else {
            context.lists.debian_words()
        },
    );
}

/// A key that is the same whole is for `REQ-KEY-TAKEN` and `REQ-KEY-ISSUER`.
fn check_shared(
    key: &PublicKey,
    number: &Modulus,
    context: &RequestContext<'_>,
    findings: &mut Findings,
) {
    let digest = key.digest();
    let root = context.root_spki.filter(|root| *root != key.spki());
    let mut others: Vec<(String, Vec<u8>)> = root
        .and_then(rsa_modulus)
        .map(|modulus| ("the root".to_owned(), modulus))
        .into_iter()
        .collect();
    let issued = context.register.issued.iter();
    others.extend(
        issued
            .filter(|one| one.spki_sha256 != digest)
            .filter_map(|one| {
                let name = format!("{} of ceremony {}", one.product, one.ceremony);
                Some((name, one.rsa_modulus.clone()?))
            }),
    );
    let earlier = context.earlier.iter();
    others.extend(
        earlier
            .filter(|one| one.spki_sha256 != digest)
            .filter_map(|one| Some((escape(&one.path), one.rsa_modulus.clone()?))),
    );
    let shared = number.shares_factor(others.iter().map(|(_, modulus)| modulus.as_slice()));
    let words = match shared {
        Some(at) => format!("the modulus shares a prime with that of {}", others[at].0),
        None => format!("none in common with {} other moduli", others.len()),
    };
    findings.require(CheckId::RequestShared, shared.is_none(), words);
}
