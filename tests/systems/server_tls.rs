//! A real OpenBao that serves TLS with a certificate from one of its own mounts: the how-to page
//! line by line, from a server that signed its certificate itself.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::bao::find_binary;
use crate::common::howto::{blocks, page, run};

/// A server with TLS and a configuration of its own, unsealed; ended when dropped.
struct Server {
    folder: tempfile::TempDir,
    child: Child,
    port: u16,
    token: String,
}

/// The certificate that the server signed itself before there is a ceremony.
const FIRST: &str = "first.pem";

impl Server {
    fn start() -> Self {
        // Somebody else may take the port between our look and the server's start.
        for _ in 0..5 {
            if let Some(server) = Self::try_start() {
                return server;
            }
        }
        panic!("the server does not start with TLS");
    }

    fn try_start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("tls")).unwrap();
        std::fs::create_dir(path("commands")).unwrap();
        std::os::unix::fs::symlink(find_binary(), path("commands/vault")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let made = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '))
            .args([
                "-subj",
                "/CN=first",
                "-addext",
                "subjectAltName = IP:127.0.0.1",
            ])
            .args(["-keyout", "tls/vault.key", "-out", "tls/vault.crt"])
            .current_dir(folder.path())
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{made:?}");
        std::fs::copy(path("tls/vault.crt"), path(FIRST)).unwrap();
        let config = format!(
            "storage \"inmem\" {{}}\ndisable_mlock = true\n\
             pid_file = \"vault.pid\"\n\
             listener \"tcp\" {{\n  address = \"127.0.0.1:{port}\"\n  \
             tls_cert_file = \"tls/vault.crt\"\n  tls_key_file = \"tls/vault.key\"\n}}\n"
        );
        std::fs::write(path("server.hcl"), config).unwrap();
        let log = std::fs::File::create(path("server.log")).unwrap();
        let child = Command::new(find_binary())
            .args(["server", "-config=server.hcl"])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            folder,
            child,
            port,
            token: String::new(),
        };
        let end = Instant::now() + Duration::from_secs(60);
        let keys = loop {
            if server.child.try_wait().unwrap().is_some() || Instant::now() > end {
                return None;
            }
            let said = server.vault(
                FIRST,
                "operator init -key-shares=1 -key-threshold=1 -format=json",
            );
            if said.status.success() {
                break serde_json::from_slice::<Value>(&said.stdout).unwrap();
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        let key = keys["unseal_keys_b64"][0].as_str().unwrap();
        let unsealed = server.vault(FIRST, &format!("operator unseal {key}"));
        assert!(unsealed.status.success(), "{unsealed:?}");
        keys["root_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut server.token);
        Some(server)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in the folder, whose server is this one, checked by these roots. The path is
    /// relative, as people write it.
    fn command(&self, program: &Path, roots: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("VAULT_ADDR", format!("https://127.0.0.1:{}", self.port))
            .env("VAULT_CACERT", roots)
            .env("VAULT_TOKEN", &self.token)
            .stdin(Stdio::null());
        command
    }

    fn vault(&self, roots: &str, line: &str) -> Output {
        self.command(&find_binary(), roots)
            .args(line.split(' '))
            .output()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_page_gives_vault_a_certificate_that_the_root_alone_verifies() {
    let server = Server::start();
    let commands = server.path("commands");
    let text = blocks(&page("vault-server-tls.md"), "sh").concat();
    let address = format!("127.0.0.1:{}", server.port);
    let text = text.replace("vault.acme.example:8200", &address);
    run(
        |_| server.command(Path::new("dash"), FIRST),
        &format!("PATH='{}':$PATH\n{text}", commands.display()),
    );

    // Who trusts another root, the first certificate's, is told so, and does not get in.
    let out = "rehearsal/ledger/0001-acme-root-g1/out";
    let refused = server.vault(FIRST, "status");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("certificate signed by unknown authority"),
        "{said}"
    );
    assert!(
        server
            .vault(&format!("{out}/root.pem"), "status")
            .status
            .success()
    );
    // Nor by the intermediate of the other mount.
    let other = server.vault(&format!("{out}/pki_int/intermediate.pem"), "status");
    assert!(!other.status.success());

    // A role of this mount that allows every name still makes no other server: the constraint of
    // the intermediate stops it at the client.
    let ca = format!("{out}/root.pem");
    let role = server.vault(
        &ca,
        "write pki_vault/roles/any allow_any_name=true key_type=ec key_bits=256",
    );
    assert!(role.status.success());
    for (name, good) in [("vault.acme.example", true), ("bank.example", false)] {
        let issued = server.vault(
            &ca,
            &format!("write -field=certificate pki_vault/issue/any common_name={name}"),
        );
        std::fs::write(server.path("leaf.pem"), issued.stdout).unwrap();
        let verified = Command::new("openssl")
            .args(["verify", "-CAfile", &ca, "-untrusted"])
            .args([&format!("{out}/pki_vault/intermediate.pem"), "leaf.pem"])
            .current_dir(server.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert_eq!(verified.status.success(), good, "{name}: {said}");
        assert_eq!(
            said.contains("permitted subtree violation"),
            !good,
            "{said}"
        );
    }
}
