//! The how-to pages that need a server: every command on them, against a real OpenBao.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Command;

use common::bao::Bao;
use common::howto;

/// A desk as a page finds it: the first ceremony is rehearsed and handed over.
struct Desk {
    folder: tempfile::TempDir,
    bao: std::sync::Arc<Bao>,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            // A server of its own: pages name their mounts.
            bao: std::sync::Arc::new(Bao::start()),
        };
        std::fs::create_dir(desk.path().join("requests")).unwrap();
        for (name, common_name) in [
            ("etcd", "Acme etcd CA"),
            ("kubernetes", "Acme Kubernetes CA"),
        ] {
            let mount = format!("pki/{name}");
            desk.bao.enable_pki(&mount, "87600h");
            let fields = [
                ("common_name", common_name),
                ("key_type", "ec"),
                ("key_bits", "256"),
            ];
            let csr = desk.bao.generate_request(&mount, &fields);
            std::fs::write(desk.path().join(format!("requests/{name}.csr")), csr).unwrap();
        }
        desk.shell(
            "anchorite new first-root > first-root.toml
             anchorite rehearse first-root.toml --keep rehearsal
             out=rehearsal/ledger/0001-acme-root-g1/out
             cp $out/root.pem $out/root.crl .
             sh $out/handover.sh --rehearsal",
        );
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Commands in the desk's folder; `vault` is the server's own command.
    fn shell(&self, script: &str) -> String {
        let commands = self.path().join("commands");
        let vault = commands.join("vault");
        if !vault.exists() {
            std::fs::create_dir(&commands).unwrap();
            std::os::unix::fs::symlink(self.bao.binary(), vault).unwrap();
        }
        let text = format!("PATH={}:$PATH\n{script}\n", commands.display());
        let command = |_: &str| {
            let mut command = Command::new("dash");
            command
                .current_dir(self.path())
                .envs(self.bao.environment())
                .env("HOME", self.path());
            command
        };
        howto::run(command, &text)
    }

    fn page(&self, name: &str) -> String {
        let blocks = howto::blocks(&howto::page(name), "sh");
        assert!(!blocks.is_empty(), "{name}");
        self.shell(&blocks.concat())
    }
}

#[test]
fn replace_a_compromised_intermediate() {
    let said = Desk::new().page("replace-a-compromised-intermediate.md");
    assert!(said.contains("certificate revoked"), "{said}");
}

#[test]
fn renew_an_intermediate() {
    let said = Desk::new().page("renew-an-intermediate.md");
    assert!(said.contains("renewed.pem: OK"), "{said}");
}
