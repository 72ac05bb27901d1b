//! VERIFY.txt: how to verify a ceremony with stock tools. The text is that of the ceremony's
//! edition, with the names filled in; that of the newest one is `docs/verify.sh`.

use super::kinds::CeremonyKind;
use crate::edition;

/// The text of an edition for one ceremony; `None` where this program no longer has it.
pub fn of_edition(number: u32, ceremony: &str, kind: CeremonyKind) -> Option<String> {
    let text = edition::of(number)?.verify_text?;
    let kind = match kind {
        CeremonyKind::Rehearsal => "a REHEARSAL",
        CeremonyKind::Production => "a ceremony",
    };
    Some(text.replace("@CEREMONY@", ceremony).replace("@KIND@", kind))
}

/// The text that a ceremony of this edition gets: its own, or the newest.
pub fn fill(number: u32, ceremony: &str, kind: CeremonyKind) -> String {
    of_edition(number, ceremony, kind)
        .or_else(|| of_edition(edition::NEWEST, ceremony, kind))
        .unwrap_or_default()
}
