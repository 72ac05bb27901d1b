//! The person at the terminal: reads the printed plan, and answers from it what the program
//! asks, or does something else where a test wants it.

use std::collections::BTreeMap;
use std::process::Command;

use super::pty::{End, Next, Pty};
use super::real::{LABEL, PIN};

/// A session at the terminal, from its start to its end.
#[derive(Debug)]
pub struct Played {
    /// Everything on the screen.
    pub screen: String,
    /// How the program ended.
    pub end: End,
    /// The questions, each with all that stood above it since the last one.
    pub prompts: Vec<String>,
}

impl Played {
    /// Asserts the exit code.
    #[track_caller]
    pub fn exit(&self, code: i32) -> &Self {
        assert_eq!(self.end, End::Exit(code), "{}", self.screen);
        self
    }

    /// Asserts that the screen holds these words.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(
            self.screen.contains(words),
            "no {words:?}:\n{}",
            self.screen
        );
        self
    }

    /// The last lines of the screen.
    pub fn last_lines(&self, count: usize) -> String {
        let lines: Vec<&str> = self.screen.lines().collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}

/// What a person does at one prompt instead of answering it as the paper says.
#[derive(Clone, Debug)]
pub enum Act {
    /// Types something else.
    Type(String),
    /// Presses Ctrl and C.
    CtrlC,
    /// The power goes: the program is killed.
    PowerCut,
}

/// Prompts, counted from 0, at which a person does something else.
pub type Acts = BTreeMap<usize, Act>;

/// One act at one prompt.
pub fn at(prompt: usize, act: Act) -> Acts {
    BTreeMap::from([(prompt, act)])
}

/// The printed plan: digests as numbered words, by what stands above them.
#[derive(Clone, Debug)]
pub struct Paper {
    words: BTreeMap<String, Vec<String>>,
    /// The PIN of every token.
    pub pin: String,
    /// What ends the root key: its label and the last digits of its digest.
    pub end: String,
    /// Serial numbers of what is revoked.
    revoked: Vec<String>,
}

impl Paper {
    /// Reads what `plan` prints: `Step etcd (its template), digest:`, the digest in hex, and
    /// eight rows of four numbered words.
    pub fn read(plan: &str) -> Self {
        let lines: Vec<&str> = plan.lines().collect();
        let mut words = BTreeMap::new();
        for (row, line) in lines.iter().enumerate() {
            let Some(what) = line.strip_suffix(", digest:") else {
                continue;
            };
            let numbered = lines[row + 2..row + 10].join(" ");
            let cells: Vec<&str> = numbered.split_whitespace().collect();
            let found: Vec<String> = cells
                .chunks(2)
                .enumerate()
                .map(|(at, cell)| {
                    assert_eq!(cell[0], (at + 1).to_string(), "{numbered}");
                    cell[1].to_owned()
                })
                .collect();
            assert_eq!(found.len(), 32);
            words.insert(what.to_lowercase(), found);
        }
        let serials = lines.windows(2).filter_map(|pair| {
            pair[0].trim_start().strip_prefix("revokes ")?;
            pair[1].trim_start().strip_prefix("serial ")
        });
        let revoked = serials.map(|serial| serial.trim().to_owned()).collect();
        Self {
            words,
            pin: PIN.to_owned(),
            end: String::new(),
            revoked,
        }
    }

    /// Words of the digest of "the lock", "step etcd" or "etcd's template".
    fn of(&self, what: &str) -> &[String] {
        let what = what.trim_start_matches("the ").to_lowercase();
        // Under webtrust paper calls a CRL's "crl's template", and the question "step crl".
        let template = what
            .strip_prefix("step ")
            .map(|id| format!("{id}'s template"));
        let is = |name: &&String| **name == what || name.starts_with(&format!("{what} ("));
        let names = || self.words.iter();
        names()
            .find(|(name, _)| is(name))
            .or_else(|| names().find(|(name, _)| Some(*name) == template.as_ref()))
            .map(|(_, words)| words.as_slice())
            .unwrap_or_else(|| panic!("{what} is not on paper: {:?}", self.words.keys()))
    }

    /// What a person types at this prompt.
    pub fn answer(&self, prompt: &str) -> String {
        let prompt = prompt.trim_end_matches("\n> ");
        let after = |mark: &str| prompt.rsplit_once(mark).map(|(_, rest)| rest);
        if let Some(rest) = after("From the printed plan, type word ") {
            let rest = rest.replace('\n', " ");
            let (numbers, what) = rest.split_once(" of ").unwrap();
            let (first, second) = numbers.split_once(" and word ").unwrap();
            let words = self.of(what.strip_suffix("'s digest:").unwrap());
            let word = |number: &str| words[number.parse::<usize>().unwrap() - 1].clone();
            return format!("{} {}", word(first), word(second));
        }
        if let Some(rest) = after("The laptop's clock says ") {
            return rest[..10].to_owned();
        }
        let last = prompt.lines().last().unwrap_or_default();
        match last {
            "PIN of the token:" | "PIN of the second token:" => self.pin.clone(),
            "Type the token's label to generate the root key in it:" => LABEL.to_owned(),
            _ if prompt.contains("digits of the serial number that is revoked") => {
                let shown = |serial: &&String| prompt.contains(serial.as_str());
                let serial = self.revoked.iter().find(shown);
                let serial = serial.expect("the serial number on the screen is on paper");
                serial[serial.len().saturating_sub(6)..].to_owned()
            }
            _ if prompt.contains("Type \"seal\"") => "seal".to_owned(),
            "to destroy the root key for ever:" => self.end.clone(),
            other => panic!("an unknown question: {other}"),
        }
    }
}

/// Plays a session to its end.
pub fn play(command: Command, paper: &Paper, acts: &Acts) -> Played {
    let mut pty = Pty::start(command);
    let mut prompts = Vec::new();
    loop {
        let prompt = match pty.next() {
            Next::Prompt(prompt) => prompt,
            Next::Ended(end) => {
                return Played {
                    screen: pty.screen(),
                    end,
                    prompts,
                };
            }
        };
        match acts.get(&prompts.len()) {
            None => pty.line(&paper.answer(&prompt)),
            Some(Act::Type(text)) => pty.line(text),
            Some(Act::CtrlC) => pty.control_c(),
            Some(Act::PowerCut) => {
                prompts.push(prompt);
                let screen = pty.screen();
                let end = pty.kill();
                return Played {
                    screen,
                    end,
                    prompts,
                };
            }
        }
        prompts.push(prompt);
    }
}
