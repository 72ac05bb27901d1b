//! The content of a proof of possession: what a token signs to show that it holds a key. It is
//! of one form, carries our own random number, and can be nothing else.

use crate::digest::{Digest, hex, unhex};

/// The first line of every proof's content.
pub const FORMAT: &str = "anchorite/possession/1";

/// A random number that was made for one proof alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// SHA-256 over what laptop and token gave: neither alone can choose it.
    pub fn from_random(system: &[u8], token: &[u8]) -> Self {
        Self(*Digest::of(&[system, token].concat()).as_bytes())
    }

    /// The content that is signed for: the format, LF, 32 octets in hex, LF.
    pub fn content(&self) -> Vec<u8> {
        format!("{FORMAT}\n{}\n", hex(&self.0)).into_bytes()
    }

    /// Reads a content; it has one form.
    pub fn parse(content: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?;
        let digits = text.strip_prefix(FORMAT)?.strip_prefix('\n')?;
        let octets = unhex(digits.strip_suffix('\n')?)?;
        let challenge = Self(octets.try_into().ok()?);
        (challenge.content() == content).then_some(challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_has_one_form() {
        let challenge = Challenge::from_random(&[1; 32], &[2; 32]);
        let content = challenge.content();
        assert_eq!(content.len(), FORMAT.len() + 66);
        assert_eq!(Challenge::parse(&content), Some(challenge.clone()));
        assert_ne!(challenge, Challenge::from_random(&[2; 32], &[1; 32]));
        let text = String::from_utf8(content).unwrap();
        for bad in [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!(" {text}"),
            text.to_uppercase(),
            text.replace("/1", "/2"),
            text.replacen('\n', "\r\n", 1),
            text.replacen('\n', "\n00", 1),
        ] {
            assert_eq!(Challenge::parse(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
