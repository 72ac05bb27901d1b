//! What kind of file is looked at: as a person says, or as its content tells.

use serde::Serialize;

use super::super::args::FileKind;
use crate::x509::sniff::{self, Content};

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

/// The kind that was asked for, or the one that the content tells.
pub fn tell(asked: Option<FileKind>, bytes: &[u8]) -> (FileKind, ToldBy) {
    if let Some(kind) = asked {
        return (kind, ToldBy::Argument);
    }
    if is_transcript(bytes) {
        return (FileKind::Transcript, ToldBy::Content);
    }
    match sniff::content(bytes) {
        Some(Content::Request) => (FileKind::Request, ToldBy::Content),
        Some(Content::Certificate) => (FileKind::Certificate, ToldBy::Content),
        Some(Content::Certificates) => (FileKind::Bundle, ToldBy::Content),
        Some(Content::Crl) => (FileKind::Crl, ToldBy::Content),
        None => (FileKind::Request, ToldBy::Nothing),
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
        assert_eq!(tell(None, line), (FileKind::Transcript, ToldBy::Content));
        assert_eq!(
            tell(Some(FileKind::Crl), line),
            (FileKind::Crl, ToldBy::Argument)
        );
        let json = b"{\"data\":{\"csr\":\"x\"}}";
        assert_eq!(tell(None, json), (FileKind::Request, ToldBy::Nothing));
    }
}
