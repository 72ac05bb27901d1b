//! The string types of ASN.1 (X.680 41): which octets each of them allows.

/// Checks that octets are a value of the string type whose universal tag has this number.
///
/// TeletexString and the others that switch between code pages allow every octet, and what is
/// no string is not looked at. GraphicString and UniversalString never get here: `strict` refuses
/// them.
pub fn check(number: u32, octets: &[u8]) -> Result<(), &'static str> {
    let (good, fault) = match number {
        12 => (
            std::str::from_utf8(octets).is_ok(),
            "a UTF8String that is not UTF-8",
        ),
        18 => (
            octets.iter().all(is_numeric),
            "a NumericString with more than digits and spaces",
        ),
        19 => (
            octets.iter().all(is_printable),
            "a PrintableString with octets that it does not allow",
        ),
        22 => (octets.is_ascii(), "an IA5String with octets beyond 7 bits"),
        26 => (
            octets.iter().all(|octet| matches!(octet, b' '..=b'~')),
            "a VisibleString with octets that cannot be seen",
        ),
        30 => (is_bmp(octets), "a BMPString that is not made of characters"),
        _ => (true, ""),
    };
    good.then_some(()).ok_or(fault)
}

fn is_numeric(octet: &u8) -> bool {
    matches!(octet, b'0'..=b'9' | b' ')
}

fn is_printable(octet: &u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet)
}

/// Pairs of surrogates are taken, as every common reader does.
fn is_bmp(octets: &[u8]) -> bool {
    let units = octets
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    octets.len().is_multiple_of(2) && char::decode_utf16(units).all(|letter| letter.is_ok())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn each_type_on_both_sides() {
        let table: &[(u32, &[u8], &[u8], &str)] = &[
            (12, "Bücher".as_bytes(), b"\xc3", "UTF8String"),
            (18, b"01 9", b"1a", "NumericString"),
            (19, b"Az9 '()+,-./:=?", b"a@b", "PrintableString"),
            (19, b"", b"B\xfccher", "PrintableString"),
            (22, b"a@\x1b\x7f", b"\x80", "IA5String"),
            (26, b" a~", b"\x7f", "VisibleString"),
            (30, b"\0A\xd8\x3d\xde\0", b"\xd8\0\0A", "BMPString"),
            (30, b"", b"\0A\0", "BMPString"),
        ];
        for (number, good, bad, name) in table {
            assert_eq!(check(*number, good), Ok(()), "{name} {good:x?}");
            let said = check(*number, bad).unwrap_err();
            assert!(said.contains(name), "{said}");
        }
    }

    #[test]
    fn code_pages_and_what_is_no_string_have_every_octet() {
        for number in [4, 20, 21, 27] {
            assert_eq!(check(number, b"M\xfcller \x1b\0\xff"), Ok(()));
        }
    }
}
