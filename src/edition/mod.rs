//! The editions of the rules: one table says which checks and which texts belong to which.
//!
//! Plan, transcript and seal name the edition they were made under; files that name none are of
//! edition 0. A ceremony is judged by its own edition for ever. What a later one added is told,
//! and changes no verdict. A closed edition never changes: a test holds it to `closed/`.

/// One edition of the rules.
#[derive(Debug)]
pub struct Edition {
    /// Its number.
    pub number: u32,
    /// Since when, `YYYY-MM-DD`.
    pub date: &'static str,
    /// Closed by a release. Of one that is open, rules and texts may still change.
    pub closed: bool,
    /// Public ids of the checks that came with it.
    pub came: &'static [&'static str],
    /// Public ids of the checks that left with it.
    pub left: &'static [&'static str],
    /// Checks that have another level since: public id, and the word of the level before.
    pub levels: &'static [(&'static str, &'static str)],
    /// VERIFY.txt before the names are filled in; `None` where this program no longer has it.
    pub verify_text: Option<&'static str>,
    /// This program still writes its HANDOVER.md and handover.sh.
    pub handover: bool,
}

/// Every edition, each at its number.
pub const ALL: &[Edition] = &[
    Edition {
        number: 0,
        date: "2026-10-01",
        closed: true,
        came: &[],
        left: &[],
        levels: &[],
        verify_text: Some(include_str!("verify-0.sh")),
        handover: true,
    },
    Edition {
        number: 1,
        date: "2026-11-30",
        closed: false,
        came: &["VERIFY-TIME"],
        left: &[],
        levels: &[],
        verify_text: Some(include_str!("../../docs/verify.sh")),
        handover: true,
    },
];

/// The edition that this program writes.
pub const NEWEST: u32 = ALL.len() as u32 - 1;

/// The edition of a number; `None` for one that this program does not know.
pub fn of(number: u32) -> Option<&'static Edition> {
    ALL.get(usize::try_from(number).ok()?)
}

/// For fields that only files of a later edition than 0 have.
pub fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Edition {
    /// Whether a check of today belongs to this edition.
    pub fn has(&self, check: &str) -> bool {
        !ALL.iter()
            .any(|later| later.number > self.number && later.came.contains(&check))
    }

    /// Whether a check that is not one of today belonged to this edition.
    pub fn had(&self, check: &str) -> bool {
        ALL.iter()
            .any(|later| later.number > self.number && later.left.contains(&check))
    }

    /// The word of a check's level in this edition, where it is another one today.
    pub fn level(&self, check: &str) -> Option<&'static str> {
        ALL.iter()
            .filter(|later| later.number > self.number)
            .flat_map(|later| later.levels)
            .find_map(|(id, before)| (*id == check).then_some(*before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_at_its_number_and_only_the_newest_is_open() {
        for (at, edition) in ALL.iter().enumerate() {
            assert_eq!(edition.number as usize, at);
            assert!(edition.closed || edition.number == NEWEST);
        }
        for pair in ALL.windows(2) {
            assert!(pair[0].date < pair[1].date);
        }
        assert!(of(NEWEST + 1).is_none());
    }

    #[test]
    fn what_came_later_does_not_belong_to_an_earlier_one() {
        let [zero, one] = [of(0).unwrap(), of(1).unwrap()];
        assert!(!zero.has("VERIFY-TIME"));
        assert!(one.has("VERIFY-TIME"));
        assert!(zero.has("REQ-POP"));
        assert_eq!(zero.level("REQ-POP"), None);
    }
}
