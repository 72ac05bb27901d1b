//! The exit codes, and which verb can end with which.

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Refused, or does not verify.
    Refused = 1,
    /// Wrong usage, or no terminal.
    Usage = 2,
    /// The ceremony file or an input cannot be read.
    Unreadable = 3,
    /// The token.
    Token = 4,
    /// Stopped by a person.
    Stopped = 5,
    /// Files.
    Files = 6,
    /// Signed, but not delivered.
    Undelivered = 7,
    /// Consistent, but a rehearsal, aborted, or signed by nobody.
    Consistent = 8,
    /// A fault of this program.
    Bug = 101,
}

impl Exit {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Refused,
        Self::Usage,
        Self::Unreadable,
        Self::Token,
        Self::Stopped,
        Self::Files,
        Self::Undelivered,
        Self::Consistent,
        Self::Bug,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in the help of every verb.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused, or does not verify",
            Self::Usage => "usage, or no terminal",
            Self::Unreadable => "ceremony file or input unreadable",
            Self::Token => "token",
            Self::Stopped => "stopped by a person",
            Self::Files => "files",
            Self::Undelivered => "signed but not delivered",
            Self::Consistent => "consistent, but a rehearsal, aborted, or signed by nobody",
            Self::Bug => "a fault of this program: please report it",
        }
    }
}

/// What each verb can end with; [`Exit::Bug`] can end every one.
const BY_VERB: [(&str, &[Exit]); 14] = {
    use Exit::{Consistent, Done, Files, Refused, Stopped, Token, Undelivered, Unreadable, Usage};
    [
        ("new", &[Done, Usage, Stopped]),
        ("plan", &[Done, Refused, Usage, Unreadable, Files]),
        ("requests", &[Done, Usage, Unreadable]),
        ("script", &[Done, Refused, Usage, Unreadable, Files]),
        (
            "rehearse",
            &[
                Done,
                Refused,
                Usage,
                Unreadable,
                Token,
                Stopped,
                Files,
                Undelivered,
            ],
        ),
        (
            "run",
            &[
                Done,
                Refused,
                Usage,
                Unreadable,
                Token,
                Stopped,
                Files,
                Undelivered,
            ],
        ),
        ("abort", &[Done, Refused, Usage, Files]),
        (
            "verify",
            &[Done, Refused, Usage, Unreadable, Files, Consistent],
        ),
        (
            "report",
            &[Done, Refused, Usage, Unreadable, Files, Consistent],
        ),
        ("inspect", &[Done, Refused, Usage, Unreadable]),
        ("token list", &[Done, Usage, Unreadable, Token]),
        ("token show", &[Done, Usage, Unreadable, Token, Stopped]),
        ("completions", &[Done, Usage]),
        ("man", &[Done, Usage, Files]),
    ]
};

/// The exit codes of a verb, or all of them for the empty name, as they stand in its help.
pub fn table(verb: &str) -> String {
    let known = BY_VERB.iter().find(|(name, _)| *name == verb);
    let codes = known.map_or(&Exit::ALL[..], |(_, codes)| codes);
    codes
        .iter()
        .map(|exit| format!("\n  {:<3}  {}", exit.code(), exit.meaning()))
        .collect()
}

#[cfg(all(test, feature = "token"))]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// Every command that does something, by its words.
    fn verbs(command: &clap::Command, above: &str, found: &mut Vec<String>) {
        for verb in command.get_subcommands() {
            let name = format!("{above}{}", verb.get_name());
            if verb.has_subcommands() {
                verbs(verb, &format!("{name} "), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_verb_has_its_codes_and_every_code_its_number() {
        let mut found = Vec::new();
        verbs(&crate::cli::args::Cli::command(), "", &mut found);
        let mut listed = BY_VERB.map(|(name, _)| name);
        found.sort();
        listed.sort_unstable();
        assert_eq!(found, listed);
        for (_, codes) in BY_VERB {
            assert!(codes.is_sorted_by_key(|exit| exit.code()));
        }
        let numbers = Exit::ALL.map(Exit::code);
        assert!(numbers.is_sorted());
        assert_eq!(numbers.len(), 10);
    }
}
