//! The form of a subject, on both sides of each bound.

use anchorite::check::{CheckId, Outcome};
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::tlv::{encode, sequence};
use der::Tag;

use crate::Case;
use crate::requests::{Parts, check};

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
        (Fail, "out of DER order", name(&[rdn(&[ou, o.clone()])])),
        (Fail, "the same twice", name(&[rdn(&[o.clone(), o])])),
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
    ];
    table
        .into_iter()
        .map(|(wanted, what, subject)| {
            let bytes = Parts::with(|parts| parts.subject = subject);
            Case::new(CheckId::RequestSubjectForm, wanted, what, check(&bytes))
        })
        .collect()
}
