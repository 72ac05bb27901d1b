//! The PKCS#11 token: module, login, keys, signatures, random numbers.
//!
//! This room is the only user of `cryptoki`. It owns four things and nothing else:
//!
//! - [`module`]: loading the module file that the site file names, and finding the token
//!   again by label and serial (slot numbers change, so they are only ever shown);
//! - [`pkcs11`]: [`Pkcs11Token`], the real [`crate::ports::Token`];
//! - `template`, `key` with `point`, and `mechanism`: what a root key is asked to be, what is
//!   read back of it, and how bytes are prepared for the raw mechanism of its type;
//! - [`rehearsal`]: throw-away SoftHSM tokens.
//!
//! Nothing here decides whether a key is good enough or a signature right: attributes are
//! reported as read, and the caller verifies every signature in software.

#![expect(
    clippy::disallowed_methods,
    reason = "the module is read to be digested"
)]

mod error;
mod key;
mod mechanism;
pub mod module;
mod note;
pub mod pkcs11;
mod point;
pub mod rehearsal;
mod template;

pub use module::{Module, TokenSummary};
pub use pkcs11::Pkcs11Token;
pub use rehearsal::make_token;
