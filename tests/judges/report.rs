//! The table that goes to `docs/judges.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::material::ROOTS;
use crate::panel::{Knows, Outcome, Ruling};

/// In Markdown: every line by every root, then what is not known, and why.
pub fn markdown(rulings: &[Ruling], knows: &Knows) -> String {
    let names: BTreeSet<(&str, bool)> = rulings
        .iter()
        .map(|one| (one.line.as_str(), one.revoked))
        .filter(|(line, revoked)| !revoked || line.ends_with("-revocation"))
        .collect();
    let mut text = "| judge and line |".to_owned();
    for root in &ROOTS {
        write!(text, " {} |", root.name).unwrap();
    }
    text += "\n| --- |";
    text += &" --- |".repeat(ROOTS.len());
    text.push('\n');
    for (line, revoked) in names {
        let about = if revoked { ", revoked" } else { "" };
        write!(text, "| {line}{about} |").unwrap();
        for root in &ROOTS {
            let of = |outcome| {
                let ours = |one: &&Ruling| {
                    one.root_type == root.name
                        && one.line == line
                        && one.revoked == revoked
                        && one.outcome == outcome
                };
                rulings.iter().filter(ours).count()
            };
            let verb = if revoked { "dead" } else { "good" };
            let cell = [
                (of(Outcome::Right), verb),
                (of(Outcome::Unknown), "n/a"),
                (of(Outcome::Wrong), "WRONG"),
            ]
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect::<Vec<_>>()
            .join(", ");
            write!(text, " {cell} |").unwrap();
        }
        text.push('\n');
    }
    text +=
        "\n| not known to | with a root | or an intermediate | why |\n| --- | --- | --- | --- |\n";
    for one in &knows.unknown {
        writeln!(
            text,
            "| {} | {} | {} | {} |",
            one.lines.join(", "),
            one.roots.join(", "),
            one.intermediates.join(", "),
            one.reason
        )
        .unwrap();
    }
    text
}

/// What is not as it must be, in words.
pub fn wrong(rulings: &[Ruling]) -> Vec<String> {
    rulings
        .iter()
        .filter(|one| one.outcome == Outcome::Wrong)
        .map(|one| {
            let revoked = if one.revoked { ", revoked" } else { "" };
            format!(
                "{} on {} under {}{revoked}: {}",
                one.line, one.what, one.root_type, one.words
            )
        })
        .collect()
}
