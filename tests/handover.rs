//! `handover.sh` against a real OpenBao. The `openssl` command stands where the ceremony
//! will: it signs what the server asked for, the rest is what the tool delivers.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use anchorite::digest::Digest;
use anchorite::handover::{self, Handover, Intermediate};
use anchorite::x509::time::UtcTime;
use common::bao::Bao;

const EXTENSIONS: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\n\
    keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
    authorityKeyIdentifier=keyid\n";

/// A root in a folder, made by openssl.
struct Root {
    folder: tempfile::TempDir,
}

impl Root {
    fn new() -> Self {
        let root = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(root.folder.path().join("ext"), EXTENSIONS).unwrap();
        root.openssl("ecparam -name prime256v1 -genkey -noout -out r.key");
        root.openssl(
            "req -x509 -new -key r.key -subj /O=Acme/CN=Root -days 3650 -out r.pem \
             -addext keyUsage=critical,keyCertSign,cRLSign",
        );
        root.openssl("x509 -in r.pem -outform DER -out r.der");
        root
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {said}");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    fn sign(&self, mount: &str, request: &str) -> Intermediate {
        std::fs::write(self.folder.path().join("i.csr"), request).unwrap();
        self.openssl(
            "x509 -req -in i.csr -CA r.pem -CAkey r.key -days 1825 -extfile ext \
             -outform DER -out i.der",
        );
        let der = self.read("i.der");
        Intermediate {
            step: "step".to_owned(),
            mount: mount.to_owned(),
            subject: "CN=stand-in".to_owned(),
            serial: "00".to_owned(),
            spki_sha256: Digest::of(&der),
            not_after: UtcTime::from_unix(2_000_000_000),
            succession: anchorite::plan::Succession::First,
            cert_manager: None,
            der,
        }
    }

    fn handover(&self, intermediates: Vec<Intermediate>) -> Handover {
        Handover {
            ceremony: "test".to_owned(),
            rehearsal: false,
            root_der: self.read("r.der"),
            root_subject: "O=Acme, CN=Root".to_owned(),
            root_not_after: UtcTime::from_unix(2_100_000_000),
            crl: None,
            crosses: Vec::new(),
            trust: None,
            requests: Vec::new(),
            intermediates,
            revoked: Vec::new(),
        }
    }

    /// The leaf and what the server sent along, checked as a strict client does.
    fn verify_leaf(&self, issued: &serde_json::Value) {
        let chain: Vec<&str> = issued["ca_chain"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block.as_str().unwrap())
            .collect();
        let root = String::from_utf8(self.read("r.pem")).unwrap();
        assert_eq!(chain.last().map(|block| block.trim()), Some(root.trim()));
        let leaf = issued["certificate"].as_str().unwrap();
        std::fs::write(self.folder.path().join("leaf.pem"), leaf).unwrap();
        std::fs::write(self.folder.path().join("chain.pem"), chain.join("\n")).unwrap();
        self.openssl("verify -x509_strict -CAfile r.pem -untrusted chain.pem leaf.pem");
    }
}

fn request(bao: &Bao, mount: &str) -> String {
    let fields = [
        ("common_name", "Stand-in CA"),
        ("key_type", "ec"),
        ("key_bits", "256"),
    ];
    bao.generate_request(mount, &fields)
}

fn deliver(handover: &Handover, folder: &Path) {
    let mut files = handover::product_files(handover).unwrap();
    files.extend(handover::closing_files(handover).unwrap());
    for file in files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.bytes).unwrap();
    }
}

fn run_with(shell: &str, bao: &Bao, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(shell)
        .arg(folder.join("handover.sh"))
        .args(arguments)
        .envs(bao.environment())
        .env("VAULT_CLI", bao.binary())
        // What a person may have set must not change how the answers are read.
        .env("VAULT_FORMAT", "yaml")
        .env("BAO_FORMAT", "yaml")
        .current_dir("/")
        .output()
        .unwrap()
}

fn run(bao: &Bao, folder: &Path, arguments: &[&str]) -> Output {
    run_with("dash", bao, folder, arguments)
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

fn default_issuer(bao: &Bao, mount: &str) -> String {
    let answer = bao.json("read", &[&format!("{mount}/config/issuers")]);
    answer["data"]["default"].as_str().unwrap().to_owned()
}

fn default_der(bao: &Bao, mount: &str) -> String {
    let id = default_issuer(bao, mount);
    bao.ok(&[
        "read",
        "-field=certificate",
        &format!("{mount}/issuer/{id}"),
    ])
}

/// Ids of the mount's issuers; an empty mount makes the command fail.
fn issuers(bao: &Bao, mount: &str) -> String {
    let output = bao.cli(&["list", &format!("{mount}/issuers")]);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_mounts_at_once_and_twice() {
    let (bao, root, out) = (Bao::shared(), Root::new(), tempfile::tempdir().unwrap());
    let mounts = ["\u{dc}n\u{ef} pki/etcd x", "it's/$HOME `k8s`"];
    let mut signed = Vec::new();
    for mount in mounts {
        bao.enable_pki(mount, "87600h");
        signed.push(root.sign(mount, &request(&bao, mount)));
    }
    deliver(&root.handover(signed.clone()), out.path());

    let dry = run(&bao, out.path(), &["--dry-run"]);
    assert!(dry.status.success(), "{}", said(&dry));
    assert!(said(&dry).contains("'\u{dc}n\u{ef} pki/etcd x/intermediate/set-signed'"));
    for mount in mounts {
        assert_eq!(issuers(&bao, mount), "");
    }

    let mut ends = Vec::new();
    for shell in ["dash", "bash"] {
        let output = run_with(shell, &bao, out.path(), &[]);
        assert!(output.status.success(), "{shell}: {}", said(&output));
        assert_eq!(said(&output).matches("all five are true").count(), 2);
        assert!(said(&output).contains("finished: all of test is handed over"));
        let state = mounts.map(|mount| (default_issuer(&bao, mount), issuers(&bao, mount)));
        ends.push(state);
    }
    assert_eq!(ends[0], ends[1]);
    for (mount, one) in mounts.iter().zip(&signed) {
        let pem = anchorite::x509::pem::encode("CERTIFICATE", &one.der);
        assert_eq!(default_der(&bao, mount).trim(), pem.trim());
        root.verify_leaf(&bao.issue(mount, "member", "node-1"));
    }
}

#[test]
fn a_certificate_whose_key_is_elsewhere_stops_the_script() {
    let (bao, root, out) = (Bao::shared(), Root::new(), tempfile::tempdir().unwrap());
    for mount in ["wrong/a", "wrong/b", "wrong/c"] {
        bao.enable_pki(mount, "87600h");
    }
    let good = root.sign("wrong/a", &request(&bao, "wrong/a"));
    request(&bao, "wrong/b");
    let wrong = root.sign("wrong/b", &request(&bao, "wrong/a"));
    let never = root.sign("wrong/c", &request(&bao, "wrong/c"));
    deliver(&root.handover(vec![good, wrong, never]), out.path());

    let output = run(&bao, out.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let words = said(&output);
    assert!(words.contains("this certificate's key is not in the mount wrong/b"));
    assert!(words.contains("done          wrong/a"), "{words}");
    assert!(words.contains("NOT finished  wrong/b"), "{words}");
    assert!(words.contains("not done      wrong/c"), "{words}");
    assert_eq!(issuers(&bao, "wrong/c"), "");
    root.verify_leaf(&bao.issue("wrong/a", "member", "node-1"));
}

#[test]
fn a_changed_file_is_refused_before_anything_is_sent() {
    let (bao, root, out) = (Bao::shared(), Root::new(), tempfile::tempdir().unwrap());
    let mut signed = Vec::new();
    for mount in ["changed/a", "changed/b"] {
        bao.enable_pki(mount, "87600h");
        signed.push(root.sign(mount, &request(&bao, mount)));
    }
    deliver(&root.handover(signed), out.path());
    let last = out.path().join("changed/b/bundle.pem");
    let mut bytes = std::fs::read(&last).unwrap();
    bytes.extend(b"# end\n");
    std::fs::write(&last, bytes).unwrap();

    let output = run(&bao, out.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("changed/b/bundle.pem is not the file of the ceremony"));
    std::fs::remove_file(&last).unwrap();
    let output = run(&bao, out.path(), &[]);
    assert!(said(&output).contains("changed/b/bundle.pem is missing"));
    assert_eq!(issuers(&bao, "changed/a"), "");
}

#[test]
fn a_renewal_becomes_the_default() {
    let (bao, root, out) = (Bao::shared(), Root::new(), tempfile::tempdir().unwrap());
    bao.enable_pki("renewed", "87600h");
    let csr = request(&bao, "renewed");
    let mut defaults = Vec::new();
    for _ in 0..2 {
        let one = root.sign("renewed", &csr);
        let pem = anchorite::x509::pem::encode("CERTIFICATE", &one.der);
        deliver(&root.handover(vec![one]), out.path());
        let output = run(&bao, out.path(), &[]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(default_der(&bao, "renewed").trim(), pem.trim());
        defaults.push(default_issuer(&bao, "renewed"));
    }
    assert_ne!(defaults[0], defaults[1]);
    root.verify_leaf(&bao.issue("renewed", "member", "node-1"));
}

#[test]
fn a_rehearsal_is_taken_only_when_it_is_asked_for() {
    let (bao, root, out) = (Bao::shared(), Root::new(), tempfile::tempdir().unwrap());
    bao.enable_pki("-rehearsed", "87600h");
    let signed = root.sign("-rehearsed", &request(&bao, "/-rehearsed"));
    let mut handover = root.handover(vec![signed]);
    handover.rehearsal = true;
    deliver(&handover, out.path());

    let output = run(&bao, out.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("these files come from a REHEARSAL"));
    let output = run(&bao, out.path(), &["--rehearsal"]);
    assert!(output.status.success(), "{}", said(&output));
    root.verify_leaf(&bao.issue("/-rehearsed", "member", "node-1"));

    let help = run(&bao, out.path(), &["--help"]);
    assert!(help.status.success() && said(&help).starts_with("usage: "));
    let unknown = run(&bao, out.path(), &["--yes"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn no_server_no_mount_no_right() {
    let (bao, root, out) = (Bao::shared(), Root::new(), tempfile::tempdir().unwrap());
    bao.enable_pki("absent/source", "87600h");
    let csr = request(&bao, "absent/source");
    let signed = root.sign("absent/target", &csr);
    deliver(&root.handover(vec![signed]), out.path());

    let output = run(&bao, out.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("cannot read config/issuers of the mount absent/target"));
    let output = Command::new("dash")
        .arg(out.path().join("handover.sh"))
        .envs(bao.environment())
        .env("VAULT_CLI", bao.binary())
        .env("BAO_ADDR", "http://127.0.0.1:1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("no unsealed server answers"));
    assert!(said(&output).contains("not done      absent/target"));
}
