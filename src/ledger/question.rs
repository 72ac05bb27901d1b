//! The questions of a ceremony, as they are put and as the transcript keeps them.

/// Before a root key is generated.
pub const GENERATE: &str = "Type the token's label to generate the root key in it:";

/// Before the transcript is closed.
pub const SEAL: &str =
    "All steps are done. Type \"seal\" to close the transcript\nand let the root sign its seal:";

/// A laptop without a network may have any date. `clock` is the time as people read it.
pub fn date(clock: &str) -> String {
    format!(
        "The laptop's clock says {clock}.\nIf that is right, type the date from your own watch (YYYY-MM-DD):"
    )
}

/// Two words of a digest that stands on paper, counted from 1.
pub fn words(first: usize, second: usize, what: &str) -> String {
    format!("From the printed plan, type word {first} and word {second} of {what}'s digest:")
}

/// Takes such a question apart; `None` where it is not put so.
pub fn words_asked(text: &str) -> Option<(usize, usize, &str)> {
    let rest = text.strip_prefix("From the printed plan, type word ")?;
    let (first, rest) = rest.split_once(" and word ")?;
    let (second, rest) = rest.split_once(" of ")?;
    let what = rest.strip_suffix("'s digest:")?;
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    (words(first, second, what) == text).then_some((first, second, what))
}
