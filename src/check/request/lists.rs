//! Lists of keys that are known to be lost: Debian's weak ones and a site's own.

use crate::digest::{Digest, unhex};
use crate::x509::rsa::blacklist_fingerprint;

/// Keys that no certificate is made for. Empty where the ceremony file names no list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLists {
    /// Sorted.
    debian: Option<Vec<[u8; 10]>>,
    /// Sorted.
    blocked: Option<Vec<Digest>>,
}

/// A line of a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: not {wanted}")]
pub struct ListError {
    /// From 1.
    pub line: usize,
    /// What a line is.
    pub wanted: &'static str,
}

/// A weak key that everybody has, so that the check is never without one: the 2048-bit sample
/// of the project badkeys.
const SAMPLES: [[u8; 10]; 1] = [[0xb7, 0xea, 0xd9, 0x49, 0x2d, 0xfd, 0x92, 0x1f, 0xc4, 0xf9]];

impl KeyLists {
    /// No list but the built-in samples.
    pub const NONE: Self = Self {
        debian: None,
        blocked: None,
    };

    /// Reads the lists that the ceremony file names.
    ///
    /// Debian's is that of the packages openssl-blacklist: 20 hex digits on each line, `#` for
    /// comments. The site's own has the SHA-256 of an SPKI in hex on each line.
    pub fn read(debian: Option<&[u8]>, blocked: Option<&[u8]>) -> Result<Self, ListError> {
        let debian = debian.map(|bytes| {
            lines(bytes, "20 hex digits of openssl-blacklist", |line| {
                unhex(&line.to_ascii_lowercase())?.try_into().ok()
            })
        });
        let blocked = blocked.map(|bytes| {
            lines(bytes, "a SHA-256 in 64 hex digits", |line| {
                Digest::from_hex(&line.to_ascii_lowercase())
            })
        });
        Ok(Self {
            debian: debian.transpose()?,
            blocked: blocked.transpose()?,
        })
    }

    /// Whether the site's own list has the key; `None` where there is no list.
    pub(super) fn blocks(&self, spki_sha256: &Digest) -> Option<bool> {
        let list = self.blocked.as_ref()?;
        Some(list.binary_search(spki_sha256).is_ok())
    }

    /// Whether the modulus is on Debian's list or a built-in sample.
    pub(super) fn is_debian_weak(&self, modulus: &[u8]) -> bool {
        let fingerprint = blacklist_fingerprint(modulus);
        let listed = |list: &Vec<[u8; 10]>| list.binary_search(&fingerprint).is_ok();
        SAMPLES.contains(&fingerprint) || self.debian.as_ref().is_some_and(listed)
    }

    /// What a key was compared with.
    pub(super) fn debian_words(&self) -> &'static str {
        match self.debian {
            Some(_) => "not on the list",
            None => "not the built-in sample; the ceremony file names no list",
        }
    }
}

/// The values of all lines but comments and empty ones, sorted.
fn lines<T: Ord>(
    bytes: &[u8],
    wanted: &'static str,
    value: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ListError> {
    let mut list = Vec::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line).unwrap_or("?").trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line_error = ListError {
            line: at + 1,
            wanted,
        };
        list.push(value(line).ok_or(line_error)?);
    }
    list.sort_unstable();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_strictly() {
        let digest = Digest::of(b"x");
        let text = format!("# ours\n\n{digest}\r\n");
        let lists = KeyLists::read(None, Some(text.as_bytes())).unwrap();
        assert_eq!(lists.blocks(&digest), Some(true));
        assert_eq!(lists.blocks(&Digest::of(b"y")), Some(false));
        assert_eq!(KeyLists::NONE.blocks(&digest), None);
        let wrong = KeyLists::read(None, Some(b"# x\nabc\n")).unwrap_err();
        assert_eq!(wrong.line, 2);
        assert!(KeyLists::read(Some(&[b'0'; 20]), None).is_ok());
        assert!(KeyLists::read(Some(&[b'0'; 18]), None).is_err());
        assert!(KeyLists::read(Some(&[0xff; 20]), None).is_err());
    }
}
