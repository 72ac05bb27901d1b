//! The person's terminal: `/dev/tty`, read line by line by our own few lines of code.
//!
//! Why no prompt library: see `docs/adr/0009-own-line-reader.md`. What counts here: Ctrl-C is
//! seen at once at every question, nothing typed before a question answers it, a PIN is never
//! drawn nor left behind in memory, and the terminal is always given back as it was.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, isatty,
    tcflush, tcgetattr, tcsetattr,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use zeroize::{Zeroize as _, Zeroizing};

use super::lines::{self, LINE_LIMIT, Line, PIN_LIMIT, Progress};
use super::progress::Working;
use crate::ports::{Interface, Operator, OperatorError, Pin, Question};

/// A signal wakes `poll` by itself; this is for one that comes just before it, or that
/// another thread takes.
const TICK: Duration = Duration::from_millis(100);
/// A question is put when nothing has been typed for this long...
const CALM: Duration = Duration::from_millis(30);
/// ...or after this long, however much is still pouring in.
const CALM_LIMIT: Duration = Duration::from_secs(2);

/// There is nobody to ask: `run` needs a terminal (exit code 2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTerminal {
    /// Standard input or output leads elsewhere.
    #[error("{0} is not a terminal, and a ceremony needs a person at one")]
    Redirected(&'static str),
    /// `/dev/tty` does not open.
    #[error("/dev/tty cannot be used: {0}")]
    NoTty(String),
    /// The signals could not be taken over.
    #[error("ctrl-c cannot be caught: {0}")]
    NoSignals(String),
}

/// Whether the environment asks for plain lines: `NO_COLOR` is set, or `TERM` is `dumb`.
pub fn wants_plain() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// A person at a terminal. From the moment it is opened until the process ends, SIGINT,
/// SIGTERM and SIGHUP only set a flag: whoever works on must look at `interrupted`.
pub struct Terminal {
    tty: File,
    plain: bool,
    stop: Arc<AtomicBool>,
    /// The flag was seen through `interrupted`: the next question is put all the same.
    told: AtomicBool,
    working: Option<Working>,
}

impl Terminal {
    /// Opens `/dev/tty`. With `plain` nothing is ever drawn twice (no spinner).
    pub fn open(plain: bool) -> Result<Self, NoTerminal> {
        // Standard input is named first, as a pipe into `run` is the likely mistake.
        if isatty(std::io::stdin()) && !isatty(std::io::stdout()) {
            return Err(NoTerminal::Redirected("standard output"));
        }
        Self::open_beside_document(plain)
    }

    /// The same where standard output may be a file, as for a verb that prints a document.
    pub fn open_beside_document(plain: bool) -> Result<Self, NoTerminal> {
        if !isatty(std::io::stdin()) {
            return Err(NoTerminal::Redirected("standard input"));
        }
        let tty = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap_or(0))
            .open("/dev/tty")
            .map_err(|error| NoTerminal::NoTty(error.to_string()))?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stop))
                .map_err(|error| NoTerminal::NoSignals(error.to_string()))?;
        }
        Ok(Self {
            tty,
            plain: plain || !isatty(std::io::stderr()),
            stop,
            told: AtomicBool::new(false),
            working: None,
        })
    }

    fn write(&mut self, text: &str) -> Result<(), OperatorError> {
        self.tty.write_all(text.as_bytes()).map_err(failed)
    }

    /// Puts one question and reads one line. A line that cannot be taken is asked for again;
    /// it was not an answer.
    fn question(
        &mut self,
        text: &str,
        limit: usize,
        hidden: bool,
    ) -> Result<Zeroizing<String>, OperatorError> {
        self.working = None;
        let told = self.told.swap(false, Ordering::SeqCst);
        // Ctrl-C pressed while nobody looked counts for this question.
        if self.stop.swap(false, Ordering::SeqCst) && !told {
            return Err(OperatorError::Stopped);
        }
        loop {
            // Its drop gives the terminal back, whichever way this ends.
            let modes = Modes::set(&self.tty, hidden)?;
            self.calm()?;
            self.write(&format!("{}\n> ", lines::guard(text)))?;
            let mut line = Line::new(limit);
            let outcome = self.read_line(&mut line);
            drop(modes);
            if hidden || outcome.is_err() {
                // The Enter key was not echoed, or never pressed.
                let end = if hidden && outcome.is_ok() {
                    "[hidden]\n"
                } else {
                    "\n"
                };
                let written = self.write(end);
                if outcome.is_ok() {
                    written?;
                }
            }
            if outcome? == Progress::TooLong {
                self.write(&format!("more than {limit} bytes: not taken\n"))?;
                continue;
            }
            match line.into_text() {
                Some(answer) => return Ok(answer),
                None => self.write("not UTF-8 text: not taken\n")?,
            }
        }
    }

    /// Throws away what was typed ahead, until no more comes: a paste is many lines, and only
    /// what is typed under a question may answer it.
    fn calm(&self) -> Result<(), OperatorError> {
        let began = Instant::now();
        loop {
            tcflush(&self.tty, QueueSelector::IFlush).map_err(failed)?;
            let pouring = self.wait(CALM)?;
            if !pouring || began.elapsed() > CALM_LIMIT {
                return Ok(());
            }
        }
    }

    fn read_line(&self, line: &mut Line) -> Result<Progress, OperatorError> {
        let mut chunk = Zeroizing::new([0u8; 512]);
        loop {
            while !self.wait(TICK)? {}
            let read = match rustix::io::read(&self.tty, &mut chunk[..]) {
                // Ctrl-D, or the terminal was closed.
                Ok(0) | Err(Errno::IO) => return Err(OperatorError::Stopped),
                Ok(count) => count,
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(errno) => return Err(failed(errno)),
            };
            let progress = line.push(chunk.get(..read).unwrap_or_default());
            chunk.zeroize();
            match progress {
                Progress::More => {}
                done => return Ok(done),
            }
        }
    }

    /// Waits for input, at most so long; `Stopped` as soon as a signal came.
    fn wait(&self, at_most: Duration) -> Result<bool, OperatorError> {
        let mut fds = [PollFd::from_borrowed_fd(self.tty.as_fd(), PollFlags::IN)];
        let timeout = Timespec::try_from(at_most).map_err(failed)?;
        let polled = poll(&mut fds, Some(&timeout));
        if self.stop.swap(false, Ordering::SeqCst) {
            return Err(OperatorError::Stopped);
        }
        match polled {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(errno) => Err(failed(errno)),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> OperatorError {
    OperatorError::Terminal(error.to_string())
}

/// The terminal's modes during one question; the ones found are put back by its drop.
struct Modes {
    tty: File,
    found: Termios,
}

impl Modes {
    /// Whole lines, with signals; echo unless hidden. `Flush` also drops what was typed ahead.
    fn set(tty: &File, hidden: bool) -> Result<Self, OperatorError> {
        let found = tcgetattr(tty).map_err(failed)?;
        let mut wanted = found.clone();
        wanted.input_modes |= InputModes::ICRNL;
        wanted.local_modes |= LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHO;
        // Ctrl-C must not throw away what is being written: the last line says what was signed.
        wanted.local_modes |= LocalModes::NOFLSH;
        if hidden {
            wanted.local_modes &= !(LocalModes::ECHO | LocalModes::ECHONL);
            // No Ctrl-Z here: the shell would be left with a terminal that shows nothing.
            wanted.special_codes[SpecialCodeIndex::VSUSP] = 0;
        }
        let modes = Self {
            tty: tty.try_clone().map_err(failed)?,
            found,
        };
        tcsetattr(tty, OptionalActions::Flush, &wanted).map_err(failed)?;
        Ok(modes)
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        // `Flush`: the rest of a paste at a PIN prompt must not be echoed by the next reader.
        let _ = tcsetattr(&self.tty, OptionalActions::Flush, &self.found);
    }
}

impl Operator for Terminal {
    fn interface(&self) -> Interface {
        Interface::Terminal
    }

    fn show(&mut self, page: &str) {
        self.working = None;
        // A terminal that is gone is noticed by the next question.
        let _ = self.write(&lines::page(page));
    }

    fn ask(&mut self, question: &Question) -> Result<String, OperatorError> {
        let mut answer = self.question(&question.text, LINE_LIMIT, false)?;
        Ok(std::mem::take(&mut *answer))
    }

    fn ask_pin(&mut self, text: &str) -> Result<Pin, OperatorError> {
        self.question(text, PIN_LIMIT, true).map(Pin::new)
    }

    fn work_begins(&mut self, what: &str) {
        // One line at a time: the old one is taken away before the new one begins.
        self.working = None;
        self.working = Some(Working::begin(
            lines::guard(what).replace('\n', " "),
            self.plain,
        ));
    }

    fn work_ends(&mut self) {
        self.working = None;
    }

    fn interrupted(&self) -> bool {
        let stop = self.stop.load(Ordering::SeqCst);
        if stop {
            self.told.store(true, Ordering::SeqCst);
        }
        stop
    }
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
