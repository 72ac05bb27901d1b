//! What one rule finds in a file that others made: faults refuse it, oddities are told.

use super::request::shortened;
use super::{CheckId, Findings};

/// Faults and oddities under one rule.
#[derive(Debug, Default)]
pub(super) struct Judged {
    faults: Vec<String>,
    oddities: Vec<String>,
}

impl Judged {
    /// This refuses.
    pub(super) fn fault(&mut self, words: impl Into<String>) {
        self.faults.push(words.into());
    }

    /// Refuses where it does not hold.
    pub(super) fn must(&mut self, holds: bool, otherwise: impl Into<String>) {
        if !holds {
            self.fault(otherwise);
        }
    }

    /// This is allowed, and to be known.
    pub(super) fn odd(&mut self, words: impl Into<String>) {
        self.oddities.push(words.into());
    }

    /// Told where it does not hold.
    pub(super) fn should(&mut self, holds: bool, otherwise: impl Into<String>) {
        if !holds {
            self.odd(otherwise);
        }
    }
}

impl Findings {
    /// Records what was found under one rule; `good` is said where there was nothing.
    pub(super) fn judged(&mut self, id: CheckId, judged: Judged, good: impl Into<String>) {
        if !judged.faults.is_empty() {
            self.require(id, false, shortened(judged.faults.join("; ")));
        } else if judged.oddities.is_empty() {
            self.require(id, true, good);
        }
        for words in judged.oddities {
            self.notice(id, shortened(words));
        }
    }
}
