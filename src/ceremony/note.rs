//! The token's note at both ends of a ceremony: looked at before anything is written, written
//! after the seal has its name. A crash in between leaves an older note, which is no harm.

use super::error::CeremonyError;
use super::run::Course;
use crate::check::Finding;
use crate::check::note::{NoteContext, SUBJECT, notes};
use crate::digest::Digest;
use crate::ledger::entry::Event;
use crate::ledger::note::Note;
use crate::ports::{Token, TokenError};
use crate::x509::crl::CrlFields;

/// What the token's notes say, to be recorded.
#[derive(Debug)]
pub(super) struct Noted {
    sha256: Digest,
    findings: Vec<Finding>,
}

/// Reads the notes of an existing root key and refuses where the newest one names a seal that
/// the ledger does not have.
pub(super) fn look(
    token: &mut dyn Token,
    spki: &[u8],
    seals: &[Digest],
    rebuilt: bool,
) -> Result<Noted, CeremonyError> {
    let key = Digest::of(spki);
    let (texts, unreadable) = match token.read_notes(&Note::label(key)) {
        Ok(texts) => (texts, None),
        Err(error) if keeps_none(&error) => (Vec::new(), Some(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let context = NoteContext {
        key,
        seals,
        rebuilt,
        unreadable: unreadable.as_deref(),
    };
    Ok(Noted {
        sha256: Digest::of(&texts.concat()),
        findings: notes(&texts, &context)?,
    })
}

/// A token that knows no data objects; any other failure is a failure of the token.
fn keeps_none(error: &TokenError) -> bool {
    let TokenError::Failed { code, .. } = error else {
        return false;
    };
    [
        "CKR_FUNCTION_NOT_SUPPORTED",
        "CKR_ATTRIBUTE_TYPE_INVALID",
        "CKR_ATTRIBUTE_VALUE_INVALID",
        "CKR_TEMPLATE_INCONSISTENT",
        "not in this module",
    ]
    .contains(&code.as_str())
}

impl Course<'_, '_> {
    /// Records what was found of the notes, and shows what a witness should know.
    pub(super) fn record_notes(&mut self, noted: Option<Noted>) -> Result<(), CeremonyError> {
        let Some(noted) = noted.filter(|_| self.journal.progress.closed.is_none()) else {
            return Ok(());
        };
        for finding in &noted.findings {
            let lines = crate::x509::show::wrapped("", &finding.words);
            self.show(&crate::x509::show::joined(&lines));
        }
        let event = Event::Checked {
            what: SUBJECT.to_owned(),
            sha256: noted.sha256,
            findings: noted.findings.iter().map(Finding::record).collect(),
        };
        self.record(None, &event)?;
        Ok(())
    }

    /// The note of this ceremony, in place of the one before. The ceremony is sealed: what the
    /// token cannot keep is told, and spoils nothing.
    pub(super) fn write_note(&mut self, seal: Digest) -> Option<String> {
        let root = self.root.as_ref()?;
        let key = Digest::of(&root.fields.spki);
        let note = Note {
            key,
            seal,
            ceremonies: self.job.prepared.plan.ledger.ceremonies.saturating_add(1),
            crl_number: self.newest_crl_number(),
        };
        let text = note.to_text();
        let written = self
            .desk
            .token
            .write_note(&Note::label(key), text.as_bytes());
        let error = written.err()?;
        Some(format!(
            "the token did not keep the note of this ceremony ({error}): it will not know an old copy of this ledger"
        ))
    }

    /// Of this ceremony's own CRL, else of the ledger before it; 0 for none.
    fn newest_crl_number(&mut self) -> u64 {
        let before = self.job.prepared.register.published_crl();
        let mut newest = before.map_or(0, |crl| crl.number);
        for name in self.journal.progress.signed_products() {
            let intent = self.journal.progress.signed(&name).cloned();
            let body = intent.and_then(|intent| self.body_of(&intent).ok());
            let fields = body.and_then(|body| CrlFields::from_tbs(&body).ok());
            let number = fields.and_then(|fields| fields.number());
            newest = newest.max(number.unwrap_or(0));
        }
        newest
    }
}
