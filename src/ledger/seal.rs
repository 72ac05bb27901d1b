//! SEAL.txt: at most 26 ASCII lines that say what a ceremony was and bind all of it. Signed by
//! the root as detached CMS, and by people.

use crate::digest::Digest;
use crate::edition;
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::plan::SealMode;
use crate::ports::Assurance;
use crate::x509::time::UtcTime;

/// The `format` of the seals this version writes.
pub const FORMAT: &str = "anchorite/seal/0";

/// What the seal says of the whole, in one sentence.
const ATTESTATION: &str = "The files listed in SHA256SUMS are all there is of this ceremony, and its transcript ends with the head above.";

/// What the seal announces, where it announces anything.
const DESTRUCTION: &str = "destruction of the root key";

/// Why a seal cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Of a format or an edition of the rules that this program does not know: which.
    #[error("{0}: a newer anchorite may know it")]
    Unknown(String),
    /// Not in the form that is written.
    #[error("{0}")]
    Broken(String),
}

/// The seal's fields, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The edition of the rules; edition 0 has no such line.
    pub edition: u32,
    /// Ceremony id.
    pub ceremony: String,
    /// Production or rehearsal.
    pub kind: CeremonyKind,
    /// How it ended.
    pub outcome: CeremonyOutcome,
    /// Who signs it besides people.
    pub mode: SealMode,
    /// Time of the first entry.
    pub started: UtcTime,
    /// Time of the last entry; the CMS signingTime.
    pub ended: UtcTime,
    /// How many entries.
    pub entries: u64,
    /// SHA-256 of the last line.
    pub head: Digest,
    /// SHA-256 of SHA256SUMS.
    pub sums: Digest,
    /// SHA-256 of the lock.
    pub lock: Digest,
    /// Name and version of the program.
    pub tool: String,
    /// SHA-256 of its executable.
    pub tool_sha256: Digest,
    /// SHA-256 of the PKCS#11 module; `None` where no token was opened.
    pub module: Option<Digest>,
    /// SHA-256 of the root certificate, DER; `None` where there is none yet.
    pub root: Option<Digest>,
    /// How far the token is trusted; `None` where none was opened.
    pub assurance: Option<Assurance>,
    /// How often the token was asked to sign, the seal not counted.
    pub signatures_asked: u64,
    /// How many signatures were kept, the seal not counted.
    pub signatures_kept: u64,
    /// Deviations noted.
    pub deviations: u64,
    /// SHA-256 of the SEAL.txt before; zeros for none.
    pub previous: Digest,
    /// When the next CRL is due.
    pub next_crl: Option<UtcTime>,
    /// The root key is to be destroyed after it.
    pub destruction: bool,
}

impl Seal {
    /// The file's text.
    pub fn to_text(&self) -> String {
        let optional = |digest: &Option<Digest>| {
            digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string())
        };
        let words = self.head.word_lines(8);
        let lines = [
            ("ceremony", self.ceremony.clone()),
            ("kind", self.kind.to_string()),
            ("outcome", self.outcome.to_string()),
            ("seal", self.mode.word().to_owned()),
            ("started", self.started.to_string()),
            ("ended", self.ended.to_string()),
            ("entries", self.entries.to_string()),
            ("head", self.head.to_string()),
            ("sha256sums", self.sums.to_string()),
            ("lock", self.lock.to_string()),
            ("tool", format!("{} {}", self.tool_sha256, self.tool)),
            ("module", optional(&self.module)),
            ("root", optional(&self.root)),
            (
                "assurance",
                self.assurance.map_or("none", Assurance::word).to_owned(),
            ),
            (
                "signatures",
                format!(
                    "asked {} kept {}",
                    self.signatures_asked, self.signatures_kept
                ),
            ),
            ("deviations", self.deviations.to_string()),
            ("previous", self.previous.to_string()),
            (
                "next-crl",
                self.next_crl
                    .map_or_else(|| "none".to_owned(), |time| time.to_string()),
            ),
            ("words-1", words[0].clone()),
            ("words-2", words[1].clone()),
            ("words-3", words[2].clone()),
            ("words-4", words[3].clone()),
            ("attestation", ATTESTATION.to_owned()),
        ];
        let edition = (self.edition > 0).then(|| ("edition", self.edition.to_string()));
        let announced = self
            .destruction
            .then(|| ("announces", DESTRUCTION.to_owned()));
        [("format", FORMAT.to_owned())]
            .iter()
            .chain(&edition)
            .chain(&lines)
            .chain(&announced)
            .map(|(key, value)| format!("{key} {value}\n"))
            .collect()
    }

    /// Reads a seal; it must be in the one form that is written. The error names the line.
    pub fn from_text(bytes: &[u8]) -> Result<Self, SealError> {
        let printable = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|_| bytes.iter().all(printable))
            .ok_or_else(|| SealError::Broken("not printable ASCII".to_owned()))?;
        let lines: Vec<&str> = text.lines().collect();
        let edition = edition_of(&lines)?;
        let seal = Self::from_lines(&lines, edition).map_err(SealError::Broken)?;
        if seal.to_text().as_bytes() != bytes {
            let words = "not in the form that the tool writes".to_owned();
            return Err(SealError::Broken(words));
        }
        Ok(seal)
    }

    /// Reads what follows format and edition. Whether all of it has the one form is for the
    /// caller to say.
    fn from_lines(lines: &[&str], edition: u32) -> Result<Self, String> {
        // Lines are counted as they are without an edition.
        let shift = usize::from(edition > 0);
        let value = |at: usize, key: &str| -> Result<&str, String> {
            lines
                .get(at + shift)
                .and_then(|line| line.strip_prefix(key)?.strip_prefix(' '))
                .ok_or_else(|| format!("line {} is not \"{key} ...\"", at + shift + 1))
        };
        let wrong = |at: usize, what: &str| format!("line {}: no {what}", at + shift + 1);
        let digest = |at: usize, key: &str| {
            Digest::from_hex(value(at, key)?).ok_or_else(|| wrong(at, "digest"))
        };
        let optional = |at: usize, key: &str| match value(at, key)? {
            "none" => Ok(None),
            _ => digest(at, key).map(Some),
        };
        let time =
            |at: usize, key: &str| UtcTime::parse(value(at, key)?).ok_or_else(|| wrong(at, "time"));
        let number = |at: usize, text: &str| text.parse::<u64>().map_err(|_| wrong(at, "number"));
        let tool_line = value(11, "tool")?;
        let (tool_digest, tool) = tool_line.split_once(' ').ok_or_else(|| wrong(11, "tool"))?;
        let counts = value(15, "signatures")?;
        let (asked, kept) = counts
            .strip_prefix("asked ")
            .and_then(|rest| rest.split_once(" kept "))
            .ok_or_else(|| wrong(15, "counts"))?;
        Ok(Self {
            edition,
            ceremony: value(1, "ceremony")?.to_owned(),
            kind: value(2, "kind")?.parse().map_err(|_| wrong(2, "kind"))?,
            outcome: value(3, "outcome")?
                .parse()
                .map_err(|_| wrong(3, "outcome"))?,
            mode: value(4, "seal")?.parse().map_err(|_| wrong(4, "seal"))?,
            started: time(5, "started")?,
            ended: time(6, "ended")?,
            entries: number(7, value(7, "entries")?)?,
            head: digest(8, "head")?,
            sums: digest(9, "sha256sums")?,
            lock: digest(10, "lock")?,
            tool: tool.to_owned(),
            tool_sha256: Digest::from_hex(tool_digest).ok_or_else(|| wrong(11, "digest"))?,
            module: optional(12, "module")?,
            root: optional(13, "root")?,
            assurance: match value(14, "assurance")? {
                "none" => None,
                word => Some(word.parse().map_err(|_| wrong(14, "assurance"))?),
            },
            signatures_asked: number(15, asked)?,
            signatures_kept: number(15, kept)?,
            deviations: number(16, value(16, "deviations")?)?,
            previous: digest(17, "previous")?,
            next_crl: match value(18, "next-crl")? {
                "none" => None,
                _ => Some(time(18, "next-crl")?),
            },
            destruction: lines.len() > 24 + shift,
        })
    }

    /// SHA-256 of the file: what the next seal names.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }
}

/// The edition that the first lines name.
fn edition_of(lines: &[&str]) -> Result<u32, SealError> {
    let format = lines.first().and_then(|line| line.strip_prefix("format "));
    match format {
        Some(FORMAT) => {}
        Some(other) if other.strip_prefix("anchorite/seal/").is_some_and(is_number) => {
            return Err(SealError::Unknown(format!("the format {other}")));
        }
        _ => {
            let words = format!("line 1: not of the format {FORMAT}");
            return Err(SealError::Broken(words));
        }
    }
    let named = lines.get(1).and_then(|line| line.strip_prefix("edition "));
    let Some(named) = named else { return Ok(0) };
    if !is_number(named) {
        return Err(SealError::Broken("line 2: no edition".to_owned()));
    }
    let known = named
        .parse()
        .ok()
        .filter(|number| edition::of(*number).is_some());
    known.ok_or_else(|| SealError::Unknown(format!("edition {named} of the rules")))
}

/// Whether a newer version could have written this number: anything else is damage.
fn is_number(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal() -> Seal {
        Seal {
            edition: 1,
            ceremony: "acme-root-g1".to_owned(),
            kind: CeremonyKind::Production,
            outcome: CeremonyOutcome::Completed,
            mode: SealMode::Direct,
            started: UtcTime::parse("2026-10-03T09:00:00Z").unwrap(),
            ended: UtcTime::parse("2026-10-03T10:00:00Z").unwrap(),
            entries: 42,
            head: Digest::of(b"head"),
            sums: Digest::of(b"sums"),
            lock: Digest::of(b"lock"),
            tool: "anchorite 0.1.0".to_owned(),
            tool_sha256: Digest::of(b"tool"),
            module: Some(Digest::of(b"module")),
            root: None,
            assurance: Some(Assurance::Software),
            signatures_asked: 4,
            signatures_kept: 3,
            deviations: 0,
            previous: Digest::ZERO,
            next_crl: Some(UtcTime::parse("2027-04-03T09:59:59Z").unwrap()),
            destruction: false,
        }
    }

    #[test]
    fn at_most_26_ascii_lines_that_read_back() {
        let text = seal().to_text();
        assert!(text.is_ascii());
        assert!(text.lines().count() <= 26);
        assert_eq!(Seal::from_text(text.as_bytes()).unwrap(), seal());
        insta::assert_snapshot!(text);
        let end = Seal {
            destruction: true,
            ..seal()
        };
        let text = end.to_text();
        assert_eq!(text.lines().count(), 26);
        assert!(text.ends_with("\nannounces destruction of the root key\n"));
        assert_eq!(Seal::from_text(text.as_bytes()).unwrap(), end);
        let other = text.replace("of the", "of a");
        assert!(Seal::from_text(other.as_bytes()).is_err());
    }

    #[test]
    fn only_printable_ascii_is_a_seal() {
        for (good, bad) in [
            ("acme-root-g1", "acme-r\u{f6}\u{f6}t"),
            ("seal direct", "seal \u{1b}[2Jdirect"),
            ("seal direct", "seal direct\t"),
        ] {
            let text = seal().to_text().replacen(good, bad, 1);
            let error = Seal::from_text(text.as_bytes()).unwrap_err();
            let words = "not printable ASCII".to_owned();
            assert_eq!(error, SealError::Broken(words), "{text}");
        }
    }

    #[test]
    fn a_seal_without_an_edition_is_of_edition_0() {
        let old = Seal {
            edition: 0,
            destruction: true,
            ..seal()
        };
        assert_eq!(old.to_text().lines().count(), 25);
        assert!(!old.to_text().contains("edition"));
        assert_eq!(Seal::from_text(old.to_text().as_bytes()).unwrap(), old);
    }

    #[test]
    fn what_is_not_known_is_told_from_what_is_broken() {
        let text = seal().to_text();
        let read = |from: &str, to: &str| {
            Seal::from_text(text.replacen(from, to, 1).as_bytes()).unwrap_err()
        };
        for (from, to) in [
            ("edition 1", "edition 7"),
            ("edition 1", "edition 99999999999999999999"),
            ("seal/0", "seal/1"),
        ] {
            assert!(matches!(read(from, to), SealError::Unknown(_)), "{to}");
        }
        for (from, to) in [
            ("edition 1", "edition 0"),
            ("edition 1", "edition 01"),
            ("edition 1", "edition +1"),
            ("edition 1", "edition "),
            ("format anchorite", "format x"),
            ("seal/0", "seal/p"),
            ("seal/0", "seal/0 "),
            ("seal/0", "seal/01"),
            ("seal/0\n", "seal/0*"),
        ] {
            assert!(matches!(read(from, to), SealError::Broken(_)), "{to}");
        }
    }

    proptest! {
        #[test]
        fn no_two_texts_are_the_same_seal(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let text = seal().to_text().into_bytes();
            let mut changed = text.clone();
            changed[at.index(text.len())] = byte;
            if changed != text {
                prop_assert_ne!(Seal::from_text(&changed).ok(), Some(seal()));
            }
        }
    }
}
