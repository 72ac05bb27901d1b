//! What requests ask for: strict DER inside it, what is compared, what contradicts.

use anchorite::check::request::{RequestContext, request as request_check};
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::ledger::register::Register;
use anchorite::plan::Waiver;
use anchorite::plan::profile::BuiltIn;
use anchorite::x509::tlv::{encode, sequence};
use der::Tag;

use crate::Case;
use crate::requests::{Parts, Room, check, wish};

const EXTENSION_REQUEST: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
const CHALLENGE_PASSWORD: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7];
const BASIC: &[u8] = &[6, 3, 0x55, 0x1d, 19];
const USAGE: &[u8] = &[6, 3, 0x55, 0x1d, 15];
const NAMES: &[u8] = &[6, 3, 0x55, 0x1d, 17];
const CRITICAL: &[u8] = &[1, 1, 0xff];

fn extension(fields: &[&[u8]], value: &[u8]) -> Vec<u8> {
    let value = encode(Tag::OctetString, &[value]);
    sequence(&[fields, &[&value]].concat())
}

/// The attribute that asks for extensions.
fn asking(extensions: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
    let values = encode(Tag::Set, &[&sequence(&list)]);
    sequence(&[EXTENSION_REQUEST, &values])
}

fn request(attributes: &[Vec<u8>]) -> Vec<u8> {
    Parts::with(|parts| parts.attributes = Some(attributes.concat()))
}

fn asks(extensions: &[Vec<u8>]) -> Vec<u8> {
    request(&[asking(extensions)])
}

fn with_password(tag: Tag, octets: &[u8]) -> Vec<u8> {
    let value = encode(Tag::Set, &[&encode(tag, &[octets])]);
    request(&[sequence(&[CHALLENGE_PASSWORD, &value])])
}

pub fn cases() -> Vec<Case> {
    let mut cases = strict();
    cases.extend(contradictions());
    cases
}

fn strict() -> Vec<Case> {
    use Outcome::{Fail, Pass};
    let basic = extension(&[BASIC, CRITICAL], &[0x30, 3, 1, 1, 0xff]);
    let usage = extension(&[USAGE, CRITICAL], &[3, 2, 1, 6]);
    let unknown: &[u8] = &[6, 3, 0x2a, 3, 4];
    let named = |value: &[u8]| asks(&[extension(&[BASIC], value)]);
    let mut late = [wish(b"b"), wish(b"a")];
    let out_of_order = request(&late);
    late.sort();
    let empty = sequence(&[EXTENSION_REQUEST, &[0x31, 0]]);
    let boolean = sequence(&[BASIC, &[1, 1, 1], &[4, 2, 0x30, 0]]);
    let default = sequence(&[BASIC, &[1, 1, 0], &[4, 2, 0x30, 0]]);
    let two_values = encode(Tag::Set, &[&sequence(&[&basic]), &sequence(&[&usage])]);
    let ber = [&wish(b"x")[..7], &[0x31, 0x81, 3, 4, 1, b'x']].concat();
    let ber = sequence(&[&ber[2..]]);
    let table: Vec<(Outcome, &str, Vec<u8>)> = vec![
        (
            Pass,
            "two extensions",
            asks(&[basic.clone(), usage.clone()]),
        ),
        (Pass, "no extension in the list", asks(&[])),
        (
            Pass,
            "unknown, not DER inside",
            asks(&[extension(&[unknown], &[0xff])]),
        ),
        (Pass, "two attributes", request(&late)),
        (Fail, "attributes out of order", out_of_order),
        (
            Fail,
            "twice the same extension",
            asks(&[basic.clone(), basic.clone()]),
        ),
        (
            Fail,
            "extensionRequest twice",
            request(&[asking(&[]), asking(std::slice::from_ref(&basic))]),
        ),
        (Fail, "extensionRequest without value", request(&[empty])),
        (
            Fail,
            "extensionRequest with two values",
            request(&[sequence(&[EXTENSION_REQUEST, &two_values])]),
        ),
        (Fail, "critical 01", asks(&[boolean])),
        (Fail, "critical FALSE written out", asks(&[default])),
        (Fail, "cA FALSE written out", named(&[0x30, 3, 1, 1, 0])),
        (
            Fail,
            "a padded path length",
            named(&[0x30, 7, 1, 1, 0xff, 2, 2, 0, 1]),
        ),
        (
            Pass,
            "a path length of 32 bits",
            named(&[0x30, 10, 1, 1, 0xff, 2, 5, 0, 0xff, 0xff, 0xff, 0xff]),
        ),
        (
            Fail,
            "a path length of 33 bits",
            named(&[0x30, 10, 1, 1, 0xff, 2, 5, 1, 0, 0, 0, 0]),
        ),
        (
            Fail,
            "bytes after basicConstraints",
            named(&[0x30, 3, 1, 1, 0xff, 5, 0]),
        ),
        (Fail, "empty basicConstraints value", named(&[])),
        (
            Fail,
            "key usage with zero bits at its end",
            asks(&[extension(&[USAGE], &[3, 2, 0, 6])]),
        ),
        (
            Fail,
            "a name that is no IA5String",
            asks(&[extension(&[NAMES], &[0x30, 3, 0x82, 1, 0xfc])]),
        ),
        (Fail, "a long length in what is dropped", request(&[ber])),
        (
            Pass,
            "a dropped PrintableString",
            with_password(Tag::PrintableString, b"secret"),
        ),
        (
            Fail,
            "a dropped PrintableString with an @",
            with_password(Tag::PrintableString, b"secret@"),
        ),
        (
            Pass,
            "a dropped TeletexString in Latin-1",
            with_password(Tag::TeletexString, b"Schl\xfcssel"),
        ),
        (
            Fail,
            "an attribute that is a SET",
            request(&[vec![0x31, 0]]),
        ),
    ];
    let mut cases: Vec<Case> = table
        .into_iter()
        .map(|(wanted, name, bytes)| Case::new(CheckId::RequestDer, wanted, name, check(&bytes)))
        .collect();
    let nested = |depth: usize| {
        let deep = (0..depth).fold(vec![5, 0], |inner, _| sequence(&[&inner]));
        request(&[sequence(&[
            &[6, 3, 0x2a, 3, 4],
            &encode(Tag::Set, &[&deep]),
        ])])
    };
    // Request, info, attributes, attribute and its SET stand around it.
    let depth =
        |wanted, name, depth| Case::new(CheckId::RequestDer, wanted, name, check(&nested(depth)));
    cases.push(depth(Pass, "16 deep", 10));
    cases.push(depth(Fail, "17 deep", 11));
    cases
}

fn told(extensions: &[Vec<u8>], profile: &str) -> Vec<Finding> {
    let mut room = Room::empty();
    room.profile = BuiltIn::parse(profile).map(BuiltIn::profile);
    room.check(&asks(extensions))
}

fn contradictions() -> Vec<Case> {
    use Outcome::{Fail, Notice, Pass};
    let none = asks(&[extension(&[BASIC], &[0x30, 0])]);
    let ca = asks(&[extension(&[BASIC, CRITICAL], &[0x30, 3, 1, 1, 0xff])]);
    let id = CheckId::RequestContradiction;
    vec![
        Case::new(id, Pass, "says nothing", check(&request(&[]))),
        Case::new(id, Pass, "asks to be a CA", check(&ca)),
        Case::new(id, Fail, "asks to be no CA", check(&none)),
        Case::new(CheckId::RequestExtensions, Notice, "told", check(&ca)),
    ]
}

#[test]
fn a_contradiction_can_be_waived_with_a_name_and_nothing_else_can() {
    let bytes = asks(&[extension(&[BASIC], &[0x30, 0])]);
    let waived = |check: &str| {
        let waiver = Waiver {
            check: check.to_owned(),
            step: "etcd".to_owned(),
            reason: "an old export".to_owned(),
            by: "alice".to_owned(),
        };
        let register = Register::default();
        let context = RequestContext {
            waivers: &[&waiver],
            ..RequestContext::alone("x.csr", &register)
        };
        request_check(&bytes, &context).map(|(_, findings)| findings)
    };
    let findings = waived("REQ-CONTRADICTION").unwrap();
    let found = findings.iter().find(|one| one.outcome == Outcome::Waived);
    assert_eq!(found.unwrap().id, CheckId::RequestContradiction);
    let refusal = waived("REQ-SUBJECT-REPEATED").unwrap_err();
    assert_eq!(refusal.id, CheckId::RequestContradiction);
}

#[test]
fn wishes_are_compared_with_the_certificate() {
    let password = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7];
    let secret = encode(Tag::Utf8String, &[b"secret"]);
    let password = sequence(&[&password, &encode(Tag::Set, &[&secret])]);
    let mut words: Vec<String> = told(
        &[
            extension(&[BASIC, CRITICAL], &[0x30, 3, 1, 1, 0xff]),
            extension(&[USAGE, CRITICAL], &[3, 2, 5, 0xa0]),
            extension(&[&[6, 3, 0x55, 0x1d, 14]], &[4, 2, 7, 7]),
            extension(&[&[6, 3, 0x55, 0x1d, 37]], &[0x30, 5, 6, 3, 0x2a, 3, 4]),
            extension(&[NAMES], &[0x30, 3, 0x82, 1, b'a']),
            extension(&[&[6, 3, 0x2a, 3, 4]], &[0xff]),
        ],
        "vault",
    )
    .into_iter()
    .chain(check(&request(&[password])))
    .filter(|finding| finding.id == CheckId::RequestExtensions)
    .map(|finding| finding.words)
    .collect();
    // The key is another each time.
    for line in &mut words {
        if let Some(at) = line.find("will say subjectKeyIdentifier: ") {
            line.truncate(at + 31);
        }
    }
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn a_string_that_is_none_is_named_with_its_place() {
    let finding = check(&with_password(Tag::PrintableString, b"secret@"))
        .into_iter()
        .find(|finding| finding.id == CheckId::RequestDer)
        .unwrap();
    assert_eq!(
        finding.words,
        "the request cannot be read: challengePassword: not DER at octet 15: \
         a PrintableString with octets that it does not allow"
    );
}

#[test]
fn a_path_length_of_2_to_the_64_is_named() {
    let basic = [0x30, 14, 1, 1, 0xff, 2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let words: Vec<String> = check(&asks(&[extension(&[BASIC], &basic)]))
        .into_iter()
        .filter(|finding| finding.id == CheckId::RequestDer)
        .map(|finding| finding.words)
        .collect();
    assert_eq!(
        words,
        ["the request cannot be read: basicConstraints: a path length beyond 32 bits"]
    );
}
