//! ssh-keygen, which makes keys and signatures and judges them, and a writer of signatures that
//! can write what ssh-keygen does not.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anchorite::ssh::{self, NAMESPACE, PersonKey};
use anchorite::x509::pem;
use aws_lc_rs::digest;

pub const MESSAGE: &[u8] = b"anchorite seal\n";

/// A folder in which ssh-keygen works.
pub struct Keygen {
    folder: tempfile::TempDir,
}

impl Keygen {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, args: &[&str]) {
        let output = Command::new("ssh-keygen")
            .current_dir(self.folder.path())
            .args(args)
            .output()
            .expect("ssh-keygen is needed: package openssh-client");
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    /// Makes a key: its line.
    pub fn key(&self, name: &str, kind: &str, bits: &str) -> String {
        self.run(&[
            "-q",
            "-t",
            kind,
            "-b",
            bits,
            "-N",
            "",
            "-m",
            "PEM",
            "-C",
            "alice at home",
            "-f",
            name,
        ]);
        let line = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        line.trim_end().to_owned()
    }

    /// Signs.
    pub fn sign(&self, name: &str, namespace: &str, message: &[u8], more: &[&str]) -> Vec<u8> {
        fs::write(self.path("signed"), message).unwrap();
        let mut args = vec!["-q", "-Y", "sign", "-n", namespace, "-f", name];
        args.extend(more);
        args.push("signed");
        self.run(&args);
        let signature = fs::read(self.path("signed.sig")).unwrap();
        fs::remove_file(self.path("signed.sig")).unwrap();
        signature
    }

    /// Whether ssh-keygen says that this key made this signature for a seal.
    pub fn takes(&self, key: &str, message: &[u8], file: &[u8]) -> bool {
        let words: Vec<&str> = key.split_whitespace().take(2).collect();
        fs::write(self.path("signers"), format!("alice {}\n", words.join(" "))).unwrap();
        fs::write(self.path("judged.sig"), file).unwrap();
        fs::write(self.path("judged"), message).unwrap();
        let status = Command::new("ssh-keygen")
            .current_dir(self.folder.path())
            .args([
                "-Y", "verify", "-f", "signers", "-I", "alice", "-n", NAMESPACE,
            ])
            .args(["-s", "judged.sig"])
            .stdin(fs::File::open(self.path("judged")).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        status.success()
    }
}

/// What we say.
pub fn ours(key: &str, message: &[u8], file: &[u8]) -> Result<(), String> {
    let key = PersonKey::parse(key).map_err(|why| why.to_string())?;
    ssh::verify(&key, NAMESPACE, message, file).map_err(|why| why.to_string())
}

pub fn string(octets: &[u8]) -> Vec<u8> {
    let length = u32::try_from(octets.len()).unwrap().to_be_bytes();
    [&length[..], octets].concat()
}

/// A number above zero.
pub fn mpint(octets: &[u8]) -> Vec<u8> {
    let start = octets.iter().position(|&one| one != 0).unwrap();
    let number = &octets[start..];
    let sign = if number[0] >= 0x80 { &[0][..] } else { &[] };
    string(&[sign, number].concat())
}

/// The fields of a signature, to be put together as they are.
#[derive(Clone)]
pub struct Parts {
    pub version: u32,
    /// The key's octets.
    pub key: Vec<u8>,
    pub namespace: Vec<u8>,
    pub reserved: Vec<u8>,
    pub hash: Vec<u8>,
    /// Algorithm and signature.
    pub signature: Vec<u8>,
}

impl Parts {
    /// All but the signature, over SHA-512.
    pub fn new(key: Vec<u8>) -> Self {
        Self {
            version: 1,
            key,
            namespace: NAMESPACE.as_bytes().to_vec(),
            reserved: Vec::new(),
            hash: b"sha512".to_vec(),
            signature: Vec::new(),
        }
    }

    /// What is signed of a message.
    pub fn signed(&self, message: &[u8]) -> Vec<u8> {
        let method = match &self.hash[..] {
            b"sha256" => &digest::SHA256,
            b"sha384" => &digest::SHA384,
            b"sha512" => &digest::SHA512,
            _ => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        };
        let digest = digest::digest(method, message);
        [
            b"SSHSIG".to_vec(),
            string(&self.namespace),
            string(&self.reserved),
            string(&self.hash),
            string(digest.as_ref()),
        ]
        .concat()
    }

    pub fn blob(&self) -> Vec<u8> {
        [
            b"SSHSIG".to_vec(),
            self.version.to_be_bytes().to_vec(),
            string(&self.key),
            string(&self.namespace),
            string(&self.reserved),
            string(&self.hash),
            string(&self.signature),
        ]
        .concat()
    }

    pub fn file(&self) -> Vec<u8> {
        armored(&self.blob())
    }
}

pub fn armored(blob: &[u8]) -> Vec<u8> {
    pem::encode("SSH SIGNATURE", blob).into_bytes()
}

pub fn unarmored(file: &[u8]) -> Vec<u8> {
    pem::decode_one(file, &["SSH SIGNATURE"]).unwrap()
}

/// The octets of a key's line.
pub fn key_octets(line: &str) -> Vec<u8> {
    let body = line.split_whitespace().nth(1).unwrap();
    let file = format!("-----BEGIN KEY-----\n{body}\n-----END KEY-----\n");
    pem::decode_one(file.as_bytes(), &["KEY"]).unwrap()
}

/// A line of a key's octets.
pub fn line(kind: &str, octets: &[u8]) -> String {
    format!("{kind} {}", pem::base64(octets))
}
