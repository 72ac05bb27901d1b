//! The real edges: disk, terminal, clocks, random numbers and the laptop itself.
//!
//! Nothing else in the crate (but `cli` and `token`) touches files, the environment, the
//! clock or the terminal. What is here decides nothing: it implements [`crate::ports`],
//! reads inputs, and looks around.

#![expect(
    clippy::disallowed_methods,
    reason = "host is where the real edges are"
)]

mod beneath;
mod clock;
mod environment;
mod files;
mod lines;
mod place;
mod progress;
mod rehearsal;
#[cfg(feature = "token")]
mod soft_copy;
mod store;
mod streams;
mod terminal;

pub use clock::{SystemClock, SystemEntropy};
pub use environment::{Environment, EnvironmentFinding, NetworkInterface, harden, observe};
pub use files::{InputError, canonical, exists, read_input, read_named, shown, write_new};
pub use place::Rehearsal;
pub use rehearsal::RehearsalOperator;
#[cfg(feature = "token")]
pub use soft_copy::{copy_module, copy_soft_token};
pub use store::{DiskStore, StoreRules};
pub use streams::{note, print, print_crlf};
pub use terminal::{NoTerminal, Terminal, wants_plain};
