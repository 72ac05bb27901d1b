//! The sentences with which `audit` and `ledger` refuse, as their sources have them: every string
//! literal of several words that does not stand in the call of something that refuses nothing.

use std::fs;
use std::path::Path;

use anchorite::audit::AuditId;

/// A literal of the sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sentence {
    /// `audit/order.rs`
    pub file: String,
    /// As it stands in the source, its line breaks joined.
    pub text: String,
    /// Ids of the rules that its file names; empty for any.
    pub ids: Vec<String>,
}

/// Text for people: nothing of it refuses.
const PAGES: &[&str] = &[
    "audit/calendar.rs",
    "audit/findings.rs",
    "audit/life.rs",
    "audit/life_tests.rs",
    "audit/people.rs",
    "audit/report.rs",
    "ledger/question.rs",
    "ledger/verify_text.rs",
];

/// Calls whose words refuse nothing.
const SILENT: &[&str] = &[
    "notice",
    "strip_prefix",
    "strip_suffix",
    "split_once",
    "cfg_attr",
    "allow",
];

impl Sentence {
    /// The parts between its placeholders.
    fn parts(&self) -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut inside = false;
        for c in self.text.chars() {
            match (c, inside) {
                ('{', _) => {
                    inside = true;
                    parts.push(String::new());
                }
                ('}', _) => inside = false,
                (_, true) => {}
                (c, false) => parts.last_mut().unwrap().push(c),
            }
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Whether these words are this sentence: all of its parts in their order, from a beginning
    /// to an end.
    pub(crate) fn is_in(&self, words: &str) -> bool {
        let parts = self.parts();
        let Some(first) = parts.first() else {
            return false;
        };
        let mut starts = words.match_indices(first.as_str());
        starts.any(|(at, _)| {
            let begins = self.text.starts_with('{') || begins(&words[..at]);
            begins && self.ends(&words[at..], &parts)
        })
    }

    fn ends(&self, mut rest: &str, parts: &[String]) -> bool {
        for part in parts {
            let Some((_, after)) = rest.split_once(part.as_str()) else {
                return false;
            };
            rest = after;
        }
        let follows = ["; ", ": ", " at line ", ", and nothing "];
        self.text.ends_with('}')
            || rest.is_empty()
            || follows.iter().any(|one| rest.starts_with(one))
    }

    /// Two words or more beside its placeholders.
    fn says_something(&self) -> bool {
        let parts = self.parts().join(" \u{0} ");
        let word = |word: &&str| {
            word.len() > 1
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || "'-.,;:".contains(c))
        };
        parts.split(' ').filter(word).count() > 1
    }
}

/// Whether a sentence may begin after this: nothing, the name of what it is about, or the words
/// of another that quotes it.
fn begins(before: &str) -> bool {
    let quoting = [": ", "is ", "of ", ", ", "expected ", "be ", "holds "];
    before.is_empty() || quoting.iter().any(|one| before.ends_with(one))
}

/// Every such sentence, sorted, each once.
pub(crate) fn all() -> Vec<Sentence> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut list = Vec::new();
    for room in ["audit", "ledger"] {
        for entry in fs::read_dir(source.join(room)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let file = format!("{room}/{name}");
            if name.ends_with(".rs") && !PAGES.contains(&file.as_str()) {
                list.extend(of(&file, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    list.sort();
    list.dedup();
    list
}

fn of(file: &str, source: &str) -> Vec<Sentence> {
    let source = source.split("\n#[cfg(test)]\nmod ").next().unwrap();
    let ids: Vec<String> = AuditId::ALL
        .iter()
        .filter(|id| source.contains(&format!("AuditId::{id:?}")))
        .map(|id| id.public().to_owned())
        .collect();
    let mut list = Vec::new();
    for (text, calls) in literals(source) {
        let sentence = Sentence {
            file: file.to_owned(),
            text,
            ids: ids.clone(),
        };
        let silent = calls.iter().any(|call| SILENT.contains(&call.as_str()));
        if !silent && sentence.says_something() {
            list.push(sentence);
        }
    }
    list
}

/// Each string literal, with the names of the calls that it stands in.
fn literals(source: &str) -> Vec<(String, Vec<String>)> {
    let mut list = Vec::new();
    let mut calls: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut rest = source.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                for c in rest.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
            }
            '\'' => skip_character(&mut rest),
            '"' => list.push((literal(&mut rest), calls.clone())),
            '(' => calls.push(std::mem::take(&mut word)),
            ')' => drop(calls.pop()),
            c if c.is_alphanumeric() || c == '_' => {
                word.push(c);
                continue;
            }
            '!' if !word.is_empty() => continue,
            _ => {}
        }
        word.clear();
    }
    list
}

/// A lifetime goes on; a character is skipped with its closing quote.
fn skip_character(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut ahead = rest.clone();
    let first = ahead.next();
    if first == Some('\\') {
        rest.next();
        rest.next();
        while rest.next().is_some_and(|c| c != '\'') {}
    } else if ahead.next() == Some('\'') {
        rest.next();
        rest.next();
    }
}

/// The text up to the closing quote; a line that goes on in the next is joined with it.
fn literal(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => match rest.next() {
                Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(c) => text.push(c),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}
