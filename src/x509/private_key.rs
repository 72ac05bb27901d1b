//! Private keys where none may be: seen by their frame or their DER, in any wrapping people
//! send them in. Their octets are looked at and never shown.

use der::Tag;

use super::tlv::{self, Element};

/// Whether a private key stands anywhere in a file's bytes: as PEM before, after or inside
/// other text, in UTF-16, in Vault's JSON, or as DER.
pub fn is_in(bytes: &[u8]) -> bool {
    // UTF-16 of ASCII is ASCII with zeros between.
    let text: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
    has_frame(&text) || has_json_field(&text) || is_der(bytes)
}

/// `-----BEGIN RSA PRIVATE KEY-----` and its kind: OpenSSH's, PGP's, SSH2's.
fn has_frame(text: &[u8]) -> bool {
    const WORDS: &[u8] = b"PRIVATE KEY";
    places(text, WORDS).any(|at| {
        let before = &text[at.saturating_sub(40)..at];
        places(before, b"BEGIN").next().is_some() || text[at + WORDS.len()..].starts_with(b"-----")
    }) || text.starts_with(b"PuTTY-User-Key-File")
}

/// `"private_key": "..."`, which Vault answers for `exported`, also with `format=der`.
fn has_json_field(text: &[u8]) -> bool {
    const FIELD: &[u8] = b"\"private_key\"";
    places(text, FIELD).any(|at| {
        let value = text[at + FIELD.len()..].trim_ascii_start();
        let value = value.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        value.is_some_and(|value| value.starts_with(b"\"") && !value.starts_with(b"\"\""))
    })
}

fn places<'a>(bytes: &'a [u8], wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes.windows(wanted.len()).enumerate();
    windows.filter_map(move |(at, window)| (window == wanted).then_some(at))
}

/// Whether bytes are a private key in DER: PKCS#8 (RFC 5958), plain or encrypted, PKCS#1
/// (RFC 8017 A.1.2), SEC 1 (RFC 5915), or a PKCS#12 store (RFC 7292).
pub fn is_der(bytes: &[u8]) -> bool {
    let Ok(fields) = tlv::sequence_of(bytes, "key") else {
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

/// `pkcs-5` and `pkcs-12PbeIds`: how a private key is encrypted.
fn names_an_encryption(algorithm: &Element<'_>) -> bool {
    const PKCS5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5];
    const PKCS12: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1];
    let fields = tlv::elements(algorithm.value).unwrap_or_default();
    fields
        .first()
        .is_some_and(|oid| oid.value.starts_with(PKCS5) || oid.value.starts_with(PKCS12))
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
