//! A mount's key that two roots have certified: both chains, and what breaks where a server sends
//! both at once.

use serde_json::json;

use crate::cert_manager::{Secret, first_block, sign};
use crate::common::desk::Desk;
use crate::common::howto::{blocks, page};
use crate::pages::handed_over;

#[test]
fn the_page_gives_a_mount_two_ways_up() {
    const PAGE: &str = "cross-sign-in-vault.md";
    let desk = handed_over();
    let file = blocks(&page(PAGE), "toml").concat();
    std::fs::write(desk.path().join("second-root.toml"), file).unwrap();
    let said = desk.page(PAGE);
    assert_eq!(said.matches("leaf.pem: OK").count(), 2, "{said}");
    let read = |name: &str| std::fs::read_to_string(desk.path().join(name)).unwrap();
    let second = first_block(&read("second/ledger/0001-acme-root-g2/out/root.pem"));
    // The chain as text: a list of PEM blocks in one line.
    let chain = read("chain.json");
    assert!(chain.contains(second.trim_end()), "{chain}");
    let first = first_block(&read("root.pem"));
    assert!(!chain.contains(first.trim_end()), "{chain}");
}

/// The mount of a CA that issues CAs, certified by a second root with a ledger of its own.
struct Pair {
    desk: Desk,
    mount: String,
    /// The first root's certificate of the mount's key, and the second's: their ids.
    own: String,
    cross: String,
}

impl Pair {
    fn new() -> Self {
        let desk = Desk::new();
        let other = desk.mount("other");
        let name = [("common_name", "Other CA")];
        desk.generate(&other, "internal", &name, "other.csr");
        desk.first_root(&other, "other.csr");
        let mount = desk.mount("cas");
        desk.generate(
            &mount,
            "internal",
            &[("common_name", "Acme CAs")],
            "cas.csr",
        );
        let out = desk.ceremony(
            "cas",
            &format!(
                "[[step]]\nid = \"cas\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\n\
                 request = \"cas.csr\"\nprofile = \"vault-issuing-cas\"\n"
            ),
        );
        desk.hand_over(&out);
        desk.take(&out, &format!("{mount}/intermediate.pem"), "cas.pem");
        let own = desk.default_issuer(&mount);
        let second = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"second\"\ntitle = \"The second root\"\n\
             [token]\nlabel = \"second\"\n[root]\n\
             subject = {{ O = \"Acme\", CN = \"Acme Root G2\" }}\nkey = \"rsa:3072\"\n\
             [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n\
             [[step]]\nid = \"cas\"\ndo = \"cross-sign\"\ncertificate = \"cas.pem\"\n\
             issuer = \"root.pem\"\nmount = \"{mount}\"\n"
        );
        std::fs::write(desk.path("second.toml"), second).unwrap();
        desk.good(
            env!("CARGO_BIN_EXE_anchorite"),
            &["rehearse", "second.toml", "--keep", "second"],
        );
        // A mount that follows what is imported does not follow a cross-certificate.
        desk.bao
            .post(
                &format!("{mount}/config/issuers"),
                &json!({ "default": own, "default_follows_latest_issuer": true }),
            )
            .unwrap();
        desk.hand_over(SECOND);
        let keyed: Vec<String> = desk
            .bao
            .json("list", &[&format!("{mount}/issuers")])
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .filter(|id| *id != own && desk.key_of(&mount, id) == desk.key_of(&mount, &own))
            .collect();
        let [cross] = keyed.as_slice() else {
            panic!("not one more issuer of the key: {keyed:?}");
        };
        Self {
            cross: cross.clone(),
            desk,
            mount,
            own,
        }
    }

    fn manual_chain(&self, chain: &str) {
        let issuer = format!("{}/issuer/{}", self.mount, self.own);
        let field = format!("manual_chain={chain}");
        self.desk.bao.ok(&["patch", &issuer, &field]);
    }

    /// What Linkerd's identity issuer asks for.
    fn sign_intermediate(&self) -> Result<serde_json::Value, String> {
        let path = format!("{}/root/sign-intermediate", self.mount);
        let body =
            json!({ "csr": self.desk.read(".", "other.csr"), "common_name": "x", "ttl": "48h" });
        self.desk.bao.post(&path, &body)
    }
}

const SECOND: &str = "second/ledger/0001-second/out";

#[test]
fn both_chains_are_whole_and_a_manual_chain_is_none() {
    let pair = Pair::new();
    let (desk, mount) = (&pair.desk, pair.mount.as_str());
    assert_eq!(desk.default_issuer(mount), pair.own, "the default stays");
    let (first, second) = (desk.read(".", "root.pem"), desk.read(SECOND, "root.pem"));
    let own = first_block(&desk.read(".", "cas.pem"));
    let cross = first_block(&desk.read(SECOND, &format!("{mount}/intermediate.pem")));
    for (issuer, intermediate, root) in [
        ("default", &own, &first),
        (pair.cross.as_str(), &cross, &second),
    ] {
        let secret = Secret::of(&sign(desk, mount, issuer)).unwrap();
        assert_eq!(secret.ca_crt, first_block(root), "{issuer}");
        assert_eq!(&secret.tls_crt[1..], std::slice::from_ref(intermediate));
        // Whoever issued it, it has both ways up.
        std::fs::write(desk.path("leaf.pem"), &secret.tls_crt[0]).unwrap();
        for (ca, between) in [(&first, &own), (&second, &cross)] {
            std::fs::write(desk.path("ca.pem"), ca).unwrap();
            std::fs::write(desk.path("between.pem"), between).unwrap();
            let check = ["verify", "-x509_strict", "-CAfile", "ca.pem"];
            let chain = ["-untrusted", "between.pem", "leaf.pem"];
            desk.good("openssl", &[&check[..], &chain[..]].concat());
        }
    }
    pair.sign_intermediate().unwrap();

    let issuers = desk.bao.json("list", &[&format!("{mount}/issuers")]);
    let others: Vec<&str> = issuers
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|id| id.as_str())
        .filter(|id| *id != pair.own)
        .collect();
    pair.manual_chain(&format!("self,{}", others.join(",")));
    let broken = Secret::of(&sign(desk, mount, "default")).unwrap_err();
    assert!(broken.contains("malformed or broken"), "{broken}");
    let refused = pair.sign_intermediate().unwrap_err();
    assert!(
        refused.contains("verification of parsed bundle failed"),
        "{refused}"
    );
    // The way that the page shows instead, and the way back.
    assert!(Secret::of(&sign(desk, mount, &pair.cross)).is_ok());
    pair.manual_chain("");
    assert!(Secret::of(&sign(desk, mount, "default")).is_ok());
    pair.sign_intermediate().unwrap();
}
