//! What a verification found: as values for JSON, and as text for people. Every text in the
//! values is escaped already.

use std::collections::BTreeSet;

use serde::Serialize;

pub use super::findings::AuditFinding;
use super::life::Life;
use super::people::PersonFact;
use super::seen::{self, Seen};
use crate::digest::Digest;
use crate::ledger::kinds::{BodyKind, CeremonyKind, CeremonyOutcome};
use crate::plan::SealMode;
use crate::x509::escape::escape;
use crate::x509::show::{joined, line, wrapped};

/// How a verification ended. As JSON two fields of its report: `verdict`, and `because` where
/// it is consistent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "because", rename_all = "lowercase")]
pub enum Verdict {
    /// Every check holds, and the given root signed the seal.
    Verified,
    /// Every check holds, but nothing binds it to the root: why.
    Consistent(String),
    /// Of a format or an edition of the rules that this program does not know: which.
    #[serde(rename = "not checked")]
    NotChecked(String),
    /// Something does not hold.
    Refused,
}

/// A certificate, CRL or request of the ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductFact {
    /// Its name in the plan.
    pub name: String,
    /// What it is.
    pub kind: BodyKind,
    /// Subject of a certificate or request, escaped.
    pub subject: Option<String>,
    /// Serial number of a certificate, hex.
    pub serial: Option<String>,
    /// notAfter, or nextUpdate of a CRL; a request has no end.
    pub not_after: Option<String>,
    /// Mount of an intermediate.
    pub mount: Option<String>,
    /// Number of a CRL.
    pub crl_number: Option<u64>,
    /// SPKI digest of a certificate or request.
    pub spki_sha256: Option<Digest>,
    /// Digest of the whole, DER; `None` where it was only possibly signed.
    pub sha256: Option<Digest>,
}

/// What the ceremony was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Production or rehearsal.
    pub kind: CeremonyKind,
    /// How it ended.
    pub outcome: CeremonyOutcome,
    /// Who signs the seal besides people.
    pub seal_mode: SealMode,
    /// Entries of the transcript.
    pub entries: u64,
    /// Time of the first entry.
    pub started: String,
    /// Time of the last entry.
    pub ended: String,
    /// Digest of the last line.
    pub head: Digest,
    /// Digest of SEAL.txt.
    pub seal: Digest,
    /// Digest of the lock.
    pub lock: Digest,
    /// Digest of the SEAL.txt before; zeros for none.
    pub previous: Digest,
    /// Program that ran it.
    pub tool: String,
    /// software, hardware or none
    pub assurance: String,
    /// When the next CRL is due, or none.
    pub next_crl: String,
    /// What was signed, or possibly was.
    pub products: Vec<ProductFact>,
    /// Who is named.
    pub people: Vec<PersonFact>,
}

/// The verification of one ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The folder that was read.
    pub folder: String,
    /// Ceremony id; empty where it cannot be read.
    pub ceremony: String,
    /// What it was; `None` where the seal cannot be read.
    pub facts: Option<Facts>,
    /// Every check.
    pub checks: Vec<AuditFinding>,
    /// What to know besides.
    pub notices: Vec<String>,
    /// What rules of a later edition than the ceremony's would refuse. It changes no verdict.
    pub later: Vec<String>,
    /// What is on the tool's word alone: fields of entries as `type.field`, and files.
    pub told: Vec<String>,
    /// The end of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The verification of a whole ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Every sealed ceremony, in order.
    pub ceremonies: Vec<Report>,
    /// The open one.
    pub open: Option<String>,
    /// Digest of the newest SEAL.txt; zeros for none.
    pub head: Digest,
    /// Certificates in the register.
    pub certificates: usize,
    /// Number of the newest CRL.
    pub crl_number: Option<u64>,
    /// The root's life, where a moment was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Certificates from the wild.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
    /// Checks over all ceremonies.
    pub checks: Vec<AuditFinding>,
    /// What to know besides.
    pub notices: Vec<String>,
    /// The end of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Report {
    /// Of a folder that was not looked at.
    pub(super) fn not_checked(folder: &str, why: &str) -> Self {
        Self {
            folder: escape(folder),
            ceremony: String::new(),
            facts: None,
            checks: Vec::new(),
            notices: Vec::new(),
            later: Vec::new(),
            told: Vec::new(),
            verdict: Verdict::NotChecked(why.to_owned()),
        }
    }

    /// The first check that does not hold.
    pub fn first_broken(&self) -> Option<&AuditFinding> {
        self.checks.iter().find(|check| !check.passed)
    }

    /// The text for people, 80 columns.
    pub fn to_text(&self) -> String {
        let mut page = Vec::new();
        self.lines(&mut page);
        told(&mut page, self.told.iter());
        verdict(&mut page, &self.verdict, "this ceremony");
        claims(&mut page, &self.verdict);
        joined(&page)
    }

    fn lines(&self, page: &mut Vec<String>) {
        page.push(format!("Ceremony {}", self.folder));
        if let Some(facts) = &self.facts {
            page.push(line("kind", facts.kind.word()));
            page.push(line("outcome", facts.outcome.word()));
            page.push(line(
                "when",
                &format!("{} to {}", facts.started, facts.ended),
            ));
            page.push(line("by", &facts.tool));
            page.push(line("assurance", &facts.assurance));
            page.push(line("entries", &facts.entries.to_string()));
            page.push(line("head", &facts.head.to_string()));
            page.push(line("seal", &facts.seal.to_string()));
            page.push(line("lock", &facts.lock.to_string()));
            page.push(line("next CRL", &facts.next_crl));
            for product in &facts.products {
                page.extend(wrapped("  issued      ", &product.words()));
            }
            for person in &facts.people {
                page.extend(wrapped("  person      ", &person.words()));
            }
        }
        checks(page, &self.checks, &self.notices);
        for words in &self.later {
            page.extend(wrapped(
                "later    ",
                &format!("judged by later rules: {words}"),
            ));
        }
    }
}

impl LedgerReport {
    /// The first check that does not hold, over all ceremonies.
    pub fn first_broken(&self) -> Option<&AuditFinding> {
        self.checks
            .iter()
            .find(|check| !check.passed)
            .or_else(|| self.ceremonies.iter().find_map(Report::first_broken))
    }

    /// The text for people, 80 columns.
    pub fn to_text(&self) -> String {
        let mut page = Vec::new();
        for report in &self.ceremonies {
            report.lines(&mut page);
            page.push(String::new());
        }
        page.push("The ledger as a whole".to_owned());
        page.push(line("ceremonies", &self.ceremonies.len().to_string()));
        page.push(line("certificates", &self.certificates.to_string()));
        let number = self
            .crl_number
            .map_or_else(|| "none".to_owned(), |number| number.to_string());
        page.push(line("newest CRL", &number));
        page.push(line("open", self.open.as_deref().unwrap_or("none")));
        checks(&mut page, &self.checks, &self.notices);
        told(&mut page, self.ceremonies.iter().flat_map(|one| &one.told));
        if let Some(life) = &self.life {
            page.push(String::new());
            page.extend(life.lines());
        }
        if !self.seen.is_empty() {
            page.push(String::new());
            page.extend(seen::lines(&self.seen));
        }
        verdict(&mut page, &self.verdict, "this ledger");
        if self.verdict != Verdict::Refused {
            page.extend(wrapped(
                "",
                &format!("None missing up to head {}.", self.head),
            ));
            page.extend(wrapped(
                "",
                "That this head is the newest, only paper, the token or the last CRL can say.",
            ));
        }
        claims(&mut page, &self.verdict);
        joined(&page)
    }
}

impl ProductFact {
    fn words(&self) -> String {
        let mut words = match (&self.subject, self.crl_number) {
            (Some(subject), _) if self.kind == BodyKind::Request => {
                format!("{}: request for the root's own key, {subject}", self.name)
            }
            (Some(subject), _) => format!("{}: {subject}", self.name),
            (None, Some(number)) => format!("{}: CRL number {number}", self.name),
            _ => self.name.clone(),
        };
        if let Some(serial) = &self.serial {
            words.push_str(&format!(", serial {serial}"));
        }
        if let Some(mount) = &self.mount {
            words.push_str(&format!(", for {}", mount));
        }
        if let Some(end) = &self.not_after {
            words.push_str(&format!(", until {end}"));
        }
        if self.sha256.is_none() {
            words.push_str(", POSSIBLY signed: no signature was kept");
        }
        words
    }
}

fn checks(page: &mut Vec<String>, checks: &[AuditFinding], notices: &[String]) {
    for check in checks {
        if check.passed {
            page.extend(wrapped(&format!("ok       {:<17}", check.id), &check.words));
        } else {
            let words = format!("{}: {}", check.place, check.words);
            page.extend(wrapped(&format!("REFUSED  {:<17}", check.id), &words));
        }
    }
    for notice in notices {
        page.extend(wrapped("note     ", notice));
    }
}

/// What is on the tool's word alone, each once.
fn told<'r>(page: &mut Vec<String>, list: impl Iterator<Item = &'r String>) {
    let list: BTreeSet<&str> = list.map(String::as_str).collect();
    if !list.is_empty() {
        let list = Vec::from_iter(list).join("; ");
        let words = format!("on the tool's word alone: {list}");
        page.extend(wrapped("told     ", &words));
    }
}

fn verdict(page: &mut Vec<String>, verdict: &Verdict, what: &str) {
    page.push(String::new());
    let words = match verdict {
        Verdict::Verified => format!("VERIFIED: {what}."),
        Verdict::Consistent(why) => format!("CONSISTENT, NOT VERIFIED: {what}: {why}."),
        Verdict::NotChecked(why) => format!("NOT CHECKED: {what}: {why}."),
        Verdict::Refused => format!("REFUSED: {what} does not verify."),
    };
    page.extend(wrapped("", &words));
}

/// What is claimed and what is not.
fn claims(page: &mut Vec<String>, verdict: &Verdict) {
    let claim = match verdict {
        Verdict::Verified => {
            "Claimed: no covered byte changed since it was sealed under the given root."
        }
        Verdict::Consistent(_) => {
            "Claimed: the files agree with each other. Nothing binds them to the root: who can write them all can write them anew."
        }
        Verdict::NotChecked(_) | Verdict::Refused => return,
    };
    page.extend(wrapped("", claim));
    page.extend(wrapped(
        "",
        "Not claimed: that the clock was right, that the token was what it said it was, that people were who they said they were. People's signatures are by the keys this ceremony names, until ssh-keygen checks them with keys from elsewhere.",
    ));
}
