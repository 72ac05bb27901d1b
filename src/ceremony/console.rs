//! The console as evidence: what the screen showed and what was typed, PINs aside, as an
//! asciicast (version 2) that stock players replay and a text editor reads.
//!
//! It is an illustration: the transcript is the record. It is written where the transcript is
//! synced, so a crash may cut its tail.

use super::error::CeremonyError;
use super::folder::deliver_beside;
use crate::ledger::layout;
use crate::ports::{Desk, Question};
use crate::x509::escape::{escape, is_invisible};

/// The cast of one session.
#[derive(Default)]
pub(super) struct Console {
    /// File in the ceremony's folder, once it is made.
    path: Option<String>,
    /// Steady clock at the session's start.
    started_ms: u64,
    /// Events not yet written.
    pending: String,
}

impl Console {
    /// Shows a page and keeps it.
    pub fn show(&mut self, desk: &mut Desk<'_>, page: &str) {
        desk.operator.show(page);
        self.keep(desk, 'o', page);
    }

    /// Keeps a question and its answer.
    pub fn asked(&mut self, desk: &mut Desk<'_>, question: &Question, answer: &str) {
        let text = format!("{}\n> {answer}\n", question.text);
        self.keep(desk, 'o', &text);
    }

    fn keep(&mut self, desk: &mut Desk<'_>, kind: char, text: &str) {
        let now = desk.clock.monotonic_ms();
        if self.started_ms == 0 {
            self.started_ms = now;
        }
        let since = now.saturating_sub(self.started_ms);
        let lines: Vec<String> = text.split('\n').map(guarded).collect();
        let text = serde_json::Value::String(lines.join("\r\n"));
        let line = format!(
            "[{}.{:03}, \"{kind}\", {text}]\n",
            since / 1000,
            since % 1000
        );
        self.pending.push_str(&line);
    }

    /// Adds what is pending to the session's file, which is made at the first time.
    pub fn write(&mut self, desk: &mut Desk<'_>, folder: &str) -> Result<(), CeremonyError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        match &self.path {
            Some(path) => desk.store.append(path, pending.as_bytes())?,
            None => {
                let header = format!(
                    "{{\"version\": 2, \"width\": 80, \"height\": 40, \"timestamp\": {}}}\n",
                    desk.clock.now().unix()
                );
                let bytes = format!("{header}{pending}");
                let name = (layout::CONSOLE, "cast");
                let record = deliver_beside(desk.store, folder, name, bytes.as_bytes())?;
                self.path = Some(format!("{folder}/{}", record.path));
            }
        }
        Ok(())
    }

    /// Makes the file safe: before the sums are made over it.
    pub fn finish(&mut self, desk: &mut Desk<'_>, folder: &str) -> Result<(), CeremonyError> {
        self.write(desk, folder)?;
        if let Some(path) = &self.path {
            desk.store.sync_file(path)?;
        }
        Ok(())
    }
}

/// A player obeys what it replays: a line with anything but visible text is kept escaped.
fn guarded(line: &str) -> String {
    if line.chars().any(|c| c.is_control() || is_invisible(c)) {
        escape(line)
    } else {
        line.to_owned()
    }
}
