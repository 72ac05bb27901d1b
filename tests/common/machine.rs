//! What this machine cannot show: said where it is seen, and a failure where `CI` is set.

use std::io::Write as _;

/// Whether a test can show what it is for. A test that returns asks here first.
#[track_caller]
pub fn can_show(can: bool, lack: &str) -> bool {
    let words = format!("NOT SHOWN HERE: {lack}");
    assert!(can || std::env::var_os("CI").is_none(), "{words}");
    if !can {
        // Not by a macro: what that prints is kept back where a test passes.
        let place = std::panic::Location::caller();
        let _ = writeln!(std::io::stderr(), "{place}: {words}");
    }
    can
}
