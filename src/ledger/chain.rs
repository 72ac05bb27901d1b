//! The chain: each entry names the SHA-256 of the line before it, LF included, so that
//! `sed -n 3p transcript.jsonl | sha256sum` checks one link.

use super::entry::{self, Entry, NewEntry};
use crate::digest::Digest;

/// Where a transcript breaks, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("transcript.jsonl, line {line}: {why}")]
pub struct Break {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// The end of a chain, to which entries are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; 0 for none.
    pub n: u64,
    /// SHA-256 of the last line; zeros for none.
    pub digest: Digest,
}

impl Head {
    /// Before the first entry.
    pub const START: Self = Self {
        n: 0,
        digest: Digest::ZERO,
    };

    /// The next line, and the head it makes.
    pub fn next(&self, entry: &NewEntry<'_>) -> (String, Self) {
        let line = entry::write(self.n + 1, &self.digest, entry);
        let head = Self {
            n: self.n + 1,
            digest: Digest::of(line.as_bytes()),
        };
        (line, head)
    }
}

/// Reads a whole transcript; the first line that is broken or does not follow is the error.
pub fn read(bytes: &[u8]) -> Result<(Vec<Entry>, Head), Break> {
    read_from(Head::START, bytes)
}

/// The same from another beginning than a transcript's.
pub fn read_from(start: Head, bytes: &[u8]) -> Result<(Vec<Entry>, Head), Break> {
    let mut entries = Vec::new();
    let mut head = start;
    for (at, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        let broken = |why: String| Break { line: at + 1, why };
        let entry = entry::read(line).map_err(broken)?;
        if entry.prev != head.digest {
            return Err(broken(
                "prev is not the digest of the line before".to_owned(),
            ));
        }
        if entry.n != head.n + 1 {
            return Err(broken(format!("n is {}, not {}", entry.n, head.n + 1)));
        }
        head = Head {
            n: entry.n,
            digest: Digest::of(line),
        };
        entries.push(entry);
    }
    Ok((entries, head))
}

/// Where a transcript that a crash may have torn is to be cut: after the last whole line
/// that follows. What comes after must not hold a whole entry, or it is damage of another
/// kind and refused.
pub fn whole_length(bytes: &[u8]) -> Result<usize, Break> {
    whole_length_from(Head::START, bytes)
}

/// The same from another beginning than a transcript's.
pub fn whole_length_from(start: Head, bytes: &[u8]) -> Result<usize, Break> {
    let mut good = 0;
    let mut head = start;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        match entry::read(line) {
            Ok(entry) if entry.prev == head.digest && entry.n == head.n + 1 => {
                head = Head {
                    n: entry.n,
                    digest: Digest::of(line),
                };
                good += line.len();
            }
            _ => break,
        }
    }
    let torn = &bytes[good..];
    let line = usize::try_from(head.n)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    if torn
        .split_inclusive(|&b| b == b'\n')
        .any(|line| entry::read(line).is_ok())
    {
        let why = "broken, with whole entries after it: this is not what a crash leaves".to_owned();
        return Err(Break { line, why });
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::super::entry::Event;
    use super::*;
    use crate::x509::time::UtcTime;
    use proptest::prelude::*;

    fn transcript(count: usize) -> Vec<u8> {
        let mut head = Head::START;
        let mut bytes = Vec::new();
        for at in 0..count {
            let event = Event::Interrupted {
                at: format!("entry {at}"),
            };
            let (line, next) = head.next(&NewEntry {
                time: UtcTime::from_unix(1_790_000_000),
                mono_ms: at as u64,
                step: None,
                actor: "operator",
                event: &event,
            });
            bytes.extend_from_slice(line.as_bytes());
            head = next;
        }
        bytes
    }

    #[test]
    fn links_are_the_digests_of_raw_lines() {
        let bytes = transcript(5);
        let (entries, head) = read(&bytes).unwrap();
        assert_eq!(entries.len(), 5);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|&b| b == b'\n').collect();
        assert_eq!(entries[3].prev, Digest::of(lines[2]));
        assert_eq!(head.digest, Digest::of(lines[4]));
        assert_eq!(read(b"").unwrap().1, Head::START);
    }

    #[test]
    fn a_torn_tail_is_cut_and_other_damage_is_refused() {
        let bytes = transcript(4);
        let three = transcript(3).len();
        for end in three..bytes.len() {
            assert_eq!(whole_length(&bytes[..end]), Ok(three));
        }
        let mut zeros = bytes[..three].to_vec();
        zeros.extend([0; 100]);
        assert_eq!(whole_length(&zeros), Ok(three));
        let mut damaged = bytes.clone();
        damaged[transcript(2).len() + 20] ^= 1;
        assert_eq!(whole_length(&damaged).unwrap_err().line, 3);
    }

    proptest! {
        #[test]
        fn any_changed_byte_breaks_it(at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let good = transcript(6);
            let (_, head) = read(&good).unwrap();
            let mut bytes = good.clone();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            // The last line has nothing after it: there the head itself tells.
            if let Ok((_, changed)) = read(&bytes) {
                prop_assert_ne!(changed, head);
            }
        }

        #[test]
        fn dropped_swapped_and_doubled_lines_break_it(a in 0..6usize, b in 0..6usize) {
            let good = transcript(6);
            let lines: Vec<&[u8]> = good.split_inclusive(|&b| b == b'\n').collect();
            let mut dropped = lines.clone();
            dropped.remove(a);
            prop_assert!(read(&dropped.concat()).is_err() || a == 5);
            let mut doubled = lines.clone();
            doubled.insert(a, lines[a]);
            prop_assert!(read(&doubled.concat()).is_err());
            let mut swapped = lines.clone();
            swapped.swap(a, b);
            prop_assert!(read(&swapped.concat()).is_err() || a == b);
        }
    }
}
