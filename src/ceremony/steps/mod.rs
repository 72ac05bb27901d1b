//! One file for each kind of step, and the one line that signs.

mod certificates;
mod crl;
mod cross;
mod files;
mod handover;
mod key;
pub(super) mod sign;
