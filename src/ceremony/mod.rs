//! The step engine: a ceremony is run as a fold over its own transcript. What the transcript
//! says was done is not done again, so running and resuming are the same code.

pub mod abort;
mod console;
pub mod destruction;
pub mod error;
pub mod folder;
pub mod job;
pub mod journal;
pub mod ledger_view;
pub mod mirror;
pub mod note;
pub mod pages;
pub mod plan_report;
pub mod prepare;
pub mod progress;
pub mod run;
pub mod script;
pub mod seal;
mod session;
mod stage;
pub mod stand_in;
pub mod steps;

pub use error::{CeremonyError, Failure};
