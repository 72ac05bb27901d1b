//! A mount with a pending request, and what a root in software makes of it.

use std::process::Command;

use anchorite::x509::extension_encode as encode_extension;
use anchorite::x509::pem;
use anchorite::x509::public_key::{PublicKey, RootKey, SignatureAlgorithm};
use anchorite::x509::request::Request;
use serde_json::json;

use crate::common::bao::Bao;
use crate::made::{Draft, Signer, time};

/// A mount with a pending request, and a root in software.
pub struct Mount {
    pub path: String,
    pub csr: String,
    request: Request,
    pub root: Signer,
    pub folder: tempfile::TempDir,
}

impl Mount {
    pub fn new(bao: &Bao, path: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = json!({ "type": "pki", "config": { "max_lease_ttl": "87600h" } });
        bao.post(&format!("sys/mounts/{path}"), &mount).unwrap();
        let fields = json!({ "common_name": "Issuing CA", "key_type": "ec", "key_bits": 256 });
        let generate = format!("{path}/intermediate/generate/internal");
        let answer = bao.post(&generate, &fields).unwrap();
        let csr = answer["data"]["csr"].as_str().unwrap().to_owned() + "\n";
        std::fs::write(folder.path().join("mount.csr"), &csr).unwrap();
        Self {
            path: path.to_owned(),
            request: Request::from_bytes(csr.as_bytes()).unwrap(),
            csr,
            root: Signer::p256(),
            folder,
        }
    }

    /// What the request gets from a good root.
    pub fn below(&self) -> Draft {
        self.below_of(&self.root)
    }

    fn below_of(&self, root: &Signer) -> Draft {
        let mut own = Draft::root(root);
        own.subject = self.request.subject.as_der().to_vec();
        own.spki = self.request.spki.clone();
        let key = PublicKey::from_spki(&own.spki).unwrap().key_identifier();
        own.replace(14, encode_extension::subject_key_identifier(&key).unwrap());
        let above = encode_extension::authority_key_identifier(&root.key_id());
        own.replace(35, above.unwrap());
        own
    }

    pub fn own(&self) -> String {
        self.own_with(|_| ())
    }

    pub fn own_with(&self, change: impl Fn(&mut Draft)) -> String {
        let mut own = self.below();
        change(&mut own);
        block(&own.sign(&self.root))
    }

    pub fn above(&self) -> String {
        block(&Draft::root(&self.root).sign(&self.root))
    }

    pub fn good(&self) -> String {
        self.own() + &self.above()
    }

    /// Intermediate and root, either of them changed.
    pub fn with(&self, change: impl Fn(&mut Draft, &mut Draft)) -> String {
        let (mut own, mut root) = (self.below(), Draft::root(&self.root));
        change(&mut own, &mut root);
        block(&own.sign(&self.root)) + &block(&root.sign(&self.root))
    }

    pub fn under(&self, key: RootKey, algorithm: SignatureAlgorithm) -> String {
        let root = Signer::new(key, algorithm);
        let own = self.below_of(&root).sign(&root);
        block(&own) + &block(&Draft::root(&root).sign(&root))
    }

    /// Mount, policy CA and root, in this order.
    pub fn tiers(&self, order: &[usize]) -> String {
        let middle = Signer::p256();
        let mut policy = Draft::below(&self.root, &middle);
        policy.subject = crate::made::name("Policy CA");
        let mut own = self.below_of(&middle);
        own.issuer = policy.subject.clone();
        let all = [
            block(&own.sign(&middle)),
            block(&policy.sign(&self.root)),
            self.above(),
        ];
        order.iter().map(|&at| all[at].as_str()).collect()
    }

    /// A root with a key that no `Signer` has, or a digest that none signs with.
    pub fn by_openssl(&self, key: &str, digest: &str) -> String {
        const CONFIG: &str = "[req]\ndistinguished_name = dn\n[dn]\n[root]\n\
            basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n\
            subjectKeyIdentifier = hash\n[own]\nbasicConstraints = critical, CA:TRUE\n\
            keyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n\
            authorityKeyIdentifier = keyid\n";
        let folder = self.folder.path();
        std::fs::write(folder.join("openssl.cnf"), CONFIG).unwrap();
        let root = "-config openssl.cnf -extensions root -set_serial 0x41234567890123456789";
        let own = "-extfile openssl.cnf -extensions own -set_serial 0x42234567890123456789";
        for command in [
            format!("genpkey -out root.key -algorithm {key}"),
            format!(
                "req -x509 -new -key root.key -subj /CN=Odd -days 9 {root} {digest} -out root.pem"
            ),
            format!(
                "x509 -req -in mount.csr -CA root.pem -CAkey root.key -days 8 {own} {digest} -out own.pem"
            ),
        ] {
            let output = Command::new("openssl")
                .args(command.split_whitespace())
                .current_dir(folder)
                .output()
                .expect("openssl (make test installs it)");
            assert!(output.status.success(), "{command}: {output:?}");
        }
        let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
        read("own.pem") + &read("root.pem")
    }
}

pub fn block(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}

pub fn stranger() -> String {
    let other = Signer::p256();
    let mut root = Draft::root(&other);
    root.subject = crate::made::name("Unrelated CA");
    root.issuer = root.subject.clone();
    block(&root.sign(&other))
}

/// The same name with PrintableString where UTF8String stood: equal to people.
pub fn as_printable(name: &[u8]) -> Vec<u8> {
    let mut name = name.to_vec();
    let tags = name.iter_mut().filter(|octet| **octet == 0x0c);
    tags.for_each(|tag| *tag = 0x13);
    name
}

pub fn dates(draft: &mut Draft, start: &str, end: &str) {
    let at = |day: &str| time(&format!("{day}T00:00:00Z")).to_der();
    draft.dates(&at(start), &at(end));
}

pub fn length(octets: u8) -> Vec<u8> {
    encode_extension::basic_constraints(Some(octets)).unwrap()
}

pub fn purposes(oids: &[&str]) -> Vec<u8> {
    let oids: Vec<String> = oids.iter().map(|&oid| oid.to_owned()).collect();
    encode_extension::extended_key_usage(&oids).unwrap()
}

pub fn on_one_line(text: &str) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        let is_frame = line.starts_with("-----");
        if is_frame && !folded.is_empty() && !folded.ends_with('\n') {
            folded.push('\n');
        }
        folded.push_str(line);
        if is_frame {
            folded.push('\n');
        }
    }
    folded
}
