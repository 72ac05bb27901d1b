//! A disk of a few blocks, a real file system: it fills up in the middle of the ceremony, under
//! the ledger or under its mirror.

use std::process::Command;

use crate::common::machine::can_show;
use crate::common::person::{Acts, play};
use crate::common::proof;
use crate::common::real::{Stage, stderr};
use crate::{MOUNTS, OPEN, SEALED, bring_to_end};

/// A new ext4 of this size in the stage's folder.
fn make_disk(stage: &Stage, kib: usize) {
    let image = std::fs::File::create(stage.path("disk")).unwrap();
    image.set_len(kib as u64 * 1024).unwrap();
    let made = stage
        .command("mkfs.ext4")
        .args([
            "-q",
            "-b",
            "1024",
            "-N",
            "96",
            "-m",
            "0",
            "-O",
            "^has_journal",
            "disk",
        ])
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .output()
        .expect("mkfs.ext4 is not installed; these tests need it: apt-get install e2fsprogs");
    assert!(made.status.success(), "{}", stderr(&made));
}

/// The program in a mount namespace of its own, where the ledger is the small disk.
fn on_the_disk(stage: &Stage, script: &str, arguments: &[&str]) -> Command {
    with_disk(stage, ("loop", "ledger"), script, arguments)
}

/// The same, with the disk in another place or mounted in another way.
fn with_disk(
    stage: &Stage,
    (options, place): (&str, &str),
    script: &str,
    arguments: &[&str],
) -> Command {
    let mut command = stage.command("unshare");
    // What is mounted here is seen by nobody else, and gone with the program.
    command
        .args(["--mount", "sh", "-c"])
        .arg(format!("mount -o {options} disk {place} && {script}"))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_anchorite"))
        .args(arguments);
    command
}

/// Whether this machine lets us mount at all: in a container often nobody may.
fn can_mount(stage: &Stage) -> bool {
    make_disk(stage, 128);
    std::fs::create_dir_all(stage.path("ledger")).unwrap();
    let tried = on_the_disk(stage, "true", &[]).output();
    std::fs::remove_dir(stage.path("ledger")).unwrap();
    tried.is_ok_and(|tried| tried.status.success())
}

fn shown_here() -> bool {
    can_show(
        can_mount(&Stage::empty("ceremony.toml")),
        "this machine lets nobody mount a disk. That a disk stays full is shown by \
         the_disk_refuses alone.",
    )
}

#[test]
fn a_disk_that_fills_up_loses_nothing() {
    if !shown_here() {
        return;
    }
    for kib in [112, 128, 144] {
        let stage = Stage::with(crate::CEREMONY);
        let paper = stage.paper();
        make_disk(&stage, kib);
        std::fs::create_dir(stage.path("ledger")).unwrap();
        let arguments = stage.run_arguments(&[]);
        let run = on_the_disk(&stage, "rmdir ledger/lost+found && exec \"$@\"", &arguments);
        let full = play(run, &paper, &Acts::new());
        let spot = format!("{kib} KiB: {}", full.screen);
        assert!(full.screen.contains("No space left on device"), "{spot}");
        full.exit(6);
        assert!(full.last_lines(2).contains("signed"), "{spot}");
        // The person takes a bigger medium, copies what is there, and goes on.
        let copied = on_the_disk(&stage, "cp -a ledger bigger", &[])
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", stderr(&copied));
        std::fs::remove_dir(stage.path("ledger")).unwrap();
        std::fs::rename(stage.path("bigger"), stage.path("ledger")).unwrap();
        eprintln!("{kib} KiB: {}", bring_to_end(&stage, &paper));
    }
}

/// The mirror's disk is full, or cannot be written: no signature comes that it does not know of.
#[test]
fn a_mirror_s_disk_that_fails_stops_the_ceremony_and_loses_nothing() {
    if !shown_here() {
        return;
    }
    let stage = Stage::with(crate::CEREMONY);
    let paper = stage.paper();
    make_disk(&stage, 128);
    std::fs::create_dir(stage.path("mirror")).unwrap();
    let emptied = with_disk(&stage, ("loop", "mirror"), "rmdir mirror/lost+found", &[]).output();
    assert!(emptied.unwrap().status.success());
    let arguments = stage.run_arguments(&["--mirror", "mirror"]);
    let read_only = with_disk(&stage, ("loop,ro", "mirror"), "exec \"$@\"", &arguments);
    let refused = play(read_only, &paper, &Acts::new());
    refused
        .exit(6)
        .says("the mirror failed: ")
        .says("Read-only file system");
    assert_eq!(refused.last_lines(1), "nothing was signed");
    assert!(refused.prompts.is_empty() && stage.ledger_names().is_empty());

    let run = with_disk(&stage, ("loop", "mirror"), "exec \"$@\"", &arguments);
    let full = play(run, &paper, &Acts::new());
    full.exit(6)
        .says("the mirror failed: ")
        .says("No space left on device");
    assert_eq!(stage.ledger_names(), [OPEN]);
    let before = proof::serials(&proof::entries(&stage, OPEN));
    // What it holds goes to a bigger medium, which is brought up to date.
    let copied = with_disk(&stage, ("loop", "mirror"), "cp -a mirror bigger", &[]).output();
    assert!(copied.unwrap().status.success());
    let arguments = stage.run_arguments(&["--resume", "--mirror", "bigger"]);
    play(stage.anchorite(&arguments), &paper, &Acts::new())
        .exit(0)
        .says("the mirror lagged, and was brought up to date");
    stage.tool(".", "diff -r --exclude .lock ledger bigger");
    let after = proof::serials(&proof::entries(&stage, SEALED));
    for (product, serial) in &before {
        assert_eq!(after[product], *serial, "{product} has another serial");
    }
    let root = format!("ledger/{SEALED}/out/root.pem");
    proof::verify(&stage, SEALED, &root, &MOUNTS);
}

/// The mirror turns read-only in the middle of it, as a medium does that is about to die.
#[test]
fn a_mirror_that_turns_read_only_is_told_and_caught_up_with() {
    let stage = Stage::with(crate::CEREMONY);
    crate::need_strace(&stage);
    let paper = stage.paper();
    let mut run = stage.command("strace");
    let transcript = stage.path(&format!("mirror/{OPEN}/transcript.jsonl"));
    run.args(["-f", "-qq", "-o", "trace", "-e", "trace=write", "-P"])
        .arg(transcript)
        .args(["-e", "inject=write:error=EROFS:when=12+"])
        .arg(env!("CARGO_BIN_EXE_anchorite"))
        .args(stage.run_arguments(&["--mirror", "mirror"]));
    let failed = play(run, &paper, &Acts::new());
    failed
        .exit(6)
        .says("the mirror failed: ")
        .says("Read-only file system")
        .says(OPEN);
    let arguments = stage.run_arguments(&["--resume", "--mirror", "mirror"]);
    play(stage.anchorite(&arguments), &paper, &Acts::new())
        .exit(0)
        .says("the mirror lagged, and was brought up to date");
    stage.tool(".", "diff -r --exclude .lock ledger mirror");
}
