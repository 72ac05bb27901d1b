//! How-to pages as tests: their blocks of code, to be run in the order in which people read them.

use std::path::Path;
use std::process::{Command, Output};

use super::bao::Bao;

/// The page's blocks whose fence names exactly this.
pub fn blocks(page: &str, fence: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```") else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if name == fence {
            found.push(format!("{}\n", body.join("\n")));
        }
    }
    found
}

/// Reads a page below `docs/how-to`.
pub fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/how-to")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Runs text as a shell that stops at the first error; `command` stands in its folder and has
/// its environment. The program under test is found by its name.
#[track_caller]
pub fn run(command: impl FnOnce(&str) -> Command, text: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_anchorite"));
    let own = program.parent().expect("a program stands in a folder");
    let path = format!(
        "{}:{}",
        own.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output: Output = command("sh")
        // Answers and complaints stay in their order.
        .args(["-eu", "-c", &format!("exec 2>&1\n{text}")])
        .env("PATH", path)
        .output()
        .expect("every system has sh");
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{text}\n{said}");
    said
}

/// The same in a folder, with a server whose own command is found as `vault`.
#[track_caller]
pub fn run_beside(bao: &Bao, folder: &Path, mut shell: Command, script: &str) -> String {
    let commands = folder.join("commands");
    let vault = commands.join("vault");
    if !vault.exists() {
        std::fs::create_dir(&commands).expect("a folder");
        std::os::unix::fs::symlink(bao.binary(), vault).expect("a link");
    }
    let text = format!("PATH='{}':$PATH\n{script}\n", commands.display());
    // A home that the caller chose is kept: a server's command leaves files there.
    let environment = bao.environment().into_iter().filter(|one| one.0 != "HOME");
    shell.current_dir(folder).envs(environment);
    run(|_| shell, &text)
}

/// A folder where a page's commands run, and a server of its own: pages name their mounts.
pub struct Desk {
    folder: tempfile::TempDir,
    pub bao: Bao,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            bao: Bao::start(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a folder below it.
    pub fn make(&self, name: &str) {
        std::fs::create_dir_all(self.path().join(name)).expect("a folder");
    }

    /// Commands in this folder; `vault` is the server's own command.
    #[track_caller]
    pub fn shell(&self, script: &str) -> String {
        let mut command = Command::new("dash");
        command.env("HOME", self.path());
        run_beside(&self.bao, self.path(), command, script)
    }

    /// Every command of a page, in its order.
    #[track_caller]
    pub fn page(&self, name: &str) -> String {
        let blocks = blocks(&page(name), "sh");
        assert!(!blocks.is_empty(), "{name}");
        self.shell(&blocks.concat())
    }
}
