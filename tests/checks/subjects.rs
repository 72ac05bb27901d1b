//! The form of a subject, on both sides of each bound.

use anchorite::check::{CheckId, Outcome};
use anchorite::plan::Policy;
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::tlv::{encode, sequence};
use der::Tag;

use crate::Case;
use crate::requests::{Parts, Room, check};

fn attribute(oid: u8, tag: Tag, value: &[u8]) -> Vec<u8> {
    sequence(&[&[6, 3, 0x55, 4, oid], &encode(tag, &[value])])
}

fn rdn(attributes: &[Vec<u8>]) -> Vec<u8> {
    encode(
        Tag::Set,
        &attributes.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    )
}

fn name(rdns: &[Vec<u8>]) -> Vec<u8> {
    sequence(&rdns.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn common_name(tag: Tag, value: &[u8]) -> Vec<u8> {
    name(&[rdn(&[attribute(3, tag, value)])])
}

/// Every case of `REQ-SUBJECT-FORM`, and the limits around it.
pub fn cases() -> Vec<Case> {
    use Outcome::{Fail, Notice, Pass};
    let utf8 = |value: &[u8]| common_name(Tag::Utf8String, value);
    let many = |count: usize| name(&vec![rdn(&[attribute(11, Tag::Utf8String, b"x")]); count]);
    let (o, ou) = (
        attribute(10, Tag::Utf8String, b"a"),
        attribute(10, Tag::Utf8String, b"b"),
    );
    let built = |text: &str| {
        Name::build(&[(AttributeType::CommonName, text)])
            .as_der()
            .to_vec()
    };
    let table: Vec<(Outcome, &str, Vec<u8>)> = vec![
        (Pass, "64 characters", utf8(&[b'a'; 64])),
        (Fail, "65 characters", utf8(&[b'a'; 65])),
        (Pass, "64 umlauts", built(&"\u{fc}".repeat(64))),
        (Fail, "an empty value", utf8(b"")),
        (Fail, "spaces alone", utf8(b"  ")),
        (Pass, "a space between", utf8(b"a b")),
        (Fail, "a blank of Braille", built("Acme\u{2800}etcd")),
        (Fail, "no character", built("Acme\u{fdd0}")),
        (Fail, "no character of a plane", built("Acme\u{1fffe}")),
        (Fail, "invalid UTF-8", utf8(b"a\xff")),
        (Fail, "NUL", utf8(b"a\0b")),
        (Fail, "a line break", utf8(b"a\nb")),
        (Fail, "an escape code", utf8(b"a\x1b[31m")),
        (Fail, "zero width", built("Acme\u{200b} etcd")),
        (Fail, "right to left", built("Acme \u{202e}dcte")),
        (Notice, "Cyrillic", built("Acme \u{435}tcd")),
        (
            Pass,
            "PrintableString",
            common_name(Tag::PrintableString, b"Acme etcd"),
        ),
        (
            Fail,
            "PrintableString with @",
            common_name(Tag::PrintableString, b"a@b"),
        ),
        (
            Fail,
            "IA5String with an umlaut",
            common_name(Tag::Ia5String, b"\xfc"),
        ),
        (
            Pass,
            "T61String",
            common_name(Tag::TeletexString, b"M\xfcller"),
        ),
        (Pass, "BMPString", common_name(Tag::BmpString, b"\0a\0b")),
        (
            Fail,
            "half a BMP character",
            common_name(Tag::BmpString, b"\0a\0"),
        ),
        (Fail, "an INTEGER", common_name(Tag::Integer, &[1])),
        (Fail, "NULL", common_name(Tag::Null, b"")),
        (
            Fail,
            "an empty RDN",
            name(&[rdn(std::slice::from_ref(&o)), rdn(&[])]),
        ),
        (
            Pass,
            "two values in one RDN",
            name(&[rdn(&[o.clone(), ou.clone()])]),
        ),
        (
            Fail,
            "the same twice",
            name(&[rdn(&[o.clone(), o.clone()])]),
        ),
        (Pass, "64 attributes", many(64)),
        (Fail, "65 attributes", many(65)),
        (
            Fail,
            "a country of three letters",
            name(&[rdn(&[attribute(6, Tag::PrintableString, b"DEU")])]),
        ),
        (
            Pass,
            "a country of two letters",
            name(&[rdn(&[attribute(6, Tag::PrintableString, b"DE")])]),
        ),
        (
            Fail,
            "a country of two digits",
            name(&[rdn(&[attribute(6, Tag::PrintableString, b"49")])]),
        ),
        (Pass, "digits", common_name(Tag::NumericString, b"1 2")),
        (Fail, "no digits", common_name(Tag::NumericString, b"a")),
        (
            Fail,
            "half a surrogate",
            common_name(Tag::BmpString, b"\xd8\0"),
        ),
        (
            Pass,
            "an unknown attribute type",
            name(&[rdn(&[sequence(&[
                &[6, 3, 0x2a, 3, 4],
                &encode(Tag::Utf8String, &[b"x"]),
            ])])]),
        ),
        (Pass, "punycode", utf8(b"xn--mller-kva.example")),
    ];
    let mut cases: Vec<Case> = table
        .into_iter()
        .map(|(wanted, what, subject)| {
            let bytes = with_subject(subject);
            Case::new(CheckId::RequestSubjectForm, wanted, what, check(&bytes))
        })
        .collect();
    let unordered = with_subject(name(&[rdn(&[ou, o])]));
    let found = check(&unordered);
    cases.push(Case::new(
        CheckId::RequestDer,
        Fail,
        "an RDN out of order",
        found,
    ));
    cases.extend(repeated());
    cases.extend(look_alikes());
    cases
}

fn with_subject(subject: Vec<u8>) -> Vec<u8> {
    Parts::with(|parts| parts.subject = subject)
}

fn repeated() -> Vec<Case> {
    use Outcome::{Fail, Notice, Pass};
    let case = |policy, wanted, what, types: &[u8]| {
        let rdns: Vec<Vec<u8>> = (b'a'..)
            .zip(types)
            .map(|(value, kind)| rdn(&[attribute(*kind, Tag::Utf8String, &[value])]))
            .collect();
        let mut room = Room::empty();
        room.policy = policy;
        let found = room.check(&with_subject(name(&rdns)));
        Case::new(CheckId::RequestSubjectRepeated, wanted, what, found)
    };
    vec![
        case(Policy::Webtrust, Pass, "each once", &[10, 11, 3]),
        case(Policy::Webtrust, Pass, "two OU", &[11, 11, 3]),
        case(Policy::Webtrust, Fail, "two O", &[10, 10, 3]),
        case(Policy::Private, Notice, "two O, private", &[10, 10, 3]),
    ]
}

fn look_alikes() -> Vec<Case> {
    use Outcome::{Notice, Pass};
    let case = |wanted, what, text: &str| {
        let subject = Name::build(&[
            (AttributeType::Country, "DE"),
            (AttributeType::Organization, "Acme"),
            (AttributeType::CommonName, text),
        ]);
        let found = check(&with_subject(subject.as_der().to_vec()));
        Case::new(CheckId::RequestLookAlike, wanted, what, found)
    };
    vec![
        case(Pass, "its own name", "Acme etcd"),
        case(Pass, "another generation", "Acme Root G2"),
        case(Notice, "I for 1", "Acme Root GI"),
        case(Notice, "a Cyrillic letter", "\u{410}cme Root G1"),
        case(Notice, "a space at its end", "Acme etcd "),
    ]
}
