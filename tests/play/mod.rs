//! Stand-ins for the ports, and ceremonies played on them. They serve the core's tests only;
//! they never stand in for a real token or a real disk where a result is claimed.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]

pub mod ceremony;
pub mod ports;
pub mod products;
pub mod store;
pub mod token;
pub mod world;
