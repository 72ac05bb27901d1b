//! Whole ceremonies on stand-ins for the ports.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[allow(dead_code, reason = "each test crate uses its part")]
mod play;

use play::ceremony::{FIRST, first_job};
use play::world::World;

#[test]
fn smoke() {
    let mut world = World::new();
    let session = world.plain(&first_job(FIRST, 1), false);
    println!("{}", session.pages.join("\n"));
    println!(
        "{:?} {:?} {:#?}",
        session.asked, session.token_calls, session.store_calls
    );
    let done = session.result.unwrap();
    println!(
        "{}",
        String::from_utf8(world.bytes(&format!("{}/transcript.jsonl", done.folder))).unwrap()
    );
    assert!(world.hardware.borrow().violations.is_empty());
}
