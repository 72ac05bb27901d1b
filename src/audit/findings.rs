//! The checks of a verification: their public ids, their rules, and how their outcomes are
//! collected.

use std::collections::BTreeSet;

use serde::Serialize;

use super::checked::Records;
use crate::edition::{self, Edition};

/// One check, done: either it passed, or this is one thing that broke it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    /// Public id, `VERIFY-CHAIN`.
    pub id: String,
    /// Whether it holds.
    pub passed: bool,
    /// Where it broke: file, line, entry. Empty where it holds.
    pub place: String,
    /// The rule where it holds; what was found where it does not. Escaped.
    pub words: String,
}

rules! {
    /// A rule of the verifier, in the order of a report.
    AuditId;
    Root = "VERIFY-ROOT", "the given root signed itself, has a key of a known type, and is the root of this ceremony",
        "get the root certificate from a source you trust, not from the folder that is verified";
    Files = "VERIFY-FILES", "the folder holds plain files and folders only, all that must be there, and nothing that the sums do not list",
        "compare with another copy of the ledger";
    Chain = "VERIFY-CHAIN", "each line of the transcript is a strict entry and names the digest of the line before",
        "compare with another copy of the ledger, from the named line on";
    Sums = "VERIFY-SUMS", "SHA256SUMS is sorted, lists each file once, and every listed file has its digest",
        "compare with another copy of the ledger";
    Seal = "VERIFY-SEAL", "SEAL.txt has the one form that is written, and says what transcript, plan and files say",
        "compare with another copy of the ledger";
    Signature = "VERIFY-SIGNATURE", "the root's signature on SEAL.txt is in the one form that follows from it, and verifies under the given root",
        "compare with another copy of the ledger; is this the right root?";
    Text = "VERIFY-TEXT", "VERIFY.txt is what this tool writes for this ceremony",
        "use docs/verify.sh from the tool's own release";
    Lock = "VERIFY-LOCK", "the lock names ceremony file, plan and inputs, and each has its digest",
        "compare with the lock that was approved";
    Plan = "VERIFY-PLAN", "the plan is what follows from the locked ceremony file, its inputs and the ledger before it",
        "compare with the plan that was approved";
    Entries = "VERIFY-ENTRIES", "the transcript begins once, closes once at its end, and its entries follow each other as a ceremony's do",
        "look at the named entry";
    Time = "VERIFY-TIME", "time never goes back: within the transcript, from seal to seal, and within the root's life",
        "look at the named entry: was the laptop's clock set back? ask those who were there";
    Session = "VERIFY-SESSION", "each session begins with its evidence, the date and the lock's approval, and each entry names its step and its actor as the plan has them",
        "look at the named entry";
    Checked = "VERIFY-CHECKED", "what the transcript says was checked is what these checks find, and stands before what it allows",
        "look at the named entry: what was put aside, and by whom?";
    Approval = "VERIFY-APPROVAL", "every signature was approved before by the right words of the right digest, and answers are marked as they were",
        "ask those who were there about the named entry";
    Key = "VERIFY-KEY", "the root key in the token was the given root's, recorded as sensitive, local, not extractable, for signing only",
        "look at the key's entry: is this the right root?";
    Intent = "VERIFY-INTENT", "every intent to sign is of a planned product, with its body, and is repeated only as the policy allows",
        "look at the named entry";
    Product = "VERIFY-PRODUCT", "every signed body is the planned one under the rules for it, and its signature verifies under the given root",
        "take the named certificate or CRL out of use until it is explained";
    Revoked = "VERIFY-REVOKED", "what is revoked was confirmed and recorded as it was planned, and the CRL lists it and nothing else for the first time",
        "look at the named entry; ask those who were there why this serial number is listed, or is not";
    Out = "VERIFY-OUT", "the files in out/ are those that follow from the transcript, byte for byte",
        "do not deliver these files";
    Issued = "VERIFY-ISSUED", "what the transcript says of each product is what its bytes say",
        "look at the named entry";
    Complete = "VERIFY-COMPLETE", "a completed ceremony signed and issued every planned product once, in the order of the plan",
        "look at the transcript's last entries";
    Adoption = "VERIFY-ADOPTION", "a root is one that the ledger made, or took over once, with a proof that the token holds its key and with what follows from the files that were given",
        "compare with another copy of the ledger; is this the right root?";
    Register = "VERIFY-REGISTER", "serial numbers are unique, CRL numbers and dates grow",
        "two certificates of one serial number must never be in use: find both";
    PostSeal = "VERIFY-POST-SEAL", "what is written after the seal is a chain that begins with the seal's digest, and tells of the key that the seal's ceremony announces",
        "compare with another copy of the ledger, and with the people's signatures on it";
    Ledger = "VERIFY-LEDGER", "ceremonies stand in their order without gaps, each seal names the one before, all under one root",
        "compare with another copy of the ledger";
    Expect = "VERIFY-EXPECT", "the digest that was expected is this lock's, seal's or head's",
        "compare with what stands on paper, word by word";
    Seen = "VERIFY-SEEN", "every certificate from the wild that the root signed is known to the ledger",
        "find out who signed it: look for a lost ceremony, another ledger, or a use of the key outside of both";
}

/// Where outcomes are collected.
#[derive(Debug)]
pub(super) struct Findings {
    /// What a ceremony is judged by.
    pub edition: &'static Edition,
    done: Vec<AuditId>,
    broken: Vec<(AuditId, String, String)>,
    /// What a reader should know and what refuses nothing.
    pub notices: Vec<String>,
    /// What rules of a later edition would refuse.
    pub later: Vec<String>,
    /// The checks that were done again.
    pub records: Records,
    /// What nothing recomputes: fields of entries, and files.
    pub told: BTreeSet<String>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            edition: &edition::ALL[edition::NEWEST as usize],
            done: Vec::new(),
            broken: Vec::new(),
            notices: Vec::new(),
            later: Vec::new(),
            records: Records::default(),
            told: BTreeSet::new(),
        }
    }
}

/// More than these are not told of one rule.
const MOST: usize = 16;

impl Findings {
    /// This rule was looked at.
    pub fn begun(&mut self, id: AuditId) {
        if !self.done.contains(&id) {
            self.done.push(id);
        }
    }

    /// This rule is broken, there.
    pub fn fail(&mut self, id: AuditId, place: impl Into<String>, words: impl Into<String>) {
        if !self.edition.has(id.public()) {
            let (place, words) = (place.into(), words.into());
            return self.later(format!("{}: {place}: {words}", id.public()));
        }
        self.begun(id);
        if self
            .broken
            .iter()
            .filter(|(other, ..)| *other == id)
            .count()
            < MOST
        {
            self.broken.push((id, place.into(), words.into()));
        }
    }

    /// A rule that came later would refuse this.
    pub fn later(&mut self, words: String) {
        if self.later.len() < MOST {
            self.later.push(words);
        }
    }

    /// On the tool's word alone.
    pub fn told(&mut self, what: impl Into<String>) {
        self.told.insert(what.into());
    }

    /// This must hold.
    pub fn require(
        &mut self,
        id: AuditId,
        holds: bool,
        place: impl Into<String>,
        words: impl Into<String>,
    ) -> bool {
        if self.edition.has(id.public()) {
            self.begun(id);
        }
        if !holds {
            self.fail(id, place, words);
        }
        holds
    }

    /// Something to be known.
    pub fn notice(&mut self, words: impl Into<String>) {
        self.notices.push(words.into());
    }

    /// Whether anything is broken.
    pub fn any_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// The outcomes in the order of the rules.
    pub fn list(&self) -> Vec<AuditFinding> {
        let mut list = Vec::new();
        for &id in AuditId::ALL {
            let broken: Vec<_> = self.broken.iter().filter(|(one, ..)| *one == id).collect();
            if broken.is_empty() && self.done.contains(&id) {
                list.push(AuditFinding {
                    id: id.public().to_owned(),
                    passed: true,
                    place: String::new(),
                    words: id.rule().to_owned(),
                });
            }
            list.extend(broken.into_iter().map(|(_, place, words)| AuditFinding {
                id: id.public().to_owned(),
                passed: false,
                place: place.clone(),
                words: words.clone(),
            }));
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_documented() {
        let page = include_str!("../../docs/checks.md");
        for id in AuditId::ALL {
            let line = format!("| `{}` | {} | {} |", id.public(), id.rule(), id.hint());
            assert!(page.contains(&line), "docs/checks.md lacks:\n{line}");
        }
        let lines = page.lines().filter(|line| line.starts_with("| `VERIFY-"));
        assert_eq!(lines.count(), AuditId::ALL.len());
    }
}
