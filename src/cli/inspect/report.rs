//! What `inspect` found, as one value.

use serde::Serialize;

use super::super::args::FileKind;
use super::super::output::Report as Shown;
use super::Object;
use super::kind::ToldBy;
use crate::ceremony::script;
use crate::check::{Finding, Outcome, Refusal};
use crate::digest::Digest;
use crate::x509::facts::RequestFacts;
use crate::x509::show::{self, joined, line, wrapped};

/// The JSON's format.
pub const FORMAT: &str = "anchorite/inspect/0";

/// One file, shown and judged.
#[derive(Debug, Serialize)]
pub struct Report {
    format: &'static str,
    /// Path, escaped.
    file: String,
    /// Octets of the file.
    octets: usize,
    /// Digest of the file.
    sha256: Digest,
    kind: FileKind,
    told_by: ToldBy,
    verdict: Verdict,
    /// What a ceremony knows besides, and what was not looked at here.
    not_checked: &'static str,
    findings: Vec<Finding>,
    /// What it says, under the name of its kind; absent where it cannot be read.
    #[serde(flatten)]
    facts: Option<Facts>,
}

/// Whether a ceremony would take the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// Every check holds.
    Accepted,
    /// At least one fails.
    Refused,
}

/// What a file says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Facts {
    /// A request.
    Request(RequestFacts),
}

/// What the checks of one kind say of a file.
pub struct Judged {
    /// What it says, where it can be read.
    pub facts: Option<Facts>,
    /// Every check.
    pub findings: Vec<Finding>,
    /// What only a ceremony can tell.
    pub not_checked: &'static str,
}

/// The findings of a check, passed or refused.
pub fn findings<T>(result: Result<(T, Vec<Finding>), Refusal>) -> Vec<Finding> {
    match result {
        Ok((_, findings)) => findings,
        Err(refusal) => refusal.findings,
    }
}

impl Report {
    /// Puts together what was found.
    pub fn new(object: &Object<'_>, (kind, told_by): (FileKind, ToldBy), judged: Judged) -> Self {
        let failed = judged.findings.iter().any(is_failed);
        Self {
            format: FORMAT,
            file: object.path.to_owned(),
            octets: object.bytes.len(),
            sha256: Digest::of(object.bytes),
            kind,
            told_by,
            verdict: if failed {
                Verdict::Refused
            } else {
                Verdict::Accepted
            },
            not_checked: judged.not_checked,
            findings: judged.findings,
            facts: judged.facts,
        }
    }

    /// Whether a ceremony would take it.
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    fn conclusion(&self) -> Vec<String> {
        let word = self.kind.word();
        let mut failed = self.findings.iter().filter(|finding| is_failed(finding));
        let Some(first) = failed.next() else {
            let words = format!("ACCEPTED: a ceremony takes this {word}.");
            let mut lines = wrapped("", &words);
            lines.extend(wrapped(
                "",
                &format!("Not looked at: {}.", self.not_checked),
            ));
            return lines;
        };
        let words = format!("REFUSED: {}: {}", first.id.public(), first.words);
        let mut lines = wrapped("", &words);
        lines.extend(wrapped("hint: ", first.id.hint()));
        lines
    }
}

fn is_failed(finding: &Finding) -> bool {
    finding.outcome == Outcome::Fail
}

impl Shown for Report {
    fn text(&self) -> String {
        let mut page = vec![
            line(self.kind.word(), &self.file),
            line("sha-256", &self.sha256.to_string()),
        ];
        if self.told_by == ToldBy::Nothing {
            page.extend(wrapped(
                &line("note", ""),
                "nothing in it tells what it is; it is judged as a request. --as says otherwise",
            ));
        }
        match &self.facts {
            Some(Facts::Request(facts)) => {
                page.extend(show::request(facts));
                page.extend(script::digest("SPKI sha-256", facts.spki_sha256));
            }
            None => page.push(line("content", "cannot be read")),
        }
        page.push("Checks:".to_owned());
        page.extend(self.findings.iter().flat_map(script::finding));
        page.push(String::new());
        page.extend(self.conclusion());
        joined(&page)
    }
}
