//! anchorite runs root-CA key ceremonies on an air-gapped laptop.
//!
//! The rooms, from the bottom up; each may use only those above it in this list:
//!
//! - [`digest`], [`x509`]: bytes to values and back
//! - [`ports`]: the edges as traits
//! - [`host`]: the real disk, terminal, clock and random numbers behind the ports

pub mod digest;
pub mod host;
pub mod ports;
pub mod x509;
