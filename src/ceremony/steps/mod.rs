//! One file for each kind of step, and the one line that signs.

mod adopt;
mod certificates;
mod copy;
mod crl;
mod cross;
mod destroy;
mod files;
mod handover;
mod key;
mod possession;
mod request;
mod revoke;
pub(super) mod sign;
