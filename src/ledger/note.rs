//! The note that a token keeps of the newest ceremony of its root key: which seal was the last,
//! so that an old copy of the ledger is known for what it is. Whoever has the PIN can write it:
//! it guards against accidents, not against people.

use crate::digest::Digest;

/// The first line of every note.
pub const FORMAT: &str = "anchorite/note/1";

/// What a note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// SHA-256 of the root key's SPKI: a token may hold several roots.
    pub key: Digest,
    /// Digest of the newest SEAL.txt.
    pub seal: Digest,
    /// How many ceremonies were sealed, that one counted.
    pub ceremonies: u32,
    /// Number of the newest CRL; 0 for none.
    pub crl_number: u64,
}

impl Note {
    /// The label of a key's notes.
    pub fn label(key: Digest) -> String {
        format!("anchorite {}", &key.to_string()[..16])
    }

    /// The text that the token keeps.
    pub fn to_text(&self) -> String {
        format!(
            "{FORMAT}\nkey {}\nseal {}\nceremonies {}\ncrl {}\n",
            self.key, self.seal, self.ceremonies, self.crl_number
        )
    }

    /// Reads a note; it has one form.
    pub fn from_text(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let lines: Vec<&str> = text.lines().collect();
        let [FORMAT, key, seal, ceremonies, crl] = lines.as_slice() else {
            return None;
        };
        let note = Self {
            key: Digest::from_hex(key.strip_prefix("key ")?)?,
            seal: Digest::from_hex(seal.strip_prefix("seal ")?)?,
            ceremonies: ceremonies.strip_prefix("ceremonies ")?.parse().ok()?,
            crl_number: crl.strip_prefix("crl ")?.parse().ok()?,
        };
        (note.to_text().as_bytes() == bytes).then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_one_form() {
        let note = Note {
            key: Digest::of(b"key"),
            seal: Digest::of(b"seal"),
            ceremonies: 12,
            crl_number: 7,
        };
        let text = note.to_text();
        assert_eq!(Note::from_text(text.as_bytes()), Some(note));
        for bad in [
            text.replace("/1", "/2"),
            text.trim_end().to_owned(),
            text.replace("12", "012"),
            text.replace("crl 7", "crl -7"),
            text.replace("seal ", "seal  "),
            format!("{text}\n"),
            String::new(),
        ] {
            assert_eq!(Note::from_text(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
