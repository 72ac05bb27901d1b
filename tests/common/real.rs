//! A stage for whole ceremonies: the real program, a real SoftHSM token of its own, a real
//! disk, and a person who answers from the printed plan.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use super::person::*;

/// The token's PIN. No other text in any file of a test may hold it.
pub const PIN: &str = "pin-marker-4711";
const SO_PIN: &str = "so-pin-marker-0815";
/// The label in every ceremony file here.
pub const LABEL: &str = "acme-root-g1";

/// The smallest ceremony that makes a root: its key, itself, its first CRL.
pub fn root_and_crl(id: &str) -> String {
    format!(
        r#"
format = "anchorite/ceremony/0"
id = "{id}"
title = "A root"
token = {{ label = "{LABEL}" }}
root = {{ subject = {{ CN = "Acme Root G1" }}, key = "ec:P-256", validity = "20y" }}
[[step]]
id = "key"
do = "generate-root-key"
[[step]]
id = "root"
do = "issue-root"
[[step]]
id = "crl"
do = "issue-crl"
next_update = "6mo"
"#
    )
}

/// A folder with requests, a ceremony file, and a token in a SoftHSM of its own.
pub struct Stage {
    folder: tempfile::TempDir,
    /// The ceremony file's name.
    pub file: String,
}

impl Stage {
    /// A stage with the ceremony file of `anchorite new first-root`, planned and locked.
    pub fn first_root() -> Self {
        let stage = Self::empty("first-root.toml");
        stage.write("first-root.toml", &stage.new_file("first-root"));
        stage.lock();
        stage
    }

    /// A stage with a ceremony file of the test's own, planned and locked.
    pub fn with(text: &str) -> Self {
        let stage = Self::empty("ceremony.toml");
        stage.write("ceremony.toml", text);
        stage.lock();
        stage
    }

    /// Requests and a token; the ceremony file is still to be written.
    pub fn empty(file: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("stage-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("a folder below the target folder");
        let stage = Self {
            folder,
            file: file.to_owned(),
        };
        stage.check_disk();
        fs::create_dir(stage.path("requests")).unwrap();
        for name in ["etcd.csr", "kubernetes.csr", "nomad.csr"] {
            let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/requests");
            fs::copy(fixture.join(name), stage.path("requests").join(name)).unwrap();
        }
        fs::create_dir(stage.path("tokens")).unwrap();
        stage.write(
            "softhsm2.conf",
            &format!(
                "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
                stage.path("tokens").display()
            ),
        );
        stage.make_token(LABEL);
        stage
    }

    /// `run` refuses a ledger on a disk that does not keep what it synced, and so it must.
    fn check_disk(&self) {
        let found = rustix::fs::statfs(self.folder.path()).unwrap().f_type;
        let keeps = [0xef53, 0x5846_5342, 0x9123_683e];
        assert!(
            keeps.contains(&(u64::try_from(found).unwrap_or(0) & 0xffff_ffff)),
            "these tests run real ceremonies, and a ledger needs ext4, xfs or btrfs; {} is on \
             another file system ({found:#x}). Set CARGO_TARGET_DIR to a folder on such a disk.",
            self.folder.path().display()
        );
    }

    /// A path on the stage.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The stage's folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What `new` writes.
    pub fn new_file(&self, template: &str) -> String {
        stdout(&self.quiet(&["new", template]))
    }

    /// `plan --lock` for the ceremony file.
    pub fn lock(&self) {
        let mut arguments = vec!["plan", &self.file, "--lock"];
        if self.path("ledger").exists() {
            arguments.extend(["--ledger", "ledger"]);
        }
        let planned = self.quiet(&arguments);
        assert!(planned.status.success(), "{}", stderr(&planned));
    }

    /// What stands on paper.
    pub fn paper(&self) -> Paper {
        let mut arguments = vec!["plan", &self.file];
        // An open ceremony changes nothing of what was printed before it.
        if self.path("ledger").exists() {
            arguments.extend(["--ledger", "ledger"]);
        }
        Paper::read(&stdout(&self.quiet(&arguments)))
    }

    /// The program with these arguments, without a terminal.
    pub fn quiet(&self, arguments: &[&str]) -> Output {
        self.anchorite(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The program in the stage's folder, with the stage's tokens.
    pub fn anchorite(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_anchorite"));
        command.args(arguments);
        command
    }

    /// Any program, in the same way.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env_remove("COLUMNS");
        command
    }

    /// The arguments of `run` for the ceremony file.
    pub fn run_arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["run", self.file.as_str(), "--ledger", "ledger"];
        arguments.extend(more);
        arguments
    }

    /// `run`, answered from paper.
    pub fn run(&self) -> Played {
        self.run_with(&[], &Acts::new())
    }

    /// `run --resume`, answered from paper.
    pub fn resume(&self) -> Played {
        self.run_with(&["--resume"], &Acts::new())
    }

    /// `run` with more arguments and other answers.
    pub fn run_with(&self, more: &[&str], acts: &Acts) -> Played {
        let paper = self.paper();
        let arguments = self.run_arguments(more);
        play(self.anchorite(&arguments), &paper, acts)
    }

    /// One more initialised token.
    pub fn make_token(&self, label: &str) {
        let made = self
            .command("softhsm2-util")
            .args(["--init-token", "--free", "--label", label])
            .args(["--so-pin", SO_PIN, "--pin", PIN])
            .output()
            .expect(
                "softhsm2-util is not installed; these tests need it: apt-get install softhsm2",
            );
        assert!(made.status.success(), "{}", stderr(&made));
    }

    /// Runs a stock tool in a folder of the stage; it must succeed. What stands in '' is one word.
    #[track_caller]
    pub fn tool(&self, folder: &str, line: &str) -> String {
        let mut words = words(line);
        let program = words.next().expect("a program");
        let output = self
            .command(program)
            .current_dir(self.path(folder))
            .args(words)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}; {}", how_to_install(program)));
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    /// Names in the ledger's folder, but for its lock.
    pub fn ledger_names(&self) -> Vec<String> {
        let Ok(found) = fs::read_dir(self.path("ledger")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".lock")
            .collect();
        names.sort();
        names
    }

    /// The private keys in the token, counted by another program.
    pub fn private_keys(&self) -> usize {
        let module = softhsm();
        let listed = self
            .command("pkcs11-tool")
            .args(["--module", &module, "--token-label", LABEL, "--login"])
            .args(["--pin", PIN, "--list-objects", "--type", "privkey"])
            .output()
            .expect("pkcs11-tool is not installed; these tests need it: apt-get install opensc");
        assert!(listed.status.success(), "{}", stderr(&listed));
        stdout(&listed).matches("Private Key Object").count()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Sealed folders are read-only, and a folder that cannot be written cannot be emptied.
        writable(self.folder.path());
    }
}

fn writable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755));
            writable(&entry.path());
        }
    }
}

/// The words of a command; a path, which may have spaces, stands in ''.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('\'').enumerate().flat_map(|(at, part)| {
        let quoted = at % 2 == 1;
        let plain = if quoted { "" } else { part };
        quoted
            .then_some(part)
            .into_iter()
            .chain(plain.split_whitespace())
    })
}

fn how_to_install(program: &str) -> &'static str {
    match program {
        "certtool" => "these tests need it: apt-get install gnutls-bin",
        "strace" => "these tests need it: apt-get install strace",
        "openssl" => "these tests need it: apt-get install openssl",
        _ => "these tests need it",
    }
}

/// SoftHSM's module.
pub fn softhsm() -> String {
    [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    ]
    .into_iter()
    .find(|path| Path::new(path).exists())
    .expect("SoftHSM is not installed; these tests need it: apt-get install softhsm2")
    .to_owned()
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
