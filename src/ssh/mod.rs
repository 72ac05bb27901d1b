//! People's keys and signatures in OpenSSH's formats: which keys are taken, and whether a file
//! made by `ssh-keygen -Y sign` is a signature by one of them.
//!
//! The crate `ssh-key` reads the formats, without its own cryptography. It takes some bytes that
//! no writer makes, so what it read is written again and must be the same bytes. `x509` verifies,
//! as for every other signature.

mod key;
mod signature;
mod wire;

#[cfg(test)]
mod tests;

pub use key::{KeyRefusal, PersonKey};
pub use signature::{FILE_LIMIT, SignatureRefusal, verify, verify_by_some_key};

/// The namespace of what people sign here: a signature made for something else is none.
pub const NAMESPACE: &str = "anchorite-seal";
