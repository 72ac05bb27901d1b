//! What ends a ceremony before its end, and what the token had done by then.

use crate::check::Refusal;
use crate::handover::MountError;
use crate::ledger::chain::Break;
use crate::ledger::register::RegisterError;
use crate::ports::{OperatorError, StoreError, TokenError};
use crate::x509::tlv::DerError;

/// Why a ceremony cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// A check failed.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A person stopped it.
    #[error("stopped by a person")]
    Stopped,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(String),
    /// Three times the wrong words.
    #[error("{0}: the answer was wrong three times")]
    NotApproved(String),
    /// The open ceremony's transcript is damaged.
    #[error("{ceremony}: {cause}")]
    Damaged {
        /// Folder.
        ceremony: String,
        /// Where and why.
        cause: Break,
    },
    /// A sealed ceremony's records do not fit together.
    #[error("the ledger cannot be read: {0}")]
    Ledger(String),
    /// A ceremony is open.
    #[error("the ceremony {0} was interrupted and is still open")]
    Open(String),
    /// Everything is done but the root's signature on the seal.
    #[error(
        "nothing is left to give up in {0}: all its steps are done and its transcript is closed"
    )]
    OnlySealMissing(String),
    /// No ceremony is open.
    #[error("no interrupted ceremony is in this ledger")]
    NothingOpen,
    /// Something changed since the lock was made.
    #[error("{what} is not what it was when the plan was locked")]
    Changed {
        /// What.
        what: String,
    },
    /// The interrupted ceremony was another one.
    #[error("the interrupted ceremony {open} was begun with another file, plan or input")]
    OtherCeremony {
        /// Its folder.
        open: String,
    },
    /// The plan does not fit the ledger.
    #[error("{0}")]
    WrongLedger(String),
    /// The seal announces the end of the key, and the key is still there, or may be.
    #[error("{folder} is sealed, but the destruction that it announces is not done: {cause}")]
    NotDestroyed {
        /// Folder.
        folder: String,
        /// Why.
        cause: Box<CeremonyError>,
    },
    /// The root's key is no more.
    #[error("the root key was destroyed in ceremony {0}: nothing can follow it")]
    KeyDestroyed(String),
    /// The root's key is to be destroyed.
    #[error("ceremony {0} announces that the root key is destroyed, and nothing can follow it")]
    DestructionDue(String),
    /// Something could not be encoded.
    #[error("{what}: {cause}")]
    Encoding {
        /// What.
        what: String,
        /// Why.
        cause: DerError,
    },
    /// A mount that makes no file name.
    #[error(transparent)]
    Mount(#[from] MountError),
    /// The transcript says something that cannot be.
    #[error("the transcript contradicts itself: {0}")]
    Contradiction(String),
}

impl From<Refusal> for CeremonyError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<OperatorError> for CeremonyError {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Stopped => Self::Stopped,
            OperatorError::Terminal(cause) => Self::Terminal(cause),
        }
    }
}

impl From<RegisterError> for CeremonyError {
    fn from(error: RegisterError) -> Self {
        Self::Ledger(error.to_string())
    }
}

/// What the token did in this session, for the last line of every message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// The root key was generated.
    pub generated: bool,
    /// Products signed in this session, in order.
    pub signed: Vec<String>,
    /// Products that earlier sessions of this ceremony signed.
    pub earlier: Vec<String>,
    /// A product whose signature was asked for, with no answer yet.
    pub asked: Option<String>,
    /// Products whose files were not written after the signature.
    pub undelivered: Vec<String>,
    /// What has become of the root key that is to be destroyed.
    pub destruction: Option<&'static str>,
    /// The ceremony's folder is open, so that it can be resumed.
    pub open: Option<String>,
}

impl Deeds {
    /// The state line.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        if self.generated {
            parts.push("the token generated the root key".to_owned());
        }
        if !self.signed.is_empty() {
            let names: Vec<String> = self
                .signed
                .iter()
                .map(|name| crate::x509::escape::escape(name))
                .collect();
            parts.push(format!("the token signed {}", names.join(", ")));
        }
        if let Some(asked) = &self.asked {
            parts.push(format!(
                "the token was asked to sign {}, its answer is not known",
                crate::x509::escape::escape(asked)
            ));
        }
        let nothing = self.signed.is_empty() && self.asked.is_none();
        match (nothing, self.earlier.is_empty()) {
            (true, true) => parts.push("nothing was signed".to_owned()),
            (true, false) => parts.push(format!(
                "nothing was signed since the interruption; before it: {}",
                crate::x509::escape::escape(&self.earlier.join(", "))
            )),
            (false, _) => {}
        }
        parts.extend(self.destruction.map(str::to_owned));
        parts.join("; ")
    }
}

/// An error with what the token did before it.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub error: CeremonyError,
    /// What the token did.
    pub deeds: Deeds,
}

impl From<CeremonyError> for Failure {
    fn from(error: CeremonyError) -> Self {
        Self {
            error,
            deeds: Deeds::default(),
        }
    }
}
