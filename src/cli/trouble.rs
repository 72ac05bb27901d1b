//! Errors for the person at the laptop: what, where, a hint, and what the token did.

use std::path::Path;

use crate::ceremony::error::{CeremonyError, Deeds, Failure};
use crate::ceremony::prepare::PrepareError;
use crate::check::{Outcome, Refusal};
use crate::cli::exit::Exit;
use crate::host::{InputError, shown};
use crate::plan::error::PlanError;
use crate::ports::{PinTries, StoreError, TokenError};
use crate::x509::escape::{escape, escape_message};

/// An error as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// `refused` or `error`
    pub word: &'static str,
    /// What went wrong.
    pub what: String,
    /// Where, and what else was found.
    pub details: Vec<String>,
    /// What a person can do.
    pub hint: Option<Box<str>>,
    /// What the token did.
    pub state: Box<str>,
    /// How the program ends.
    pub exit: Exit,
    /// Everything that was found in what was refused.
    pub refusals: Box<[Refusal]>,
}

/// The state line of everything that never asked a token.
pub const NOTHING_SIGNED: &str = "nothing was signed";

impl Trouble {
    /// An error without a token.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            word: "error",
            what: what.into(),
            details: Vec::new(),
            hint: None,
            state: NOTHING_SIGNED.into(),
            exit,
            refusals: Box::default(),
        }
    }

    /// How a detail begins that says where it was.
    pub const PLACE: &str = "in    ";

    /// With where it was.
    pub fn at(mut self, place: &str) -> Self {
        self.details
            .insert(0, format!("{}{}", Self::PLACE, escape(place)));
        self
    }

    /// With the file it was in.
    pub fn at_path(mut self, path: &Path) -> Self {
        self.details
            .insert(0, format!("{}{}", Self::PLACE, shown(path)));
        self
    }

    /// With a hint.
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The text, in its four parts.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.word, self.what);
        for detail in &self.details {
            text.push_str(&format!("  {detail}\n"));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("hint: {hint}\n"));
        }
        text.push_str(&self.state);
        text.push('\n');
        text
    }
}

impl From<&Refusal> for Trouble {
    fn from(refusal: &Refusal) -> Self {
        let mut trouble = Self::new(Exit::Refused, refusal.to_string())
            .at(&refusal.subject)
            .hint(refusal.id.hint());
        trouble.word = "refused";
        trouble.refusals = [refusal.clone()].into();
        let others = refusal
            .findings
            .iter()
            .filter(|one| one.outcome == Outcome::Fail)
            .skip(1);
        trouble
            .details
            .extend(others.map(|one| format!("also  {}: {}", one.id.public(), one.words)));
        trouble
    }
}

impl From<InputError> for Trouble {
    fn from(error: InputError) -> Self {
        Self::new(Exit::Unreadable, error.to_string())
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let hint = store_hint(&error);
        let trouble = Self::new(Exit::Files, error.to_string());
        match hint {
            Some(hint) => trouble.hint(hint),
            None => trouble,
        }
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::Locked { .. } => Some("wait for it, or end it; two never write one ledger"),
        StoreError::Mirror(cause) if matches!(**cause, StoreError::FileSystem { .. }) => Some(
            "put the mirror on a medium with ext4, xfs or btrfs: it must be able to become the ledger",
        ),
        StoreError::Mirror(cause) if matches!(**cause, StoreError::Locked { .. }) => {
            Some("wait for it, or end it; two never write one mirror")
        }
        StoreError::Mirror(_) => Some(
            "nothing is signed without the mirror that was asked for: mend it, or go on without --mirror; the next run with it brings it up to date",
        ),
        StoreError::FileSystem { .. } => Some("put the ledger on a medium with ext4, xfs or btrfs"),
        StoreError::HardLink { .. } => {
            Some("copy the ledger without hard links (cp -a), and use the copy")
        }
        StoreError::NotPlain { .. } => {
            Some("remove the link or device; a ledger is plain files and folders")
        }
        _ => None,
    }
}

impl From<TokenError> for Trouble {
    fn from(error: TokenError) -> Self {
        let hint = token_hint(&error);
        Self::new(Exit::Token, error.to_string()).hint(&hint)
    }
}

fn token_hint(error: &TokenError) -> String {
    match error {
        TokenError::NoModule { .. } => {
            "name the token's PKCS#11 module in the site file; SoftHSM's is in the package softhsm2"
        }
        TokenError::NotAModule { .. } => "name the vendor's PKCS#11 library, a shared object",
        TokenError::ModuleChanged { .. } => {
            "find out who replaced the module; if it was updated on purpose, put its new digest into the site file"
        }
        TokenError::NoToken { .. } => "plug the token in; anchorite token list shows what is there",
        TokenError::WrongToken { .. } | TokenError::WrongSerial { .. } => {
            "plug in the token that the ceremony file names; anchorite token list shows what is there"
        }
        TokenError::AmbiguousToken { .. } => "name the token's serial in the site file",
        TokenError::WrongPin { tries: PinTries::Final } => {
            "ONE try is left: a wrong PIN now locks the token for good"
        }
        TokenError::WrongPin { tries: PinTries::Locked } | TokenError::PinLocked => {
            "the security officer of the token must unlock it"
        }
        TokenError::WrongPin { tries: PinTries::Low } => {
            "the token says that few tries are left; the tool never tries again by itself"
        }
        TokenError::WrongPin { tries: PinTries::Full } => {
            "start again and type the PIN anew; the tool never tries again by itself"
        }
        TokenError::NoKey { .. } | TokenError::UnusableKey { .. } => {
            "anchorite token show --keys lists the token's keys"
        }
        TokenError::Failed { .. } => "look at the token and its cable, then use run --resume if a ceremony is open",
    }
    .to_owned()
}

impl From<PlanError> for Trouble {
    fn from(error: PlanError) -> Self {
        Self::new(Exit::Unreadable, escape_message(&error.to_string()))
    }
}

impl Trouble {
    /// The first of several refusals, the others below it.
    pub fn refusals(refusals: &[Refusal]) -> Self {
        // Steps that share a profile are refused for it each: once is enough to read.
        let mut told: Vec<Refusal> = Vec::new();
        for refusal in refusals {
            if !told.contains(refusal) {
                told.push(refusal.clone());
            }
        }
        let Some((first, others)) = told.split_first() else {
            return Self::new(Exit::Bug, "refused without a reason");
        };
        let mut trouble = Self::from(first);
        for other in others {
            trouble
                .details
                .push(format!("also  {}: {other}", escape(&other.subject)));
        }
        trouble.refusals = told.into();
        trouble
    }

    /// From what could not be prepared.
    pub fn prepare(error: PrepareError, file: &str) -> Self {
        match error {
            PrepareError::Refused(refusals) => Self::refusals(&refusals),
            PrepareError::Plan(PlanError::File(error)) => {
                let hint = "anchorite new writes a file with every field explained";
                Self::new(Exit::Unreadable, error.words.clone())
                    .at(&format!(
                        "{file}, line {}, column {}",
                        error.line, error.column
                    ))
                    .hint(hint)
            }
            PrepareError::Plan(error) => Self::from(error).at(file),
            PrepareError::List(error) => Self::new(Exit::Unreadable, error.to_string())
                .at(file)
                .hint("docs/reference/ceremony-file.md says what each list holds"),
            PrepareError::Mount(error) => Self::new(Exit::Unreadable, error.to_string())
                .at(file)
                .hint("give each mount a path of its own, also where case does not count"),
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let Failure { error, deeds } = failure;
        let mut trouble = from_ceremony(&error);
        if trouble.exit == Exit::Files && !deeds.undelivered.is_empty() {
            trouble.exit = Exit::Undelivered;
            trouble.details.push(format!(
                "signed, not delivered: {}",
                deeds.undelivered.join(", ")
            ));
        }
        trouble.state = state(&deeds).into();
        trouble
    }
}

fn state(deeds: &Deeds) -> String {
    match &deeds.open {
        Some(folder) => format!(
            "{}\n{folder} stays open: anchorite run --resume goes on, anchorite abort ends it",
            deeds.words()
        ),
        None => deeds.words(),
    }
}

fn from_ceremony(error: &CeremonyError) -> Trouble {
    let words = error.to_string();
    match error {
        CeremonyError::Refused(refusal) => Trouble::from(&**refusal),
        CeremonyError::Token(error) => Trouble::from(error.clone()),
        CeremonyError::Store(error) => Trouble::from(error.clone()),
        CeremonyError::Stopped => Trouble::new(Exit::Stopped, words),
        CeremonyError::NotApproved(_) => Trouble::new(Exit::Stopped, words)
            .hint("take the words from the printed plan: anchorite plan FILE prints them"),
        CeremonyError::Terminal(_) => Trouble::new(Exit::Usage, words),
        CeremonyError::Damaged { .. } => Trouble::new(Exit::Files, words)
            .hint("keep the folder as it is; a copy or the mirror may be whole"),
        CeremonyError::Ledger(_) => Trouble::new(Exit::Refused, escape(&words))
            .hint("anchorite verify tells what is wrong with a ledger"),
        CeremonyError::Open(_) => Trouble::new(Exit::Refused, words)
            .hint("anchorite run --resume goes on with it, anchorite abort ends it"),
        CeremonyError::OnlySealMissing(_) => Trouble::new(Exit::Refused, words)
            .hint("anchorite run --resume lets the root sign the seal; that is all it will do"),
        CeremonyError::NothingOpen => {
            Trouble::new(Exit::Refused, words).hint("run without --resume begins a ceremony")
        }
        CeremonyError::Changed { .. } => Trouble::new(Exit::Refused, words)
            .hint("if the change is meant, plan and approve again: anchorite plan FILE --lock"),
        CeremonyError::OtherCeremony { .. } => Trouble::new(Exit::Refused, words).hint(
            "resume with the very files it was begun with; they are in its script and in folders",
        ),
        CeremonyError::WrongLedger(_) => Trouble::new(Exit::Refused, words)
            .hint("a new root begins an empty ledger; an existing root goes on in its own"),
        CeremonyError::NotDestroyed { cause, .. } => {
            let mut trouble = from_ceremony(cause);
            trouble.what = escape(&words);
            trouble.hint(
                "anchorite run FILE --resume goes on with the destruction, and asks for it again",
            )
        }
        CeremonyError::KeyDestroyed(_) => Trouble::new(Exit::Refused, words)
            .hint("this root has ended; a new root begins an empty ledger"),
        CeremonyError::DestructionDue(_) => Trouble::new(Exit::Refused, words)
            .hint("anchorite run --resume with that ceremony's file goes on with the destruction"),
        CeremonyError::Mount(_) => Trouble::new(Exit::Unreadable, words),
        CeremonyError::Encoding { .. } | CeremonyError::Contradiction(_) => {
            Trouble::new(Exit::Refused, escape(&words))
        }
    }
}

impl From<CeremonyError> for Trouble {
    fn from(error: CeremonyError) -> Self {
        Self::from(Failure::from(error))
    }
}
