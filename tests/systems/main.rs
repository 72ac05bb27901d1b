//! Whole systems against a real OpenBao: from a ceremony file to the state that their people want.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "../checks/made.rs"]
mod made;
#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "../play/mod.rs"]
mod play;

mod bundles;
mod cert_manager;
mod cfssl;
mod cross;
mod kubernetes;
mod life;
mod linkerd;
mod pages;
mod requests;
mod server_tls;
