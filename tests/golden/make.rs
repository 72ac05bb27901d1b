//! Makes a new set of golden ledgers, for real: `make golden EDITION=n`. Each is a stage with a
//! SoftHSM of its own and a person at a terminal; what is kept is the ledger, the root and, where
//! people signed, their public keys.

mod life;
mod others;

use std::fs;
use std::path::Path;

use crate::common::howto;
use crate::common::real::*;
use crate::judge::Golden;

#[test]
#[ignore = "writes a new edition: make golden EDITION=n"]
fn make_an_edition() {
    let edition = std::env::var("ANCHORITE_EDITION").expect("ANCHORITE_EDITION names it");
    let edition = crate::home().join(format!("edition-{edition}"));
    fs::create_dir_all(&edition).unwrap();
    let there = crate::folders(&edition);
    assert_eq!(there, [""; 0], "{} has ledgers", edition.display());
    let makers: [fn() -> Desk; 9] = [
        others::rsa,
        others::pss,
        others::interrupted,
        life::whole,
        others::webtrust,
        others::waived,
        others::adopted,
        others::unsigned,
        others::rehearsed,
    ];
    for make in makers {
        let desk = make();
        let place = edition.join(desk.name);
        desk.keep(&place);
        Golden::at(&place).record();
    }
}

/// A stage where one golden ledger is made.
struct Desk {
    name: &'static str,
    stage: Stage,
    /// The ledger on the stage.
    ledger: &'static str,
}

impl Desk {
    fn new(name: &'static str) -> Self {
        let stage = Stage::empty("unused.toml");
        for person in ["alice", "bob"] {
            let comment = format!("ssh-keygen -q -t ed25519 -N '' -C {person} -f {person}");
            howto::run(|program| stage.command(program), &comment);
        }
        let ledger = "ledger";
        Self {
            name,
            stage,
            ledger,
        }
    }

    fn shell(&self, text: &str) -> String {
        howto::run(|program| self.stage.command(program), text)
    }

    /// A new key with its request, as `requests/NAME.csr`.
    fn request(&self, name: &str, subject: &str) {
        self.shell(&format!(
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
             -keyout {name}.key -subj '{subject}' -out requests/{name}.csr"
        ));
    }

    /// Two people who sign.
    fn people(&self) -> String {
        let person = |id: &str, role: &str| {
            let key = self.stage.read(&format!("{id}.pub"));
            let key = key.trim().rsplit_once(' ').expect("a comment").0;
            format!("[[person]]\nid = \"{id}\"\nrole = \"{role}\"\nkey = \"{key}\"\n")
        };
        person("alice", "administrator") + &person("bob", "witness")
    }

    /// Writes and locks the ceremony file.
    fn plan(&mut self, id: &str, text: &str) {
        self.stage.file = format!("{id}.toml");
        let head = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"Golden: {id}\"\n{text}"
        );
        self.stage.write(&self.stage.file, &head);
        self.stage.lock();
    }

    /// Plans a ceremony and holds it.
    fn hold(&mut self, id: &str, text: &str) {
        self.plan(id, text);
        self.stage.run().exit(0);
        self.take_root();
    }

    /// The first root is the one that is held from then on.
    fn take_root(&self) {
        let root = self.stage.path(&format!("{}/out/root.pem", self.last()));
        if root.exists() && !self.stage.path("root.pem").exists() {
            fs::copy(root, self.stage.path("root.pem")).unwrap();
        }
    }

    /// The newest ceremony's folder, on the stage.
    fn last(&self) -> String {
        let names = crate::folders(&self.stage.path(self.ledger));
        format!("{}/{}", self.ledger, names.last().expect("a ceremony"))
    }

    /// Holds a planned ceremony that ends the root's key.
    fn end(&self) {
        let digest = self.shell(
            "openssl x509 -in root.pem -noout -pubkey | openssl pkey -pubin -outform DER | \
             sha256sum | cut -c57-64",
        );
        let mut paper = self.stage.paper();
        paper.end = format!("{LABEL} {}", digest.trim());
        let arguments = self.stage.run_arguments(&[]);
        play(self.stage.anchorite(&arguments), &paper, &Acts::new()).exit(0);
    }

    /// Somebody signs a file of the newest ceremony as the page says.
    fn sign(&self, person: &str, file: &str) {
        let file = format!("{}/{file}", self.last());
        self.shell(&format!(
            "ssh-keygen -Y sign -q -n anchorite-seal -f {person} {file}\n\
             mv {file}.sig {file}.{person}.sig\n\
             printf '%s %s\\n' {person} \"$(cut -d' ' -f1,2 {person}.pub)\" >>allowed_signers\n\
             sort -u -o allowed_signers allowed_signers"
        ));
    }

    /// Copies what is kept.
    fn keep(&self, place: &Path) {
        crate::copy_all(&self.stage.path(self.ledger), &place.join("ledger"));
        for name in ["root.pem", "allowed_signers"] {
            if self.stage.path(name).exists() {
                fs::copy(self.stage.path(name), place.join(name)).unwrap();
            }
        }
    }
}

/// A first ceremony: key, root, one intermediate, CRL.
fn first(root: &str) -> String {
    format!(
        "token = {{ label = \"{LABEL}\" }}\n\
         root = {{ subject = {{ C = \"DE\", O = \"Acme\", CN = \"Acme Root G1\" }}, {root} }}\n\
         [[step]]\nid = \"key\"\ndo = \"generate-root-key\"\n\
         [[step]]\nid = \"root\"\ndo = \"issue-root\"\n\
         [[step]]\nid = \"etcd\"\ndo = \"issue-intermediate\"\nmount = \"pki/etcd\"\n\
         request = \"requests/etcd.csr\"\n\
         [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nnext_update = \"6mo\"\n"
    )
}

/// The head of a later ceremony.
fn later() -> String {
    format!("token = {{ label = \"{LABEL}\" }}\nroot = {{ certificate = \"root.pem\" }}\n")
}
