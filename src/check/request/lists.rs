//! Lists that keys are held against: those known to be lost (Debian's weak ones and a site's
//! own), and what was recorded where the requests were made.

use std::collections::BTreeMap;

use crate::digest::{Digest, unhex};
use crate::plan::lock;
use crate::plan::make::Draft;
use crate::x509::escape::escape_quoted;
use crate::x509::rsa::blacklist_fingerprint;

/// Keys that no certificate is made for, and those that were recorded. Empty where the ceremony file names no list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLists {
    /// Sorted.
    debian: Option<Vec<[u8; 10]>>,
    /// Sorted.
    blocked: Option<Vec<Digest>>,
    /// What was recorded beside Vault, by the paths of the requests.
    recorded: Option<BTreeMap<String, Digest>>,
}

/// A list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A line of it.
    #[error("{path}, line {line}: not {wanted}")]
    Line {
        /// Of the list, escaped.
        path: String,
        /// From 1.
        line: usize,
        /// What a line is.
        wanted: &'static str,
    },
    /// Two lines for one request.
    #[error("{path}, line {line}: an earlier line has this file")]
    Twice {
        /// Of the list, escaped.
        path: String,
        /// From 1.
        line: usize,
    },
    /// It would pass for a check that was made.
    #[error("{path}: the list is empty, so it finds no key; a line of it is {wanted}")]
    Empty {
        /// Of the list, escaped.
        path: String,
        /// What a line is.
        wanted: &'static str,
    },
}

/// A weak key that everybody has, so that the check is never without one: the 2048-bit sample
/// of the project badkeys.
const SAMPLES: [[u8; 10]; 1] = [[0xb7, 0xea, 0xd9, 0x49, 0x2d, 0xfd, 0x92, 0x1f, 0xc4, 0xf9]];

impl KeyLists {
    /// No list but the built-in samples.
    pub const NONE: Self = Self {
        debian: None,
        blocked: None,
        recorded: None,
    };

    /// Reads the lists that the ceremony file names.
    pub fn of(draft: &Draft<'_>, inputs: &BTreeMap<String, Vec<u8>>) -> Result<Self, ListError> {
        let [debian, blocked] = draft
            .key_lists()
            .map(|path| path.map(|path| (path, inputs.get(path).map_or(&[][..], Vec::as_slice))));
        let lists = Self::read(debian, blocked)?;
        match draft.spki_list() {
            Some(path) => {
                let bytes = inputs.get(path).map_or(&[][..], Vec::as_slice);
                lists.with_recorded((path, bytes))
            }
            None => Ok(lists),
        }
    }

    /// With what was recorded beside Vault, by its path and bytes.
    pub fn with_recorded(self, list: (&str, &[u8])) -> Result<Self, ListError> {
        Ok(Self {
            recorded: Some(recorded(list)?),
            ..self
        })
    }

    /// Reads lists by their paths and bytes.
    ///
    /// Debian's is that of the packages openssl-blacklist: 20 hex digits on each line, `#` for
    /// comments. The site's own has the SHA-256 of an SPKI in hex on each line.
    pub fn read(
        debian: Option<(&str, &[u8])>,
        blocked: Option<(&str, &[u8])>,
    ) -> Result<Self, ListError> {
        let debian = debian.map(|list| {
            lines(list, "20 hex digits of openssl-blacklist", |line| {
                unhex(&line.to_ascii_lowercase())?.try_into().ok()
            })
        });
        let blocked = blocked.map(|list| {
            lines(list, "a SHA-256 in 64 hex digits", |line| {
                Digest::from_hex(&line.to_ascii_lowercase())
            })
        });
        Ok(Self {
            debian: debian.transpose()?,
            blocked: blocked.transpose()?,
            recorded: None,
        })
    }

    /// The digest that was recorded for a request; `None` where there is no list.
    pub(super) fn recorded(&self, path: &str) -> Option<Option<Digest>> {
        let list = self.recorded.as_ref()?;
        Some(list.get(path).copied())
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

/// The list that `anchorite requests` has written beside the requests: a line of `sha256sum`'s
/// form for each, no other line, no file twice.
fn recorded((path, bytes): (&str, &[u8])) -> Result<BTreeMap<String, Digest>, ListError> {
    const WANTED: &str = "64 hex digits, two spaces and a request's path";
    let path = || escape_quoted(path);
    let bad = |line| ListError::Line {
        path: path(),
        line,
        wanted: WANTED,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        bad(before.iter().filter(|byte| **byte == b'\n').count() + 1)
    })?;
    let mut list = BTreeMap::new();
    for (at, one) in lock::read(text).map_err(bad)?.into_iter().enumerate() {
        if list.insert(one.path, one.sha256).is_some() {
            return Err(ListError::Twice {
                path: path(),
                line: at + 1,
            });
        }
    }
    if list.is_empty() {
        return Err(ListError::Empty {
            path: path(),
            wanted: WANTED,
        });
    }
    Ok(list)
}

/// The values of all lines but comments and empty ones, sorted; there is at least one.
fn lines<T: Ord>(
    (path, bytes): (&str, &[u8]),
    wanted: &'static str,
    value: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ListError> {
    let mut list = Vec::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line).unwrap_or("?").trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line_error = ListError::Line {
            path: escape_quoted(path),
            line: at + 1,
            wanted,
        };
        list.push(value(line).ok_or(line_error)?);
    }
    if list.is_empty() {
        let path = escape_quoted(path);
        return Err(ListError::Empty { path, wanted });
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
        let blocked = |bytes: &[u8]| KeyLists::read(None, Some(("x", bytes)));
        let debian = |bytes: &[u8]| KeyLists::read(Some(("x", bytes)), None);
        let lists = blocked(text.as_bytes()).unwrap();
        assert_eq!(lists.blocks(&digest), Some(true));
        assert_eq!(lists.blocks(&Digest::of(b"y")), Some(false));
        assert_eq!(KeyLists::NONE.blocks(&digest), None);
        assert_eq!(
            blocked(b"# x\nabc\n").unwrap_err().to_string(),
            "x, line 2: not a SHA-256 in 64 hex digits"
        );
        for empty in [&b""[..], b"\n", b"# none yet\n"] {
            assert_eq!(
                blocked(empty).unwrap_err().to_string(),
                "x: the list is empty, so it finds no key; a line of it is a SHA-256 in 64 hex digits"
            );
            assert!(debian(empty).is_err());
        }
        let recorded = |text: &str| {
            let read = KeyLists::NONE.with_recorded(("x", text.as_bytes()));
            read.map_err(|error| error.to_string())
        };
        let line = format!("{digest}  a b.csr\n");
        let lists = recorded(&format!("{line}{digest}  c.csr\n")).unwrap();
        assert_eq!(lists.recorded("a b.csr"), Some(Some(digest)));
        assert_eq!(lists.recorded("b.csr"), Some(None));
        assert_eq!(KeyLists::NONE.recorded("a b.csr"), None);
        assert_eq!(
            recorded(&format!("{line}{line}")).unwrap_err(),
            "x, line 2: an earlier line has this file"
        );
        for bad in [
            format!("{line}\n"),
            format!("{line}# x\n"),
            format!("{line}{digest}  d.csr"),
        ] {
            let words = "x, line 2: not 64 hex digits, two spaces and a request's path";
            assert_eq!(recorded(&bad).unwrap_err(), words);
        }
        assert!(recorded("").is_err());
        assert!(KeyLists::NONE.with_recorded(("x", b"\xff\n")).is_err());
        assert!(debian(&[b'0'; 20]).is_ok());
        assert!(debian(&[b'0'; 18]).is_err());
        assert!(debian(&[0xff; 20]).is_err());
    }
}
