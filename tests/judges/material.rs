//! What is judged: rehearsed ceremonies of every root over every request, a leaf below each
//! intermediate, and the CRL of a second ceremony that revokes them all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::real::{Stage, stderr, stdout};
use crate::kinds::{REQUESTS, RequestType, RootType};
use crate::revoking;

/// A name in a path.
fn slug(name: &str) -> String {
    name.replace([':', ' ', '/'], "-")
}

/// One chain with what a judge needs: all PEM files.
pub struct Chain {
    /// Of which kind of root, and of which ceremony or request.
    pub root_type: &'static str,
    pub what: String,
    /// The key of the intermediate, as a request's name.
    pub key: &'static str,
    pub root: PathBuf,
    pub intermediate: PathBuf,
    pub leaf: PathBuf,
    pub crl: PathBuf,
    /// The next CRL, which names the intermediate.
    pub revoking: PathBuf,
}

/// One request of a ceremony.
struct Wish {
    what: String,
    mount: String,
    request: String,
    key: String,
    kind: &'static RequestType,
}

/// The id of the ceremonies that stand for no ready one.
const JUDGED: &str = "judged";

/// Where keys and requests are made once and ceremonies are rehearsed.
pub struct Workshop {
    stage: Stage,
}

const LEAF: &str = "basicConstraints = critical, CA:FALSE\n\
    keyUsage = critical, digitalSignature\n\
    extendedKeyUsage = serverAuth, clientAuth\n\
    subjectAltName = DNS:www.example.com\n\
    subjectKeyIdentifier = hash\n\
    authorityKeyIdentifier = keyid\n";

impl Workshop {
    /// Makes a key of each type that is taken, and the leaf's request.
    pub fn new(taken: impl Fn(&str) -> bool) -> Self {
        let stage = Stage::empty("none.toml");
        let workshop = Self { stage };
        fs::create_dir(workshop.path("keys")).unwrap();
        for kind in REQUESTS.iter().filter(|kind| taken(kind.name)) {
            let key = format!("keys/{}.pem", slug(kind.name));
            workshop.openssl(&format!("genpkey -algorithm {} -out {key}", kind.key));
        }
        workshop.stage.write("leaf.conf", LEAF);
        workshop.openssl(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout keys/leaf.pem \
             -subj /CN=www.example.com -out leaf.csr",
        );
        workshop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stage.path(name)
    }

    fn openssl(&self, line: &str) {
        self.stage.tool(".", &format!("openssl {line}"));
    }

    /// A root of this type over the requests: a chain for each.
    pub fn every_request(
        &self,
        root: &'static RootType,
        kinds: &[&'static RequestType],
    ) -> Vec<Chain> {
        let folder = slug(root.name);
        let mut text = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"{JUDGED}\"\ntitle = \"Every request\"\n\
             token = {{ label = \"judged\" }}\n[root]\n\
             subject = {{ C = \"DE\", O = \"Acme\", CN = \"Acme Root {folder}\" }}\n{}\n\
             [profile.mount]\nbase = \"vault\"\n\
             crl_url = \"http://pki.acme.example/root.crl\"\n\
             issuer_url = \"http://pki.acme.example/root.cer\"\n\
             [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n\
             [[step]]\nid = \"all\"\ndo = \"issue-intermediate\"\nprofile = \"mount\"\n",
            root.lines
        );
        let mut wishes = Vec::new();
        for kind in kinds.iter().copied() {
            let mount = slug(kind.name);
            let request = format!("requests/{mount}.csr");
            text += &format!("[[step.request]]\nmount = \"{mount}\"\nrequest = \"{request}\"\n");
            wishes.push(Wish {
                what: kind.name.to_owned(),
                key: format!("keys/{mount}.pem"),
                mount,
                request,
                kind,
            });
        }
        text += "[[step]]\ndo = \"issue-crl\"\n";
        self.chains(root, &folder, JUDGED, &text, &wishes)
    }

    /// A ready ceremony with its root's key of this type; an existing root is the one that
    /// [`Self::every_request`] made.
    pub fn ready(&self, file: &Path, root: &'static RootType) -> Vec<Chain> {
        let text = with_key(&fs::read_to_string(file).unwrap(), root.lines);
        let document: toml::Table = toml::from_str(&text).unwrap();
        let id = document["id"].as_str().unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let folder = format!("{}-{name}", slug(root.name));
        fs::create_dir_all(self.path(&folder)).unwrap();
        if let Some(certificate) = document["root"].get("certificate") {
            let made = format!("{}/kept/ledger/0001-{JUDGED}/out/root.pem", slug(root.name));
            let own = format!("{folder}/{}", certificate.as_str().unwrap());
            fs::copy(self.path(&made), self.path(&own)).unwrap();
        }
        let kind = REQUESTS
            .iter()
            .find(|kind| kind.name == "ec:P-256")
            .unwrap();
        let wishes: Vec<Wish> = wanted(&document)
            .into_iter()
            .map(|(mount, request)| {
                let key = format!("{folder}/{}.pem", slug(&mount));
                self.openssl(&format!("genpkey -algorithm {} -out {key}", kind.key));
                Wish {
                    what: format!("{id}: {mount}"),
                    mount,
                    request,
                    key,
                    kind,
                }
            })
            .collect();
        self.chains(root, &folder, id, &text, &wishes)
    }

    /// Makes the requests, rehearses the ceremony, and makes what judges need beside it.
    fn chains(
        &self,
        root: &'static RootType,
        folder: &str,
        id: &str,
        text: &str,
        wishes: &[Wish],
    ) -> Vec<Chain> {
        for wish in wishes {
            self.request(folder, wish);
        }
        self.rehearse(folder, id, text);
        let kept = format!("kept/ledger/0001-{id}/out");
        let revoking = self.revoke(folder, text, &kept, wishes);
        let out = self.path(folder).join(kept);
        let chain = |wish: &Wish| {
            let intermediate = out.join(&wish.mount).join("intermediate.pem");
            Chain {
                root_type: root.name,
                what: wish.what.clone(),
                key: wish.kind.name,
                root: out.join("root.pem"),
                leaf: self.leaf(folder, wish, &intermediate),
                intermediate,
                crl: out.join("root.crl"),
                revoking: revoking.clone(),
            }
        };
        wishes.iter().map(chain).collect()
    }

    /// The CRL of the ceremony that revokes all of them.
    fn revoke(&self, folder: &str, text: &str, out: &str, wishes: &[Wish]) -> PathBuf {
        let document: toml::Table = toml::from_str(text).unwrap();
        let label = document["token"]["label"].as_str().unwrap();
        let mounts: Vec<&str> = wishes.iter().map(|wish| wish.mount.as_str()).collect();
        revoking::wait_for_a_later_second();
        let second = revoking::file(label, out, &mounts);
        self.rehearse(folder, revoking::ID, &second);
        let made = format!("{folder}/kept/ledger/0002-{}/out/root.crl", revoking::ID);
        self.path(&made)
    }

    fn request(&self, folder: &str, wish: &Wish) {
        let path = format!("{folder}/{}", wish.request);
        fs::create_dir_all(self.path(&path).parent().unwrap()).unwrap();
        let (signature, name) = (wish.kind.signature, slug(&wish.mount));
        self.openssl(&format!(
            "req -new -key {} {signature} -subj /O=Acme/CN={name} -out {path}",
            wish.key
        ));
    }

    fn rehearse(&self, folder: &str, id: &str, text: &str) {
        self.stage.write(&format!("{folder}/{id}.toml"), text);
        let output = self
            .stage
            .anchorite(&["rehearse", &format!("{id}.toml"), "--keep", "kept"])
            .current_dir(self.path(folder))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{folder}/{id}: {}{}",
            stdout(&output),
            stderr(&output)
        );
    }

    /// A leaf as a mount would issue it, signed with the intermediate's key.
    fn leaf(&self, folder: &str, wish: &Wish, intermediate: &Path) -> PathBuf {
        let path = format!("{folder}/leaf-{}.pem", slug(&wish.mount));
        let digest = wish.kind.signature.split(' ').next().unwrap();
        self.openssl(&format!(
            "x509 -req -in leaf.csr -CA '{}' -CAkey {} -days 30 {digest} -extfile leaf.conf \
             -set_serial 0x4b1d4b1d4b1d4b1d4b1d -out {path}",
            intermediate.display(),
            wish.key
        ));
        self.path(&path)
    }
}

/// The file with another key in its `[root]`, and nothing about what Vault makes: the requests
/// here are made by OpenSSL.
fn with_key(text: &str, lines: &str) -> String {
    let mut section = "";
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            section = line.trim();
        }
        let name = line.trim_start().split(['=', ' ']).next();
        let name = name.unwrap_or_default();
        // The leaf that judges see has a name of its own, and is for servers and clients.
        let of_profile = section.starts_with("[profile.");
        let narrows = ["permitted", "excluded", "extended_key_usage"].contains(&name);
        if ["spki_list", "generate"].contains(&name) || (of_profile && narrows) {
            continue;
        }
        let ours = section == "[root]" && ["key", "digest", "signature"].contains(&name);
        if !ours {
            out += line;
        } else if name == "key" {
            out += lines;
        }
        out.push('\n');
    }
    out
}

/// Mount and request of each intermediate that a ceremony file asks for.
fn wanted(document: &toml::Table) -> Vec<(String, String)> {
    let text = |table: &toml::Table, key: &str| {
        table
            .get(key)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    let pair = |table: &toml::Table| Some((text(table, "mount")?, text(table, "request")?));
    let mut found = Vec::new();
    for step in document["step"].as_array().unwrap() {
        let step = step.as_table().unwrap();
        found.extend(pair(step));
        let list = step.get("request").and_then(toml::Value::as_array);
        for one in list.into_iter().flatten().filter_map(toml::Value::as_table) {
            found.extend(pair(one));
        }
    }
    found
}
