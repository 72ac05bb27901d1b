//! `--seen`: certificates that somebody found, out of files of DER or of many PEM blocks.

use std::path::Path;

use super::trouble::Trouble;
use crate::audit::Wild;
use crate::host::{read_named, shown};
use crate::x509::certificate::Certificate;
use crate::x509::pem;

/// A whole trust store, or a day of certificate transparency; more is split by its owner.
const LIMIT: u64 = 64 * 1024 * 1024;
const BEGIN: &[u8] = b"-----BEGIN ";

/// Every certificate of a file, or why a block of it is none.
pub fn certificates(path: &Path) -> Result<Vec<Wild>, Trouble> {
    let bytes = read_named(path, LIMIT)?;
    let blocks = blocks(&bytes);
    let several = blocks.len() > 1;
    Ok(blocks
        .into_iter()
        .enumerate()
        .map(|(at, block)| Wild {
            place: if several {
                format!("{}, number {}", shown(path), at + 1)
            } else {
                shown(path)
            },
            der: pem::decode_one(block, Certificate::LABELS).map_err(|error| error.to_string()),
        })
        .collect())
}

/// The file in parts, each with one BEGIN line; the whole where there is none, or one.
fn blocks(bytes: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = bytes
        .windows(BEGIN.len())
        .enumerate()
        .filter(|(at, part)| *part == BEGIN && (*at == 0 || bytes[at - 1] == b'\n'))
        .map(|(at, _)| at)
        .collect();
    if starts.is_empty() {
        return vec![bytes];
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| up_to_end(&bytes[start..end]))
        .collect()
}

/// A block without the text after it: `openssl s_client -showcerts` writes some between.
fn up_to_end(block: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in block.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line.starts_with(b"-----END ") {
            return &block[..at];
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn blocks_are_found_between_other_text() {
        let text = b"s:CN=x\n-----BEGIN C-----\nAA\n-----END C-----\n i:CN=y\n-----BEGIN C-----\nBB\n-----END C-----\nbye";
        let found = blocks(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], b"-----BEGIN C-----\nAA\n-----END C-----\n");
        assert_eq!(found[1], b"-----BEGIN C-----\nBB\n-----END C-----\n");
        assert_eq!(blocks(b"\x30\x03"), [b"\x30\x03"]);
    }
}
