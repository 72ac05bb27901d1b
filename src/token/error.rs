//! From cryptoki's errors to ours: the PKCS#11 function and the `CKR_` name, never the
//! paragraphs of the standard that cryptoki prints.

use cryptoki::error::{Error, RvError};

use crate::ports::TokenError;

/// What the token answered. `function` names the call where cryptoki does not.
pub(super) fn failed(function: &str, error: &Error) -> TokenError {
    let (function, code) = match error {
        Error::Pkcs11(value, called) => (format!("C_{called:?}"), ckr_name(*value)),
        Error::NullFunctionPointer => (function.to_owned(), "not in this module".to_owned()),
        _ => (function.to_owned(), "unreadable answer".to_owned()),
    };
    TokenError::Failed { function, code }
}

/// The answer's value, where there was one.
pub(super) fn return_value(error: &Error) -> Option<RvError> {
    match error {
        Error::Pkcs11(value, _) => Some(*value),
        _ => None,
    }
}

/// The constant's name in `pkcs11t.h`. cryptoki's variants are these names in camel case,
/// so the name is made from the variant and no table can go stale.
fn ckr_name(value: RvError) -> String {
    match value {
        RvError::VendorDefined(code) => format!("CKR_VENDOR_DEFINED 0x{code:08x}"),
        RvError::UnknownErrorCode(code) => format!("CKR 0x{code:08x}"),
        known => {
            let mut name = "CKR".to_owned();
            for letter in format!("{known:?}").chars() {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn names_are_those_of_the_standard() {
        for (value, name) in [
            (RvError::DeviceError, "CKR_DEVICE_ERROR"),
            (RvError::KeyUnextractable, "CKR_KEY_UNEXTRACTABLE"),
            (
                RvError::UserPinNotInitialized,
                "CKR_USER_PIN_NOT_INITIALIZED",
            ),
            (RvError::FipsSelfTestFailed, "CKR_FIPS_SELF_TEST_FAILED"),
            (RvError::RandomNoRng, "CKR_RANDOM_NO_RNG"),
            (RvError::NextOtp, "CKR_NEXT_OTP"),
            (
                RvError::SessionReadWriteSoExists,
                "CKR_SESSION_READ_WRITE_SO_EXISTS",
            ),
            (
                RvError::CryptokiAlreadyInitialized,
                "CKR_CRYPTOKI_ALREADY_INITIALIZED",
            ),
            (
                RvError::VendorDefined(0x8000_0001),
                "CKR_VENDOR_DEFINED 0x80000001",
            ),
            (RvError::UnknownErrorCode(0x77), "CKR 0x00000077"),
        ] {
            assert_eq!(ckr_name(value), name);
        }
    }

    #[test]
    fn the_words_are_short() {
        let error = Error::Pkcs11(RvError::DeviceError, Function::Sign);
        assert_eq!(
            failed("C_Other", &error).to_string(),
            "the token failed in C_Sign: CKR_DEVICE_ERROR"
        );
        assert_eq!(
            failed("C_GenerateRandom", &Error::NullFunctionPointer).to_string(),
            "the token failed in C_GenerateRandom: not in this module"
        );
    }
}
