//! DER and its neighbours: what `tlv` writes passes, one octet beside it does not.

use der::Tag;
use proptest::prelude::*;

use super::super::tlv::{context, encode, sequence};
use super::*;

fn words(bytes: &[u8]) -> String {
    check(bytes).unwrap_err().to_string()
}

/// A tree as a request holds them.
fn trees() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(integer),
        any::<bool>().prop_map(|b| encode(Tag::Boolean, &[&[if b { 0xff } else { 0 }]])),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|v| encode(Tag::OctetString, &[&v])),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|v| encode(Tag::BitString, &[&[0], &v])),
        "[a-z]{0,20}".prop_map(|text| encode(Tag::Utf8String, &[text.as_bytes()])),
        Just(encode(Tag::Null, &[])),
        Just(vec![6, 3, 0x55, 4, 3]),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let list = prop::collection::vec(inner, 0..5);
        (list, 0..3u8).prop_map(|(mut list, kind)| {
            if kind == 1 {
                list.sort();
            }
            let parts: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
            match kind {
                0 => sequence(&parts),
                1 => encode(Tag::Set, &parts),
                _ => encode(context(0), &parts),
            }
        })
    })
}

fn integer(number: i64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let start = (0..7).find(|&at| is_shortest_integer(&octets[at..]));
    encode(Tag::Integer, &[&octets[start.unwrap_or(7)..]])
}

/// Where each element of a tree begins, the outermost first.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut found = vec![0];
    let mut next = 0;
    while let Some(&at) = found.get(next) {
        next += 1;
        let (tag, content) = header(bytes, at..bytes.len()).unwrap();
        if is_constructed(tag) == Some(true) {
            let mut child = content.start;
            while child < content.end {
                found.push(child);
                child = header(bytes, child..content.end).unwrap().1.end;
            }
        }
    }
    found
}

/// The tree again, with the length of the element at `at` in a longer form than DER's.
fn with_long_length(bytes: &[u8], range: Range<usize>, at: usize) -> Vec<u8> {
    let (tag, content) = header(bytes, range.clone()).unwrap();
    let mut inner = Vec::new();
    if range.start != at && is_constructed(tag) == Some(true) {
        let mut child = content.start;
        while child < content.end {
            let end = header(bytes, child..content.end).unwrap().1.end;
            inner.extend(with_long_length(bytes, child..end, at));
            child = end;
        }
    } else {
        inner = bytes[content].to_vec();
    }
    if range.start == at {
        let length = u32::try_from(inner.len()).unwrap().to_be_bytes();
        [&[tag, 0x84], &length[..], &inner].concat()
    } else {
        let mut whole = encode(Tag::OctetString, &[&inner]);
        whole[0] = tag;
        whole
    }
}

proptest! {
    #[test]
    fn what_tlv_writes_passes(tree in trees()) {
        prop_assert_eq!(check(&tree), Ok(()));
    }

    #[test]
    fn no_length_has_a_second_form(tree in trees(), pick in any::<prop::sample::Index>()) {
        let at = *pick.get(&starts(&tree));
        let longer = with_long_length(&tree, 0..tree.len(), at);
        prop_assert!(check(&longer).is_err());
    }

    #[test]
    fn nothing_follows_and_nothing_is_missing(tree in trees(), octet in any::<u8>()) {
        prop_assert!(check(&[&tree[..], &[octet]].concat()).is_err());
        prop_assert!(check(&tree[..tree.len() - 1]).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = check(&bytes);
    }

    /// What passes comes apart the same way in the reader that the rest of the room uses.
    #[test]
    fn what_passes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
        if check(&bytes).is_ok() {
            prop_assert!(super::super::tlv::elements(&bytes).is_ok(), "{bytes:x?}");
        }
    }
}

/// The same for every identifier octet there is: chance meets the rare ones too seldom.
#[test]
fn every_tag_that_passes_can_be_read() {
    let contents: &[&[u8]] = &[&[], &[0], &[1], &[0xff], &[5, 0], b"20260101000000Z"];
    let (mut passed, mut refused) = (0, 0);
    for tag in 0..=u8::MAX {
        let one = |content: &[u8]| {
            let length = u8::try_from(content.len()).unwrap();
            [&[tag, length], content].concat()
        };
        let takes = |content: &&&[u8]| check(&one(content)).is_ok();
        let taken: Vec<_> = contents.iter().filter(takes).collect();
        for content in &taken {
            let bytes = one(content);
            assert!(super::super::tlv::elements(&bytes).is_ok(), "{bytes:x?}");
        }
        *(if taken.is_empty() {
            &mut refused
        } else {
            &mut passed
        }) += 1;
    }
    assert!(
        passed > 200 && refused > 40,
        "{passed} pass, {refused} do not"
    );
}

#[test]
fn what_ber_allows_is_named() {
    let table: &[(&[u8], &str)] = &[
        (&[], "cut short"),
        (&[0x30], "cut short"),
        (&[0x30, 2, 5], "cut short"),
        (&[0x30, 0x82, 0], "cut short"),
        (&[0x30, 2, 2, 1, 0], "cut short"),
        (&[0x30, 0x80, 0, 0], "an indefinite length"),
        (&[4, 0x81, 1, 5], "not in its shortest form"),
        (&[4, 0x82, 0, 0x80], "not in its shortest form"),
        (&[4, 0x85, 0, 0, 0, 0, 1, 5], "more than four octets"),
        (&[0x30, 0, 0], "bytes after the end"),
        (&[0, 0], "no place here"),
        (&[0x10, 0], "no place here"),
        (&[0x24, 0], "no place here"),
        (&[0x23, 3, 3, 1, 0], "no place here"),
        (&[0x2c, 0], "no place here"),
        (&[25, 0], "no place here"),
        (&[28, 0], "no place here"),
        (&[0x30, 6, 28, 4, 0, 0, 0, 0x41], "no place here"),
        (&[0xbf, 0x1f, 0], "a tag number above 30"),
        (&[1, 1, 1], "a BOOLEAN"),
        (&[1, 0], "a BOOLEAN"),
        (&[2, 0], "an INTEGER"),
        (&[2, 2, 0, 0x7f], "an INTEGER"),
        (&[2, 2, 0xff, 0x80], "an INTEGER"),
        (&[10, 2, 0, 1], "an INTEGER"),
        (&[3, 0], "a BIT STRING"),
        (&[3, 1, 1], "a BIT STRING"),
        (&[3, 2, 1, 1], "a BIT STRING"),
        (&[3, 2, 8, 0], "a BIT STRING"),
        (&[5, 1, 0], "a NULL"),
        (&[6, 0], "padded or unfinished"),
        (&[6, 2, 0x2a, 0x80], "padded or unfinished"),
        (&[6, 3, 0x2a, 0x80, 1], "padded or unfinished"),
        (
            &[6, 6, 0x2a, 0x90, 0x80, 0x80, 0x80, 0],
            "more than 32 bits",
        ),
        (
            &[
                0x17, 11, 0x32, 0x36, 0x30, 0x31, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x5a,
            ],
            "a time",
        ),
        (&[0x31, 6, 2, 1, 2, 2, 1, 1], "out of order"),
    ];
    for (bytes, wanted) in table {
        let said = words(bytes);
        assert!(said.contains(wanted), "{bytes:x?}: {said}");
    }
}

#[test]
fn der_beside_it_is_taken() {
    let table: &[&[u8]] = &[
        &[0x30, 0],
        &[1, 1, 0],
        &[1, 1, 0xff],
        &[2, 2, 0, 0x80],
        &[2, 2, 0xff, 0x7f],
        &[3, 1, 0],
        &[3, 2, 1, 2],
        &[6, 6, 0x2a, 0x8f, 0xff, 0xff, 0xff, 0x7f],
        &[0x31, 6, 2, 1, 1, 2, 1, 1],
        &[0x80, 1, 0x80],
        &[
            0x17, 13, 0x32, 0x36, 0x30, 0x31, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x5a,
        ],
    ];
    for bytes in table {
        assert_eq!(check(bytes), Ok(()), "{bytes:x?}");
    }
}

#[test]
fn strings_are_held_to_their_type() {
    let inside = |string: &[u8]| sequence(&[&encode(Tag::Set, &[&sequence(&[string])])]);
    let good: &[&[u8]] = &[
        b"\x13\x02a-",
        b"\x0c\x02\xc3\xbc",
        b"\x14\x01\xfc",
        b"\x80\x01\xff",
    ];
    for string in good {
        assert_eq!(check_strings(&inside(string)), Ok(()), "{string:x?}");
    }
    let bad = inside(b"\x13\x02a@");
    assert_eq!(check(&bad), Ok(()), "names have their own checks");
    let said = check_strings(&bad).unwrap_err().to_string();
    assert_eq!(
        said,
        "not DER at octet 6: a PrintableString with octets that it does not allow"
    );
}

#[test]
fn nesting_ends_at_16() {
    let nested = |depth: usize| (1..depth).fold(vec![0x30, 0], |inner, _| sequence(&[&inner]));
    assert_eq!(check(&nested(16)), Ok(()));
    assert!(words(&nested(17)).contains("nested deeper than 16"));
    // A whole request's worth of it ends at the same place.
    assert!(words(&nested(4000)).contains("nested deeper than 16"));
}

#[test]
fn a_uuid_is_the_longest_identifier() {
    // 2.25. and 128 bits: 19 octets of which the first has two bits.
    let mut uuid = vec![0x69, 0x83];
    uuid.extend([0xff; 17]);
    uuid.push(0x7f);
    assert_eq!(check(&encode(Tag::Enumerated, &[&[1]])), Ok(()));
    let whole = |content: &[u8]| [&[6, u8::try_from(content.len()).unwrap()], content].concat();
    assert_eq!(check(&whole(&uuid)), Ok(()));
    uuid[1] = 0x84;
    assert!(check(&whole(&uuid)).is_err(), "129 bits");
    let long = [&[0x2a][..], &[1; 20]].concat();
    assert_eq!(check(&whole(&long[..20])), Ok(()));
    assert!(words(&whole(&long)).contains("more than 20 octets"));
}
