//! How-to pages as they are read: their shell blocks run one after the other, in one shell.

use std::path::Path;
use std::process::Command;

/// The shell blocks of a page, in their order. What stands indented is for another day or
/// another machine, and is not run.
pub fn blocks(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/how-to")
        .join(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}"));
    let blocks: Vec<&str> = text
        .split("\n```sh\n")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap_or_default())
        .collect();
    assert!(!blocks.is_empty(), "{page} has no shell block");
    blocks.join("\n")
}

/// Runs a page in a folder: it must end well. `extend` adds to the shell's surroundings.
/// The program and the names a page uses, `vault` and `anchorite`, are in a folder on the path.
pub fn run(page: &str, folder: &Path, extend: impl FnOnce(&mut Command)) -> String {
    let script = format!("set -eu\n{}\n", blocks(page));
    let mut command = Command::new("dash");
    command.args(["-x", "-c", &script]).current_dir(folder);
    extend(&mut command);
    let output = command.output().expect("dash (make test installs it)");
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{page}:\n{said}");
    said
}

/// A folder for the path in which `anchorite` is the program that is tested, and each other
/// name one that was given.
pub fn commands(folder: &Path, others: &[(&str, &Path)]) -> String {
    let own = folder.join("commands");
    std::fs::create_dir_all(&own).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_anchorite"));
    for (name, path) in [("anchorite", program)].iter().chain(others) {
        let link = own.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(path, link).unwrap();
        }
    }
    format!(
        "{}:{}",
        own.display(),
        std::env::var("PATH").unwrap_or_default()
    )
}
