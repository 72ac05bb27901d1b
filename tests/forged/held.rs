//! Ceremonies of a root whose key is in hand, on the disk, with keys of all kinds below it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;

use anchorite::digest::Digest;
use anchorite::ledger::{layout, seal::Seal};
use anchorite::plan::lock::{self, SumLine};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::cms;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::time::UtcTime;

use crate::common::proof::files_below;
use crate::play::ceremony::{FIRST, first_job, mounts};
use crate::play::token::Pair;
use crate::play::world::World;

/// The ceremony's folder.
pub const NAME: &str = "0001-acme-root";

/// A type of root key.
pub struct Kind {
    /// The lines of `[root]`.
    pub lines: &'static str,
    /// How openssl makes a key of this type.
    pub options: &'static str,
}

/// Every type of root key.
pub const KINDS: [Kind; 6] = [
    Kind {
        lines: "key = \"ec:P-256\"\n",
        options: "EC -pkeyopt ec_paramgen_curve:P-256",
    },
    Kind {
        lines: "key = \"ec:P-384\"\n",
        options: "EC -pkeyopt ec_paramgen_curve:P-384",
    },
    Kind {
        lines: "key = \"ec:P-521\"\n",
        options: "EC -pkeyopt ec_paramgen_curve:P-521",
    },
    Kind {
        lines: "key = \"rsa:3072\"\ndigest = \"sha384\"\n",
        options: "RSA -pkeyopt rsa_keygen_bits:3072",
    },
    Kind {
        lines: "key = \"rsa:3072\"\nsignature = \"pss\"\ndigest = \"sha256\"\n",
        options: "RSA -pkeyopt rsa_keygen_bits:3072",
    },
    Kind {
        lines: "key = \"ed25519\"\n",
        options: "ED25519",
    },
];

/// A root's first ceremony, and what its holder and its subjects have.
pub struct Held {
    folder: tempfile::TempDir,
    pub root: Certificate,
    pub algorithm: SignatureAlgorithm,
    pair: Rc<Pair>,
}

/// A key of openssl's with its certificate, in files of these names.
pub struct Signer {
    pub certificate: Certificate,
    key: PathBuf,
    pub algorithm: SignatureAlgorithm,
}

impl Signer {
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let (input, output) = (
            self.key.with_extension("in"),
            self.key.with_extension("out"),
        );
        fs::write(&input, message).unwrap();
        let mut command = Command::new("openssl");
        if self.algorithm == SignatureAlgorithm::Ed25519 {
            command.args(["pkeyutl", "-sign", "-rawin", "-inkey"]);
            command.arg(&self.key).arg("-in").arg(&input);
            command.arg("-out").arg(&output);
        } else {
            let hash = self.algorithm.hash().to_string().to_lowercase();
            command.args(["dgst", &format!("-{}", hash.replace('-', "")), "-sign"]);
            command.arg(&self.key).arg("-out").arg(&output);
            if self.algorithm.is_pss() {
                command.args(["-sigopt", "rsa_padding_mode:pss"]);
                command.args(["-sigopt", "rsa_pss_saltlen:digest"]);
            }
            command.arg(&input);
        }
        let said = command.output().unwrap();
        assert!(said.status.success(), "{said:?}");
        fs::read(output).unwrap()
    }
}

impl Held {
    /// Plays the ceremony, writes it down, and makes the keys.
    pub fn of(kind: &Kind) -> Self {
        Self::on(kind, World::new())
    }

    /// The same at this moment.
    pub fn at(kind: &Kind, moment: &str) -> Self {
        let world = World::new();
        world.clock.0.set(UtcTime::parse(moment).unwrap().unix());
        Self::on(kind, world)
    }

    fn on(kind: &Kind, mut world: World) -> Self {
        let source = FIRST.replace("key = \"ec:P-384\"\n", kind.lines);
        let done = world.plain(&first_job(&source, 1), false);
        assert!(done.result.is_ok(), "{}", kind.lines);
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("ledger").join(NAME);
        for (path, bytes) in world.store.disk.borrow().files_below(NAME) {
            let file = place.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let root = world.view().root.unwrap();
        let held = Self {
            algorithm: anchorite::x509::root::algorithm_of(&root).unwrap(),
            root,
            pair: world.hardware.borrow().keys[0].pair.clone(),
            folder,
        };
        held.make_keys(kind);
        held
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn root_pem(&self) -> PathBuf {
        self.path("root.pem")
    }

    /// Another key under the root's own name, an intermediate's, and a leaf's below that one.
    fn make_keys(&self, kind: &Kind) {
        let out = self.path("ledger").join(NAME).join("out");
        fs::copy(out.join("root.pem"), self.root_pem()).unwrap();
        fs::copy(
            out.join("etcd/intermediate.pem"),
            self.path("intermediate.pem"),
        )
        .unwrap();
        let key = mounts()[0].key.serialize_pem();
        fs::write(self.path("intermediate.key"), key).unwrap();
        let extensions = "basicConstraints = critical, CA:FALSE\n\
             keyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n";
        fs::write(self.path("leaf.cnf"), extensions).unwrap();
        for line in [
            format!("genpkey -algorithm {} -out same-name.key", kind.options),
            "x509 -in root.pem -signkey same-name.key -out same-name.pem".to_owned(),
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out leaf.key".to_owned(),
            "req -new -key leaf.key -subj /CN=www.example -out leaf.csr".to_owned(),
            "x509 -req -in leaf.csr -CA intermediate.pem -CAkey intermediate.key -days 30 \
             -set_serial 77 -extfile leaf.cnf -out leaf.pem"
                .to_owned(),
        ] {
            self.openssl(&line);
        }
    }

    fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        command.current_dir(self.folder.path());
        let said = command.args(line.split_whitespace()).output().unwrap();
        assert!(said.status.success(), "{line}: {said:?}");
    }

    /// `same-name`, `intermediate` or `leaf`.
    pub fn signer(&self, name: &str) -> Signer {
        let pem = fs::read(self.path(&format!("{name}.pem"))).unwrap();
        let own = match name {
            "same-name" => self.algorithm,
            _ => SignatureAlgorithm::EcdsaSha256,
        };
        Signer {
            certificate: Certificate::from_file(&pem).unwrap(),
            key: self.path(&format!("{name}.key")),
            algorithm: own,
        }
    }

    /// What a thief of the root's key can do.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(self.algorithm, message)
    }

    /// A copy of the ceremony's folder, as it is.
    pub fn copy(&self) -> Folder {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let place = folder.path().join(NAME);
        let from = self.path("ledger").join(NAME);
        for path in files_below(&from) {
            let to = place.join(&path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from.join(&path), to).unwrap();
        }
        Folder {
            place,
            _holder: folder,
        }
    }

    /// A copy with one file changed and every digest made anew: its signature alone can tell.
    pub fn changed(&self) -> Folder {
        let folder = self.copy();
        let text = String::from_utf8(folder.read("evidence/console.cast")).unwrap();
        folder.write("evidence/console.cast", text.replace("Acme", "Evil"));
        folder.reseal();
        folder
    }

    /// `anchorite verify`.
    pub fn verify(&self, folder: &Folder) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anchorite"));
        command.arg("verify").arg(&folder.place).arg("--root");
        command.arg(self.root_pem()).output().unwrap()
    }

    /// `docs/verify.sh` under dash.
    pub fn script(&self, folder: &Folder) -> Output {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
        let mut command = Command::new("dash");
        command.arg(script).arg(&folder.place).arg(self.root_pem());
        command.output().unwrap()
    }

    /// Commands as a person pastes them, in the folder, until one of them fails.
    pub fn paste(&self, commands: &str, place: &Path) -> Output {
        let mut command = Command::new("dash");
        command.args(["-eu", "-c", &format!("exec 2>&1\n{commands}")]);
        command.current_dir(place).env("ROOT", self.root_pem());
        command.stdin(Stdio::null()).output().unwrap()
    }
}

/// A ceremony's folder that anybody may change.
pub struct Folder {
    pub place: PathBuf,
    _holder: tempfile::TempDir,
}

impl Folder {
    pub fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.place.join(path)).unwrap()
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.place.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.place.join(path)).unwrap();
    }

    pub fn seal(&self) -> Seal {
        Seal::from_text(&self.read(layout::SEAL)).unwrap()
    }

    /// The attributes that follow from this folder's seal.
    pub fn attributes(&self, algorithm: SignatureAlgorithm) -> Vec<u8> {
        cms::signed_attributes(&self.read(layout::SEAL), algorithm, self.seal().ended).0
    }

    /// SHA256SUMS and SEAL.txt made anew.
    pub fn reseal(&self) {
        let paths = files_below(&self.place);
        let mut lines: Vec<SumLine> = paths
            .iter()
            .map(|path| path.to_str().unwrap().to_owned())
            .filter(|path| !layout::is_outside_sums(path))
            .map(|path| SumLine {
                sha256: Digest::of(&self.read(&path)),
                path,
            })
            .collect();
        lines.sort_by(|a, b| a.path.cmp(&b.path));
        self.write(layout::SUMS, lock::write(&lines));
        let mut seal = self.seal();
        seal.sums = Digest::of(&self.read(layout::SUMS));
        self.write(layout::SEAL, seal.to_text());
    }
}
