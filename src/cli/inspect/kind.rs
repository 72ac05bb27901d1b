//! What kind of file is looked at: as a person says, or as its content tells.

use serde::Serialize;

use super::super::args::FileKind;
use super::other::{self, OtherKind};
use crate::x509::sniff::{self, Content};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Kind {
    /// One that is judged.
    Judged(FileKind),
    /// One that is told, and never taken.
    Other(OtherKind),
}

/// Who told the kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToldBy {
    /// `--as`
    Argument,
    /// The file itself.
    Content,
    /// Nothing: it is judged as a request, whose checks name what else it may be.
    Nothing,
}

impl Kind {
    /// Its word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Judged(kind) => kind.word(),
            Self::Other(kind) => kind.word(),
        }
    }
}

/// The kind that was asked for, or the one that the content tells.
pub fn tell(asked: Option<FileKind>, bytes: &[u8]) -> (Kind, ToldBy) {
    if let Some(kind) = asked {
        return (Kind::Judged(kind), ToldBy::Argument);
    }
    let kind = if is_transcript(bytes) {
        Some(Kind::Judged(FileKind::Transcript))
    } else {
        let text = || other::text(bytes).map(Kind::Other);
        sniff::content(bytes).map(of_content).or_else(text)
    };
    match kind {
        Some(kind) => (kind, ToldBy::Content),
        None => (Kind::Judged(FileKind::Request), ToldBy::Nothing),
    }
}

fn of_content(content: Content) -> Kind {
    match content {
        Content::Request => Kind::Judged(FileKind::Request),
        Content::Certificate => Kind::Judged(FileKind::Certificate),
        Content::Certificates => Kind::Judged(FileKind::Bundle),
        Content::Crl => Kind::Judged(FileKind::Crl),
        Content::PrivateKey => Kind::Other(OtherKind::PrivateKey),
        Content::PublicKey => Kind::Other(OtherKind::PublicKey),
        Content::Cms => Kind::Other(OtherKind::Cms),
    }
}

/// JSON Lines whose first names the line before it.
fn is_transcript(bytes: &[u8]) -> bool {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let names_prev = |line: &[u8]| line.windows(6).any(|part| part == b"\"prev\"");
    line.starts_with(b"{") && names_prev(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_wins_and_lines_tell() {
        let line = b"{\"n\":1,\"prev\":\"00\"}\n";
        let transcript = Kind::Judged(FileKind::Transcript);
        assert_eq!(tell(None, line), (transcript, ToldBy::Content));
        assert_eq!(
            tell(Some(FileKind::Crl), line),
            (Kind::Judged(FileKind::Crl), ToldBy::Argument)
        );
        let request = Kind::Judged(FileKind::Request);
        let json = b"{\"data\":{\"csr\":\"x\"}}";
        assert_eq!(tell(None, json), (request, ToldBy::Nothing));
        let key = b"-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n";
        let told = Kind::Other(OtherKind::PrivateKey);
        assert_eq!(tell(None, key), (told, ToldBy::Content));
        // A key that travels with a request is that request's refusal.
        let both = [&key[..], b"-----BEGIN CERTIFICATE REQUEST-----\n"].concat();
        assert_eq!(tell(None, &both), (request, ToldBy::Content));
    }
}
