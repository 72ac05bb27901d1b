//! People's signatures: ssh-keygen judges beside us, on keys and signatures of every kind and on
//! forged ones; and what `verify` tells of them in a ledger.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/ledger.rs"]
#[allow(dead_code)]
mod ledger;

#[path = "../common/schema.rs"]
mod schema;

mod formats;
mod in_a_ledger;
mod security_keys;
mod signer;
