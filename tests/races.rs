//! Eight programs on one ledger at once: one holds the ceremony, the others are refused.
//! `make races` does it two hundred times.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Barrier;

use common::pty::End;
use common::real::*;

const PROGRAMS: usize = 8;
const SEALED: &str = "0001-race";

#[test]
fn eight_programs_and_one_ceremony() {
    let all = std::env::var("ANCHORITE_ALL_RACES").is_ok_and(|value| value == "1");
    for _ in 0..if all { 200 } else { 3 } {
        race();
    }
}

fn race() {
    let stage = Stage::with(&root_and_crl("race"));
    let paper = stage.paper();
    let start = Barrier::new(PROGRAMS);
    let played: Vec<Played> = std::thread::scope(|scope| {
        let program = || {
            start.wait();
            let arguments = stage.run_arguments(&[]);
            play(stage.anchorite(&arguments), &paper, &Acts::new())
        };
        let running: Vec<_> = (0..PROGRAMS).map(|_| scope.spawn(program)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut held = 0;
    for one in &played {
        match one.end {
            End::Exit(0) => held += 1,
            // Locked, or later than the one that was first.
            End::Exit(6) => {
                one.says("another process is using the ledger");
                assert!(one.prompts.is_empty(), "{}", one.screen);
            }
            End::Exit(1) => {
                assert_eq!(one.last_lines(1), "nothing was signed", "{}", one.screen);
                assert!(one.prompts.is_empty(), "{}", one.screen);
            }
            other => panic!("{other:?}: {}", one.screen),
        }
    }
    assert_eq!(held, 1, "{played:#?}");
    assert_eq!(stage.ledger_names(), [SEALED]);
    assert_eq!(stage.private_keys(), 1);
    let root = format!("ledger/{SEALED}/out/root.pem");
    let verified = stage.quiet(&["verify", "ledger", "--root", &root]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
}
