//! What happened after the seal: a chain of its own that begins with the seal's digest. The
//! seal does not cover it; people sign it.

use super::chain::{self, Head};
use super::entry::{Entry, Event};
use super::layout;
use crate::digest::Digest;

/// How far the destruction of a root key has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destruction {
    /// The seal announces it, and nothing tells that the token was asked.
    Announced,
    /// The token was asked, or was about to be; its answer is not known.
    Asked,
    /// The key is gone from the token.
    Done,
}

/// Before the first entry after a seal.
pub fn start(seal: Digest) -> Head {
    Head { n: 0, digest: seal }
}

/// Reads the whole chain.
pub fn read(bytes: &[u8], seal: Digest) -> Result<(Vec<Entry>, Head), String> {
    chain::read_from(start(seal), bytes).map_err(|broken| told(broken.line, &broken.why))
}

/// Reads it as far as a crash has left it whole, with the length of that.
pub fn read_torn(bytes: &[u8], seal: Digest) -> Result<(Vec<Entry>, Head, usize), String> {
    let whole = chain::whole_length_from(start(seal), bytes)
        .map_err(|broken| told(broken.line, &broken.why))?;
    let (entries, head) = read(&bytes[..whole], seal)?;
    Ok((entries, head, whole))
}

/// How far it has come, by its entries.
pub fn destruction(entries: &[Entry]) -> Destruction {
    let is = |wanted: fn(&Event) -> bool| {
        let mut events = entries.iter().filter_map(|entry| entry.event.as_ref().ok());
        events.any(wanted)
    };
    if is(|event| matches!(event, Event::KeyDestroyed { .. })) {
        Destruction::Done
    } else if is(|event| matches!(event, Event::DestructionIntended { .. })) {
        Destruction::Asked
    } else {
        Destruction::Announced
    }
}

fn told(line: usize, why: &str) -> String {
    format!("{}, line {line}: {why}", layout::POST_SEAL)
}
