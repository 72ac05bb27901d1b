//! The tables that go to `docs/judges.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::kinds::{REQUESTS, ROOTS};
use crate::panel::{Knows, Outcome, Ruling};

/// In Markdown: every judge by every root, and by every request; then what is not known, and
/// why.
pub fn markdown(rulings: &[Ruling], knows: &Knows) -> String {
    let roots: Vec<&str> = ROOTS.iter().map(|root| root.name).collect();
    let mut text = "Under each root:\n\n".to_owned();
    text += &table(rulings, &roots, |one| one.root_type);
    let mut requests: Vec<&str> = REQUESTS.iter().map(|kind| kind.name).collect();
    requests.push(READY);
    text += "\nOver each request:\n\n";
    text += &table(rulings, &requests, |one| {
        if requests.contains(&one.what.as_str()) {
            &one.what
        } else {
            READY
        }
    });
    text += "\nNot known:\n\n| lines | with a root | or an intermediate | why |\n";
    text += "| --- | --- | --- | --- |\n";
    for one in &knows.unknown {
        let lines: Vec<String> = one.lines.iter().map(|line| format!("`{line}`")).collect();
        writeln!(
            text,
            "| {} | {} | {} | {} |",
            lines.join(", "),
            one.roots.join(", "),
            one.intermediates.join(", "),
            one.reason
        )
        .unwrap();
    }
    text
}

/// The column of the ready ceremonies, whose requests are P-256.
const READY: &str = "ready ceremonies";

fn table<'a>(
    rulings: &'a [Ruling],
    columns: &[&str],
    column: impl Fn(&'a Ruling) -> &'a str,
) -> String {
    let judges: BTreeSet<&str> = rulings.iter().map(judge).collect();
    let mut text = format!("| judge | {} |\n", columns.join(" | "));
    writeln!(text, "| --- |{}", " --- |".repeat(columns.len())).unwrap();
    for name in judges {
        write!(text, "| {name} |").unwrap();
        for one in columns {
            let mine = rulings
                .iter()
                .filter(|ruling| judge(ruling) == name && column(ruling) == *one);
            write!(text, " {} |", cell(mine)).unwrap();
        }
        text.push('\n');
    }
    text
}

/// The judge whose line it is.
fn judge(ruling: &Ruling) -> &str {
    let line = &ruling.line;
    line.rsplit_once('-').map_or(line, |(judge, _)| judge)
}

/// Counts chains by the worst that any line says of them.
fn cell<'a>(rulings: impl Iterator<Item = &'a Ruling>) -> String {
    let mut chains: BTreeMap<(&str, &str, bool), Outcome> = BTreeMap::new();
    for one in rulings.filter(|one| !one.revoked || one.line.ends_with("-revocation")) {
        let chain = chains
            .entry((one.root_type, &one.what, one.revoked))
            .or_insert(one.outcome);
        *chain = (*chain).max(one.outcome);
    }
    let count = |revoked, outcome| {
        let same = |((_, _, of), found): &(&(&str, &str, bool), &Outcome)| {
            *of == revoked && **found == outcome
        };
        chains.iter().filter(same).count()
    };
    let words = [
        (count(false, Outcome::Right), "good"),
        (count(true, Outcome::Right), "dead"),
        (count(false, Outcome::Unknown), "n/a"),
        (count(false, Outcome::Wrong), "WRONG"),
        (count(true, Outcome::Wrong), "NOT DEAD"),
    ];
    let told: Vec<String> = words
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    told.join(", ")
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
