//! One file for each kind of step, and the one line that signs.

mod destroy;
mod certificates;
mod crl;
mod files;
mod handover;
mod key;
mod revoke;
mod possession;
pub(super) mod sign;
