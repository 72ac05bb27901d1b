//! A token with software keys. Its hardware outlives the program, counts every signature, and
//! looks at the disk at the moment of each one: was the intent safe, was it signed before?

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use anchorite::digest::{Digest, hex};
use anchorite::ledger::entry::{self, Event};
use anchorite::ports::{
    Assurance, KeyId, KeyQuery, KeySpec, Pin, PinTries, Token, TokenError, TokenIdentity, TokenKey,
    Tokens,
};
use anchorite::x509::public_key::{Curve, PublicKey, RootKey, SignatureAlgorithm};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self as lc, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

use super::ports::octets;
use super::store::Disk;

/// A private key in software.
pub enum Pair {
    Ec(EcdsaKeyPair, Curve),
    Ed(Ed25519KeyPair),
    Rsa(&'static RsaKeyPair),
}

/// RSA keys take seconds to make: one of each size for all tests of a process.
fn rsa(size: KeySize) -> &'static RsaKeyPair {
    static SMALL: OnceLock<RsaKeyPair> = OnceLock::new();
    static LARGE: OnceLock<RsaKeyPair> = OnceLock::new();
    let cell = match size {
        KeySize::Rsa3072 => &SMALL,
        _ => &LARGE,
    };
    cell.get_or_init(|| RsaKeyPair::generate(size).unwrap())
}

impl Pair {
    pub fn generate(key: RootKey) -> Self {
        match key {
            RootKey::Rsa3072 => Self::Rsa(rsa(KeySize::Rsa3072)),
            RootKey::Rsa4096 => Self::Rsa(rsa(KeySize::Rsa4096)),
            RootKey::P256 => {
                let method = &lc::ECDSA_P256_SHA256_ASN1_SIGNING;
                Self::Ec(EcdsaKeyPair::generate(method).unwrap(), Curve::P256)
            }
            RootKey::P384 => {
                let method = &lc::ECDSA_P384_SHA384_ASN1_SIGNING;
                Self::Ec(EcdsaKeyPair::generate(method).unwrap(), Curve::P384)
            }
            RootKey::P521 => {
                let method = &lc::ECDSA_P521_SHA512_ASN1_SIGNING;
                Self::Ec(EcdsaKeyPair::generate(method).unwrap(), Curve::P521)
            }
            RootKey::Ed25519 => Self::Ed(Ed25519KeyPair::generate().unwrap()),
        }
    }

    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ec(pair, curve) => {
                PublicKey::from_ec_point(*curve, pair.public_key().as_ref()).unwrap()
            }
            Self::Ed(pair) => PublicKey::from_ed25519(pair.public_key().as_ref()).unwrap(),
            Self::Rsa(pair) => {
                let key = pair.public_key();
                PublicKey::from_rsa(
                    key.modulus().big_endian_without_leading_zero(),
                    key.exponent().big_endian_without_leading_zero(),
                )
                .unwrap()
            }
        }
    }

    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match (self, algorithm) {
            (Self::Ec(pair, Curve::P256), SignatureAlgorithm::EcdsaSha256)
            | (Self::Ec(pair, Curve::P384), SignatureAlgorithm::EcdsaSha384)
            | (Self::Ec(pair, Curve::P521), SignatureAlgorithm::EcdsaSha512) => {
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            (Self::Ed(pair), SignatureAlgorithm::Ed25519) => pair.sign(message).as_ref().to_vec(),
            (Self::Rsa(pair), SignatureAlgorithm::PssSha256) => {
                rsa_sign(pair, &lc::RSA_PSS_SHA256, message)
            }
            (Self::Rsa(pair), SignatureAlgorithm::PssSha384) => {
                rsa_sign(pair, &lc::RSA_PSS_SHA384, message)
            }
            (Self::Rsa(pair), SignatureAlgorithm::PssSha512) => {
                rsa_sign(pair, &lc::RSA_PSS_SHA512, message)
            }
            (Self::Rsa(pair), SignatureAlgorithm::RsaSha256) => {
                rsa_sign(pair, &lc::RSA_PKCS1_SHA256, message)
            }
            (Self::Rsa(pair), SignatureAlgorithm::RsaSha384) => {
                rsa_sign(pair, &lc::RSA_PKCS1_SHA384, message)
            }
            (Self::Rsa(pair), SignatureAlgorithm::RsaSha512) => {
                rsa_sign(pair, &lc::RSA_PKCS1_SHA512, message)
            }
            _ => panic!("{algorithm:?} does not fit the key"),
        }
    }
}

fn rsa_sign(pair: &RsaKeyPair, method: &'static dyn lc::RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(method, &SystemRandom::new(), message, &mut signature)
        .unwrap();
    signature
}

/// A key pair in the hardware.
#[derive(Clone)]
pub struct HardKey {
    pub id: KeyId,
    pub label: String,
    pub pair: Rc<Pair>,
    pub attributes: BTreeMap<String, String>,
}

/// A signature that the token made.
#[derive(Clone)]
pub struct Signature {
    pub key: KeyId,
    pub message: Vec<u8>,
    pub octets: Vec<u8>,
}

/// What survives the program.
#[derive(Clone, Default)]
pub struct Hardware {
    pub keys: Vec<HardKey>,
    pub signatures: Vec<Signature>,
    pub generated: usize,
    /// Notes by label.
    pub notes: Vec<(String, Vec<u8>)>,
    /// What a signature broke of the order of things.
    pub violations: Vec<String>,
}

/// What the token does wrong.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// This call gives this error. From 1.
    pub fail_at: Option<(usize, TokenError)>,
    /// The program dies right after this call: the token has done it, nobody recorded it.
    pub dies_after: Option<usize>,
    /// Signatures are of other bytes.
    pub wrong_signature: bool,
    /// A generated key has this attribute with this value.
    pub attribute: Option<(&'static str, &'static str)>,
    /// Every key is made twice.
    pub twins: bool,
    /// `generate_key` makes a key of another type.
    pub other_type: bool,
    /// The same random numbers for ever.
    pub stuck: bool,
    /// What the PIN flags say.
    pub tries: Option<PinTries>,
}

/// The token as one program has it open.
pub struct TestToken {
    pub hardware: Rc<RefCell<Hardware>>,
    pub disk: Rc<RefCell<Disk>>,
    pub dead: Rc<RefCell<bool>>,
    pub faults: Faults,
    /// Every call to this token and to those on the shelf, by its name.
    pub calls: Rc<RefCell<Vec<String>>>,
    pub seed: u64,
    identity: TokenIdentity,
    randoms: u64,
    logged_in: bool,
}

impl TestToken {
    pub fn new(
        hardware: Rc<RefCell<Hardware>>,
        disk: Rc<RefCell<Disk>>,
        dead: Rc<RefCell<bool>>,
        seed: u64,
    ) -> Self {
        Self {
            hardware,
            disk,
            dead,
            faults: Faults::default(),
            calls: Rc::default(),
            seed,
            identity: identity(),
            randoms: 0,
            logged_in: false,
        }
    }

    fn call(&mut self, name: &str) -> Result<(), TokenError> {
        if *self.dead.borrow() {
            return Err(failed(name, "the program is dead"));
        }
        self.calls.borrow_mut().push(name.to_owned());
        let n = self.calls.borrow().len();
        if self.faults.dies_after == Some(n) {
            *self.dead.borrow_mut() = true;
        }
        match &self.faults.fail_at {
            Some((at, error)) if *at == n => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

/// The shelf with the one other token.
pub struct TestTokens {
    pub hardware: Rc<RefCell<Hardware>>,
    pub disk: Rc<RefCell<Disk>>,
    pub dead: Rc<RefCell<bool>>,
    pub serial: &'static str,
    /// Counted together with the first token's calls, and so are its faults.
    pub calls: Rc<RefCell<Vec<String>>>,
    pub faults: Faults,
}

impl Tokens for TestTokens {
    fn open(&mut self, label: &str) -> Result<Box<dyn Token>, TokenError> {
        let (hardware, disk, dead) = (&self.hardware, &self.disk, &self.dead);
        let mut token = TestToken::new(hardware.clone(), disk.clone(), dead.clone(), 77);
        token.identity.label = label.to_owned();
        token.identity.serial = self.serial.to_owned();
        token.calls = self.calls.clone();
        token.faults = self.faults.clone();
        Ok(Box::new(token))
    }
}

fn failed(function: &str, code: &str) -> TokenError {
    TokenError::Failed {
        function: function.to_owned(),
        code: code.to_owned(),
    }
}

fn identity() -> TokenIdentity {
    TokenIdentity {
        label: "acme-root-g1".to_owned(),
        manufacturer: "Stand-in".to_owned(),
        model: "test".to_owned(),
        serial: "0001".to_owned(),
        firmware: "1.0".to_owned(),
        hardware: "1.0".to_owned(),
        module: "/nowhere/stand-in.so".to_owned(),
        module_sha256: Digest::of(b"module"),
        assurance: Assurance::Software,
    }
}

/// The attributes of a good root key.
pub fn good_attributes() -> BTreeMap<String, String> {
    [
        ("CKA_SENSITIVE", "true"),
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
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

impl HardKey {
    fn shown(&self) -> TokenKey {
        TokenKey {
            id: self.id.clone(),
            label: self.label.clone(),
            public_key: self.pair.public(),
            attributes: self.attributes.clone(),
        }
    }
}

impl Token for TestToken {
    fn identity(&self) -> &TokenIdentity {
        &self.identity
    }

    fn pin_tries(&mut self) -> Result<PinTries, TokenError> {
        self.call("C_GetTokenInfo")?;
        Ok(self.faults.tries.unwrap_or(PinTries::Full))
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        self.call("C_Login")?;
        assert_eq!(pin.expose(), "1234");
        self.logged_in = true;
        Ok(())
    }

    fn logout(&mut self) -> Result<(), TokenError> {
        self.call("C_Logout")?;
        self.logged_in = false;
        Ok(())
    }

    fn find_keys(&mut self, query: &KeyQuery) -> Result<Vec<TokenKey>, TokenError> {
        self.call("C_FindObjects")?;
        assert!(self.logged_in, "keys are invisible before login");
        let hardware = self.hardware.borrow();
        let fits = |key: &&HardKey| match query {
            KeyQuery::Id(id) => key.id == *id,
            KeyQuery::Label(label) => key.label == *label,
            KeyQuery::All => true,
        };
        Ok(hardware
            .keys
            .iter()
            .filter(fits)
            .map(HardKey::shown)
            .collect())
    }

    fn generate_key(&mut self, spec: &KeySpec) -> Result<TokenKey, TokenError> {
        self.call("C_GenerateKeyPair")?;
        assert!(self.logged_in);
        let mut attributes = good_attributes();
        if let Some((name, value)) = self.faults.attribute {
            attributes.insert(name.to_owned(), value.to_owned());
        }
        let kind = if self.faults.other_type {
            RootKey::P256
        } else {
            spec.key
        };
        let mut hardware = self.hardware.borrow_mut();
        hardware.generated += 1;
        for _ in 0..=usize::from(self.faults.twins) {
            hardware.keys.push(HardKey {
                id: spec.id.clone(),
                label: spec.label.clone(),
                pair: Rc::new(Pair::generate(kind)),
                attributes: attributes.clone(),
            });
        }
        Ok(hardware.keys.last().unwrap().shown())
    }

    fn destroy_key(&mut self, id: &KeyId) -> Result<(), TokenError> {
        self.call("C_DestroyObject")?;
        assert!(self.logged_in);
        self.hardware.borrow_mut().keys.retain(|key| key.id != *id);
        Ok(())
    }

    fn read_notes(&mut self, label: &str) -> Result<Vec<Vec<u8>>, TokenError> {
        self.call("C_FindObjects")?;
        assert!(self.logged_in);
        let hardware = self.hardware.borrow();
        let notes = hardware.notes.iter().filter(|(name, _)| name == label);
        Ok(notes.map(|(_, note)| note.clone()).collect())
    }

    fn write_note(&mut self, label: &str, note: &[u8]) -> Result<(), TokenError> {
        self.call("C_CreateObject")?;
        assert!(self.logged_in);
        let new = (label.to_owned(), note.to_vec());
        self.hardware.borrow_mut().notes.push(new.clone());
        self.call("C_DestroyObject")?;
        let mut hardware = self.hardware.borrow_mut();
        hardware.notes.retain(|one| one.0 != label || *one == new);
        Ok(())
    }

    fn random(&mut self, length: usize) -> Result<Vec<u8>, TokenError> {
        self.call("C_GenerateRandom")?;
        self.randoms += u64::from(!self.faults.stuck);
        Ok(octets(self.seed + 1_000_000, self.randoms, length))
    }

    fn sign(
        &mut self,
        key: &KeyId,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.call("C_Sign")?;
        assert!(self.logged_in);
        let mut hardware = self.hardware.borrow_mut();
        let violations = witness(&self.disk.borrow(), message);
        hardware.violations.extend(violations);
        let pair = &hardware
            .keys
            .iter()
            .find(|one| one.id == *key)
            .ok_or_else(|| TokenError::NoKey { id: hex(&key.0) })?
            .pair;
        let signed = if self.faults.wrong_signature {
            pair.sign(algorithm, b"other bytes")
        } else {
            pair.sign(algorithm, message)
        };
        hardware.signatures.push(Signature {
            key: key.clone(),
            message: message.to_vec(),
            octets: signed.clone(),
        });
        Ok(signed)
    }
}

/// What is wrong with signing these bytes at this moment: their intent must be safe on the
/// disk, and no result for them may be in the transcript, synced or not.
fn witness(disk: &Disk, message: &[u8]) -> Vec<String> {
    let mut wrong = Vec::new();
    let open = disk
        .names("")
        .into_iter()
        .find(|name| name.ends_with(".open"));
    let Some(folder) = open else {
        return vec!["a signature without an open ceremony".to_owned()];
    };
    let digest = Digest::of(message);
    let transcript = format!("{folder}/transcript.jsonl");
    let safe = lines(&disk.safe_file(&transcript).unwrap_or_default());
    let safe_intent = safe.iter().any(|(_, event)| match event {
        Event::SignIntended {
            tbs: Some(body), ..
        } => *body == hex(message),
        Event::SignIntended {
            tbs_file: Some(path),
            tbs_sha256,
            ..
        } => {
            *tbs_sha256 == digest
                && disk.safe_file(&format!("{folder}/{path}")).as_deref() == Some(message)
        }
        _ => false,
    });
    // The one signature without an intent in the transcript; a proof of possession has one.
    if message.first() == Some(&0x31) && !safe_intent {
        if disk.safe_file(&format!("{folder}/SEAL.txt")).is_none() {
            wrong.push("the seal was signed before SEAL.txt was safe".to_owned());
        }
        if !matches!(safe.last(), Some((_, Event::Close { .. }))) {
            wrong.push("the seal was signed before the last entry was safe".to_owned());
        }
        return wrong;
    }
    if !safe_intent {
        wrong.push(format!("{digest} was signed before its intent was safe"));
    }
    let now = lines(&disk.file(&transcript).unwrap_or_default());
    let intents: Vec<u64> = now
        .iter()
        .filter(|(_, event)| {
            matches!(event, Event::SignIntended { tbs_sha256, .. } if *tbs_sha256 == digest)
        })
        .map(|(n, _)| *n)
        .collect();
    if now
        .iter()
        .any(|(_, event)| matches!(event, Event::Signed { intent, .. } if intents.contains(intent)))
    {
        wrong.push(format!("{digest} was signed again after its result"));
    }
    wrong
}

fn lines(transcript: &[u8]) -> Vec<(u64, Event)> {
    transcript
        .split_inclusive(|&b| b == b'\n')
        .map_while(|line| entry::read(line).ok())
        .filter_map(|entry| Some((entry.n, entry.event.ok()?)))
        .collect()
}
