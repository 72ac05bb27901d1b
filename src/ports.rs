//! The edges of the ceremony as traits: token, clock, entropy, operator, store.
//!
//! The core knows only these. The real ones are in `token` and `host`; the tests have one
//! stand-in each. No call here is retried by its caller.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::x509::public_key::{PublicKey, RootKey, SignatureAlgorithm};
use crate::x509::time::UtcTime;

/// A PIN on its way from the operator to the token; wiped when dropped, never printed.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes the PIN over.
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The PIN's characters, for the token and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What a token says of itself (`CK_TOKEN_INFO`, `CK_INFO`) and what we know of its module.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TokenIdentity {
    /// `CK_TOKEN_INFO.label`, trimmed.
    pub label: String,
    /// `CK_TOKEN_INFO.manufacturerID`, trimmed.
    pub manufacturer: String,
    /// `CK_TOKEN_INFO.model`, trimmed.
    pub model: String,
    /// `CK_TOKEN_INFO.serialNumber`, trimmed.
    pub serial: String,
    /// `CK_TOKEN_INFO.firmwareVersion` as `major.minor`.
    pub firmware: String,
    /// `CK_TOKEN_INFO.hardwareVersion` as `major.minor`.
    pub hardware: String,
    /// Path of the PKCS#11 module.
    pub module: String,
    /// Digest of the module's file.
    pub module_sha256: Digest,
    /// `software` for SoftHSM and its like, else `hardware`.
    pub assurance: Assurance,
}

/// How far a token can be trusted to keep its keys inside.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Assurance {
    /// A key in a file: good for tests and rehearsals.
    Software,
    /// A device, by its own word.
    Hardware,
}

impl Assurance {
    /// Whether `manufacturerID` or `model` names a token that keeps its keys in a file. A
    /// token's own word: it guards against mistakes, not against a lying module.
    pub fn of(manufacturer: &str, model: &str) -> Self {
        let words = format!("{manufacturer} {model}").to_lowercase();
        let software = ["softhsm", "kryoptic"];
        if software.iter().any(|name| words.contains(name)) {
            Self::Software
        } else {
            Self::Hardware
        }
    }

    /// The word used in files.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// What the token says of the tries left for the user PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinTries {
    /// No flag is set.
    Full,
    /// `CKF_USER_PIN_COUNT_LOW`
    Low,
    /// `CKF_USER_PIN_FINAL_TRY`
    Final,
    /// `CKF_USER_PIN_LOCKED`
    Locked,
}

/// `CKA_ID` of a key pair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyId(pub Vec<u8>);

/// What `generate_key` is asked for.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// Type and size.
    pub key: RootKey,
    /// `CKA_LABEL`
    pub label: String,
    /// `CKA_ID`, random, recorded before the token is asked.
    pub id: KeyId,
}

/// A key pair as found in the token.
#[derive(Clone, Debug)]
pub struct TokenKey {
    /// `CKA_ID`
    pub id: KeyId,
    /// `CKA_LABEL`
    pub label: String,
    /// The public half, rebuilt from the token's attributes.
    pub public_key: PublicKey,
    /// Every attribute of the private key that was read back: PKCS#11 name to value
    /// (`true`, `false`, hex, decimal or `absent`).
    pub attributes: BTreeMap<String, String>,
}

/// How keys are looked for.
#[derive(Clone, Debug)]
pub enum KeyQuery {
    /// By `CKA_ID`.
    Id(KeyId),
    /// By `CKA_LABEL`.
    Label(String),
    /// Every private key in the token.
    All,
}

/// One PKCS#11 token, opened.
pub trait Token {
    /// What the token says of itself.
    fn identity(&self) -> &TokenIdentity;

    /// The PIN flags as the token shows them now.
    fn pin_tries(&mut self) -> Result<PinTries, TokenError>;

    /// `C_Login` as the user. Once; never retried.
    fn login(&mut self, pin: &Pin) -> Result<(), TokenError>;

    /// `C_Logout`.
    fn logout(&mut self) -> Result<(), TokenError>;

    /// All key pairs that match. Private keys are invisible before login.
    fn find_keys(&mut self, query: &KeyQuery) -> Result<Vec<TokenKey>, TokenError>;

    /// `C_GenerateKeyPair` on the token: SENSITIVE, not EXTRACTABLE, SIGN only, not MODIFIABLE.
    fn generate_key(&mut self, spec: &KeySpec) -> Result<TokenKey, TokenError>;

    /// `C_DestroyObject` on every private and public key with this `CKA_ID`. For ever.
    fn destroy_key(&mut self, id: &KeyId) -> Result<(), TokenError>;

    /// The notes with this label: small data objects that are kept in the token. In no order.
    fn read_notes(&mut self, label: &str) -> Result<Vec<Vec<u8>>, TokenError>;

    /// Keeps a note in the token in place of all others with this label. Where it dies half-way
    /// there may be both, never none.
    fn write_note(&mut self, label: &str, note: &[u8]) -> Result<(), TokenError>;

    /// `C_GenerateRandom`.
    fn random(&mut self, length: usize) -> Result<Vec<u8>, TokenError>;

    /// Signs `message` with the key of this id: hashed here, signed with the raw mechanism.
    /// The signature is in X.509 form (ECDSA as DER `SEQUENCE { r, s }`).
    fn sign(
        &mut self,
        key: &KeyId,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError>;
}

/// Where a second token is found.
pub trait Tokens {
    /// Opens the token with this label; nobody is logged in.
    fn open(&mut self, label: &str) -> Result<Box<dyn Token>, TokenError>;
}

/// What can go wrong with a token. Each has its own words; all end with exit code 4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The module's file is not there or cannot be read.
    #[error("the PKCS#11 module {module} cannot be opened: {cause}")]
    NoModule {
        /// Path.
        module: String,
        /// The system's words.
        cause: String,
    },
    /// A file that is no PKCS#11 module.
    #[error("{module} is not a PKCS#11 module: {cause}")]
    NotAModule {
        /// Path.
        module: String,
        /// The loader's words.
        cause: String,
    },
    /// The module's digest is not the one the site file names.
    #[error(
        "the PKCS#11 module {module} has changed: sha-256 {found}, the site file says {expected}"
    )]
    ModuleChanged {
        /// Path.
        module: String,
        /// Digest now.
        found: Digest,
        /// Digest in the site file.
        expected: Digest,
    },
    /// No initialised token at all.
    #[error("the module {module} shows no token")]
    NoToken {
        /// Path.
        module: String,
    },
    /// Tokens, but none with this label.
    #[error("no token is labelled \"{label}\"; the module shows {found}")]
    WrongToken {
        /// What was asked for.
        label: String,
        /// Labels that are there, escaped and joined.
        found: String,
    },
    /// The label is right, the serial is not.
    #[error("the token labelled \"{label}\" has serial {found}, the site file says {expected}")]
    WrongSerial {
        /// Label.
        label: String,
        /// Serial of the token.
        found: String,
        /// Serial in the site file.
        expected: String,
    },
    /// Two tokens with the label and no serial to tell them apart.
    #[error("{count} tokens are labelled \"{label}\"; the site file must name one by its serial")]
    AmbiguousToken {
        /// Label.
        label: String,
        /// How many.
        count: usize,
    },
    /// `CKR_PIN_INCORRECT` and kin.
    #[error("the token refused the PIN")]
    WrongPin {
        /// What the token says of the tries left after it.
        tries: PinTries,
    },
    /// `CKR_PIN_LOCKED`
    #[error("the token's PIN is locked")]
    PinLocked,
    /// A signature by a key the token does not show (any more).
    #[error("the token holds no key with id {id}")]
    NoKey {
        /// `CKA_ID` in hex.
        id: String,
    },
    /// A public key that cannot be rebuilt from the token's attributes.
    #[error("the token's key with id {id} cannot be used: {cause}")]
    UnusableKey {
        /// `CKA_ID` in hex.
        id: String,
        /// Why.
        cause: String,
    },
    /// Anything else the token answered.
    #[error("the token failed in {function}: {code}")]
    Failed {
        /// PKCS#11 function, `C_Sign`.
        function: String,
        /// Return value, `CKR_DEVICE_ERROR`.
        code: String,
    },
}

/// The wall clock and the steady one.
pub trait Clock {
    /// Now, in UTC, whole seconds.
    fn now(&mut self) -> UtcTime;
    /// Milliseconds since some fixed moment of this boot; never goes back.
    fn monotonic_ms(&mut self) -> u64;
    /// Lets a little time pass; a clock that is not real has nothing to wait for.
    fn pause(&mut self) {}
}

/// The operating system's random numbers.
pub trait Entropy {
    /// Fills `out`.
    fn fill(&mut self, out: &mut [u8]);
}

/// Which interface answers the questions; recorded in the transcript.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Interface {
    /// A person at a terminal.
    Terminal,
    /// The rehearsal itself.
    Rehearsal,
}

impl Interface {
    /// The word used in the transcript.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A question with its recorded name.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked, in the transcript: `approve`, `date`.
    pub id: &'static str,
    /// The words on the screen.
    pub text: String,
    /// What the printed script answers. The rehearsal types it; the terminal never shows it.
    pub on_paper: String,
}

/// The person at the laptop.
pub trait Operator {
    /// Who answers.
    fn interface(&self) -> Interface;
    /// Shows a page. The text is escaped already.
    fn show(&mut self, page: &str);
    /// Asks for a line of text. An empty line is an answer too, and never an approval.
    fn ask(&mut self, question: &Question) -> Result<String, OperatorError>;
    /// Asks for a PIN without echo.
    fn ask_pin(&mut self, text: &str) -> Result<Pin, OperatorError>;
    /// Something that may take longer than a second begins.
    fn work_begins(&mut self, what: &str);
    /// It has ended.
    fn work_ends(&mut self);
    /// Whether Ctrl-C was pressed since the last question.
    fn interrupted(&self) -> bool;
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Ctrl-C, Ctrl-D or a closed terminal.
    #[error("stopped by a person")]
    Stopped,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(String),
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreEntry {
    /// Name within the folder.
    pub name: String,
    /// File or folder; nothing else is ever listed (links are errors).
    pub kind: EntryKind,
    /// Bytes of a file, before any is read; 0 of a folder.
    pub size: u64,
}

/// File or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// The ledger's folder on a disk. Paths are relative to it, with `/` between the parts.
///
/// What is written is safe only after `sync_file` of the file *and* `sync_folder` of the
/// folder that names it: the test store drops everything else when it crashes.
pub trait Store {
    /// Entries of a folder, sorted by name. `""` is the ledger itself.
    fn list(&mut self, folder: &str) -> Result<Vec<StoreEntry>, StoreError>;
    /// The whole file; it may have second names.
    fn read(&mut self, path: &str) -> Result<Vec<u8>, StoreError>;
    /// Makes one folder; it must not exist.
    fn make_folder(&mut self, path: &str) -> Result<(), StoreError>;
    /// Makes a file that must not exist (`O_EXCL`) with these bytes.
    fn create(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError>;
    /// Adds bytes at the end of a file. As every change of a file, it is refused for one that
    /// has a second name.
    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError>;
    /// Cuts a file to this length.
    fn truncate(&mut self, path: &str, length: u64) -> Result<(), StoreError>;
    /// `fsync` of a file.
    fn sync_file(&mut self, path: &str) -> Result<(), StoreError>;
    /// `fsync` of a folder.
    fn sync_folder(&mut self, path: &str) -> Result<(), StoreError>;
    /// Renames without replacing (`RENAME_NOREPLACE`), within one folder or across.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError>;
    /// Removes what only we can have left: a file that ends in `.part`, and a file or an empty
    /// folder that is, or is below, a folder of the ledger that ends in `.new`.
    fn remove(&mut self, path: &str) -> Result<(), StoreError>;
    /// Takes write permission from everything below a folder, and syncs that; the folder itself
    /// keeps it, for the signatures that people add to the seal. What is there can be synced
    /// and made read-only again.
    fn make_read_only(&mut self, folder: &str) -> Result<(), StoreError>;
}

/// What can go wrong with files; all end with exit code 6.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file or folder is not there.
    #[error("{path} is not there")]
    Missing {
        /// Path.
        path: String,
    },
    /// The name is taken.
    #[error("{path} exists already and is never overwritten")]
    Exists {
        /// Path.
        path: String,
    },
    /// A link, device or pipe where a file or folder must be.
    #[error("{path} is neither a plain file nor a folder")]
    NotPlain {
        /// Path.
        path: String,
    },
    /// A file that has a second name where it would be changed: that one would change too.
    #[error(
        "{path} has a second name (a hard link), and what is written to one is written to both"
    )]
    HardLink {
        /// Path.
        path: String,
    },
    /// The ledger is in use by another process.
    #[error("another process is using the ledger {path}")]
    Locked {
        /// Path.
        path: String,
    },
    /// A file system that cannot promise what a ledger needs.
    #[error("{path} is on {found}, which cannot keep a ledger; it needs ext4, xfs or btrfs")]
    FileSystem {
        /// Path.
        path: String,
        /// Name of the file system.
        found: String,
    },
    /// The second copy failed, where the first did not.
    #[error("the mirror failed: {0}")]
    Mirror(Box<StoreError>),
    /// Anything else the system said.
    #[error("{path}: cannot {doing}: {cause}")]
    Failed {
        /// Path.
        path: String,
        /// What was tried: `write`, `sync`.
        doing: &'static str,
        /// The system's words.
        cause: String,
    },
}

impl StoreError {
    /// Whether it only says that something is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

/// The five ports a ceremony needs, on one desk.
pub struct Desk<'a> {
    /// The token that holds the root key.
    pub token: &'a mut dyn Token,
    /// Other tokens, for copies of the key.
    pub tokens: &'a mut dyn Tokens,
    /// The clocks.
    pub clock: &'a mut dyn Clock,
    /// The system's random numbers.
    pub entropy: &'a mut dyn Entropy,
    /// The person.
    pub operator: &'a mut dyn Operator,
    /// The ledger's folder.
    pub store: &'a mut dyn Store,
}
