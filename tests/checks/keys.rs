//! Keys of requests: their types, encodings and points.

use anchorite::check::request::lists::KeyLists;
use anchorite::check::request::{RequestContext, request};
use anchorite::check::{CheckId, Outcome};
use anchorite::digest::Digest;
use anchorite::ledger::register::Register;
use anchorite::plan::Waiver;
use anchorite::plan::generate::Generate;
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::public_key::{Curve, KeyKind, PublicKey};
use anchorite::x509::tlv::{bit_string, sequence, unsigned};

use crate::requests::{EC, Parts, RSA, Room, check, rcgen_request};
use crate::{Case, findings};

pub fn cases() -> Vec<Case> {
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
    let recorded = |digest: Digest, path: &str| {
        let line = format!("{digest}  {path}\n");
        let mut room = Room::empty();
        room.lists = KeyLists::NONE
            .with_recorded(("list", line.as_bytes()))
            .unwrap();
        room.check(&parts.der())
    };
    for (wanted, name, found) in [
        (Pass, "recorded", recorded(right, "x.csr")),
        (
            Fail,
            "another recorded",
            recorded(Digest::of(b"x"), "x.csr"),
        ),
        (Fail, "of another file", recorded(right, "y.csr")),
    ] {
        list.push(Case::new(Id::RequestSpkiList, wanted, name, found));
    }
    list.extend(generated(&parts));
    list
}

/// What the file has Vault make: Vault's string types count for nothing, its texts do.
fn generated(parts: &Parts) -> Vec<Case> {
    use Outcome::{Fail, Pass, Waived};
    let texts = |common: &'static str| {
        [
            (AttributeType::Country, "DE"),
            (AttributeType::Organization, "Acme"),
            (AttributeType::CommonName, common),
        ]
    };
    let asked = |subject: Name, key| Generate { subject, key };
    let p256 = Some(KeyKind::Ec(Curve::P256));
    let good = asked(Name::build(&texts("Acme etcd")), p256);
    let check = |der: &[u8], asked: &Generate, waivers: &[&Waiver]| {
        let register = Register::default();
        findings(request(
            der,
            &RequestContext {
                generate: Some(asked),
                waivers,
                ..RequestContext::alone("x.csr", &register)
            },
        ))
    };
    // Go writes what is printable as PrintableString, where this program writes UTF8String.
    let printable = Parts::with(|parts| {
        for byte in &mut parts.subject {
            if *byte == 0x0c {
                *byte = 0x13;
            }
        }
    });
    let mut turned = texts("Acme etcd");
    turned.swap(1, 2);
    let waiver = Waiver {
        check: "REQ-GENERATED".to_owned(),
        step: "x".to_owned(),
        reason: "made by hand".to_owned(),
        by: "alice".to_owned(),
    };
    let der = parts.der();
    let other = asked(good.subject.clone(), Some(KeyKind::Ec(Curve::P384)));
    let case = |wanted, name, found| Case::new(CheckId::RequestGenerated, wanted, name, found);
    let refused = |name, subject, key| case(Fail, name, check(&der, &asked(subject, key), &[]));
    vec![
        case(Pass, "as asked", check(&der, &good, &[])),
        case(Pass, "other string types", check(&printable, &good, &[])),
        case(
            Pass,
            "any key that is there",
            check(&der, &asked(good.subject.clone(), None), &[]),
        ),
        case(
            Waived,
            "another key, waived",
            check(&der, &other, &[&waiver]),
        ),
        case(Fail, "another key", check(&der, &other, &[])),
        refused("another name", Name::build(&texts("Acme Etcd")), p256),
        refused("another order", Name::build(&turned), p256),
        refused(
            "one value less",
            Name::build(&texts("Acme etcd")[1..]),
            p256,
        ),
    ]
}
