//! SHA-256 as a value: how digests are made, written as hex, and read aloud as words.
//!
//! The words are the PGP word list: two lists of 256, used in turn, so that a dropped or
//! swapped word is heard.

use std::fmt;

use sha2::Digest as _;

/// A SHA-256 digest. Displays as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The 64 zeros that stand before the first transcript entry.
    pub const ZERO: Self = Self([0; 32]);

    /// Digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The 32 octets.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 octets.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads exactly 64 lower-case hex digits; anything else is `None`.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        Some(Self(unhex(text)?.try_into().ok()?))
    }

    /// The digest as 32 lower-case words.
    pub fn words(&self) -> Vec<String> {
        pgp_words::to_words(&self.0)
            .into_iter()
            .map(str::to_lowercase)
            .collect()
    }

    /// The words in lines of `per_line`, each line without a trailing space.
    pub fn word_lines(&self, per_line: usize) -> Vec<String> {
        self.words()
            .chunks(per_line)
            .map(|line| line.join(" "))
            .collect()
    }

    /// Reads what a person was given: 64 hex digits, or all 32 words in any case.
    pub fn from_hex_or_words(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if let Some(digest) = Self::from_hex(&text) {
            return Some(digest);
        }
        let spoken: Vec<&str> = text.split_whitespace().collect();
        if spoken.len() != 32 {
            return None;
        }
        // The list is searched by byte so that the case of its words does not matter.
        let mut bytes = [0u8; 32];
        for (at, word) in spoken.iter().enumerate() {
            bytes[at] = (0..=255u8).find(|&byte| {
                let both = [byte, byte];
                pgp_words::to_words(&both)[at % 2].eq_ignore_ascii_case(word)
            })?;
        }
        Some(Self(bytes))
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("expected 64 lower-case hex digits"))
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Reads an even number of hex digits; anything else is `None`.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digest_as_hex_and_words() {
        let digest = Digest::of(b"");
        assert_eq!(
            digest.to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        // 0xe5 = topmost/retrieval in the published list; 0x82 = miser/Istanbul.
        assert_eq!(pgp_words::to_words(&[0xe5, 0x82]), ["topmost", "istanbul"]);
        assert_eq!(digest.words().len(), 32);
    }

    #[test]
    fn the_word_lists_have_not_changed() {
        let mut all = String::new();
        for byte in 0..=255u8 {
            for word in pgp_words::to_words(&[byte, byte]) {
                all.push_str(&word.to_lowercase());
                all.push('\n');
            }
        }
        insta::assert_snapshot!(Digest::of(all.as_bytes()).to_string());
    }

    #[test]
    fn words_and_hex_read_back() {
        let digest = Digest::of(b"anchorite");
        assert_eq!(Digest::from_hex_or_words(&digest.to_string()), Some(digest));
        let words = digest.words().join(" ").to_uppercase();
        assert_eq!(Digest::from_hex_or_words(&words), Some(digest));
        let mut swapped = digest.words();
        swapped.swap(3, 4);
        assert_eq!(Digest::from_hex_or_words(&swapped.join(" ")), None);
        assert_eq!(Digest::from_hex("E3"), None);
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("abc"), None);
    }
}
