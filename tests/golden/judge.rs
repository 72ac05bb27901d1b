//! One golden ledger: the real program and `docs/verify.sh` over it, and what is recorded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::expected::{kept, missing};
use crate::folders;

/// What is recorded beside a ledger.
pub const EXPECTED: &str = "expected.json";
const ROOT: &str = "root.pem";
/// Whose signatures are taken, where people signed.
const SIGNERS: &str = "allowed_signers";

/// A folder with `ledger/`, `root.pem` and what is expected of them.
pub struct Golden {
    place: PathBuf,
}

impl Golden {
    pub fn at(place: &Path) -> Self {
        let place = place.to_owned();
        Self { place }
    }

    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Names of its ceremonies, in their order.
    pub fn ceremonies(&self) -> Vec<String> {
        folders(&self.place.join("ledger"))
    }

    /// Exit code and text of the verifier.
    pub fn verify(&self, path: &str) -> (i32, String) {
        self.run(
            env!("CARGO_BIN_EXE_anchorite"),
            &["verify", path, "--root", ROOT],
        )
    }

    /// The same of the script, for one ceremony.
    pub fn script(&self, ceremony: &str) -> (i32, String) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
        let signers = self.place.join(SIGNERS).exists();
        let mut arguments = vec![script, ceremony, ROOT];
        arguments.extend(signers.then_some(SIGNERS));
        self.run("dash", &arguments)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(program);
        let command = command.args(arguments).current_dir(&self.place);
        let output = command.env_remove("COLUMNS").output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        (output.status.code().expect("an exit code"), said)
    }

    fn judged(&self, path: &str) -> Value {
        let arguments = ["verify", path, "--root", ROOT, "--json"];
        let (exit, said) = self.run(env!("CARGO_BIN_EXE_anchorite"), &arguments);
        let report = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        let script = (path != "ledger").then(|| self.script(path).0);
        kept(exit, report, script)
    }

    /// The whole ledger, and each of its ceremonies by itself.
    fn found(&self) -> Value {
        let alone: Vec<Value> = self
            .ceremonies()
            .iter()
            .map(|name| self.judged(&format!("ledger/{name}")))
            .collect();
        json!({"ledger": self.judged("ledger"), "alone": alone})
    }

    /// Where it is not as it was recorded.
    pub fn faults(&self) -> Vec<String> {
        let path = self.place.display().to_string();
        let Ok(recorded) = fs::read(self.place.join(EXPECTED)) else {
            return vec![format!("{path}: no {EXPECTED}: make golden-expected")];
        };
        let recorded = serde_json::from_slice(&recorded).expect("recorded JSON");
        let mut faults = Vec::new();
        missing(&recorded, &self.found(), &path, &mut faults);
        faults
    }

    /// Writes what is found as what is expected.
    pub fn record(&self) {
        let text = serde_json::to_string_pretty(&self.found()).unwrap();
        fs::write(self.place.join(EXPECTED), format!("{text}\n")).unwrap();
    }

    /// What people read: of the ledger, and of each ceremony by itself. The root's life is told as
    /// of the moment of reading, and its values are in the expectation.
    pub fn text(&self) -> String {
        let (_, whole) = self.verify("ledger");
        let (before, rest) = whole.split_once("\nThe root's life, at ").expect("a life");
        let (_, after) = rest.split_once("\n\n").expect("a verdict");
        let mut text = format!("{before}\n[the root's life]\n\n{after}");
        for name in self.ceremonies() {
            text += &format!("\n=== {name}\n{}", self.verify(&format!("ledger/{name}")).1);
        }
        text
    }
}
