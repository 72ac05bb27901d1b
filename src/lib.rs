//! anchorite runs root-CA key ceremonies on an air-gapped laptop.
//!
//! The rooms, from the bottom up; each may use only those above it in this list
//! (`tests/architecture.rs` keeps that, `docs/architecture.md` says why):
//!
//! - [`digest`], [`x509`]: bytes to values and back
//! - [`ssh`]: people's keys and signatures
//! - [`ports`]: the edges as traits; [`plan`]: the ceremony file's meaning
//! - [`ledger`]: transcript, seal and register
//! - [`check`]: every rule, and the clearance that only a passed check makes
//! - [`issue`]: cleared request and profile to the bytes that will be signed
//! - [`handover`]: what goes back to Vault
//! - [`ceremony`]: the step engine, where intent is synced before each signature and its
//!   verified result after; the one line that signs is in `ceremony/steps/sign.rs`
//! - [`audit`]: verifies ceremonies and ledgers; reads everything, writes nothing, and shares
//!   parsers and rules with [`ceremony`] but none of its code
//! - [`host`] and `token`: the real edges behind the ports
//! - [`cli`]: one function for each verb; the only room that knows the real edges

#[macro_use]
mod rules;

pub mod audit;
pub mod ceremony;
pub mod check;
pub mod cli;
pub mod digest;
pub mod edition;
pub mod handover;
pub mod host;
pub mod issue;
pub mod ledger;
pub mod plan;
pub mod ports;
pub mod ssh;
#[cfg(feature = "token")]
pub mod token;
pub mod x509;
