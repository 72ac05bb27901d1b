//! A second ledger on the rehearsal's token: `run` at a terminal takes the root over, and ends it.

use std::fs;
use std::path::PathBuf;

use anchorite::x509::certificate::Certificate;

use crate::common::real::{Acts, LABEL, Played, play, softhsm, stderr, stdout};
use crate::life::Life;

impl Life {
    /// From now on the newest ledger is the second one.
    pub fn goes_on_in_a_second_ledger(&mut self) {
        self.ledger = ("ledger", 0);
    }

    /// Holds a ready ceremony in the second ledger, changed where `changes` says, and judges it.
    pub fn runs(&mut self, template: &str, changes: &[(&str, &str)]) -> Played {
        let before = self.folders().len();
        let played = self.run(template, changes);
        played.exit(0);
        assert_eq!(self.folders().len(), before + 1, "{template}");
        self.judge(template);
        played
    }

    /// Locks a ready ceremony for the second ledger, and holds it with the rehearsal's token.
    pub fn run(&mut self, template: &str, changes: &[(&str, &str)]) -> Played {
        let own = format!("\"{LABEL}\"");
        let token = format!("\"rehearsal-{LABEL}\"");
        let changes = [&[(own.as_str(), token.as_str())], changes].concat();
        self.stage.file = self.write(template, &changes);
        for name in ["plan", "lock"] {
            // What was locked before it was changed.
            let _ = fs::remove_file(self.stage.path(&format!("{template}.{name}")));
        }
        self.stage.lock();
        let mut paper = self.stage.paper();
        "rehearsal".clone_into(&mut paper.pin);
        let root = fs::read(self.stage.path("root.pem")).unwrap();
        let key = Certificate::from_file(&root).unwrap().fields.spki;
        let digest = anchorite::digest::Digest::of(&key).to_string();
        paper.end = format!("rehearsal-{LABEL} {}", &digest[digest.len() - 8..]);
        let arguments = self.stage.run_arguments(&["--site", "site.toml"]);
        let mut command = self.stage.anchorite(&arguments);
        command.env("SOFTHSM2_CONF", self.token_conf());
        play(command, &paper, &Acts::new())
    }

    /// A ready ceremony that the second ledger refuses to plan, in these words.
    pub fn cannot_be_planned(&self, template: &str, words: &str) {
        let file = self.write(template, &[]);
        let plan = self.stage.quiet(&["plan", &file, "--ledger", "ledger"]);
        assert_eq!(plan.status.code(), Some(1), "{}", stderr(&plan));
        assert!(stderr(&plan).contains(words), "{}", stderr(&plan));
    }

    /// The site: one module for the token, a copy of it for the copy, which is told by its serial.
    pub fn write_site(&self) {
        let module = softhsm();
        let other = self.stage.path("life/copy-module.so");
        let serial = self.listed(&["--list-slots"]);
        let serial = serial
            .split("rehearsal-acme-copy")
            .nth(1)
            .and_then(|rest| rest.split("serial num").nth(1))
            .and_then(|rest| rest.split([':', '\n']).nth(1))
            .map(str::trim)
            .unwrap_or_else(|| panic!("{serial}"));
        self.stage.write(
            "site.toml",
            &format!(
                "module = \"{module}\"\n[copy]\nmodule = \"{}\"\ntoken_serial = \"{serial}\"\n",
                other.display()
            ),
        );
    }

    /// Private keys in one of the rehearsal's tokens, counted by another program.
    pub fn private_keys(&self, label: &str) -> usize {
        let key = [
            "--token-label",
            label,
            "--type",
            "privkey",
            "--list-objects",
        ];
        let listed = self.listed(&[&key[..], &["--login", "--pin", "rehearsal"]].concat());
        listed.matches("Private Key Object").count()
    }

    fn listed(&self, arguments: &[&str]) -> String {
        let listed = self
            .stage
            .command("pkcs11-tool")
            .env("SOFTHSM2_CONF", self.token_conf())
            .args(["--module", &softhsm()])
            .args(arguments)
            .output()
            .expect("pkcs11-tool is not installed; these tests need it: apt-get install opensc");
        assert!(listed.status.success(), "{listed:?}");
        stdout(&listed)
    }

    fn token_conf(&self) -> PathBuf {
        self.stage.path("life/softhsm2.conf")
    }

    /// All that the root issued, in one file.
    pub fn gather(&self, certificates: &[&str], to: &str) {
        let read = |path: &&str| self.stage.read(path);
        self.stage
            .write(to, &certificates.iter().map(read).collect::<String>());
    }
}
