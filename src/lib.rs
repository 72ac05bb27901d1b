//! anchorite runs root-CA key ceremonies on an air-gapped laptop.
//!
//! The rooms, from the bottom up; each may use only those above it in this list:
//!
//! - [`digest`], [`x509`]: bytes to values and back
//! - [`ports`]: the edges as traits
//! - [`handover`]: what goes back to Vault

pub mod digest;
pub mod handover;
pub mod ports;
pub mod x509;
