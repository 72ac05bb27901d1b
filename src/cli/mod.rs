//! Words and exit codes: the only room that knows all others, and that none imports.

pub mod args;
pub mod commands;
#[cfg(feature = "token")]
mod copies;
#[cfg(feature = "token")]
mod ending;
mod exit;
mod inputs;
mod inspect;
mod manual;
mod mirror;
mod new;
mod output;
pub mod parse;
#[cfg(feature = "token")]
mod rehearse;
mod report;
mod requests;
#[cfg(feature = "token")]
mod run;
mod seen;
#[cfg(feature = "token")]
mod site;
#[cfg(feature = "token")]
mod token;
mod trouble;
mod verify;

pub use exit::Exit;
