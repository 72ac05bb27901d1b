//! Documents go to stdout, notes to stderr. A closed pipe ends nothing.
//!
//! Pages are escaped by who builds them; here is the wall behind that.

use std::io::Write;

use crate::x509::escape::guard;

/// Prints a document.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(guard(text).as_bytes())
        .and_then(|()| out.flush());
}

/// Prints a document whose lines end with CR LF, as some formats want them.
pub fn print_crlf(text: &str) {
    let lines: Vec<String> = text.split("\r\n").map(guard).collect();
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(lines.join("\r\n").as_bytes())
        .and_then(|()| out.flush());
}

/// Prints a note.
pub fn note(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out
        .write_all(guard(text).as_bytes())
        .and_then(|()| out.flush());
}
