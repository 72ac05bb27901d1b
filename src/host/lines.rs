//! The pure half of the terminal: what a line may hold, and what may be drawn.

use zeroize::Zeroizing;

pub(super) use crate::x509::escape::guard;

/// Longest answer, in bytes.
pub(super) const LINE_LIMIT: usize = 1024;
/// Longest PIN, in bytes.
pub(super) const PIN_LIMIT: usize = 256;

/// A guarded page that ends its last line.
pub(super) fn page(text: &str) -> String {
    let mut safe = guard(text);
    if !safe.ends_with('\n') {
        safe.push('\n');
    }
    safe
}

/// Bytes of one line on their way in. Room is made once, so that no copy of a PIN stays
/// behind in memory that was given back, and wiped when dropped.
pub(super) struct Line {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

/// What became of the line after some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// No line end yet.
    More,
    /// The line is whole.
    Whole,
    /// More bytes than the line may have; nothing is kept.
    TooLong,
}

impl Line {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(limit)),
            limit,
        }
    }

    /// Adds what was read, up to its first line end. What follows it is dropped: it was typed
    /// before the next question was seen.
    pub(super) fn push(&mut self, read: &[u8]) -> Progress {
        let end = read.iter().position(|&byte| byte == b'\n');
        let part = read.get(..end.unwrap_or(read.len())).unwrap_or(read);
        if part.len() > self.limit - self.bytes.len() {
            self.bytes.clear();
            return Progress::TooLong;
        }
        self.bytes.extend_from_slice(part);
        if end.is_some() {
            Progress::Whole
        } else {
            Progress::More
        }
    }

    /// The line as text, without its end; `None` when it is not UTF-8. Takes the bytes over
    /// without a copy.
    pub(super) fn into_text(mut self) -> Option<Zeroizing<String>> {
        if std::str::from_utf8(&self.bytes).is_err() {
            return None;
        }
        let bytes = std::mem::take(&mut *self.bytes);
        String::from_utf8(bytes).ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_keep_their_words_and_lose_their_commands() {
        assert_eq!(
            guard("C:\\\\x\n\u{fc} \u{2013}\n"),
            "C:\\\\x\n\u{fc} \\u{2013}\n"
        );
        assert_eq!(
            guard("a\u{1b}[2Jb\r\t\u{9b}"),
            "a\\u{1b}[2Jb\\u{d}\\u{9}\\u{9b}"
        );
        assert_eq!(guard("\u{202e}\u{200b}"), "\\u{202e}\\u{200b}");
        assert_eq!(page("a"), "a\n");
        assert_eq!(page("a\n"), "a\n");
    }

    #[test]
    fn a_line_ends_at_its_first_line_end() {
        let mut line = Line::new(8);
        assert_eq!(line.push(b" ab"), Progress::More);
        assert_eq!(line.push(b"c \nsecond\nthird"), Progress::Whole);
        assert_eq!(line.into_text().unwrap().as_str(), " abc ");
    }

    #[test]
    fn a_line_is_as_long_as_its_limit_and_no_longer() {
        let mut line = Line::new(4);
        assert_eq!(line.push(b"abcd"), Progress::More);
        assert_eq!(line.push(b"\n"), Progress::Whole);
        let mut line = Line::new(4);
        assert_eq!(line.push(b"abcde\n"), Progress::TooLong);
        assert_eq!(line.into_text().unwrap().as_str(), "");
    }

    #[test]
    fn a_pin_never_moves_in_memory() {
        let mut line = Line::new(PIN_LIMIT);
        let at = line.bytes.as_ptr();
        for _ in 0..PIN_LIMIT {
            assert_eq!(line.push(b"7"), Progress::More);
        }
        assert_eq!(line.into_text().unwrap().as_ptr(), at);
    }

    #[test]
    fn what_is_not_utf_8_is_no_text() {
        let mut line = Line::new(4);
        line.push(b"\xff\n");
        assert!(line.into_text().is_none());
    }
}
