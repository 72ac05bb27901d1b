//! PEM: one object in a file, nothing after it, never a private key.
//!
//! Taken, though unusual: text before the block, CRLF, no newline or blank lines at the end,
//! lines of any length, spaces at the ends of lines. All else that readers disagree about is
//! refused, each with its own words.

use der::pem::LineEnding;
use memchr::memmem;

use super::private_key;

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
    /// No octets.
    #[error("the file is empty")]
    Empty,
    /// Neither PEM nor DER.
    #[error("the file is neither PEM nor DER")]
    NoObject,
    /// Text in another encoding.
    #[error("the file is text in UTF-16, not in ASCII: save it as ASCII or UTF-8 without a mark")]
    Utf16,
    /// EF BB BF.
    #[error("the file begins with a byte order mark (UTF-8 BOM), which Vault refuses too")]
    ByteOrderMark,
    /// Line ends of old Macs.
    #[error("the file has line ends of CR alone")]
    CarriageReturn,
    /// A whole answer of Vault.
    #[error("the file is JSON: export the PEM in it alone, with -field=csr")]
    Json,
    /// The body without its frame.
    #[error("the file is base64 without its BEGIN and END lines")]
    BareBase64,
    /// A frame that is not at the beginning of a line.
    #[error("the file's BEGIN line does not stand at the beginning of a line")]
    Indented,
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
    /// BEGIN and END name different kinds.
    #[error("the file begins a {begin} and ends a {end}")]
    Mismatch {
        /// The label after BEGIN, escaped.
        begin: String,
        /// The label after END, escaped.
        end: String,
    },
    /// Base64 or its frame is broken.
    #[error("the PEM block cannot be decoded: {0}")]
    Broken(String),
}

/// One block, 64 columns, LF, with a final newline.
pub fn encode(label: &str, der: &[u8]) -> String {
    der::pem::encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

/// Base64 on one line.
pub fn base64(bytes: &[u8]) -> String {
    let block = encode("BYTES", bytes);
    block
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect()
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The DER in a file that is either DER itself or text with exactly one PEM block of one of
/// these labels. Text before the block is passed over; white space may follow it.
pub fn decode_one(bytes: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    check_size(bytes)?;
    decode_of_any_size(bytes, labels)
}

/// A private key in what is looked at of a larger file is still named: people must know.
fn check_size(bytes: &[u8]) -> Result<(), PemError> {
    match bytes.get(..SIZE_LIMIT) {
        _ if bytes.len() <= SIZE_LIMIT => Ok(()),
        Some(start) if private_key::is_in(start) => Err(PemError::PrivateKey),
        _ => Err(PemError::TooLarge(bytes.len())),
    }
}

/// The same for files whose limit is another one, which the caller has checked.
pub fn decode_of_any_size(bytes: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    // DER may hold any octets; it is told by its first, where no frame follows.
    let has_frame = || memmem::find(bytes, BEGIN.as_bytes()).is_some();
    if bytes.first() == Some(&0x30) && !has_frame() {
        return if private_key::is_in(bytes) {
            Err(PemError::PrivateKey)
        } else if is_utf16(bytes) {
            Err(PemError::Utf16)
        } else {
            Ok(bytes.to_vec())
        };
    }
    let text = plain_text(bytes)?;
    let der = decode_block(the_one_block(&text)?, labels)?;
    if private_key::is_der(&der) {
        return Err(PemError::PrivateKey);
    }
    Ok(der)
}

/// The DER of every block in a text whose blocks all have one of these labels. Text before and
/// between them is passed over, as Vault and Go do; white space alone may follow the last.
pub fn decode_several(bytes: &[u8], labels: &[&'static str]) -> Result<Vec<Vec<u8>>, PemError> {
    check_size(bytes)?;
    let text = plain_text(bytes)?;
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = line_starts(rest).find(|&at| rest[at..].starts_with(BEGIN)) {
        if rest[..start].contains(BEGIN) || rest[..start].contains(END) {
            return Err(PemError::Broken(
                "a frame stands outside a block".to_owned(),
            ));
        }
        let block = &rest[start..];
        let end_line = line_starts(block).find(|&at| block[at..].starts_with(END));
        let end_line = end_line.ok_or_else(|| PemError::Broken("no END line".to_owned()))?;
        let end = block[end_line..]
            .find('\n')
            .map_or(block.len(), |at| end_line + at);
        let (block, after) = block.split_at(end);
        if block.matches(BEGIN).count() > 1 || block.matches(END).count() > 1 {
            return Err(PemError::Broken("a block begins inside another".to_owned()));
        }
        let der = decode_block(block, labels)?;
        if private_key::is_der(&der) {
            return Err(PemError::PrivateKey);
        }
        found.push(der);
        rest = after;
    }
    match found.len() {
        0 => Err(no_block(&text)),
        _ if !rest.trim_matches([' ', '\t', '\n']).is_empty() => Err(PemError::TrailingText),
        _ => Ok(found),
    }
}

/// A file's text with line ends of LF, without a private key in it.
fn plain_text(bytes: &[u8]) -> Result<String, PemError> {
    if private_key::is_in(bytes) {
        return Err(PemError::PrivateKey);
    }
    if is_utf16(bytes) {
        return Err(PemError::Utf16);
    }
    // What stands outside of blocks may be in any encoding; it is never shown.
    let text = String::from_utf8_lossy(bytes);
    if text.starts_with('\u{feff}') {
        return Err(PemError::ByteOrderMark);
    }
    let text = text.replace("\r\n", "\n");
    if text.contains('\r') {
        return Err(PemError::CarriageReturn);
    }
    Ok(text)
}

/// ASCII in UTF-16 has a zero beside every character, with a mark before it or without.
fn is_utf16(bytes: &[u8]) -> bool {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let dashes = |wanted: &[u8]| memmem::find(bytes, wanted).is_some();
    marked || dashes(b"-\0-\0-\0-\0-\0") || dashes(b"\0-\0-\0-\0-\0-")
}

/// From its BEGIN line through its END line.
fn the_one_block(text: &str) -> Result<&str, PemError> {
    let start = line_starts(text).find(|&at| text[at..].starts_with(BEGIN));
    let start = start.ok_or_else(|| no_block(text))?;
    if text[..start].contains(BEGIN) {
        return Err(PemError::SecondObject);
    }
    if text[..start].contains(END) {
        return Err(PemError::Broken("an END line comes first".to_owned()));
    }
    let block = &text[start..];
    let end_line = line_starts(block).find(|&at| block[at..].starts_with(END));
    let end_line = end_line.ok_or_else(|| PemError::Broken("no END line".to_owned()))?;
    let end = block[end_line..]
        .find('\n')
        .map_or(block.len(), |at| end_line + at);
    let (block, rest) = block.split_at(end);
    let more = block.matches(BEGIN).count() > 1 || block.matches(END).count() > 1;
    if more || rest.contains(BEGIN) {
        return Err(PemError::SecondObject);
    }
    if rest.trim_matches([' ', '\t', '\n']).is_empty() {
        Ok(block)
    } else {
        Err(PemError::TrailingText)
    }
}

/// What a text without a BEGIN line is.
fn no_block(text: &str) -> PemError {
    let body = text.trim();
    let squeezed: String = body.split_ascii_whitespace().collect();
    match body.chars().next() {
        None => PemError::Empty,
        Some('{' | '[') => PemError::Json,
        _ if body.contains(BEGIN) => PemError::Indented,
        _ => match decode_base64("BASE64", &squeezed) {
            Ok(der) if private_key::is_der(&der) => PemError::PrivateKey,
            Ok(der) if der.first() == Some(&0x30) => PemError::BareBase64,
            _ => PemError::NoObject,
        },
    }
}

fn decode_block(block: &str, labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    let broken = |words: &str| PemError::Broken(words.to_owned());
    let mut lines: Vec<&str> = block
        .lines()
        .map(|line| line.trim_end_matches([' ', '\t']))
        .collect();
    let label = |line: Option<&str>, frame: &str| {
        line.and_then(|line| line.strip_prefix(frame)?.strip_suffix(DASHES))
            .map(str::to_owned)
            .ok_or_else(|| broken("its BEGIN or END line does not end with five dashes"))
    };
    let end = label(lines.pop(), END)?;
    let begin = label(lines.first().copied(), BEGIN)?;
    if begin != end {
        return Err(PemError::Mismatch {
            begin: shown(&begin),
            end: shown(&end),
        });
    }
    if !labels.contains(&begin.as_str()) {
        return Err(PemError::WrongLabel {
            found: shown(&begin),
            wanted: labels.first().copied().unwrap_or_default(),
        });
    }
    let body = &lines[1..];
    if body.iter().any(|line| line.contains(':')) {
        return Err(broken("it has header lines, as encrypted PEM has"));
    }
    if body.iter().any(|line| line.is_empty()) {
        return Err(broken("it has an empty line in it"));
    }
    decode_base64(&begin, &body.concat())
}

/// A label for people: escaped, and not longer than any real one.
fn shown(label: &str) -> String {
    let start: String = label.chars().take(40).collect();
    let more = if start.len() < label.len() { "..." } else { "" };
    format!("{}{more}", super::escape::escape(&start))
}

/// Strict base64: its alphabet, its padding, no bits left over.
fn decode_base64(label: &str, body: &str) -> Result<Vec<u8>, PemError> {
    if !body.is_ascii() || body.is_empty() {
        return Err(PemError::Broken("it is not base64".to_owned()));
    }
    let mut text = format!("{BEGIN}{label}{DASHES}\n");
    for at in (0..body.len()).step_by(64) {
        text.push_str(&body[at..body.len().min(at + 64)]);
        text.push('\n');
    }
    text.push_str(&format!("{END}{label}{DASHES}\n"));
    der::pem::decode_vec(text.as_bytes())
        .map(|(_, der)| der)
        .map_err(|_| PemError::Broken("it is not base64, or its padding is wrong".to_owned()))
}

fn line_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

#[cfg(test)]
#[path = "pem_tests.rs"]
mod tests;
