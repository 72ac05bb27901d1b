//! Private keys written out as text: escaped in JSON, in hex, or field by field as
//! `openssl asn1parse` prints them.

use std::borrow::Cow;

use memchr::memmem;

use super::private_key::begins;

/// The text with the escapes of JSON taken out, of JSON within JSON too.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(at);
        plain.extend_from_slice(before);
        let slashes = escape.iter().take_while(|byte| **byte == b'\\').count();
        let escape = &escape[slashes..];
        let (octet, length) = match escape.first() {
            Some(b'u') => match escape.get(1..5).and_then(ascii) {
                Some(octet) => (octet, 5),
                None => (b'\\', 0),
            },
            Some(b'n' | b'r' | b't') => (b'\n', 1),
            Some(&octet @ (b'/' | b'"')) => (octet, 1),
            _ => (b'\\', 0),
        };
        plain.push(octet);
        rest = &escape[length..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Four hex digits that name a character of ASCII.
fn ascii(digits: &[u8]) -> Option<u8> {
    match digits {
        [b'0', b'0', high, low] => octet(*high, *low).filter(u8::is_ascii),
        _ => None,
    }
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Whether a key in DER begins anywhere in hex: plain, with colons, as `xxd`, `od` and
/// `hexdump` print it, or as an array of C.
pub(super) fn has_hex(text: &[u8]) -> bool {
    // A SEQUENCE begins with 30. In the midst of octets it is a part of other DER.
    memmem::find_iter(text, b"30").any(|at| {
        let line = line_before(text, at);
        let near = near(text, at);
        starts(line)
            && match address(line) {
                Some(_) => begins(dump_octets(near)),
                None => begins(octets(words(near))),
            }
    })
}

/// Whether octets of hex start after this part of a line.
fn starts(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"0x").unwrap_or(line);
    if line.last().is_some_and(u8::is_ascii_hexdigit) {
        return false;
    }
    match words(line).next_back() {
        Some(last) => !is_hex(last) || address(line) == Some(last),
        None => true,
    }
}

/// As much text as the octets that tell a key can take.
fn near(text: &[u8], at: usize) -> &[u8] {
    &text[at..text.len().min(at + 256)]
}

/// What stands before a place in its line, as far as it matters.
fn line_before(text: &[u8], at: usize) -> &[u8] {
    let near = &text[at.saturating_sub(24)..at];
    let start = memchr::memrchr(b'\n', near).map_or(0, |end| end + 1);
    &near[start..]
}

/// The offset that a dump writes before a line's octets.
fn address(line: &[u8]) -> Option<&[u8]> {
    let first = words(line).next();
    first.filter(|word| word.len() >= 6 && is_hex(word))
}

fn is_hex(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_hexdigit)
}

/// The octets of the dump that begins here: an address stands before each further line.
fn dump_octets(text: &[u8]) -> impl Iterator<Item = u8> + Clone {
    const DUMP_LINE: usize = 16;
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.flat_map(|(number, line)| {
        let words = words(line).skip(usize::from(number > 0));
        // After them comes the column of characters.
        octets(words).take(DUMP_LINE)
    })
}

/// Octets of hex, up to what is none.
fn octets<'a>(words: impl Iterator<Item = &'a [u8]> + Clone) -> impl Iterator<Item = u8> + Clone {
    words.flat_map(pairs).map_while(|octet| octet)
}

fn pairs(word: &[u8]) -> impl Iterator<Item = Option<u8>> + Clone {
    word.chunks(2).map(|pair| match pair {
        [high, low] => octet(*high, *low),
        _ => None,
    })
}

fn words(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
    line.split(|byte| byte.is_ascii_whitespace() || b":,;{\\\"".contains(byte))
        .map(|word| word.strip_prefix(b"0x").unwrap_or(word))
        .map(|word| word.strip_prefix(b"x").unwrap_or(word))
        .filter(|word| !word.is_empty())
}

/// What `openssl asn1parse` prints of a key: the fields directly below its outermost SEQUENCE.
pub(super) fn has_parse(text: &[u8]) -> bool {
    if memmem::find(text, b":d=").is_none() {
        return false;
    }
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    let mut is_encrypted = false;
    for line in text.split(|byte| *byte == b'\n') {
        let Some(at) = memmem::find(line, b":d=") else {
            continue;
        };
        let (depth, rest) = line[at + 3..].split_at(line.len().min(at + 4) - at - 3);
        let kind = memmem::find(rest, b"prim:").or_else(|| memmem::find(rest, b"cons:"));
        let Some(kind) = kind.map(|at| rest[at + 5..].trim_ascii()) else {
            continue;
        };
        is_encrypted |= kind.ends_with(b":PBES2") || memmem::find(kind, b":pbeWith").is_some();
        let value = memchr::memrchr(b':', kind).map_or(&[][..], |at| &kind[at + 1..]);
        let name = kind.split(|byte| *byte == b':' || *byte == b'[').next();
        match depth {
            b"0" => fields.clear(),
            b"1" if fields.len() < 9 => {
                fields.push((name.unwrap_or_default().trim_ascii(), value));
            }
            _ => {}
        }
        if are_of_a_key(&fields, is_encrypted) {
            return true;
        }
    }
    false
}

fn are_of_a_key(fields: &[(&[u8], &[u8])], is_encrypted: bool) -> bool {
    const INTEGER: &[u8] = b"INTEGER";
    const SEQUENCE: &[u8] = b"SEQUENCE";
    const OCTETS: &[u8] = b"OCTET STRING";
    match fields {
        [(SEQUENCE, _), (OCTETS, _)] => is_encrypted,
        [(INTEGER, b"00" | b"01"), (SEQUENCE, _), (OCTETS, _), ..] => true,
        [(INTEGER, b"01"), (OCTETS, _), ..] => true,
        [(INTEGER, b"00" | b"01"), rest @ ..] => {
            rest.len() == 8 && rest.iter().all(|(name, _)| *name == INTEGER)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::private_key::is_in;

    const KEYS: [&str; 4] = [
        // PKCS#8 and SEC 1 of P-256, PKCS#1, encrypted PKCS#8.
        "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420",
        "30770201010420070707070707070707070707070707070707070707070707070707070707",
        "308204a40201000282010100b8ae6fe1970d1a6d21645436792d5167b8ae6fe1970d1a6d",
        "308202dd305706092a864886f70d01050d304a302906092a864886f70d01050c301c0408",
    ];

    /// As `xxd`, `hexdump -C`, an array and colons have it.
    fn dumps(hex: &str) -> Vec<String> {
        let pairs: Vec<&str> = (0..hex.len() / 2)
            .map(|at| &hex[2 * at..2 * at + 2])
            .collect();
        let lines = |per_word: usize| -> String {
            let lines = pairs.chunks(16).enumerate();
            lines
                .map(|(at, line)| {
                    let words: Vec<String> = line.chunks(per_word).map(<[&str]>::concat).collect();
                    format!("{:08x}: {}  0..beef30.\n", at * 16, words.join(" "))
                })
                .collect()
        };
        vec![
            hex.to_owned(),
            hex.to_uppercase(),
            pairs.join(":"),
            pairs.join(" "),
            format!("key = {{ 0x{} }};", pairs.join(", 0x")),
            format!("\"\\x{}\"", pairs.join("\\x")),
            lines(2),
            lines(1),
            lines(1).replace(':', ""),
        ]
    }

    #[test]
    fn keys_in_hex_are_seen_and_other_hex_is_not() {
        for key in KEYS {
            for dump in dumps(key) {
                assert!(is_in(format!("# key\n{dump}\n").as_bytes()), "{dump}");
            }
            assert!(!is_in(format!("ab{key}").as_bytes()), "inside a word");
            assert!(!is_in(&key.as_bytes()[..12]), "too little to tell");
        }
        for other in [
            // A request, a certificate, a CRL's outer fields, a public key, a signature.
            "30820103 3081aa0201003048310b3009060355040613024445310d300b060355040a0c04",
            "308201b330820159a00302010202144059c1918738ab4985f2bd1e27b96a82ad66defa30",
            "3081f830819f020101300a06082a8648ce3d040302300f310d300b06035504030c0441",
            "3059301306072a8648ce3d020106082a8648ce3d03010703420004b8ae6fe1970d1a6d21",
            "3045022100b8ae6fe1970d1a6d21645436792d5167b8ae6fe1970d1a6d02200101010101",
        ] {
            for dump in dumps(&other.replace(' ', "")) {
                assert!(!is_in(dump.as_bytes()), "{dump}");
            }
        }
    }

    #[test]
    fn frames_are_seen_through_escapes() {
        for text in [
            r"-----BEGIN\u0020PRIVATE KEY-----",
            r"\u002d\u002D---BEGIN\u0020PRIVATE\u0020KEY\u002d----",
            r"\\u002d----BEGIN PRIVATE\\u0020KEY",
            r#"{"private\u005fkey": "MC4CAQ"}"#,
            r#"{\"private_key\": \"MC4CAQ\"}"#,
        ] {
            assert!(is_in(text.as_bytes()), "{text}");
        }
        for text in [
            r"-----BEGIN\u0020CERTIFICATE\u0020REQUEST-----",
            r"\u",
            r"\",
            r"\u00",
        ] {
            assert!(!is_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_asn1parse_prints_of_a_key_is_seen() {
        let lines = |list: &[(u8, &str)]| -> String {
            let line =
                |(depth, kind): &(u8, &str)| format!("    0:d={depth}  hl=2 l=   1 {kind}\n");
            list.iter().map(line).collect()
        };
        let outer = (0, "cons: SEQUENCE          ");
        let sequence = (1, "cons: SEQUENCE          ");
        let octets = (1, "prim: OCTET STRING      [HEX DUMP]:0707");
        let zero = (1, "prim: INTEGER           :00");
        let one = (1, "prim: INTEGER           :01");
        let number = (1, "prim: INTEGER           :C0FFEE");
        let pbes2 = (2, "prim: OBJECT            :PBES2");
        let rsa: Vec<(u8, &str)> = [outer, zero].into_iter().chain([number; 8]).collect();
        assert!(is_in(lines(&[outer, zero, sequence, octets]).as_bytes()));
        assert!(is_in(lines(&[outer, one, octets]).as_bytes()));
        assert!(is_in(lines(&[outer, sequence, pbes2, octets]).as_bytes()));
        assert!(is_in(lines(&rsa).as_bytes()));
        for other in [
            lines(&[outer, sequence, sequence]),
            lines(&[outer, sequence, octets]),
            lines(&[outer, zero, octets]),
            lines(&rsa[..9]),
            "0:d=\n:d=1".to_owned(),
        ] {
            assert!(!is_in(other.as_bytes()), "{other}");
        }
    }
}
