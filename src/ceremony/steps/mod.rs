//! One file for each kind of step, and the one line that signs.

mod adopt;
mod certificates;
mod crl;
mod files;
mod handover;
mod key;
mod possession;
pub(super) mod sign;
