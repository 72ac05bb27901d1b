//! Every rule, its public id and its words; and the clearance that only a passed check makes.
//!
//! A check reads the very bytes that will be signed. What passes comes out as [`Cleared`],
//! which nothing outside this room can make and the one caller of the token demands.

pub mod adopted_key;
pub mod adoption;
mod body;
pub mod bundle;
pub mod certificate;
pub mod clock;
pub mod consumer;
pub mod copy;
pub mod crl;
pub mod crl_file;
mod crl_list;
pub mod cross;
mod destroy;
pub mod ending;
mod extensions;
pub mod id;
pub mod issued;
mod judged;
pub mod key;
mod linkerd;
pub mod note;
pub mod own_request;
pub mod past;
pub mod plan;
pub mod possession;
pub mod previous;
mod profile;
mod renewed;
pub mod request;
pub mod revoke;
pub mod seal;
mod signed_file;
pub mod stand_in;
pub mod tbs;
mod trust;

pub use id::{CheckId, Level};

use crate::ledger::entry::FindingRecord;
pub use crate::ledger::kinds::Outcome;
use crate::plan::Waiver;
use crate::x509::escape::escape;

/// Something that passed its checks. The field is private: only this room makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared<T> {
    value: T,
}

impl<T> Cleared<T> {
    /// What was cleared.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Gives the value back, without its clearance.
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// One check, done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub id: CheckId,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, escaped.
    pub words: String,
}

impl Finding {
    /// As recorded in the transcript.
    pub fn record(&self) -> FindingRecord {
        FindingRecord {
            id: self.id.public().to_owned(),
            outcome: self.outcome,
            words: self.words.clone(),
        }
    }
}

impl serde::Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record().serialize(serializer)
    }
}

/// A refusal: the first failed check, with all findings up to the end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {words}", id.public())]
pub struct Refusal {
    /// The first check that failed.
    pub id: CheckId,
    /// What was found.
    pub words: String,
    /// What was checked: a file or a product.
    pub subject: String,
    /// All findings, the failed ones among them.
    pub findings: Vec<Finding>,
}

/// What a check that may pass on to others collects.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// Records a check: `required` is what must hold, `found` what is.
    pub(crate) fn require(&mut self, id: CheckId, holds: bool, found: impl Into<String>) -> bool {
        let outcome = if holds { Outcome::Pass } else { Outcome::Fail };
        self.list.push(Finding {
            id,
            outcome,
            words: found.into(),
        });
        holds
    }

    /// Records something allowed that people should know.
    pub(crate) fn notice(&mut self, id: CheckId, found: impl Into<String>) {
        self.list.push(Finding {
            id,
            outcome: Outcome::Notice,
            words: found.into(),
        });
    }

    /// Adds what another check found.
    pub(crate) fn extend(&mut self, found: Vec<Finding>) {
        self.list.extend(found);
    }

    /// Whether nothing was checked.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts aside what the ceremony file waives, where a check's level allows it.
    pub(crate) fn waive(&mut self, waivers: &[&Waiver]) {
        let failed = |finding: &&mut Finding| {
            finding.outcome == Outcome::Fail && finding.id.level() == Level::Waivable
        };
        for finding in self.list.iter_mut().filter(failed) {
            let waiver = waivers.iter().find(|one| one.check == finding.id.public());
            if let Some(waiver) = waiver {
                finding.outcome = Outcome::Waived;
                finding.words = format!(
                    "{}; waived by {}: {}",
                    finding.words,
                    waiver.by,
                    escape(&waiver.reason)
                );
            }
        }
    }

    /// The refusal, named after the first check that failed, if one did.
    pub(crate) fn refusal(&self, subject: &str) -> Option<Refusal> {
        let failed = |finding: &&Finding| finding.outcome == Outcome::Fail;
        let failed = self.list.iter().find(failed)?;
        Some(Refusal {
            id: failed.id,
            words: failed.words.clone(),
            subject: subject.to_owned(),
            findings: self.list.clone(),
        })
    }

    /// Clears the value where nothing failed.
    pub(crate) fn clear<T>(
        self,
        value: T,
        subject: &str,
    ) -> Result<(Cleared<T>, Vec<Finding>), Refusal> {
        match self.refusal(subject) {
            None => Ok((Cleared { value }, self.list)),
            Some(refusal) => Err(refusal),
        }
    }

    /// Refuses at once, where the rest of the checks has nothing to read.
    pub(crate) fn refuse(
        mut self,
        id: CheckId,
        words: impl Into<String>,
        subject: &str,
    ) -> Refusal {
        let words = words.into();
        self.list.push(Finding {
            id,
            outcome: Outcome::Fail,
            words: words.clone(),
        });
        Refusal {
            id,
            words,
            subject: subject.to_owned(),
            findings: self.list,
        }
    }
}
