//! What a token's notes say of the ledger that is at hand.

use super::{CheckId, Finding, Findings, Refusal};
use crate::digest::Digest;
use crate::ledger::note::Note;
use crate::x509::escape::escape;

/// The ledger, as far as notes tell of it.
#[derive(Clone, Copy, Debug)]
pub struct NoteContext<'a> {
    /// SHA-256 of the root key's SPKI.
    pub key: Digest,
    /// Digests of the ledger's seals, in order.
    pub seals: &'a [Digest],
    /// The ledger is rebuilt because the old one is lost: what the token knows of that is told.
    pub rebuilt: bool,
    /// Why the token cannot tell; `None` where it was asked.
    pub unreadable: Option<&'a str>,
}

/// How the notes are called in findings and refusals.
pub const SUBJECT: &str = "the token's note";

/// Judges what the token holds. The newest note decides: a crash may have left one more.
pub fn notes(texts: &[Vec<u8>], context: &NoteContext<'_>) -> Result<Vec<Finding>, Refusal> {
    let mut findings = Findings::default();
    if let Some(why) = context.unreadable {
        let words = format!("the token keeps no notes: {}", escape(why));
        findings.notice(CheckId::LedgerNote, words);
    }
    let read: Vec<Option<Note>> = texts.iter().map(|text| Note::from_text(text)).collect();
    let strange = read.iter().filter(|note| note.is_none()).count();
    if strange > 0 {
        let words = format!("{strange} of the token's notes cannot be read, and were left aside");
        findings.notice(CheckId::LedgerNote, words);
    }
    let own = read
        .into_iter()
        .flatten()
        .filter(|note| note.key == context.key);
    match own.max_by_key(|note| note.ceremonies) {
        Some(note) => {
            let at = context.seals.iter().position(|seal| *seal == note.seal);
            let words = at.map_or_else(
                || unknown(&note, context.seals.len()),
                |at| known(at, context.seals.len()),
            );
            if at.is_none() && context.rebuilt {
                findings.notice(CheckId::LedgerNote, words);
            } else {
                findings.require(CheckId::LedgerNote, at.is_some(), words);
            }
        }
        None if context.unreadable.is_none() && !context.seals.is_empty() => {
            let words = "the token has no note of this ledger: an old copy would not be noticed";
            findings.notice(CheckId::LedgerNote, words);
        }
        None => {}
    }
    findings.clear((), SUBJECT).map(|(_, found)| found)
}

fn known(at: usize, seals: usize) -> String {
    match seals - at - 1 {
        0 => "the token's note names this ledger's newest seal".to_owned(),
        later => format!(
            "the token's note names the seal of ceremony {:04}; {later} came after it",
            at + 1
        ),
    }
}

fn unknown(note: &Note, seals: usize) -> String {
    format!(
        "the token knows {} ceremonies of this root and CRL number {}, the last one sealed as {}; \
         this ledger has {seals} and not that seal: it is old, or another one",
        note.ceremonies,
        note.crl_number,
        note.seal.word_lines(8)[0]
    )
}
