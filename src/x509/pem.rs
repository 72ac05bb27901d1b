//! PEM: one object in a file, nothing after it, never a private key.

use der::pem::LineEnding;

/// The most octets a request, certificate or PEM file may have.
pub const SIZE_LIMIT: usize = 64 * 1024;

/// Why a file is not the one object that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Over [`SIZE_LIMIT`].
    #[error("the file has {0} octets, more than 65536")]
    TooLarge(usize),
    /// A private key came along.
    #[error("the file holds a private key")]
    PrivateKey,
    /// Neither PEM nor DER.
    #[error("the file is neither PEM nor DER")]
    NoObject,
    /// A second block.
    #[error("the file holds more than one object")]
    SecondObject,
    /// Text after the last block.
    #[error("the file goes on after the end of its object")]
    TrailingText,
    /// A block of another kind.
    #[error("the file holds a {found}, not a {wanted}")]
    WrongLabel {
        /// The label, escaped.
        found: String,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Base64 or its frame is broken.
    #[error("the PEM block cannot be decoded: {0}")]
    Broken(String),
}

/// One block, 64 columns, LF, with a final newline.
pub fn encode(label: &str, der: &[u8]) -> String {
    der::pem::encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

/// The DER in a file that is either DER itself or text with exactly one PEM block of one of
/// these labels. Text before the block is passed over; white space may follow it.
pub fn decode_one(bytes: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    if bytes.len() > SIZE_LIMIT {
        return Err(PemError::TooLarge(bytes.len()));
    }
    decode_of_any_size(bytes, labels)
}

/// The same for files whose limit is another one, which the caller has checked.
pub fn decode_of_any_size(bytes: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    if holds_private_key(bytes) {
        return Err(PemError::PrivateKey);
    }
    if bytes.first() == Some(&0x30) && !find(bytes, BEGIN) {
        return Ok(bytes.to_vec());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| PemError::NoObject)?;
    let text = text.replace("\r\n", "\n");
    let start = line_starts(&text).find(|&at| text[at..].starts_with("-----BEGIN "));
    let block = &text[start.ok_or(PemError::NoObject)?..];
    let end_line = line_starts(block).find(|&at| block[at..].starts_with("-----END "));
    let end_line = end_line.ok_or_else(|| PemError::Broken("no END line".to_owned()))?;
    let end = block[end_line..]
        .find('\n')
        .map_or(block.len(), |at| end_line + at + 1);
    let (block, rest) = block.split_at(end);
    if block.matches("-----BEGIN ").count() > 1 || rest.contains("-----BEGIN ") {
        return Err(PemError::SecondObject);
    }
    if block[end_line..].trim_end().matches("-----END ").count() > 1 {
        return Err(PemError::SecondObject);
    }
    if !rest.trim().is_empty() {
        return Err(PemError::TrailingText);
    }
    let (label, der) = der::pem::decode_vec(block.trim_end().as_bytes())
        .map_err(|error| PemError::Broken(error.to_string()))?;
    if !labels.contains(&label) {
        return Err(PemError::WrongLabel {
            found: super::escape::escape(label),
            wanted: labels.first().copied().unwrap_or_default(),
        });
    }
    Ok(der)
}

const BEGIN: &[u8] = b"-----BEGIN ";

/// Whether any private key block stands anywhere in the bytes: before, after, inside other
/// text, or wrapped in JSON.
fn holds_private_key(bytes: &[u8]) -> bool {
    find(bytes, b"PRIVATE KEY-----")
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn line_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: &[&str] = &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

    fn block() -> String {
        encode("CERTIFICATE REQUEST", &[0x30, 3, 2, 1, 5])
    }

    fn decode(text: &str) -> Result<Vec<u8>, PemError> {
        decode_one(text.as_bytes(), LABELS)
    }

    #[test]
    fn good_but_unusual_files_are_taken() {
        let der = vec![0x30, 3, 2, 1, 5];
        assert_eq!(decode_one(&der, LABELS).unwrap(), der);
        for text in [
            block(),
            block().trim_end().to_owned(),
            block().replace('\n', "\r\n"),
            format!("Certificate Request:\n  Data\n{}", block()),
            format!("{}\n\n \n", block()),
            block().replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ"),
        ] {
            assert_eq!(decode(&text).unwrap(), der, "{text:?}");
        }
    }

    #[test]
    fn bad_containers_are_named() {
        let one = block();
        let joined = format!("{}{}", one.trim_end(), one);
        assert_eq!(decode(&joined), Err(PemError::SecondObject));
        assert_eq!(decode(&format!("{one}{one}")), Err(PemError::SecondObject));
        assert_eq!(
            decode(&format!("{one}# end\n")),
            Err(PemError::TrailingText)
        );
        assert_eq!(decode("hello"), Err(PemError::NoObject));
        assert_eq!(decode(""), Err(PemError::NoObject));
        assert_eq!(
            decode_one(&[0xff, 0xfe, 0x2d, 0], LABELS),
            Err(PemError::NoObject)
        );
        assert!(matches!(
            decode(&one.replace("MAMC", "!!!!")),
            Err(PemError::Broken(_))
        ));
        assert!(matches!(
            decode("-----BEGIN CERTIFICATE REQUEST-----\n"),
            Err(PemError::Broken(_))
        ));
        let other = one.replace("CERTIFICATE REQUEST", "CERTIFICATE");
        assert!(matches!(decode(&other), Err(PemError::WrongLabel { .. })));
        assert_eq!(
            decode_one(&vec![b'a'; SIZE_LIMIT + 1], LABELS),
            Err(PemError::TooLarge(65537))
        );
    }

    #[test]
    fn a_private_key_is_seen_wherever_it_stands() {
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
        ] {
            let key = encode(label, &[0x30, 0]);
            let escaped = key.replace('\n', "\\n");
            for text in [
                format!("{key}{}", block()),
                format!("{}{key}", block()),
                format!("{{\"private_key\":\"{escaped}\"}}"),
            ] {
                assert_eq!(decode(&text), Err(PemError::PrivateKey), "{text}");
            }
        }
    }
}
