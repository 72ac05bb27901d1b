//! Throw-away tokens for rehearsals and tests.

use cryptoki::session::UserType;

use super::error::failed;
use super::module::Module;
use super::pkcs11::auth_pin;
use crate::ports::{Assurance, Pin, TokenError};
use crate::x509::escape::escape;

/// `CK_TOKEN_INFO.label` has this many octets; cryptoki would cut a longer one silently.
const LABEL_OCTETS: usize = 32;

/// Initialises a free slot of a software token with this label and sets its user PIN
/// (`C_InitToken`, `C_Login` as SO, `C_InitPIN`).
///
/// For throw-away tokens only: a slot that is initialised already, or that is not SoftHSM's
/// or Kryoptic's, is never touched. Which folder SoftHSM writes to is the caller's to say,
/// with `SOFTHSM2_CONF` set before the process starts.
pub fn make_token(
    module: &Module,
    label: &str,
    so_pin: &Pin,
    user_pin: &Pin,
) -> Result<(), TokenError> {
    if label.is_empty() || label.len() > LABEL_OCTETS {
        return Err(TokenError::Failed {
            function: "C_InitToken".to_owned(),
            code: format!(
                "a label has 1 to {LABEL_OCTETS} octets, not {}",
                label.len()
            ),
        });
    }
    let (free, _) = module
        .slots()?
        .into_iter()
        .find(|(_, info)| {
            !info.token_initialized()
                && Assurance::of(info.manufacturer_id(), info.model()) == Assurance::Software
        })
        .ok_or_else(|| TokenError::Failed {
            function: "C_GetSlotList".to_owned(),
            code: "no free slot of a software token".to_owned(),
        })?;
    module
        .pkcs11
        .init_token(free, &auth_pin(so_pin), label)
        .map_err(|error| failed("C_InitToken", &error))?;

    // The slot's number is another one now; the new token is the one without a user PIN.
    let mut fresh = module.slots()?;
    fresh.retain(|(_, info)| {
        info.token_initialized() && info.label() == label && !info.user_pin_initialized()
    });
    let (slot, _) = match fresh.as_slice() {
        [one] => one,
        [] => return Err(module.no_token()),
        more => {
            return Err(TokenError::AmbiguousToken {
                label: escape(label),
                count: more.len(),
            });
        }
    };
    let session = module
        .pkcs11
        .open_rw_session(*slot)
        .map_err(|error| failed("C_OpenSession", &error))?;
    session
        .login(UserType::So, Some(&auth_pin(so_pin)))
        .map_err(|error| failed("C_Login", &error))?;
    session
        .init_pin(&auth_pin(user_pin))
        .map_err(|error| failed("C_InitPIN", &error))?;
    session
        .logout()
        .map_err(|error| failed("C_Logout", &error))?;
    session
        .close()
        .map_err(|error| failed("C_CloseSession", &error))
}
