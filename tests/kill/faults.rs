//! The disk refuses: writing, syncing, renaming, opening or making a folder fails at the n-th
//! call, once or from then on. The program says so in words and ends with its code; nothing is
//! lost; what the disk lets through again is brought to its end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bring_to_end;
use crate::common::person::{Acts, Played, play};
use crate::common::pty::End;
use crate::common::real::Stage;

/// A call that fails, and how the system says so.
#[derive(Clone, Copy, Debug)]
struct Fault {
    call: &'static str,
    error: &'static str,
    /// It goes on failing: the disk stays full.
    for_ever: bool,
}

const FAULTS: [Fault; 10] = [
    once("write", "ENOSPC"),
    once("write", "EIO"),
    once("fsync", "EIO"),
    once("renameat2", "EROFS"),
    once("renameat2", "EIO"),
    once("openat", "EROFS"),
    once("openat", "EMFILE"),
    once("mkdirat", "ENOSPC"),
    from_then_on("write", "ENOSPC"),
    from_then_on("openat", "ENODEV"),
];

const fn once(call: &'static str, error: &'static str) -> Fault {
    Fault {
        call,
        error,
        for_ever: false,
    }
}

const fn from_then_on(call: &'static str, error: &'static str) -> Fault {
    Fault {
        call,
        error,
        for_ever: true,
    }
}

/// The program under strace with the n-th call failing, or only watched. With `paths`, below the
/// stage, only calls on these count.
fn traced(
    stage: &Stage,
    fault: Fault,
    n: Option<usize>,
    paths: &BTreeSet<String>,
) -> std::process::Command {
    let mut command = stage.command("strace");
    let call = fault.call;
    command.args([
        "-f",
        "-qq",
        "-y",
        "-o",
        "trace",
        "-e",
        &format!("trace={call}"),
    ]);
    for path in paths {
        command.arg("-P").arg(stage.path(path));
    }
    if let Some(n) = n {
        let more = if fault.for_ever { "+" } else { "" };
        let inject = format!("inject={call}:error={}:when={n}{more}", fault.error);
        command.args(["-e", &inject]);
    }
    command
        .arg(env!("CARGO_BIN_EXE_anchorite"))
        .args(stage.run_arguments(&[]));
    command
}

/// The ledger's files and folders that the watched calls went to, below the stage, and how
/// many those calls were.
fn touched(stage: &Stage) -> (BTreeSet<String>, usize) {
    let root = std::fs::canonicalize(stage.root()).unwrap();
    let mark = format!("<{}/ledger", root.display());
    let trace = stage.read("trace");
    let found: Vec<String> = trace
        .lines()
        .filter_map(|line| line.split_once(&mark)?.1.split_once('>'))
        .map(|(path, _)| format!("ledger{path}"))
        // A body's file is named by its digest, which is another one each time.
        .filter(|path| !path.contains("/tbs-"))
        .collect();
    let calls = found.len();
    (found.into_iter().collect(), calls)
}

#[test]
fn the_disk_refuses() {
    let all = std::env::var("ANCHORITE_ALL_KILLS").is_ok_and(|value| value == "1");
    let mut points = Vec::new();
    let none = BTreeSet::new();
    for (at, fault) in FAULTS.into_iter().enumerate() {
        let stage = Stage::with(crate::CEREMONY);
        crate::need_strace(&stage);
        let watched = traced(&stage, fault, None, &none);
        play(watched, &stage.paper(), &Acts::new()).exit(0);
        let (paths, calls) = match fault.call {
            // The token's own files are not what is tried here.
            "write" | "openat" => touched(&stage),
            call => (none.clone(), crate::count(&stage, call)),
        };
        assert!(calls > 5, "{fault:?}: {calls}");
        // A fixed sample, with the first and the last. Over a thousand opens are mostly walks
        // to one folder: of them a larger sample is all.
        let most = if all { 160 } else { 4 };
        let step = calls.div_ceil(most);
        let sample: Vec<usize> = (1..=calls)
            .filter(|n| (n + at) % step == 0 || *n == 1 || *n == calls)
            .collect();
        eprintln!("{fault:?}: {} of {calls} points", sample.len());
        points.extend(sample.into_iter().map(|n| (fault, n, paths.clone())));
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((fault, n, paths)) = points.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    let stood = fail_at(*fault, *n, paths);
                    eprintln!("{} {} {n}: {stood}", fault.call, fault.error);
                }
            });
        }
    });
}

/// Lets one call fail, reads what is said, and brings the ceremony to its end.
fn fail_at(fault: Fault, n: usize, paths: &BTreeSet<String>) -> String {
    let stage = Stage::with(crate::CEREMONY);
    let paper = stage.paper();
    let failed = play(traced(&stage, fault, Some(n), paths), &paper, &Acts::new());
    let code = said(&failed, fault, n);
    format!("{code}, {}", bring_to_end(&stage, &paper))
}

/// What is on the screen: the words of an error, and what the token did.
fn said(failed: &Played, fault: Fault, n: usize) -> String {
    let screen = &failed.screen;
    let spot = format!("{fault:?} at {n}: {:?}\n{screen}", failed.end);
    match failed.end {
        // The call was one that the program can do without.
        End::Exit(0) => assert!(!screen.contains("error:"), "{spot}"),
        End::Exit(6) => {
            assert!(screen.contains("error: "), "{spot}");
            let last = failed.last_lines(2);
            assert!(last.contains("signed") || last.contains("key"), "{spot}");
        }
        End::Exit(7) => assert!(screen.contains("signed, not delivered"), "{spot}"),
        _ => panic!("{spot}"),
    }
    assert!(!screen.contains("panicked"), "{spot}");
    format!("{:?}", failed.end)
}
