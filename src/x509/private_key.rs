//! Private keys where none may be: seen by their frame or their DER, in any wrapping people
//! send them in. Their octets are looked at and never shown.

use std::borrow::Cow;

use der::Tag;
use memchr::memmem;

use super::private_key_text::{has_hex, has_parse, unescaped};
use super::sniff::element;
use super::tlv::{self, Element, Elements};

/// The tag of an OBJECT IDENTIFIER.
const OID: u8 = 6;

/// Whether a private key stands anywhere in a file's bytes: as PEM before, after or inside
/// other text, in UTF-16, in JSON, in hex, or as DER.
pub fn is_in(bytes: &[u8]) -> bool {
    // UTF-16 of ASCII is ASCII with zeros between.
    let text: Cow<'_, [u8]> = match memchr::memchr(0, bytes) {
        Some(_) => Cow::Owned(without_zeros(bytes)),
        None => Cow::Borrowed(bytes),
    };
    is_in_text(&text)
        || matches!(unescaped(&text), Cow::Owned(plain) if is_in_text(&plain))
        || is_among(bytes)
        || after_frame(bytes).is_some_and(is_among)
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    text.extend(bytes.iter().filter(|byte| **byte != 0));
    text
}

fn is_in_text(text: &[u8]) -> bool {
    has_frame(text)
        || has_json_field(text, b"\"private_key\"")
        || is_json_web_key(text)
        || has_dump(text)
        || has_base64(text)
        || has_hex(text)
        || has_parse(text)
}

/// Whether one of several objects in DER, one after the other, is a key.
fn is_among(bytes: &[u8]) -> bool {
    const OBJECTS: usize = 64;
    let objects = Elements::of(bytes).map_while(Result::ok).take(OBJECTS);
    bytes.first() == Some(&0x30) && objects.into_iter().any(|one| is_der(one.raw))
}

/// What follows the last frame of PEM.
fn after_frame(bytes: &[u8]) -> Option<&[u8]> {
    const DASHES: &[u8] = b"-----";
    let end = memmem::rfind(bytes, DASHES)? + DASHES.len();
    Some(bytes[end..].trim_ascii_start())
}

/// Whether one stands anywhere in DER that has another purpose: as an element of its own, or
/// in an OCTET STRING, as an attribute or extension could hold it.
pub fn is_inside(der: &[u8]) -> bool {
    is_in(der) || is_element(der, 2 * super::strict::DEPTH)
}

fn is_element(der: &[u8], depth: usize) -> bool {
    let holds_more = |one: &Element<'_>| one.tag.is_constructed() || one.tag == Tag::OctetString;
    depth > 0
        && Elements::of(der)
            .map_while(Result::ok)
            .any(|one| is_der(one.raw) || holds_more(&one) && is_element(one.value, depth - 1))
}

/// `-----BEGIN RSA PRIVATE KEY-----` and its kind: OpenSSH's, PGP's, SSH2's.
fn has_frame(text: &[u8]) -> bool {
    const WORDS: &[u8] = b"PRIVATE KEY";
    places(text, WORDS).any(|at| {
        let before = &text[at.saturating_sub(40)..at];
        places(before, b"BEGIN").next().is_some() || text[at + WORDS.len()..].starts_with(b"-----")
    }) || text.starts_with(b"PuTTY-User-Key-File")
        || places(text, b"AGE-SECRET-KEY-1").next().is_some()
}

/// `"private_key": "..."`, which Vault answers for `exported`, also with `format=der`.
fn has_json_field(text: &[u8], field: &[u8]) -> bool {
    places(text, field).any(|at| {
        let value = text[at + field.len()..].trim_ascii_start();
        let value = value.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        value.is_some_and(|value| value.starts_with(b"\"") && !value.starts_with(b"\"\""))
    })
}

/// A JSON Web Key with its private part (RFC 7518 6.2.2 and 6.3.2).
fn is_json_web_key(text: &[u8]) -> bool {
    has_json_field(text, b"\"kty\"") && has_json_field(text, b"\"d\"")
}

/// What `openssl pkey -text` and `certtool --key-info` print of a private key's numbers.
fn has_dump(text: &[u8]) -> bool {
    const TITLES: [&[u8]; 4] = [
        b"priv:",
        b"privateExponent:",
        b"private exponent:",
        b"private key:",
    ];
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.any(|line| TITLES.contains(&line.trim_ascii()))
}

/// The base64 of a key without its frame, at the beginning of any word: in YAML, in a table,
/// in a file whose BEGIN line was lost.
fn has_base64(text: &[u8]) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    // A SEQUENCE of any length that a key has begins with M.
    places(text, b"M").any(|at| {
        let before = at.checked_sub(1).map(|before| text[before]);
        !before.is_some_and(is_inner) && begins(base64_octets(&text[at..]))
    })
}

/// The octets that base64 stands for, up to 48.
fn base64_octets(text: &[u8]) -> impl Iterator<Item = u8> + Clone {
    let near = text.get(..80).unwrap_or(text);
    let digits = near
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map_while(|byte| match byte {
            b'A'..=b'Z' => Some(byte - b'A'),
            b'a'..=b'z' => Some(byte - b'a' + 26),
            b'0'..=b'9' => Some(byte - b'0' + 52),
            b'+' | b'-' => Some(62),
            b'/' | b'_' => Some(63),
            _ => None,
        });
    // The digits before in `bits`, of which each octet takes eight.
    let octet = |bits: &mut u32, (at, digit): (usize, u8)| {
        *bits = *bits << 6 | u32::from(digit);
        let spare = 6 - 2 * (at % 4);
        Some((at % 4 > 0).then(|| (*bits >> spare).to_le_bytes()[0]))
    };
    digits.take(64).enumerate().scan(0, octet).flatten()
}

/// Whether octets begin as a private key in DER does. A hostile file has a place to ask at every
/// word, so that most are answered by their first octets.
pub(super) fn begins(octets: impl Iterator<Item = u8> + Clone) -> bool {
    const ENOUGH: usize = 48;
    may_begin(octets.clone()) && begins_der(&octets.take(ENOUGH).collect::<Vec<u8>>())
}

/// The headers of what [`begins_der`] looks for, without their lengths.
fn may_begin(mut octets: impl Iterator<Item = u8>) -> bool {
    let header = |octets: &mut dyn Iterator<Item = u8>| {
        let tag = octets.next()?;
        match octets.next()? {
            0..=0x80 => Some(tag),
            length @ 0x81..=0x84 => octets.nth(usize::from(length & 0x7f) - 1).map(|_| tag),
            _ => None,
        }
    };
    header(&mut octets) == Some(0x30)
        && match header(&mut octets) {
            Some(2) => matches!(octets.next(), Some(0 | 1 | 3)),
            Some(0x30) => octets.next() == Some(OID),
            _ => false,
        }
}

/// Whether bytes begin as a private key in DER does, of which only the first are there.
pub(super) fn begins_der(bytes: &[u8]) -> bool {
    let Some((0x30, body, _)) = element(bytes) else {
        return false;
    };
    let Some((first, value, rest)) = element(body) else {
        return false;
    };
    let second = element(rest).map(|(tag, content, _)| (tag, content));
    match (first, value, second) {
        (2, [0 | 1 | 3], Some((0x30, content))) => {
            content.first() == Some(&OID) && !is_field_type(content)
        }
        (2, [1], Some((4, _))) => true,
        (2, [0 | 1], Some((2, number))) => number.len() > 8,
        (0x30, [OID, _, oid @ ..], _) => is_encryption(oid),
        _ => false,
    }
}

/// `id-fieldType` (RFC 3279 2.3.5): a curve written out in full, which also begins with version
/// and OID, and comes to the beginning of a line in a public key.
fn is_field_type(content: &[u8]) -> bool {
    content.starts_with(&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 1])
}

fn places<'a>(bytes: &'a [u8], wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memmem::find_iter(bytes, wanted)
}

/// Whether bytes are a private key in DER: PKCS#8 (RFC 5958), plain or encrypted, PKCS#1
/// (RFC 8017 A.1.2), SEC 1 (RFC 5915), or a PKCS#12 store (RFC 7292).
pub fn is_der(bytes: &[u8]) -> bool {
    let Some(fields) = first_fields(bytes) else {
        return false;
    };
    let tags: Vec<Tag> = fields.iter().map(|field| field.tag).collect();
    let version = |wanted: &[u8]| matches!(fields[0].value, [one] if wanted.contains(one));
    match tags.as_slice() {
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => version(&[0, 1]),
        [Tag::Integer, Tag::OctetString, ..] => version(&[1]),
        [Tag::Integer, rest @ ..] if rest.len() >= 8 => {
            version(&[0, 1]) && rest[..8].iter().all(|tag| *tag == Tag::Integer)
        }
        // A PFX: version 3, and the OID of PKCS#7 data or signed data.
        [Tag::Integer, Tag::Sequence, ..] => version(&[3]),
        [Tag::Sequence, Tag::OctetString] => names_an_encryption(&fields[0]),
        _ => false,
    }
}

/// The first fields of one SEQUENCE, as many as a key is told by: a hostile file has millions.
fn first_fields(bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    const FIELDS: usize = 9;
    let mut objects = Elements::of(bytes);
    let one = objects.next()?.ok()?;
    let is_alone = one.tag == tlv::SEQUENCE && objects.next().is_none();
    let fields = Elements::of(one.value).take(FIELDS);
    is_alone.then(|| fields.collect::<Result<_, _>>().ok())?
}

/// `pkcs-5` and `pkcs-12PbeIds`: how a private key is encrypted.
fn names_an_encryption(algorithm: &Element<'_>) -> bool {
    let fields = tlv::elements(algorithm.value).unwrap_or_default();
    fields.first().is_some_and(|oid| is_encryption(oid.value))
}

fn is_encryption(oid: &[u8]) -> bool {
    const PKCS5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5];
    const PKCS12: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1];
    oid.starts_with(PKCS5) || oid.starts_with(PKCS12)
}

#[cfg(test)]
mod tests {
    use super::super::tlv::{encode, sequence, unsigned};
    use super::*;

    #[test]
    fn frames_are_seen_in_any_wrapping() {
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "DSA PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        ] {
            let key = format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n");
            assert!(is_in(key.as_bytes()), "{label}");
            let json = format!("{{\"key\":\"{}\"}}", key.replace('\n', "\\n"));
            assert!(is_in(json.as_bytes()), "{label} in JSON");
            let wide: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert!(is_in(&wide), "{label} in UTF-16");
        }
        assert!(is_in(b"PuTTY-User-Key-File-3: ssh-ed25519"));
        assert!(is_in(b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"));
        assert!(is_in(b"{\"private_key\": \"MC4CAQ\"}"));
        assert!(!is_in(
            b"{\"private_key\": \"\", \"private_key_type\": \"ec\"}"
        ));
        assert!(!is_in(
            b"the PRIVATE KEY stays in Vault\n-----BEGIN CERTIFICATE REQUEST-----"
        ));
    }

    #[test]
    fn keys_without_a_frame_are_seen() {
        // PKCS#8 of P-256, SEC 1, PKCS#1, encrypted PKCS#8, PKCS#12: their first octets.
        for key in [
            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
            "MHcCAQEEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH",
            "MIIEpAIBAAKCAQEAuK5v4ZcNGm0hZFQ2eS1RZ0bFZQz0bFZQ",
            "MIIC3TBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI",
            "MIIJ6QIBAzCCCa8GCSqGSIb3DQEHAaCCCaAEggmcMIIJmDCC",
        ] {
            assert!(is_in(key.as_bytes()), "{key}");
            let broken = format!("private_key: |\n  {}\n  {}", &key[..20], &key[20..]);
            assert!(is_in(broken.as_bytes()), "{broken}");
            assert!(!is_in(format!("A{key}").as_bytes()), "inside a word");
        }
        for text in [
            "Private-Key: (256 bit)\npriv:\n    00:aa\n",
            "RSA Private-Key\nprivateExponent:\n    00:aa\n",
            "{\"kty\": \"EC\", \"d\": \"Nzc3\"}",
            "AGE-SECRET-KEY-1QQPQQPQQP",
        ] {
            assert!(is_in(text.as_bytes()), "{text}");
        }
        for text in [
            // A request, a certificate, a public key.
            "MIIBAzCBqgIBADBIMQswCQYDVQQGEwJERTENMAsGA1UECgwE",
            "MIIBszCCAVmgAwIBAgIUQFnBkYc4q0mF8r0eJ7lqgq1m3vow",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuK5v4ZcNGm0h",
            // The parameters of a curve written out in full, within a request.
            "MIIBQAIBATA8BgcqhkjOPQEBAjEA////////////////////",
            "Public-Key: (256 bit)\npub:\n    04:aa\n",
            "{\"kty\": \"EC\", \"x\": \"Nzc3\"}",
            "M",
            "",
        ] {
            assert!(!is_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn der_is_seen_in_other_der() {
        let key = sequence(&[&[2, 1, 1], &encode(Tag::OctetString, &[&[7; 32]])]);
        let octets = encode(Tag::OctetString, &[&key]);
        assert!(is_inside(&sequence(&[&key])), "an element");
        assert!(is_inside(&sequence(&[&octets])), "in octets");
        assert!(!is_inside(&sequence(&[&octets[..2]])), "cut short");
        let deep = (0..3000).fold(Vec::new(), |inner, _| {
            encode(Tag::OctetString, &[&inner[..inner.len().min(60_000)]])
        });
        assert!(!is_inside(&deep), "without a key, and without an end");
    }

    #[test]
    fn der_is_seen_by_its_fields() {
        let octets = encode(Tag::OctetString, &[&[7; 32]]);
        let kind = sequence(&[&[6, 3, 0x2b, 0x65, 0x70]]);
        let pbes2 = sequence(&[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]]);
        let number = unsigned(&[0xff; 32]);
        let rsa: Vec<&[u8]> = [&[2, 1, 0][..]]
            .into_iter()
            .chain([&number[..]; 8])
            .collect();
        assert!(is_der(&sequence(&[&[2, 1, 0], &kind, &octets])), "PKCS#8");
        assert!(is_der(&sequence(&[&[2, 1, 1], &octets])), "SEC 1");
        assert!(is_der(&sequence(&rsa)), "PKCS#1");
        assert!(is_der(&sequence(&[&pbes2, &octets])), "encrypted");
        assert!(is_der(&sequence(&[&[2, 1, 3], &kind])), "PKCS#12");
        assert!(!is_der(&sequence(&rsa[1..3])), "an RSA public key");
        assert!(!is_der(&sequence(&[&kind, &octets])), "a digest");
        assert!(!is_der(&[0x30, 0]));
    }
}
