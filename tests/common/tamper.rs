//! What somebody who can write a ledger's files may do to them: by hand, with every digest
//! made anew, and with the root key itself in hand.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anchorite::digest::Digest;
use anchorite::ledger::{chain, layout, seal::Seal};
use anchorite::plan::lock::{self, SumLine};
use anchorite::x509::cms;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::time::UtcTime;

use super::ledger::{Copy, World};

/// Two ledgers of two roots; a copy of the first is tampered with.
pub struct Scene<'w> {
    pub world: &'w World,
    pub other: &'w World,
    pub copy: Copy,
    /// The ceremony that is tampered with.
    pub ceremony: &'static str,
}

pub const ONE: &str = "0001-acme-root";
pub const TWO: &str = "0002-acme-more";

impl<'w> Scene<'w> {
    /// One ledger alone.
    pub fn of(world: &'w World, ceremony: &'static str) -> Self {
        Self {
            world,
            other: world,
            copy: world.copy(),
            ceremony,
        }
    }
}

impl Scene<'_> {
    pub fn path(&self, path: &str) -> PathBuf {
        self.copy.path.join(path)
    }

    pub fn one(&self, path: &str) -> PathBuf {
        self.path(self.ceremony).join(path)
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.one(path)).unwrap()
    }

    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.read(path)).unwrap()
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.one(path), bytes).unwrap();
    }

    /// Replaces text in a file; it must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path} lacks {from}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Changes the transcript's lines as they are.
    pub fn lines(&self, change: impl FnOnce(&mut Vec<String>)) {
        let text = self.text(layout::TRANSCRIPT);
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        change(&mut lines);
        self.write(layout::TRANSCRIPT, lines.concat());
    }

    /// Changes the transcript's lines and numbers and chains them anew.
    pub fn chained(&self, change: impl FnOnce(&mut Vec<String>)) {
        self.lines(|lines| {
            change(lines);
            let mut prev = Digest::ZERO;
            for (at, line) in lines.iter_mut().enumerate() {
                let rest = &line[line.find(",\"time\":").unwrap()..];
                *line = format!("{{\"n\":{},\"prev\":\"{prev}\"{rest}", at + 1);
                prev = Digest::of(line.as_bytes());
            }
        });
    }

    /// Changes the one line that holds `holds`, and chains anew.
    pub fn line(&self, holds: &str, from: &str, to: &str) {
        self.chained(|lines| {
            let line = lines.iter_mut().find(|line| line.contains(holds));
            let line = line.unwrap_or_else(|| panic!("no line holds {holds}"));
            assert!(line.contains(from), "{line} lacks {from}");
            *line = line.replacen(from, to, 1);
        });
    }

    /// Every file of the ceremony's folder, with its path below it.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(self.one(&folder)).unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if entry.file_type().unwrap().is_dir() {
                    folders.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }

    /// SHA256SUMS made anew.
    pub fn sums(&self) {
        let files = self.files().into_iter();
        let covered = files.filter(|path| !layout::is_outside_sums(path));
        let mut lines: Vec<SumLine> = covered
            .map(|path| SumLine {
                sha256: Digest::of(&self.read(&path)),
                path,
            })
            .collect();
        lines.sort_by(|a, b| a.path.cmp(&b.path));
        self.write(layout::SUMS, lock::write(&lines));
    }

    /// SHA256SUMS and SEAL.txt made anew: what can be done without the key.
    pub fn reseal(&self) {
        self.sealed(|_| {});
    }

    pub fn sealed(&self, change: impl FnOnce(&mut Seal)) {
        self.sums();
        let mut seal = self.seal();
        seal.sums = Digest::of(&self.read(layout::SUMS));
        seal.lock = Digest::of(&self.read(layout::SCRIPT_LOCK));
        if let Ok((entries, head)) = chain::read(&self.read(layout::TRANSCRIPT)) {
            seal.head = head.digest;
            seal.entries = head.n;
            seal.started = entries.first().unwrap().time;
            seal.ended = entries.last().unwrap().time;
        }
        change(&mut seal);
        self.write(layout::SEAL, seal.to_text());
    }

    pub fn seal(&self) -> Seal {
        Seal::from_text(&self.read(layout::SEAL)).unwrap()
    }

    /// The same, and signed by the root: what its holder can do.
    pub fn insider(&self) {
        self.reseal();
        self.sign(self.seal().ended);
    }

    /// The root's signature on the seal, for this signing time.
    pub fn sign(&self, time: UtcTime) {
        let algorithm = SignatureAlgorithm::EcdsaSha384;
        let attributes = cms::signed_attributes(&self.read(layout::SEAL), algorithm, time);
        let signature = self.world.token.sign_anything(&attributes.0);
        let root = self.world.root();
        let envelope = cms::signed_data(&attributes, &root, algorithm, &signature).unwrap();
        self.write(layout::ROOT_SIGNATURE, envelope);
    }

    /// The lock made anew over changed files, and the first entry with it.
    pub fn relock(&self) {
        let old = self.text(layout::SCRIPT_LOCK);
        let mut lines = lock::read(&old).unwrap();
        let old_plan = lines[1].sha256;
        for (at, line) in lines.iter_mut().enumerate() {
            let path = match at {
                0 => layout::SCRIPT_FILE.to_owned(),
                1 => layout::SCRIPT_PLAN.to_owned(),
                _ => format!("in/{}", line.path),
            };
            line.sha256 = Digest::of(&self.read(&path));
        }
        let new = lock::write(&lines);
        self.write(layout::SCRIPT_LOCK, &new);
        let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
        self.chained(|all| {
            all[0] = all[0]
                .replace(&digest(&old), &digest(&new))
                .replace(&old_plan.to_string(), &lines[1].sha256.to_string());
        });
    }

    /// A CMS without signed attributes, made by openssl with the root's own key.
    pub fn sign_without_attributes(&self) {
        let key = self.copy.folder.path().join("key.der");
        fs::write(&key, self.world.token.pkcs8()).unwrap();
        let status = Command::new("openssl")
            .args(["cms", "-sign", "-binary", "-noattr", "-md", "sha384"])
            .args(["-outform", "DER", "-keyform", "DER", "-inkey"])
            .arg(&key)
            .arg("-signer")
            .arg(self.copy.root_pem())
            .arg("-in")
            .arg(self.one(layout::SEAL))
            .arg("-out")
            .arg(self.one(layout::ROOT_SIGNATURE))
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    }
}
