//! One root's life on disk: the transcript's entries and their chain, the seal, the names of
//! folders and files, and the register that is folded from it all. Pure, but for `staging`,
//! which looks through the store at what was laid out.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod adopted;
pub mod chain;
pub mod entry;
pub mod event;
pub mod kinds;
pub mod layout;
pub mod limits;
pub mod note;
pub mod possession_files;
pub mod post_seal;
pub mod question;
pub mod register;
pub mod seal;
pub mod seal_signature;
pub mod staging;
mod strict_json;
pub mod verify_text;
