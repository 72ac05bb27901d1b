//! Containers as people send them: what is taken, and the words for what is not.

use super::*;

const LABELS: &[&str] = &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

fn object() -> Vec<u8> {
    super::super::tlv::sequence(&[&[4, 100], &[7; 100]])
}

fn block() -> String {
    encode("CERTIFICATE REQUEST", &object())
}

fn decode(text: &str) -> Result<Vec<u8>, PemError> {
    decode_one(text.as_bytes(), LABELS)
}

/// Every line of the body on one.
fn on_one_line() -> String {
    let block = block();
    let lines: Vec<&str> = block.lines().collect();
    let (body, last) = (lines[1..lines.len() - 1].concat(), lines[lines.len() - 1]);
    format!("{}\n{body}\n{last}\n", lines[0])
}

#[test]
fn good_but_unusual_files_are_taken() {
    assert_eq!(decode_one(&object(), LABELS).unwrap(), object());
    for text in [
        block(),
        block().trim_end().to_owned(),
        block().replace('\n', "\r\n"),
        format!("Certificate Request:\n  Data\n{}", block()),
        format!("\n\n{}\n\n \n", block()),
        block().replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ"),
        block().replace('\n', "  \n"),
        on_one_line(),
    ] {
        assert_eq!(decode(&text).unwrap(), object(), "{text:?}");
    }
    let latin = [b"Issuer: M\xfcller\n", block().as_bytes()].concat();
    assert_eq!(decode_one(&latin, LABELS).unwrap(), object());
}

#[test]
fn bad_containers_are_named() {
    let one = block();
    let wide = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let body: String = one.lines().filter(|line| !line.contains("--")).collect();
    let table: Vec<(Vec<u8>, PemError)> = vec![
        (Vec::new(), PemError::Empty),
        (b" \n\n".to_vec(), PemError::Empty),
        (b"hello".to_vec(), PemError::NoObject),
        (vec![0xff; 20], PemError::NoObject),
        (vec![b'a'; SIZE_LIMIT + 1], PemError::TooLarge(65537)),
        (format!("{one}{one}").into(), PemError::SecondObject),
        (
            format!("{}{one}", one.trim_end()).into(),
            PemError::SecondObject,
        ),
        (format!(" {one}{one}").into(), PemError::SecondObject),
        (format!("{one}# end\n").into(), PemError::TrailingText),
        (format!("{one}\0").into(), PemError::TrailingText),
        (format!(" {one}").into(), PemError::Indented),
        (format!("\u{feff}{one}").into(), PemError::ByteOrderMark),
        (one.replace('\n', "\r").into(), PemError::CarriageReturn),
        (
            wide(&one)
                .iter()
                .flat_map(|unit| unit.to_le_bytes())
                .collect(),
            PemError::Utf16,
        ),
        (
            wide(&format!("\u{feff}{one}"))
                .iter()
                .flat_map(|unit| unit.to_be_bytes())
                .collect(),
            PemError::Utf16,
        ),
        (
            format!("{{\"csr\":\"{}\"}}", one.replace('\n', "\\n")).into(),
            PemError::Json,
        ),
        (body.clone().into(), PemError::BareBase64),
        (
            one.replacen("CERTIFICATE REQUEST", "CERTIFICATE", 1).into(),
            PemError::Mismatch {
                begin: "CERTIFICATE".to_owned(),
                end: "CERTIFICATE REQUEST".to_owned(),
            },
        ),
        (
            one.replace("CERTIFICATE REQUEST", "X\u{1b}").into(),
            PemError::WrongLabel {
                found: "X\\u{1b}".to_owned(),
                wanted: "CERTIFICATE REQUEST",
            },
        ),
    ];
    for (bytes, wanted) in table {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        assert_eq!(decode_one(&bytes, LABELS), Err(wanted), "{shown:?}");
    }
}

#[test]
fn broken_blocks_are_refused() {
    let one = block();
    let begin = "-----BEGIN CERTIFICATE REQUEST-----\n";
    for text in [
        one.replace("BwcH", "!!!!"),
        one.replacen("BwcH", "Bwc\u{fc}", 1),
        one.replacen("BwcH", "B wcH", 1),
        one.replace('=', ""),
        one.replace('=', "=="),
        one.replacen(begin, &format!("{begin}Proc-Type: 4,ENCRYPTED\n\n"), 1),
        one.replacen(begin, &format!("{begin}\n"), 1),
        one.replacen("REQUEST-----", "REQUEST----", 1),
        one.replacen("-----END", "----END", 1),
        begin.to_owned(),
        format!("-----END CERTIFICATE REQUEST-----\n{one}"),
        format!("{begin}-----END CERTIFICATE REQUEST-----\n"),
    ] {
        let said = decode(&text);
        assert!(
            matches!(said, Err(PemError::Broken(_))),
            "{text:?}: {said:?}"
        );
    }
}

#[test]
fn a_private_key_is_seen_wherever_it_stands() {
    let octets = super::super::tlv::encode(der::Tag::OctetString, &[&[7; 32]]);
    let der = super::super::tlv::sequence(&[&[2, 1, 1], &octets]);
    let key = encode("EC PRIVATE KEY", &der);
    let labelled = encode("CERTIFICATE REQUEST", &der);
    let bare: String = labelled
        .lines()
        .filter(|line| !line.contains("--"))
        .collect();
    for text in [
        format!("{key}{}", block()),
        format!("{}{key}", block()),
        format!("{{\"private_key\":\"{}\"}}", key.replace('\n', "\\n")),
        labelled,
        bare,
    ] {
        assert_eq!(decode(&text), Err(PemError::PrivateKey), "{text}");
    }
    assert_eq!(decode_one(&der, LABELS), Err(PemError::PrivateKey));
}
