//! A kept rehearsal and what is done around it: requests and leaves by openssl, and the judges
//! after each ceremony.

use std::fs;

use crate::common::real::{Stage, stderr, stdout};

const KEEP: &str = "life";
/// The rehearsal's own ledger.
const FIRST: &str = "life/ledger";

/// A root's life in one folder.
pub struct Life {
    pub(crate) stage: Stage,
    /// The ledger that the newest ceremony is in, and what verifiers end with there.
    pub(crate) ledger: (&'static str, i32),
}

impl Life {
    pub fn new() -> Self {
        let stage = Stage::empty("unused.toml");
        let ledger = (FIRST, 8);
        Self { stage, ledger }
    }

    /// A new key with its request, as `requests/NAME.csr`.
    pub fn request(&self, name: &str, subject: &str) {
        let line = format!(
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
             -keyout requests/{name}.key -out requests/{name}.csr -subj"
        );
        self.openssl(&line, subject);
    }

    /// Another company's root.
    pub fn other_ca(&self, file: &str, subject: &str) {
        let line = format!(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
             -addext keyUsage=critical,keyCertSign,cRLSign -keyout other.key -out {file} -subj"
        );
        self.openssl(&line, subject);
    }

    fn openssl(&self, line: &str, last: &str) {
        let words: Vec<&str> = line.split_whitespace().chain([last]).collect();
        let done = self.stage.command(words[0]).args(&words[1..]).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    }

    /// Rehearses a ready ceremony, changed where `changes` says, and judges the ledger.
    pub fn rehearse(&mut self, template: &str, changes: &[(&str, &str)]) {
        let before = self.folders().len();
        let done = self.try_rehearse(template, changes);
        assert_eq!(done.0, Some(0), "{template}: {}", done.1);
        assert_eq!(self.folders().len(), before + 1, "{template}");
        if before == 0 {
            let root = format!("{}/out/root.pem", self.last());
            fs::copy(self.stage.path(&root), self.stage.path("root.pem")).unwrap();
        }
        self.judge(template);
    }

    /// A ceremony that is refused in these words, and signs nothing.
    pub fn refuses(&self, template: &str, changes: &[(&str, &str)], words: &str) {
        let before = self.names(FIRST);
        let (code, said) = self.try_rehearse(template, changes);
        assert_eq!(code, Some(1), "{template}: {said}");
        assert!(said.contains(words), "{template}: {said}");
        assert!(said.contains("nothing was signed"), "{template}: {said}");
        assert_eq!(self.names(FIRST), before);
    }

    fn try_rehearse(&self, template: &str, changes: &[(&str, &str)]) -> (Option<i32>, String) {
        let file = self.write(template, changes);
        let done = self.stage.quiet(&["rehearse", &file, "--keep", KEEP]);
        let said = format!("{}{}", stdout(&done), stderr(&done));
        (done.status.code(), said)
    }

    /// Writes a ready ceremony, changed; its file's name.
    pub(crate) fn write(&self, template: &str, changes: &[(&str, &str)]) -> String {
        let mut text = self.stage.new_file(template);
        for (from, to) in changes {
            assert!(text.contains(from), "{from}: {text}");
            text = text.replace(from, to);
        }
        let file = format!("{template}.toml");
        self.stage.write(&file, &text);
        file
    }

    /// The tool and the script say the same: consistent, and a rehearsal; or verified.
    pub(crate) fn judge(&self, template: &str) {
        let (ledger, code) = self.ledger;
        let verified = self.stage.quiet(&["verify", ledger, "--root", "root.pem"]);
        let said = format!("{}{}", stdout(&verified), stderr(&verified));
        assert_eq!(verified.status.code(), Some(code), "{template}: {said}");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
        let run = self
            .stage
            .command("sh")
            .args([script, &self.last(), "root.pem"])
            .output();
        let run = run.unwrap();
        assert_eq!(
            run.status.code(),
            Some(code),
            "{template}: {}{}",
            stdout(&run),
            stderr(&run)
        );
    }

    /// Names of the ceremonies' folders, in the newest ledger.
    pub(crate) fn folders(&self) -> Vec<String> {
        self.names(self.ledger.0)
    }

    fn names(&self, ledger: &str) -> Vec<String> {
        let Ok(found) = fs::read_dir(self.stage.path(ledger)) else {
            return Vec::new();
        };
        let names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    }

    /// The newest ceremony's folder, on the stage.
    pub(crate) fn last(&self) -> String {
        let (ledger, _) = self.ledger;
        format!("{ledger}/{}", self.folders().last().expect("a ceremony"))
    }

    /// The newest ceremony's certificate for a mount, on the stage.
    pub fn newest(&self, mount: &str) -> String {
        format!("{}/out/{mount}/intermediate.pem", self.last())
    }

    /// The newest CRL, on the stage.
    pub fn crl(&self) -> String {
        let folders = self.folders();
        let paths = folders
            .iter()
            .rev()
            .map(|name| format!("{}/{name}/out/root.crl", self.ledger.0));
        let mut there = paths.filter(|path| self.stage.path(path).exists());
        there.next().expect("a CRL")
    }

    /// Puts a file beside the ceremony files.
    pub fn take(&self, from: &str, to: &str) {
        fs::copy(self.stage.path(from), self.stage.path(to)).unwrap();
    }

    fn full(&self, path: &str) -> String {
        match path.strip_prefix("out/") {
            Some(rest) => format!("{}/out/{rest}", self.last()),
            None => path.to_owned(),
        }
    }

    /// What openssl says of a chain to the root, with the newest CRL.
    fn openssl_says(&self, more: &[&str], path: &str) -> (bool, String) {
        let crl = self.crl();
        let done = self
            .stage
            .command("openssl")
            .args([
                "verify",
                "-x509_strict",
                "-crl_check_all",
                "-CAfile",
                "root.pem",
            ])
            .args(["-CRLfile", &crl])
            .args(more)
            .arg(self.full(path))
            .output()
            .unwrap();
        let said = format!("{}{}", stdout(&done), stderr(&done));
        (done.status.success(), said)
    }

    #[track_caller]
    pub fn lives(&self, certificate: &str) {
        let (good, said) = self.openssl_says(&[], certificate);
        assert!(good, "{certificate}: {said}");
    }

    #[track_caller]
    pub fn is_dead(&self, certificate: &str) {
        let (good, said) = self.openssl_says(&[], certificate);
        assert!(
            !good && said.contains("certificate revoked"),
            "{certificate}: {said}"
        );
    }

    /// A leaf of an intermediate, and the intermediate's own CRL, by openssl.
    pub fn leaf(&self, name: &str, intermediate: &str) -> Leaf {
        let stage = &self.stage;
        stage.write("ca.cnf", "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 30\n[leaf]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\nsubjectAltName = DNS:a.example\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n");
        stage.write("index.txt", "");
        stage.write("crlnumber", "01\n");
        let key = format!("requests/{name}.key");
        for line in [
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=a.example".to_owned(),
            format!("openssl x509 -req -in leaf.csr -CA {intermediate} -CAkey {key} -CAcreateserial -CAserial leaf.srl -days 30 -extfile ca.cnf -extensions leaf -out leaf.pem"),
            format!("openssl ca -gencrl -config ca.cnf -keyfile {key} -cert {intermediate} -out leaf.crl"),
        ] {
            stage.tool(".", &line);
        }
        Leaf {
            intermediate: intermediate.to_owned(),
        }
    }

    #[track_caller]
    pub fn leaf_lives(&self, leaf: &Leaf) {
        let (good, said) = self.leaf_says(leaf);
        assert!(good, "{said}");
    }

    #[track_caller]
    pub fn leaf_is_dead(&self, leaf: &Leaf) {
        let (good, said) = self.leaf_says(leaf);
        assert!(!good && said.contains("certificate revoked"), "{said}");
    }

    fn leaf_says(&self, leaf: &Leaf) -> (bool, String) {
        let more = ["-CRLfile", "leaf.crl", "-untrusted", &leaf.intermediate];
        self.openssl_says(&more, "leaf.pem")
    }

    /// Two certificates of one key: the same public key and the same key identifier.
    pub fn have_one_key(&self, one: &str, other: &str) {
        let of = |path: &str| {
            let line = format!("openssl x509 -noout -pubkey -ext subjectKeyIdentifier -in {path}");
            self.stage.tool(".", &line)
        };
        assert_eq!(of(one), of(other));
        let serial = |path: &str| {
            self.stage
                .tool(".", &format!("openssl x509 -noout -serial -in {path}"))
        };
        assert_ne!(serial(one), serial(other));
    }
}

/// A leaf, with the intermediate that issued it.
pub struct Leaf {
    intermediate: String,
}
