//! Ledgers made by the core itself, with a software key in place of a token: a root with two
//! intermediates and a CRL, and a second ceremony under it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anchorite::ceremony::abort::abort;
use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::prepare::{Ingredients, PrepareError, Prepared, prepare};
use anchorite::ceremony::run::{Done, Job, run};
use anchorite::digest::Digest;
use anchorite::host::{DiskStore, StoreRules};
use anchorite::ledger::register::Register;
use anchorite::ports::{
    Assurance, Clock, Desk, Entropy, Interface, KeyId, KeyQuery, KeySpec, Operator, OperatorError,
    Pin, PinTries, Question, StoreError, Token, TokenError, TokenIdentity, TokenKey, Tokens,
};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::public_key::{Curve, PublicKey, SignatureAlgorithm};
use anchorite::x509::time::UtcTime;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

/// A first ceremony: root, two intermediates in one approval, CRL.
pub const FIRST: &str = r#"
format = "anchorite/ceremony/0"
id     = "acme-root"
title  = "Acme root"
policy = "private"

[[person]]
id   = "alice"
role = "administrator"

[token]
label = "acme-root"

[root]
subject  = { C = "DE", O = "Acme", CN = "Acme Root G1" }
key      = "ec:P-384"
validity = "20y"

[[step]]
id = "key"
do = "generate-root-key"

[[step]]
id = "root"
do = "issue-root"

[[step]]
id      = "clusters"
do      = "issue-intermediate"
profile = "vault"
  [[step.request]]
  mount   = "etcd/nyc3/pki"
  request = "nyc3-etcd.csr"
  [[step.request]]
  mount   = "pki"
  request = "k8s.csr"

[[step]]
id          = "crl"
do          = "issue-crl"
next_update = "6mo"
"#;

/// A second one under the same root.
pub const SECOND: &str = r#"
format = "anchorite/ceremony/0"
id     = "acme-more"
title  = "More of Acme"
policy = "private"

[token]
label = "acme-root"

[root]
certificate = "root.pem"

[[step]]
id      = "fra1"
do      = "issue-intermediate"
mount   = "pki/fra1"
request = "fra1.csr"
profile = "vault"

[[step]]
id          = "crl"
do          = "issue-crl"
next_update = "6mo"
"#;

/// A token that is a list of keys in memory.
pub struct SoftToken {
    identity: TokenIdentity,
    keys: Vec<(KeyId, String, Arc<EcdsaKeyPair>)>,
    notes: Vec<(String, Vec<u8>)>,
    /// Signatures that are given before one is not.
    pub fails_after: Option<usize>,
}

impl SoftToken {
    pub fn new(label: &str) -> Self {
        Self {
            identity: TokenIdentity {
                label: label.to_owned(),
                manufacturer: "tests".to_owned(),
                model: "soft".to_owned(),
                serial: "0001".to_owned(),
                firmware: "1.0".to_owned(),
                hardware: "1.0".to_owned(),
                module: "/nowhere/module.so".to_owned(),
                module_sha256: Digest::of(b"module"),
                assurance: Assurance::Software,
            },
            keys: Vec::new(),
            notes: Vec::new(),
            fails_after: None,
        }
    }

    /// Another token with the same keys: what a vendor's tool makes of this one.
    fn copied(&self, label: &str) -> Self {
        let mut copy = Self::new(label);
        copy.identity.serial = "0002".to_owned();
        copy.keys.clone_from(&self.keys);
        copy
    }

    /// Signs whatever it is given: what a stolen key would do.
    pub fn sign_anything(&self, message: &[u8]) -> Vec<u8> {
        let (_, _, pair) = self.keys.first().unwrap();
        let random = aws_lc_rs::rand::SystemRandom::new();
        pair.sign(&random, message).unwrap().as_ref().to_vec()
    }

    /// The key itself, PKCS#8.
    pub fn pkcs8(&self) -> Vec<u8> {
        let (_, _, pair) = self.keys.first().unwrap();
        pair.to_pkcs8v1().unwrap().as_ref().to_vec()
    }

    fn shown(&self, at: usize) -> TokenKey {
        let (id, label, pair) = &self.keys[at];
        let attributes = [
            ("CKA_SENSITIVE", "true"),
            ("CKA_VALUE", "sensitive"),
            ("CKA_EXTRACTABLE", "false"),
            ("CKA_NEVER_EXTRACTABLE", "true"),
            ("CKA_ALWAYS_SENSITIVE", "true"),
            ("CKA_LOCAL", "true"),
            ("CKA_SIGN", "true"),
            ("CKA_SIGN_RECOVER", "false"),
            ("CKA_DECRYPT", "false"),
            ("CKA_UNWRAP", "false"),
            ("CKA_DERIVE", "false"),
            ("CKA_MODIFIABLE", "false"),
        ];
        TokenKey {
            id: id.clone(),
            label: label.clone(),
            public_key: PublicKey::from_ec_point(Curve::P384, pair.public_key().as_ref()).unwrap(),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

impl Token for SoftToken {
    fn identity(&self) -> &TokenIdentity {
        &self.identity
    }

    fn pin_tries(&mut self) -> Result<PinTries, TokenError> {
        Ok(PinTries::Full)
    }

    fn login(&mut self, _pin: &Pin) -> Result<(), TokenError> {
        Ok(())
    }

    fn logout(&mut self) -> Result<(), TokenError> {
        Ok(())
    }

    fn find_keys(&mut self, query: &KeyQuery) -> Result<Vec<TokenKey>, TokenError> {
        let mut found = Vec::new();
        for (at, (id, label, _)) in self.keys.iter().enumerate() {
            let matches = match query {
                KeyQuery::All => true,
                KeyQuery::Id(wanted) => wanted == id,
                KeyQuery::Label(wanted) => wanted == label,
            };
            if matches {
                found.push(self.shown(at));
            }
        }
        Ok(found)
    }

    fn generate_key(&mut self, spec: &KeySpec) -> Result<TokenKey, TokenError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        let key = (spec.id.clone(), spec.label.clone(), Arc::new(pair));
        self.keys.push(key);
        Ok(self.shown(self.keys.len() - 1))
    }

    fn destroy_key(&mut self, id: &KeyId) -> Result<(), TokenError> {
        self.keys.retain(|(one, ..)| one != id);
        Ok(())
    }

    fn read_notes(&mut self, label: &str) -> Result<Vec<Vec<u8>>, TokenError> {
        let notes = self.notes.iter().filter(|(name, _)| name == label);
        Ok(notes.map(|(_, note)| note.clone()).collect())
    }

    fn write_note(&mut self, label: &str, note: &[u8]) -> Result<(), TokenError> {
        self.notes.retain(|(name, _)| name != label);
        self.notes.push((label.to_owned(), note.to_vec()));
        Ok(())
    }

    fn random(&mut self, length: usize) -> Result<Vec<u8>, TokenError> {
        let mut bytes = vec![0; length];
        aws_lc_rs::rand::fill(&mut bytes).unwrap();
        Ok(bytes)
    }

    fn sign(
        &mut self,
        key: &KeyId,
        _algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        match &mut self.fails_after {
            Some(0) => {
                self.fails_after = None;
                return Err(TokenError::Failed {
                    function: "C_Sign".to_owned(),
                    code: "CKR_DEVICE_ERROR".to_owned(),
                });
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let (_, _, pair) = self.keys.iter().find(|(id, ..)| id == key).unwrap();
        let random = aws_lc_rs::rand::SystemRandom::new();
        Ok(pair.sign(&random, message).unwrap().as_ref().to_vec())
    }
}

/// The copy, under whatever label it is asked for.
struct Shelf(SoftToken);

impl Tokens for Shelf {
    fn open(&mut self, label: &str) -> Result<Box<dyn Token>, TokenError> {
        Ok(Box::new(self.0.copied(label)))
    }
}

/// Answers as the paper says; can be told to walk away at a question.
pub struct Auto {
    pub interface: Interface,
    /// The question at which the person leaves, and how often it is answered before.
    pub leave_at: Option<(&'static str, usize)>,
}

impl Operator for Auto {
    fn interface(&self) -> Interface {
        self.interface
    }

    fn show(&mut self, _page: &str) {}

    fn ask(&mut self, question: &Question) -> Result<String, OperatorError> {
        match &mut self.leave_at {
            Some((id, 0)) if *id == question.id => return Err(OperatorError::Stopped),
            Some((id, left)) if *id == question.id => *left -= 1,
            _ => {}
        }
        Ok(question.on_paper.clone())
    }

    fn ask_pin(&mut self, _text: &str) -> Result<Pin, OperatorError> {
        Ok(Pin::new(Zeroizing::new("1234".to_owned())))
    }

    fn work_begins(&mut self, _what: &str) {}

    fn work_ends(&mut self) {}

    fn interrupted(&self) -> bool {
        false
    }
}

/// A clock that ticks a second each time it is looked at.
pub struct Ticking(pub i64);

impl Clock for Ticking {
    fn now(&mut self) -> UtcTime {
        self.0 += 1;
        UtcTime::from_unix(self.0)
    }

    fn monotonic_ms(&mut self) -> u64 {
        u64::try_from(self.0).unwrap() * 1000
    }
}

pub struct Random;

impl Entropy for Random {
    fn fill(&mut self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).unwrap();
    }
}

/// How a ceremony is held.
#[derive(Clone, Copy, Default)]
pub struct How {
    pub rehearsal: bool,
    pub resume: bool,
    pub leave_at: Option<(&'static str, usize)>,
}

/// One root with its ledger on a disk.
pub struct World {
    folder: tempfile::TempDir,
    pub token: SoftToken,
    pub clock: Ticking,
    pub requests: [Vec<u8>; 2],
    /// The register that a forger's program believes in; `None`: the ledger's.
    pub forged_register: Option<Register>,
    /// The root that was taken over, PEM; `None`: the first ceremony makes it.
    adopted: Option<Vec<u8>>,
}

impl World {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            token: SoftToken::new("acme-root"),
            clock: Ticking(UtcTime::parse("2026-10-03T09:00:00Z").unwrap().unix()),
            requests: [csr("nyc3 etcd CA"), csr("k8s CA")],
            forged_register: None,
            adopted: None,
        }
    }

    /// A new ledger on the same token, for a root that is taken over.
    pub fn second_ledger(&self) -> Self {
        let mut token = self.token.copied("acme-root");
        token
            .identity
            .serial
            .clone_from(&self.token.identity.serial);
        Self {
            token,
            clock: Ticking(self.clock.0),
            adopted: Some(self.root_pem()),
            ..Self::new()
        }
    }

    /// The two ceremonies.
    pub fn with_two() -> Self {
        let mut world = Self::new();
        world.hold_first();
        world.hold_second();
        world
    }

    pub fn hold_first(&mut self) -> Done {
        self.hold_first_as(FIRST, How::default()).unwrap()
    }

    pub fn hold_second(&mut self) -> Done {
        let inputs = [("root.pem", self.root_pem()), ("fra1.csr", csr("fra1 CA"))];
        self.hold(SECOND, &inputs, How::default()).unwrap()
    }

    /// Plans a ceremony; what is refused is told as people are.
    pub fn planned(&self, source: &str, inputs: &[(&str, Vec<u8>)]) -> Result<Prepared, String> {
        let view = LedgerView::read(&mut self.store()).unwrap();
        let inputs = inputs.iter();
        let prepared = prepare(Ingredients {
            file_name: "acme.toml",
            source,
            inputs: inputs
                .map(|(path, bytes)| ((*path).to_owned(), bytes.clone()))
                .collect(),
            ledger: view.state(),
            register: self.forged_register.clone().unwrap_or(view.register),
        });
        prepared.map_err(|error| match error {
            PrepareError::Refused(list) => {
                let told = list.iter().map(|one| format!("{one} ({})", one.subject));
                told.collect::<Vec<_>>().join("\n")
            }
            other => other.to_string(),
        })
    }

    /// Plans and holds a ceremony.
    pub fn hold(
        &mut self,
        source: &str,
        inputs: &[(&str, Vec<u8>)],
        how: How,
    ) -> Result<Done, String> {
        let root = inputs.iter().find(|(path, _)| *path == "root.pem");
        let root = root.map(|(_, bytes)| Certificate::from_file(bytes).unwrap());
        let prepared = self.planned(source, inputs).unwrap();
        let mut store = self.store();
        let job = Job {
            prepared,
            rehearsal: how.rehearsal,
            root,
            tool_sha256: Digest::of(b"tool"),
            environment: b"{}\n".to_vec(),
            environment_findings: Vec::new(),
        };
        let mut operator = Auto {
            interface: if how.rehearsal {
                Interface::Rehearsal
            } else {
                Interface::Terminal
            },
            leave_at: how.leave_at,
        };
        let mut shelf = Shelf(self.token.copied("copy"));
        let mut desk = Desk {
            token: &mut self.token,
            tokens: &mut shelf,
            clock: &mut self.clock,
            entropy: &mut Random,
            operator: &mut operator,
            store: &mut store,
        };
        run(&mut desk, &job, how.resume).map_err(|failure| failure.error.to_string())
    }

    /// The first ceremony in another way.
    pub fn hold_first_as(&mut self, source: &str, how: How) -> Result<Done, String> {
        let inputs = [
            ("nyc3-etcd.csr", self.requests[0].clone()),
            ("k8s.csr", self.requests[1].clone()),
        ];
        self.hold(source, &inputs, how)
    }

    /// Ends the open ceremony.
    pub fn abort(&mut self, id: &str) {
        let mut store = self.store();
        abort(&mut store, &mut self.clock, id).unwrap();
    }

    fn store(&self) -> DiskStore {
        // A child that another test is just starting holds a copy of the lock until its exec.
        for _ in 0..100 {
            match DiskStore::open(&self.path(), StoreRules::Rehearsal) {
                Err(StoreError::Locked { .. }) => std::thread::sleep(Duration::from_millis(20)),
                other => return other.unwrap(),
            }
        }
        panic!("the ledger stays locked");
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub fn root_pem(&self) -> Vec<u8> {
        let made = || fs::read(self.path().join("0001-acme-root/out/root.pem")).unwrap();
        self.adopted.clone().unwrap_or_else(made)
    }

    pub fn root(&self) -> Certificate {
        Certificate::from_file(&self.root_pem()).unwrap()
    }

    /// A copy of the ledger that can be written.
    pub fn copy(&self) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("the ledger");
        copy_tree(&self.path(), &path);
        let root = folder.path().join("my root.pem");
        let made = self.path().join("0001-acme-root/out/root.pem");
        if self.adopted.is_some() || made.exists() {
            fs::write(root, self.root_pem()).unwrap();
        }
        Copy { folder, path }
    }
}

/// A ledger to be tampered with.
pub struct Copy {
    pub folder: tempfile::TempDir,
    /// The ledger.
    pub path: PathBuf,
}

impl Copy {
    pub fn root_pem(&self) -> PathBuf {
        self.folder.path().join("my root.pem")
    }
}

pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// A request as a server makes it.
pub fn csr(name: &str) -> Vec<u8> {
    let names = rcgen::CertificateParams::new(vec!["a.example".to_owned()]);
    request_of(names.unwrap(), name)
}

/// A request that asks for an extension.
pub fn csr_that_asks(name: &str, oid: &[u64], value: &[u8]) -> Vec<u8> {
    let mut params = rcgen::CertificateParams::default();
    let asked = rcgen::CustomExtension::from_oid_content(oid, value.to_vec());
    params.custom_extensions.push(asked);
    request_of(params, name)
}

fn request_of(mut params: rcgen::CertificateParams, name: &str) -> Vec<u8> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap()
        .into_bytes()
}
