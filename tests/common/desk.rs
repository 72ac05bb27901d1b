//! A folder with ceremony files, a kept rehearsal and a server.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::json;

use super::bao::Bao;

pub struct Desk {
    folder: tempfile::TempDir,
    pub bao: Arc<Bao>,
}

fn said(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}

impl Desk {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            bao: Bao::shared(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, program: &str, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(program)
            .args(arguments)
            .envs(self.bao.environment())
            .env("VAULT_CLI", self.bao.binary())
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error} (make test installs it)"));
        (output.status.success(), said(&output))
    }

    /// Runs a program in the folder, which must end well; what it said.
    #[track_caller]
    pub fn good(&self, program: &str, arguments: &[&str]) -> String {
        let (good, text) = self.run(program, arguments);
        assert!(good, "{program} {arguments:?}:\n{text}");
        text
    }

    /// A mount of its own for each test.
    pub fn mount(&self, name: &str) -> String {
        let path = self.mount_path(name);
        self.bao.enable_pki(&path, "87600h");
        path
    }

    /// The path of a mount that nobody else has, and that is not there yet.
    pub fn mount_path(&self, name: &str) -> String {
        let own = self.folder.path().file_name().unwrap().to_str().unwrap();
        format!("{}/{name}", own.trim_start_matches('.'))
    }

    /// A request of the mount: `internal` with a new key, `existing` with one that is there.
    pub fn generate(&self, mount: &str, how: &str, fields: &[(&str, &str)], file: &str) {
        let mut body = match how {
            "existing" => json!({}),
            _ => json!({ "key_type": "ec", "key_bits": 256 }),
        };
        for (name, value) in fields {
            body[*name] = json!(value);
        }
        let answer = self
            .bao
            .post(&format!("{mount}/intermediate/generate/{how}"), &body);
        let answer = answer.unwrap();
        let csr = answer["data"]["csr"].as_str().unwrap();
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, csr).unwrap();
    }

    /// The first ceremony: a root, the mount's intermediate, a CRL.
    pub fn first_root(&self, mount: &str, request: &str) -> String {
        let steps = format!(
            "[root]\nsubject = {{ C = \"DE\", ST = \"NW\", L = \"Wesel\", O = \"Kubernetes\", OU = \"CA\", CN = \"Kubernetes CA\" }}\nkey = \"ec:P-256\"\n\
             [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n\
             [[step]]\nid = \"first\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\nrequest = \"{request}\"\n\
             [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n"
        );
        let out = self.rehearse("first", &steps);
        self.take(&out, "root.pem", "root.pem");
        out
    }

    /// A later ceremony under that root.
    pub fn ceremony(&self, id: &str, steps: &str) -> String {
        self.rehearse(id, &format!("[root]\ncertificate = \"root.pem\"\n{steps}"))
    }

    /// Rehearses; gives the folder `out/` of what was sealed.
    fn rehearse(&self, id: &str, rest: &str) -> String {
        let text = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"{id}\"\n\
             [token]\nlabel = \"acme\"\n{rest}"
        );
        self.rehearse_in("keep", id, &text)
    }

    /// Rehearses a whole file of this id under a root of its own, in an empty ledger.
    pub fn on_an_empty_ledger(&self, id: &str, text: &str) -> String {
        let mut numbered = (1..).map(|number| format!("{id}-{number}"));
        let free = numbered.find(|keep| !self.path(keep).exists());
        self.rehearse_in(&free.expect("numbers do not end"), id, text)
    }

    fn rehearse_in(&self, keep: &str, id: &str, text: &str) -> String {
        let file = format!("{id}.toml");
        std::fs::write(self.path(&file), text).unwrap();
        self.good(
            env!("CARGO_BIN_EXE_anchorite"),
            &["rehearse", &file, "--keep", keep],
        );
        let folders = std::fs::read_dir(self.path(&format!("{keep}/ledger"))).unwrap();
        let mut names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let ending = format!("-{id}");
        let name = names
            .find(|name| name.ends_with(&ending))
            .expect("the sealed ceremony");
        format!("{keep}/ledger/{name}/out")
    }

    /// The script goes twice, as a person may.
    pub fn hand_over(&self, out: &str) {
        for _ in 0..2 {
            self.good("dash", &[&format!("{out}/handover.sh"), "--rehearsal"]);
        }
    }

    pub fn take(&self, out: &str, from: &str, to: &str) {
        std::fs::copy(self.path(&format!("{out}/{from}")), self.path(to)).unwrap();
    }

    pub fn read(&self, out: &str, name: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{out}/{name}"))).unwrap()
    }

    /// The id of the mount's default issuer.
    pub fn default_issuer(&self, mount: &str) -> String {
        let read = self.bao.json("read", &[&format!("{mount}/config/issuers")]);
        read["data"]["default"].as_str().unwrap().to_owned()
    }

    /// The id of an issuer's key.
    pub fn key_of(&self, mount: &str, issuer: &str) -> String {
        let read = self
            .bao
            .json("read", &[&format!("{mount}/issuer/{issuer}")]);
        read["data"]["key_id"].as_str().unwrap().to_owned()
    }

    /// A leaf of the mount's default issuer.
    pub fn leaf(&self, mount: &str, file: &str) -> String {
        let issued = self.bao.issue(mount, "any", "www.example.com");
        std::fs::write(self.path(file), issued["certificate"].as_str().unwrap()).unwrap();
        file.to_owned()
    }

    /// The root's CRL of a ceremony and an issuer's own, in one file.
    pub fn crls(&self, out: &str, issuer: &str, file: &str) -> String {
        let own = self
            .bao
            .ok(&["read", "-field=crl", &format!("{issuer}/crl")]);
        let root = self.read(out, "root.crl");
        std::fs::write(self.path(file), format!("{root}\n{own}\n")).unwrap();
        file.to_owned()
    }

    /// What openssl says of a leaf below the certificate that a ceremony issued for its mount.
    fn openssl(&self, out: &str, mount: &str, leaf: &str, crls: &str) -> (bool, String) {
        let intermediate = format!("{out}/{mount}/intermediate.pem");
        let check = ["verify", "-x509_strict", "-crl_check_all", "-CRLfile", crls];
        let chain = ["-CAfile", "root.pem", "-untrusted", &intermediate, leaf];
        self.run("openssl", &[&check[..], &chain[..]].concat())
    }

    #[track_caller]
    pub fn lives(&self, out: &str, mount: &str, leaf: &str, crls: &str) {
        let (good, said) = self.openssl(out, mount, leaf, crls);
        assert!(good, "{said}");
    }

    #[track_caller]
    pub fn is_dead(&self, out: &str, mount: &str, leaf: &str, crls: &str) {
        let (good, said) = self.openssl(out, mount, leaf, crls);
        assert!(!good && said.contains("certificate revoked"), "{said}");
    }
}
