//! A disk of a few blocks, a real file system: it fills up in the middle of the ceremony.

use std::process::Command;

use crate::bring_to_end;
use crate::common::person::{Acts, play};
use crate::common::real::{Stage, stderr};

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
    let mut command = stage.command("unshare");
    // What is mounted here is seen by nobody else, and gone with the program.
    command
        .args(["--mount", "sh", "-c"])
        .arg(format!("mount -o loop disk ledger && {script}"))
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

#[test]
fn a_disk_that_fills_up_loses_nothing() {
    if !can_mount(&Stage::empty("ceremony.toml")) {
        eprintln!(
            "NOT SHOWN HERE: this machine lets nobody mount a disk. That a disk stays full is \
             shown by the_disk_refuses alone."
        );
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
