//! The first entries of a session, and every question in it: what runs, where, who sits there,
//! and what they answered.

use super::error::CeremonyError;
use super::pages;
use super::run::Course;
use crate::digest::Digest;
use crate::ledger::entry::{Event, FileRecord};
use crate::ledger::{layout, question};
use crate::plan::document::TOOL;
use crate::ports::Question;

impl Course<'_, '_> {
    /// Asks until the answer is the one on paper, three times at most; everything is recorded.
    pub fn ask(&mut self, step: Option<&str>, question: &Question) -> Result<(), CeremonyError> {
        let mut questions = std::iter::repeat_n(question.clone(), 3);
        self.ask_each(step, question.id, &mut questions)
    }

    /// Asks each question in turn until one is answered as the paper says.
    pub fn ask_each(
        &mut self,
        step: Option<&str>,
        what: &str,
        questions: &mut dyn Iterator<Item = Question>,
    ) -> Result<(), CeremonyError> {
        for question in questions {
            let asked = Event::Question {
                id: question.id.to_owned(),
                text: question.text.clone(),
            };
            self.record(step, &asked)?;
            let value = self.desk.operator.ask(&question)?;
            self.console.asked(self.desk, &question, &value);
            let accepted = same_words(&value, &question.on_paper);
            let answer = Event::Answer {
                id: question.id.to_owned(),
                value,
                accepted,
            };
            self.record(step, &answer)?;
            if accepted {
                return Ok(());
            }
            self.show("That is not what the paper says.\n");
        }
        Err(CeremonyError::NotApproved(what.to_owned()))
    }

    /// The first entries of a session: what runs, where, and who sits there.
    /// The very first stands in the transcript already.
    pub(super) fn begin(
        &mut self,
        resumed: bool,
        torn: Option<FileRecord>,
    ) -> Result<(), CeremonyError> {
        let progress = &self.journal.progress;
        let signed = progress.signed_products();
        self.deeds.undelivered = signed
            .iter()
            .filter(|product| !progress.issued.contains(product))
            .filter(|product| !progress.proved.contains(*product))
            .cloned()
            .collect();
        self.deeds.earlier = signed;
        let lock = self.job.prepared.lock_digest();
        if progress.lock != Some(lock) {
            return Err(CeremonyError::OtherCeremony {
                open: self.journal.folder.clone(),
            });
        }
        if progress.rehearsal != Some(self.job.rehearsal) {
            let words = if self.job.rehearsal {
                "the interrupted ceremony is no rehearsal: a rehearsal cannot go on with it"
            } else {
                "the interrupted ceremony is a rehearsal: only a rehearsal can go on with it"
            };
            return Err(CeremonyError::WrongLedger(words.to_owned()));
        }
        if progress.closed.is_some() {
            return Ok(());
        }
        if resumed {
            let event = self.resumed_event(torn);
            self.record(None, &event)?;
        }
        self.record_environment()?;
        let identity = self.desk.token.identity().clone();
        let json = serde_json::to_vec_pretty(&identity).unwrap_or_default();
        self.deliver_evidence(layout::TOKEN, &json)?;
        self.record(None, &Event::TokenOpened { token: identity })?;
        self.confirm_date()?;
        self.approve_start(lock)?;
        self.sync()
    }

    fn resumed_event(&self, torn: Option<FileRecord>) -> Event {
        Event::Resumed {
            tool: TOOL.to_owned(),
            tool_sha256: self.job.tool_sha256,
            interface: self.desk.operator.interface(),
            torn,
        }
    }

    fn record_environment(&mut self) -> Result<(), CeremonyError> {
        let file = self.deliver_evidence(layout::ENVIRONMENT, &self.job.environment)?;
        let findings = self.job.environment_findings.clone();
        self.show(&pages::environment(&findings));
        self.record(None, &Event::Environment { file, findings })?;
        Ok(())
    }

    /// A laptop without a network may have any date: a person reads it off another clock.
    fn confirm_date(&mut self) -> Result<(), CeremonyError> {
        let now = self.desk.clock.now();
        let question = Question {
            id: "date",
            text: question::date(&now.readable()),
            on_paper: now.date(),
        };
        self.ask(None, &question)
    }

    /// The whole ceremony is approved by words of the lock's digest.
    fn approve_start(&mut self, lock: Digest) -> Result<(), CeremonyError> {
        let page = pages::start(self.job, self.journal.progress.issued.len());
        self.show(&page);
        self.approve(None, "begin", "the lock", lock)
    }

    /// Asks for two words of a digest, chosen anew each time; the screen does not show them.
    pub fn approve(
        &mut self,
        step: Option<&str>,
        id: &'static str,
        what: &str,
        digest: Digest,
    ) -> Result<(), CeremonyError> {
        let mut random = [0u8; 6];
        self.desk.entropy.fill(&mut random);
        let words = digest.words();
        let mut questions = random.chunks(2).map(|pair| {
            let first = usize::from(pair[0]) % 32;
            // The second is never the first.
            let second = (first + 1 + usize::from(pair[1]) % 31) % 32;
            Question {
                id,
                text: question::words(first + 1, second + 1, what),
                on_paper: format!("{} {}", words[first], words[second]),
            }
        });
        self.ask_each(step, what, &mut questions)
    }
}

/// Case and spacing do not matter to people who read words aloud.
fn same_words(typed: &str, wanted: &str) -> bool {
    let fold = |text: &str| {
        text.split_whitespace()
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    !typed.trim().is_empty() && fold(typed) == fold(wanted)
}
