//! anchorite runs root-CA key ceremonies on an air-gapped laptop.
//!
//! The rooms, from the bottom up; each may use only those above it in this list:
//!
//! - [`digest`], [`x509`]: bytes to values and back
//! - [`ports`]: the edges as traits
//! - `token`: the PKCS#11 token (feature `token`); knows `ports` and `x509` only

pub mod digest;
pub mod ports;
#[cfg(feature = "token")]
pub mod token;
pub mod x509;
