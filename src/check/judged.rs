//! What one rule finds in a file that others made: faults refuse it, oddities are told.

use super::{CheckId, Findings};

/// Faults and oddities of one kind that are told one by one; of more, the number is.
const TOLD: usize = 8;

/// Faults and oddities under one rule.
#[derive(Debug, Default)]
pub(super) struct Judged {
    faults: Told,
    oddities: Told,
}

#[derive(Debug, Default)]
struct Told {
    words: Vec<String>,
    more: usize,
}

impl Told {
    fn add(&mut self, words: impl Into<String>) {
        if self.words.len() < TOLD {
            self.words.push(words.into());
        } else {
            self.more += 1;
        }
    }

    fn into_words(mut self) -> Vec<String> {
        if self.more > 0 {
            self.words.push(format!("and {} more", self.more));
        }
        self.words
    }
}

impl Judged {
    /// This refuses.
    pub(super) fn fault(&mut self, words: impl Into<String>) {
        self.faults.add(words);
    }

    /// Refuses where it does not hold.
    pub(super) fn must(&mut self, holds: bool, otherwise: impl Into<String>) {
        if !holds {
            self.fault(otherwise);
        }
    }

    /// This is allowed, and to be known.
    pub(super) fn odd(&mut self, words: impl Into<String>) {
        self.oddities.add(words);
    }

    /// Told where it does not hold.
    pub(super) fn should(&mut self, holds: bool, otherwise: impl Into<String>) {
        if !holds {
            self.odd(otherwise);
        }
    }

    /// What was found in a part, with the part's name before it.
    pub(super) fn add(&mut self, part: Self, name: &str) {
        let named = |words: String| format!("{name}: {words}");
        for words in part.faults.into_words() {
            self.faults.add(named(words));
        }
        for words in part.oddities.into_words() {
            self.oddities.add(named(words));
        }
    }
}

impl Findings {
    /// Records what was found under one rule; `good` is said where there was nothing.
    pub(super) fn judged(&mut self, id: CheckId, judged: Judged, good: impl Into<String>) {
        let faults = judged.faults.into_words();
        let oddities = judged.oddities.into_words();
        if !faults.is_empty() {
            self.require(id, false, shortened(faults.join("; ")));
        } else if oddities.is_empty() {
            self.require(id, true, shortened(good.into()));
        }
        for words in oddities {
            self.notice(id, shortened(words));
        }
    }
}

/// What is told may be as long as the file it is about; its record and its page are not.
pub(super) fn shortened(words: String) -> String {
    if words.chars().count() <= 200 {
        return words;
    }
    let start: String = words.chars().take(200).collect();
    format!("{start}... ({} characters)", words.chars().count())
}
