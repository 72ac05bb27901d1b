//! The real edges: disk, terminal, clocks, random numbers and the laptop itself.
//!
//! Nothing else in the crate (but `cli` and `token`) touches files, the environment, the
//! clock or the terminal. What is here decides nothing: it implements [`crate::ports`],
//! reads inputs, and looks around.

mod beneath;
mod clock;
mod environment;
mod files;
mod lines;
mod progress;
mod rehearsal;
mod store;
mod terminal;

pub use clock::{SystemClock, SystemEntropy};
pub use environment::{Environment, EnvironmentFinding, NetworkInterface, harden, observe};
pub use files::{InputError, read_input, read_named, write_new};
pub use rehearsal::RehearsalOperator;
pub use store::{DiskStore, StoreRules};
pub use terminal::{NoTerminal, Terminal, wants_plain};
