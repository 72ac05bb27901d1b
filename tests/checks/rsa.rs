//! RSA keys of requests: their sizes and numbers, and the lists they may be on.

use anchorite::check::request::Claim;
use anchorite::check::request::lists::KeyLists;
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::digest::Digest;
use anchorite::x509::pem;
use anchorite::x509::public_key::{SignatureAlgorithm, rsa_modulus};
use anchorite::x509::rsa::blacklist_fingerprint;
use anchorite::x509::tlv::{bit_string, encode, sequence, sequence_of, unsigned};
use der::Tag;
use num_bigint::BigUint;

use crate::Case;
use crate::requests::{NULL, Parts, RSA, Room, check, issued, name};

/// An SPKI with numbers that nobody has a key for.
fn rsa(bits: usize, low: u8, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] = 0xff >> (modulus.len() * 8 - bits);
    *modulus.last_mut().unwrap() = low;
    let key = sequence(&[&unsigned(&modulus), &unsigned(exponent)]);
    sequence(&[&sequence(&[RSA, NULL]), &bit_string(&key)])
}

fn rsa_request(bits: usize, low: u8, exponent: &[u8]) -> Vec<Finding> {
    check(&Parts::with(|parts| {
        parts.spki = rsa(bits, low, exponent);
        parts.algorithm = SignatureAlgorithm::RsaSha256.to_der();
    }))
}

/// An SPKI with this modulus.
fn with_modulus(modulus: &[u8]) -> Vec<u8> {
    let key = sequence(&[&unsigned(modulus), &unsigned(&[1, 0, 1])]);
    sequence(&[&sequence(&[RSA, NULL]), &bit_string(&key)])
}

/// A request for an RSA key that nobody here can sign with.
fn request_for(spki: &[u8]) -> Vec<u8> {
    Parts::with(|parts| {
        parts.spki = spki.to_vec();
        parts.algorithm = SignatureAlgorithm::RsaSha256.to_der();
    })
}

/// The SPKI of a public key in PKCS#1 form, as lost keys are published.
fn published(file: &[u8]) -> Vec<u8> {
    let der = pem::decode_one(file, &["RSA PUBLIC KEY"]).unwrap();
    let fields = sequence_of(&der, "key").unwrap();
    sequence(&[
        &sequence(&[RSA, NULL]),
        &bit_string(&sequence(&[fields[0].raw, fields[1].raw])),
    ])
}

/// A prime of 1024 (RFC 2409 6.2) or 2048 bits (RFC 3526 3).
fn known_prime(digits: &str) -> BigUint {
    let hex: String = digits.split_whitespace().collect();
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

fn sizes() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Notice, Pass};
    let mut list = Vec::new();
    let mut largest = vec![0xff; 32];
    let too_large = [&[1][..], &[0; 31], &[1]].concat();
    for (bits, wanted) in [
        (2040, Fail),
        (2047, Fail),
        (2048, Pass),
        (2052, Fail),
        (8192, Pass),
        (8200, Fail),
    ] {
        let found = rsa_request(bits, 0xff, &[1, 0, 1]);
        list.push(Case::new(Id::RequestRsaSize, wanted, "size", found));
    }
    let exponent = |wanted, name, low, exponent: &[u8]| {
        Case::new(
            Id::RequestRsaExponent,
            wanted,
            name,
            rsa_request(2048, low, exponent),
        )
    };
    list.push(exponent(Pass, "65537", 0xff, &[1, 0, 1]));
    list.push(exponent(Pass, "just below 2^256", 0xff, &largest));
    list.push(exponent(Fail, "just above 2^256", 0xff, &too_large));
    list.push(exponent(Fail, "3", 0xff, &[3]));
    list.push(exponent(Fail, "65535", 0xff, &[0xff, 0xff]));
    list.push(exponent(Fail, "65538, even", 0xff, &[1, 0, 2]));
    largest[31] = 0xfe;
    list.push(exponent(Fail, "even, 256 bits", 0xff, &largest));
    for (bits, wanted) in [(2048, Notice), (3064, Notice), (3072, Pass), (8192, Pass)] {
        let found = rsa_request(bits, 0xff, &[1, 0, 1]);
        list.push(Case::new(Id::RequestRsaStrength, wanted, "strength", found));
    }
    list
}

/// Numbers that are no good keys, each with the id that refuses it.
fn numbers() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let good = include_bytes!("../fixtures/keys/rsa-2048.csr");
    let found = check(good);
    let mut list: Vec<Case> = [
        Id::RequestRsaModulus,
        Id::RequestRsaClose,
        Id::RequestRoca,
        Id::RequestDebian,
        Id::RequestShared,
    ]
    .map(|id| Case::new(id, Pass, "as OpenSSL makes it", found.clone()))
    .into();
    let prime = known_prime(include_str!("../fixtures/lost-keys/prime-1024.txt"));
    let modulus = |wanted, name, number: &BigUint| {
        let found = check(&request_for(&with_modulus(&number.to_bytes_be())));
        Case::new(Id::RequestRsaModulus, wanted, name, found)
    };
    list.push(modulus(Fail, "even", &(&prime * &prime - 1u8)));
    list.push(modulus(Fail, "a square", &(&prime * &prime)));
    list.push(modulus(
        Fail,
        "a prime",
        &known_prime(include_str!("../fixtures/lost-keys/prime-2048.txt")),
    ));
    let multiple = (&prime << 1024u32) / 65_521u32 * 65_521u32;
    let odd = if multiple.bit(0) {
        multiple
    } else {
        multiple + 65_521u32
    };
    list.push(modulus(Fail, "a multiple of 65521", &odd));
    let negative = |number: &[u8], exponent: &[u8]| {
        let integer = |octets: &[u8]| encode(Tag::Integer, &[octets]);
        let key = sequence(&[&integer(number), &integer(exponent)]);
        check(&request_for(&sequence(&[
            &sequence(&[RSA, NULL]),
            &bit_string(&key),
        ])))
    };
    let below = negative(&[0x80; 256], &[1, 0, 1]);
    list.push(Case::new(Id::RequestRsaModulus, Fail, "negative", below));
    let below = negative(&[&[0], &[0x80; 256][..]].concat(), &[0x81, 0, 1]);
    list.push(Case::new(Id::RequestRsaExponent, Fail, "negative", below));
    // 2^255 + 95, which only arithmetic of our own verifies.
    let long = include_bytes!("../fixtures/long-exponent.csr");
    list.push(Case::new(
        Id::RequestPossession,
        Pass,
        "256 bits of exponent",
        check(long),
    ));
    let mut edited = pem::decode_one(long, &["CERTIFICATE REQUEST"]).unwrap();
    let at = edited.windows(4).position(|part| part == b"Acme").unwrap();
    edited[at] = b'a';
    list.push(Case::new(
        Id::RequestPossession,
        Fail,
        "edited",
        check(&edited),
    ));
    let close = include_bytes!("../fixtures/lost-keys/fermat.csr");
    list.push(Case::new(
        Id::RequestRsaClose,
        Fail,
        "as badkeys has it",
        check(close),
    ));
    let roca = request_for(&published(include_bytes!(
        "../fixtures/lost-keys/rsa-roca.pem"
    )));
    list.push(Case::new(
        Id::RequestRoca,
        Fail,
        "as a chip made it",
        check(&roca),
    ));
    let debian = request_for(&published(include_bytes!(
        "../fixtures/lost-keys/rsa-debianweak.pem"
    )));
    list.push(Case::new(
        Id::RequestDebian,
        Fail,
        "the sample",
        check(&debian),
    ));
    list.extend(listed(good));
    list.extend(shared(good));
    list
}

fn spki_of(request: &[u8]) -> Vec<u8> {
    anchorite::x509::request::Request::from_bytes(request)
        .unwrap()
        .spki
}

fn listed(good: &[u8]) -> Vec<Case> {
    use Outcome::{Fail, Pass};
    let spki = spki_of(good);
    let modulus = rsa_modulus(&spki).unwrap();
    let with = |debian: &str, blocked: &str| -> Vec<Finding> {
        let mut room = Room::empty();
        let debian = (!debian.is_empty()).then_some(("d", debian.as_bytes()));
        let blocked = (!blocked.is_empty()).then_some(("b", blocked.as_bytes()));
        room.lists = KeyLists::read(debian, blocked).unwrap();
        room.check(good)
    };
    let mut fingerprint = blacklist_fingerprint(&modulus);
    let weak = with(&anchorite::digest::hex(&fingerprint), "");
    fingerprint[9] ^= 1;
    let other = with(&anchorite::digest::hex(&fingerprint), "");
    let blocked = with("", &Digest::of(&spki).to_string());
    let free = with("", &Digest::of(b"x").to_string());
    vec![
        Case::new(CheckId::RequestDebian, Fail, "on the list", weak),
        Case::new(CheckId::RequestDebian, Pass, "one digit beside it", other),
        Case::new(CheckId::RequestBlocked, Fail, "on the list", blocked),
        Case::new(CheckId::RequestBlocked, Pass, "not on the list", free),
    ]
}

fn shared(good: &[u8]) -> Vec<Case> {
    use Outcome::{Fail, Pass};
    let modulus = BigUint::from_bytes_be(&rsa_modulus(&spki_of(good)).unwrap());
    // A multiple of the modulus shares its primes.
    let same = (&modulus * 3u8).to_bytes_be();
    let other = (&modulus * 3u8 + 2u8).to_bytes_be();
    let register = |modulus: Vec<u8>| {
        let mut room = Room::empty();
        room.register = issued(name("Acme other"), b"another key");
        room.register.issued[0].rsa_modulus = Some(modulus);
        room.check(good)
    };
    let mut root = Room::empty();
    root.root_spki = Some(with_modulus(&same));
    let mut earlier = Room::empty();
    earlier.earlier = vec![Claim {
        path: "y.csr".to_owned(),
        spki_sha256: Digest::of(b"another key"),
        rsa_modulus: Some(same.clone()),
        subject: name("Acme other"),
    }];
    let own = register_of_the_same_key(good);
    let id = CheckId::RequestShared;
    vec![
        Case::new(id, Fail, "with an earlier request's", earlier.check(good)),
        Case::new(id, Fail, "with a registered one", register(same)),
        Case::new(id, Pass, "with none", register(other)),
        Case::new(id, Fail, "with the root's", root.check(good)),
        Case::new(id, Pass, "the same key is REQ-KEY-TAKEN", own.clone()),
        Case::new(CheckId::RequestKeyTaken, Fail, "the same RSA key", own),
    ]
}

fn register_of_the_same_key(good: &[u8]) -> Vec<Finding> {
    let mut room = Room::empty();
    room.register = issued(name("Acme other"), &spki_of(good));
    room.check(good)
}

pub fn cases() -> Vec<Case> {
    let mut cases = sizes();
    cases.extend(numbers());
    cases
}
