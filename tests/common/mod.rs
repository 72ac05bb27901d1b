//! What several integration tests share.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
// Each test file uses its own part of this.
#![allow(dead_code)]

pub mod bao;
pub mod desk;
pub mod etcd;
pub mod howto;
pub mod linkerd;
pub mod machine;
pub mod person;
pub mod proof;
pub mod pty;
pub mod real;
pub mod schema;
