//! What several integration tests share.

// Each test file uses its own part of this.
#![allow(dead_code)]

pub mod bao;
pub mod person;
pub mod proof;
pub mod pty;
pub mod real;
