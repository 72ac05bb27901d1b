//! The exit codes.

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Refused, or does not verify.
    Refused = 1,
    /// Wrong usage, or no terminal.
    Usage = 2,
    /// The ceremony file or an input cannot be read.
    Unreadable = 3,
    /// The token.
    Token = 4,
    /// Stopped by a person.
    Stopped = 5,
    /// Files.
    Files = 6,
    /// Signed, but not delivered.
    Undelivered = 7,
    /// Consistent, but a rehearsal, aborted, or signed by nobody.
    Consistent = 8,
    /// A fault of this program.
    Bug = 101,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}
