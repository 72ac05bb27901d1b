//! Keys of requests: their types, encodings and points, and the numbers of RSA keys.

use anchorite::check::request::lists::KeyLists;
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::digest::Digest;
use anchorite::x509::pem;
use anchorite::x509::public_key::{PublicKey, SignatureAlgorithm, rsa_modulus};
use anchorite::x509::rsa::blacklist_fingerprint;
use anchorite::x509::tlv::{bit_string, sequence, sequence_of, unsigned};
use num_bigint::BigUint;

use crate::Case;
use crate::requests::{EC, NULL, Parts, RSA, Room, check, issued, name, rcgen_request};

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
fn published(file: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/fixtures/lost-keys/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let der = pem::decode_one(&std::fs::read(path).unwrap(), &["RSA PUBLIC KEY"]).unwrap();
    let fields = sequence_of(&der, "key").unwrap();
    sequence(&[
        &sequence(&[RSA, NULL]),
        &bit_string(&sequence(&[fields[0].raw, fields[1].raw])),
    ])
}

/// A prime of 1024 (RFC 2409 6.2) or 2048 bits (RFC 3526 3).
fn known_prime(file: &str) -> BigUint {
    let path = format!(
        "{}/tests/fixtures/lost-keys/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let hex: String = std::fs::read_to_string(path)
        .unwrap()
        .split_whitespace()
        .collect();
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

fn curves() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Notice, Pass};
    let case = |id, wanted, name, bytes: &[u8]| Case::new(id, wanted, name, check(bytes));
    let with_spki = |change: &dyn Fn(&PublicKey) -> Vec<u8>| {
        Parts::with(|parts| parts.spki = change(&parts.pair.public()))
    };
    let point = |key: &PublicKey| key.spki()[key.spki().len() - 65..].to_vec();
    let p256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let compressed = with_spki(&|key| {
        let point = point(key);
        let mut short = vec![2 + (point[64] & 1)];
        short.extend(&point[1..33]);
        sequence(&[&sequence(&[EC, p256]), &bit_string(&short)])
    });
    let explicit = with_spki(&|key| {
        let parameters = sequence(&[&[2, 1, 1]]);
        sequence(&[&sequence(&[EC, &parameters]), &bit_string(&point(key))])
    });
    let off_curve = with_spki(&|key| {
        let mut point = point(key);
        point[64] ^= 1;
        sequence(&[&sequence(&[EC, p256]), &bit_string(&point)])
    });
    let no_null = Parts::with(|parts| {
        let key = sequence(&[&unsigned(&[0xff; 256]), &unsigned(&[1, 0, 1])]);
        parts.spki = sequence(&[&sequence(&[RSA]), &bit_string(&key)]);
    });
    let p521 = rcgen_request(&rcgen::PKCS_ECDSA_P521_SHA512, false);
    let ed25519 = rcgen_request(&rcgen::PKCS_ED25519, false);
    let short = include_bytes!("../fixtures/rsa-1024.csr");
    let with_point =
        |point: &[u8]| with_spki(&|_| sequence(&[&sequence(&[EC, p256]), &bit_string(point)]));
    let infinity = with_point(&[0]);
    let hybrid = with_spki(&|key| {
        let mut point = point(key);
        point[0] = 6 + (point[64] & 1);
        sequence(&[&sequence(&[EC, p256]), &bit_string(&point)])
    });
    // x = 2^256 - 1 is beyond the field of P-256.
    let beyond = with_point(&[&[4][..], &[0xff; 64]].concat());
    let edwards = |octets: &[u8]| {
        let algorithm = sequence(&[&[6, 3, 0x2b, 0x65, 0x70]]);
        with_spki(&|_| sequence(&[&algorithm, &bit_string(octets)]))
    };
    let small_order = edwards(&[&[1][..], &[0; 31]].concat());
    let good = Parts::good().der();
    let p224: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 33];
    let p224 = with_spki(&|key| sequence(&[&sequence(&[EC, p224]), &bit_string(&point(key))]));
    let mut list = vec![
        case(Id::RequestKeyType, Fail, "P-224", &p224),
        case(Id::RequestKeyEncoding, Pass, "named curve", &good),
        case(Id::RequestKeyEncoding, Fail, "hybrid point", &hybrid),
        case(Id::RequestKeyPoint, Pass, "on P-256", &good),
        case(Id::RequestKeyPoint, Pass, "Ed25519", &ed25519),
        case(Id::RequestKeyPoint, Fail, "infinity", &infinity),
        case(Id::RequestKeyPoint, Fail, "out of range", &beyond),
        case(Id::RequestKeyPoint, Fail, "small order", &small_order),
        case(Id::RequestKeyType, Pass, "P-256", &good),
        case(
            Id::RequestKeyType,
            Pass,
            "P-384",
            &rcgen_request(&rcgen::PKCS_ECDSA_P384_SHA384, false),
        ),
        case(Id::RequestKeyType, Pass, "P-521", &p521),
        case(Id::RequestKeyType, Pass, "Ed25519", &ed25519),
        case(
            Id::RequestKeyEncoding,
            Fail,
            "compressed point",
            &compressed,
        ),
        case(
            Id::RequestKeyEncoding,
            Fail,
            "explicit parameters",
            &explicit,
        ),
        case(Id::RequestKeyPoint, Fail, "point off the curve", &off_curve),
        case(
            Id::RequestKeyEncoding,
            Fail,
            "rsaEncryption without NULL",
            &no_null,
        ),
        case(Id::RequestRsaSize, Fail, "1024, as OpenSSL makes it", short),
    ];
    let parts = Parts::good();
    let named = |digest| {
        let mut room = Room::empty();
        room.digest = Some(digest);
        room.check(&parts.der())
    };
    let right = parts.pair.public().digest();
    list.push(Case::new(Id::RequestSpki, Pass, "right", named(right)));
    list.push(Case::new(
        Id::RequestSpki,
        Fail,
        "wrong",
        named(Digest::of(b"x")),
    ));
    list.push(case(Id::RequestSpki, Notice, "not named", &parts.der()));
    list
}

fn sizes() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Notice, Pass};
    let mut list = Vec::new();
    let mut largest = vec![0xff; 32];
    let too_large = [&[1][..], &[0; 31], &[1]].concat();
    for (bits, wanted) in [
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
    let prime = known_prime("prime-1024.txt");
    let modulus = |wanted, name, number: &BigUint| {
        let found = check(&request_for(&with_modulus(&number.to_bytes_be())));
        Case::new(Id::RequestRsaModulus, wanted, name, found)
    };
    list.push(modulus(Fail, "even", &(&prime * &prime - 1u8)));
    list.push(modulus(Fail, "a square", &(&prime * &prime)));
    list.push(modulus(Fail, "a prime", &known_prime("prime-2048.txt")));
    let multiple = (&prime << 1024u32) / 65_521u32 * 65_521u32;
    let odd = if multiple.bit(0) {
        multiple
    } else {
        multiple + 65_521u32
    };
    list.push(modulus(Fail, "a multiple of 65521", &odd));
    let close = include_bytes!("../fixtures/lost-keys/fermat.csr");
    list.push(Case::new(
        Id::RequestRsaClose,
        Fail,
        "as badkeys has it",
        check(close),
    ));
    let roca = request_for(&published("rsa-roca.pem"));
    list.push(Case::new(
        Id::RequestRoca,
        Fail,
        "as a chip made it",
        check(&roca),
    ));
    let debian = request_for(&published("rsa-debianweak.pem"));
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
        let lists = (debian.as_bytes(), blocked.as_bytes());
        room.lists = KeyLists::read(Some(("d", lists.0)), Some(("b", lists.1))).unwrap();
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
    let own = register_of_the_same_key(good);
    let id = CheckId::RequestShared;
    vec![
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
    let mut cases = curves();
    cases.extend(sizes());
    cases.extend(numbers());
    cases
}
