//! Clock, entropy and operator stand-ins; the token and the store have files of their own.

use std::cell::Cell;
use std::rc::Rc;

use anchorite::digest::Digest;
use anchorite::ports::{Clock, Entropy, Interface, Operator, OperatorError, Pin, Question};
use anchorite::x509::time::UtcTime;
use zeroize::Zeroizing;

pub use super::store::{Crash, TestStore};
pub use super::token::Hardware;

/// A clock that starts at a fixed moment and goes on by a second with each look at it.
#[derive(Clone)]
pub struct TestClock(pub Rc<Cell<i64>>);

impl TestClock {
    pub fn new() -> Self {
        let start = UtcTime::parse("2026-10-03T09:00:00Z").unwrap();
        Self(Rc::new(Cell::new(start.unix())))
    }
}

impl Clock for TestClock {
    fn now(&mut self) -> UtcTime {
        self.0.set(self.0.get() + 1);
        UtcTime::from_unix(self.0.get())
    }

    fn monotonic_ms(&mut self) -> u64 {
        u64::try_from(self.0.get() - 1_790_000_000).unwrap_or(0) * 1000
    }
}

/// Random numbers from a seed; `stuck` gives the same ones for ever.
pub struct TestEntropy {
    pub seed: u64,
    pub stuck: bool,
    count: u64,
}

impl TestEntropy {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            stuck: false,
            count: 0,
        }
    }
}

/// Octets that follow from a seed and a count.
pub fn octets(seed: u64, count: u64, length: usize) -> Vec<u8> {
    (0..length.div_ceil(32))
        .flat_map(|block| *Digest::of(format!("{seed} {count} {block}").as_bytes()).as_bytes())
        .take(length)
        .collect()
}

impl Entropy for TestEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        out.copy_from_slice(&octets(self.seed, self.count, out.len()));
        self.count += u64::from(!self.stuck);
    }
}

/// What the operator does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Every answer as it stands on paper.
    #[default]
    Paper,
    /// Ctrl-C at the k-th question, the PIN counted as one. From 1.
    StopAt(usize),
    /// Wrong words at every question from the k-th on.
    WrongFrom(usize),
    /// Wrong words at the k-th question alone.
    WrongAt(usize),
    /// Only presses enter from the k-th on.
    EmptyFrom(usize),
    /// Leaves for this many seconds at the k-th question, then answers.
    AwayAt(usize, i64),
    /// Ctrl-C while something is shown after the k-th question, seen before a signature.
    InterruptAfter(usize),
}

/// A person who reads from paper.
pub struct TestOperator {
    pub manner: Manner,
    pub clock: TestClock,
    /// Every page shown.
    pub pages: Vec<String>,
    /// Ids of all questions, in order.
    pub asked: Vec<String>,
}

impl TestOperator {
    pub fn new(manner: Manner, clock: TestClock) -> Self {
        Self {
            manner,
            clock,
            pages: Vec::new(),
            asked: Vec::new(),
        }
    }
}

impl Operator for TestOperator {
    fn interface(&self) -> Interface {
        Interface::Terminal
    }

    fn show(&mut self, page: &str) {
        self.pages.push(page.to_owned());
    }

    fn ask(&mut self, question: &Question) -> Result<String, OperatorError> {
        self.asked.push(question.id.to_owned());
        self.pages.push(format!("? {}\n", question.text));
        let k = self.asked.len();
        match self.manner {
            Manner::StopAt(at) if at == k => Err(OperatorError::Stopped),
            Manner::WrongFrom(at) if k >= at => Ok("wrong words".to_owned()),
            Manner::WrongAt(at) if k == at => Ok("wrong words".to_owned()),
            Manner::EmptyFrom(at) if k >= at => Ok(String::new()),
            Manner::AwayAt(at, seconds) if k == at => {
                self.clock.0.set(self.clock.0.get() + seconds);
                Ok(question.on_paper.clone())
            }
            _ => Ok(question.on_paper.clone()),
        }
    }

    fn ask_pin(&mut self, _: &str) -> Result<Pin, OperatorError> {
        self.asked.push("pin".to_owned());
        if self.manner == Manner::StopAt(self.asked.len()) {
            return Err(OperatorError::Stopped);
        }
        Ok(Pin::new(Zeroizing::new("1234".to_owned())))
    }

    fn work_begins(&mut self, what: &str) {
        self.pages.push(format!("... {what}\n"));
    }

    fn work_ends(&mut self) {}

    fn interrupted(&self) -> bool {
        matches!(self.manner, Manner::InterruptAfter(k) if self.asked.len() >= k)
    }
}
