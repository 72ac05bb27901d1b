//! The PKCS#11 module: a file that is digested before it is loaded, and the tokens it shows.

use std::fs;
use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::slot::{Slot, TokenInfo};

use super::error::{failed, return_value};
use super::pkcs11::Pkcs11Token;
use crate::digest::Digest;
use crate::ports::{Assurance, PinTries, TokenError, TokenIdentity};
use crate::x509::escape::escape;

/// A loaded module, after `C_Initialize`. At most one per process and file.
pub struct Module {
    pub(super) pkcs11: Pkcs11,
    path: PathBuf,
    digest: Digest,
}

/// What a slot with a token shows without a PIN, for `token list`.
#[derive(Clone, Debug)]
pub struct TokenSummary {
    /// `CK_SLOT_ID`. It changes when tokens are initialised: for the eye only.
    pub slot: u64,
    /// `CK_TOKEN_INFO` and the module.
    pub identity: TokenIdentity,
    /// `CKF_TOKEN_INITIALIZED`
    pub initialised: bool,
    /// `CKF_USER_PIN_INITIALIZED`
    pub user_pin_set: bool,
    /// `CKF_LOGIN_REQUIRED`
    pub login_required: bool,
    /// `CKF_PROTECTED_AUTHENTICATION_PATH`: the PIN is typed at the device.
    pub protected_path: bool,
    /// `CKF_WRITE_PROTECTED`
    pub write_protected: bool,
    /// The user PIN's flags.
    pub pin_tries: PinTries,
    /// Mechanisms by their `CKM_` names, sorted.
    pub mechanisms: Vec<String>,
}

impl Module {
    /// Digests the file, compares it with the site file's digest, and only then loads it and
    /// calls `C_Initialize`. A second call in one process ends with
    /// `CKR_CRYPTOKI_ALREADY_INITIALIZED`.
    pub fn open(path: &Path, expected_sha256: Option<Digest>) -> Result<Self, TokenError> {
        let module = escape(&path.to_string_lossy());
        let no_module = |cause: &std::io::Error| TokenError::NoModule {
            module: module.clone(),
            cause: cause.to_string(),
        };
        // The loader looks a bare name up in its own folders: only the absolute path makes
        // sure that what was digested is what is loaded.
        let real = fs::canonicalize(path).map_err(|error| no_module(&error))?;
        let kind = fs::metadata(&real).map_err(|error| no_module(&error))?;
        if !kind.is_file() {
            return Err(TokenError::NoModule {
                module,
                cause: "not a regular file".to_owned(),
            });
        }
        let found = Digest::of(&fs::read(&real).map_err(|error| no_module(&error))?);
        if let Some(expected) = expected_sha256.filter(|expected| *expected != found) {
            return Err(TokenError::ModuleChanged {
                module,
                found,
                expected,
            });
        }
        let pkcs11 = Pkcs11::new(&real).map_err(|error| match error {
            Error::LibraryLoading(cause) => TokenError::NotAModule {
                module: module.clone(),
                cause: escape(&cause.to_string()),
            },
            Error::MissingSymbol(symbol) => TokenError::NotAModule {
                module: module.clone(),
                cause: format!("it has no {symbol}"),
            },
            other => failed("C_GetFunctionList", &other),
        })?;
        pkcs11
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .map_err(|error| failed("C_Initialize", &error))?;
        Ok(Self {
            pkcs11,
            path: path.to_owned(),
            digest: found,
        })
    }

    /// SHA-256 of the module's file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Every slot with a token, initialised or not.
    pub fn tokens(&self) -> Result<Vec<TokenSummary>, TokenError> {
        self.slots()?
            .into_iter()
            .map(|(slot, info)| {
                let mut mechanisms: Vec<String> = self
                    .pkcs11
                    .get_mechanism_list(slot)
                    .map_err(|error| failed("C_GetMechanismList", &error))?
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                mechanisms.sort();
                Ok(TokenSummary {
                    slot: slot.id(),
                    identity: self.identity(&info),
                    initialised: info.token_initialized(),
                    user_pin_set: info.user_pin_initialized(),
                    login_required: info.login_required(),
                    protected_path: info.protected_authentication_path(),
                    write_protected: info.write_protected(),
                    pin_tries: pin_tries(&info),
                    mechanisms,
                })
            })
            .collect()
    }

    /// Opens the one initialised token with this label and, where given, this serial.
    pub fn open_token(&self, label: &str, serial: Option<&str>) -> Result<Pkcs11Token, TokenError> {
        let (slot, info) = self.find_token(label, serial)?;
        Pkcs11Token::open(self.pkcs11.clone(), slot, self.identity(&info))
    }

    /// `C_Finalize`. Opened tokens are of no use afterwards.
    pub fn close(self) -> Result<(), TokenError> {
        self.pkcs11
            .finalize()
            .map_err(|error| failed("C_Finalize", &error))
    }

    fn find_token(
        &self,
        label: &str,
        serial: Option<&str>,
    ) -> Result<(Slot, TokenInfo), TokenError> {
        let mut tokens = self.slots()?;
        tokens.retain(|(_, info)| info.token_initialized());
        if tokens.is_empty() {
            return Err(self.no_token());
        }
        if !tokens.iter().any(|(_, info)| info.label() == label) {
            return Err(TokenError::WrongToken {
                label: escape(label),
                found: listed(tokens.iter().map(|(_, info)| info.label())),
            });
        }
        tokens.retain(|(_, info)| info.label() == label);
        if let Some(expected) = serial {
            let serials = listed(tokens.iter().map(|(_, info)| info.serial_number()));
            tokens.retain(|(_, info)| info.serial_number() == expected);
            if tokens.is_empty() {
                return Err(TokenError::WrongSerial {
                    label: escape(label),
                    found: serials,
                    expected: escape(expected),
                });
            }
        }
        let count = tokens.len();
        match (tokens.pop(), count) {
            (Some(found), 1) => Ok(found),
            _ => Err(TokenError::AmbiguousToken {
                label: escape(label),
                count,
            }),
        }
    }

    /// Slots with a token that tells who it is. A card that is in a reader but is none of
    /// the module's says `CKR_TOKEN_NOT_RECOGNIZED` and does not hide the others.
    pub(super) fn slots(&self) -> Result<Vec<(Slot, TokenInfo)>, TokenError> {
        let slots = self
            .pkcs11
            .get_slots_with_token()
            .map_err(|error| failed("C_GetSlotList", &error))?;
        let mut found = Vec::new();
        for slot in slots {
            match self.pkcs11.get_token_info(slot) {
                Ok(info) => found.push((slot, info)),
                Err(error)
                    if matches!(
                        return_value(&error),
                        Some(RvError::TokenNotPresent | RvError::TokenNotRecognized)
                    ) => {}
                Err(error) => return Err(failed("C_GetTokenInfo", &error)),
            }
        }
        Ok(found)
    }

    pub(super) fn no_token(&self) -> TokenError {
        TokenError::NoToken {
            module: escape(&self.path.to_string_lossy()),
        }
    }

    fn identity(&self, info: &TokenInfo) -> TokenIdentity {
        TokenIdentity {
            label: info.label().to_owned(),
            manufacturer: info.manufacturer_id().to_owned(),
            model: info.model().to_owned(),
            serial: info.serial_number().to_owned(),
            firmware: info.firmware_version().to_string(),
            hardware: info.hardware_version().to_string(),
            module: self.path.to_string_lossy().into_owned(),
            module_sha256: self.digest,
            assurance: Assurance::of(info.manufacturer_id(), info.model()),
        }
    }
}

/// The user PIN's flags, worst first.
pub(super) fn pin_tries(info: &TokenInfo) -> PinTries {
    if info.user_pin_locked() {
        PinTries::Locked
    } else if info.user_pin_final_try() {
        PinTries::Final
    } else if info.user_pin_count_low() {
        PinTries::Low
    } else {
        PinTries::Full
    }
}

fn listed<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts
        .map(|text| format!("\"{}\"", escape(text)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_tokens_are_known_by_name() {
        assert_eq!(
            Assurance::of("SoftHSM project", "SoftHSM v2"),
            Assurance::Software
        );
        assert_eq!(Assurance::of("Kryoptic Project", "v1"), Assurance::Software);
        assert_eq!(
            Assurance::of("Yubico (www.yubico.com)", "YubiHSM"),
            Assurance::Hardware
        );
    }

    #[test]
    fn labels_are_escaped_before_they_are_listed() {
        assert_eq!(
            listed(["one", "t\u{1b}[2J"].into_iter()),
            "\"one\", \"t\\u{1b}[2J\""
        );
    }
}
