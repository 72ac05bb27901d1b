//! What `inspect` found, as one value.

use serde::Serialize;

use super::super::args::FileKind;
use super::super::output::Report as Shown;
use super::Object;
use super::entries::TranscriptFacts;
use super::kind::{Kind, ToldBy};
use crate::ceremony::script;
use crate::check::consumer::Consumer;
use crate::check::{Finding, Outcome, Refusal};
use crate::digest::Digest;
use crate::x509::facts::{CertificateFacts, CrlFacts, RequestFacts};
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
    kind: Kind,
    told_by: ToldBy,
    verdict: Verdict,
    /// Who reads a bundle.
    #[serde(rename = "for", skip_serializing_if = "Vec::is_empty")]
    readers: Vec<&'static str>,
    /// What a ceremony knows besides, and what was not looked at here.
    not_checked: &'static str,
    findings: Vec<Told>,
    /// What a file is that no ceremony takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
    /// What a person can do about it.
    #[serde(skip)]
    hint: &'static str,
    /// What people are told of a file that is accepted.
    #[serde(skip)]
    accepted: &'static str,
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
    /// A certificate.
    Certificate(CertificateFacts),
    /// A CRL.
    Crl(CrlFacts),
    /// The certificates of a bundle, as far as they can be read, in their order.
    Bundle(Vec<CertificateFacts>),
    /// A transcript.
    Transcript(TranscriptFacts),
}

/// A check of any room, done.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Public id.
    pub id: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, escaped.
    pub words: String,
    /// What a person can do.
    #[serde(skip)]
    pub hint: &'static str,
}

impl From<Finding> for Told {
    fn from(finding: Finding) -> Self {
        Self {
            id: finding.id.public(),
            outcome: finding.outcome,
            words: finding.words,
            hint: finding.id.hint(),
        }
    }
}

/// What the checks of one kind say of a file.
pub struct Judged {
    /// What it says, where it can be read.
    pub facts: Option<Facts>,
    /// Every check.
    pub findings: Vec<Told>,
    /// What the file is where it is told and refused without a check, and what can be done.
    pub refused: Option<(&'static str, &'static str)>,
    /// What is said where none failed.
    pub accepted: &'static str,
    /// What was not looked at.
    pub not_checked: &'static str,
}

/// The findings of a check, passed or refused.
pub fn findings<T>(result: Result<(T, Vec<Finding>), Refusal>) -> Vec<Told> {
    let findings = match result {
        Ok((_, findings)) => findings,
        Err(refusal) => refusal.findings,
    };
    findings.into_iter().map(Told::from).collect()
}

impl Report {
    /// Puts together what was found.
    pub fn new(object: &Object<'_>, (kind, told_by): (Kind, ToldBy), judged: Judged) -> Self {
        let failed = judged.refused.is_some() || judged.findings.iter().any(is_failed);
        let readers = match kind {
            Kind::Judged(FileKind::Bundle) => Consumer::readers(object.consumers),
            _ => Vec::new(),
        };
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
            readers: readers.into_iter().map(Consumer::word).collect(),
            not_checked: judged.not_checked,
            findings: judged.findings,
            refused: judged.refused.map(|(says, _)| says),
            hint: judged.refused.map_or("", |(_, hint)| hint),
            accepted: judged.accepted,
            facts: judged.facts,
        }
    }

    /// Whether a ceremony would take it.
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    fn conclusion(&self) -> Vec<String> {
        if let Some(says) = self.refused {
            let mut lines = wrapped("", &format!("REFUSED: {says}."));
            lines.extend(wrapped("hint: ", self.hint));
            return lines;
        }
        let mut failed = self.findings.iter().filter(|finding| is_failed(finding));
        let Some(first) = failed.next() else {
            let words = format!("ACCEPTED: {}.", self.accepted);
            let mut lines = wrapped("", &words);
            lines.extend(wrapped(
                "",
                &format!("Not looked at: {}.", self.not_checked),
            ));
            return lines;
        };
        let words = format!("REFUSED: {}: {}", first.id, first.words);
        let mut lines = wrapped("", &words);
        lines.extend(wrapped("hint: ", first.hint));
        lines
    }
}

fn is_failed(finding: &Told) -> bool {
    finding.outcome == Outcome::Fail
}

impl Shown for Report {
    fn text(&self) -> String {
        let mut page = vec![
            line(self.kind.word(), &self.file),
            line("sha-256", &self.sha256.to_string()),
        ];
        if !self.readers.is_empty() {
            page.push(line("for", &self.readers.join(", ")));
        }
        if self.told_by == ToldBy::Nothing {
            page.extend(wrapped(
                &line("note", ""),
                "nothing in it tells what it is; it is judged as a request. --as says otherwise",
            ));
        }
        if self.refused.is_none() {
            match &self.facts {
                Some(facts) => page.extend(facts.lines()),
                None => page.push(line("content", "cannot be read")),
            }
            page.push("Checks:".to_owned());
            let told = |one: &Told| script::outcome(one.outcome, one.id, &one.words);
            page.extend(self.findings.iter().flat_map(told));
        }
        page.push(String::new());
        page.extend(self.conclusion());
        joined(&page)
    }
}

impl Facts {
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Request(facts) => {
                let mut lines = show::request(facts);
                let digest = facts.spki_sha256.iter();
                lines.extend(digest.flat_map(|one| script::digest("SPKI sha-256", *one)));
                lines
            }
            Self::Certificate(facts) => show::certificate(facts),
            Self::Crl(facts) => {
                let mut lines = show::crl(facts);
                lines.extend(show::revoked(facts));
                lines
            }
            Self::Bundle(list) => {
                let one = |(at, facts): (usize, &CertificateFacts)| {
                    let mut lines = vec![String::new(), format!("Certificate {}:", at + 1)];
                    lines.extend(show::certificate(facts));
                    lines
                };
                list.iter().enumerate().flat_map(one).collect()
            }
            Self::Transcript(facts) => facts.lines(),
        }
    }
}
