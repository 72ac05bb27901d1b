//! The main job against a real OpenBao: its requests in, a ceremony on a real SoftHSM token,
//! `handover.sh` back, leaves issued, and every chain judged by openssl, certtool and webpki.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::ops::Deref;
use std::path::{Path, PathBuf};

use anchorite::x509::certificate::Certificate;
use anchorite::x509::request::Request;
use common::desk::Desk;
use rustls_pki_types::{CertificateDer, UnixTime};

/// A mount and the key type its request is made with.
struct Mount {
    path: String,
    key: [(&'static str, &'static str); 2],
}

/// A desk whose requests have a folder of their own.
struct Place(Desk);

impl Deref for Place {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.0
    }
}

impl Place {
    fn new() -> Self {
        let desk = Desk::new();
        std::fs::create_dir(desk.path("requests")).unwrap();
        Self(desk)
    }

    fn anchorite(&self, arguments: &[&str]) -> String {
        self.good(env!("CARGO_BIN_EXE_anchorite"), arguments)
    }

    /// A mount with a pending request, exported as the CLI prints it: no newline at the end.
    fn mount(&self, name: &str, key: [(&'static str, &'static str); 2]) -> Mount {
        let path = self.0.mount(name);
        let common_name = format!("{name}.example");
        let fields = [
            ("common_name", common_name.as_str()),
            ("organization", "Müller & Söhne"),
            key[0],
            key[1],
        ];
        let request = self.bao.generate_request(&path, &fields);
        assert!(!request.ends_with('\n'));
        std::fs::write(self.path(&format!("requests/{name}.csr")), request).unwrap();
        Mount { path, key }
    }

    fn ceremony(&self, name: &str, root: &str, requests: &[(&str, &Mount)]) {
        let mut text = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"{name}\"\ntitle = \"{name}\"\n\
             [token]\nlabel = \"acme\"\n{root}\n"
        );
        if !root.contains("certificate") {
            text.push_str("[[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n");
        }
        text.push_str("[[step]]\nid = \"mounts\"\ndo = \"issue-intermediate\"\n");
        for (request, mount) in requests {
            text.push_str(&format!(
                "[[step.request]]\nmount = \"{}\"\nrequest = \"requests/{request}.csr\"\n",
                mount.path
            ));
        }
        text.push_str("[[step]]\ndo = \"issue-crl\"\n");
        std::fs::write(self.path(&format!("{name}.toml")), text).unwrap();
    }

    /// Rehearses, hands over twice, and returns the sealed folder.
    fn perform(&self, number: u32, name: &str) -> PathBuf {
        self.anchorite(&["rehearse", &format!("{name}.toml"), "--keep", "keep"]);
        let sealed = self.path(&format!("keep/ledger/{number:04}-{name}"));
        let script = sealed.join("out/handover.sh");
        for _ in 0..2 {
            self.good("dash", &[script.to_str().unwrap(), "--rehearsal"]);
        }
        sealed
    }

    /// Issues a leaf and lets every judge say what it thinks of the whole chain.
    fn judge(&self, sealed: &Path, name: &str, mount: &Mount) {
        let issued = self.bao.issue(&mount.path, "any", "www.example.com");
        let leaf = issued["certificate"].as_str().unwrap();
        std::fs::write(self.path("leaf.pem"), leaf).unwrap();
        let out = sealed.join("out");
        let root = out.join("root.pem");
        let own = out.join(&mount.path);
        let intermediate = own.join("intermediate.pem");
        let chain = issued["ca_chain"].as_array().unwrap();
        assert_eq!(
            chain.len(),
            2,
            "{name}: the server's chain ends in the root"
        );
        let (root, intermediate) = (root.to_str().unwrap(), intermediate.to_str().unwrap());

        self.good(
            "openssl",
            &[
                "verify",
                "-x509_strict",
                "-check_ss_sig",
                "-CAfile",
                root,
                root,
            ],
        );
        self.good(
            "openssl",
            &["verify", "-x509_strict", "-CAfile", root, intermediate],
        );
        self.good(
            "openssl",
            &[
                "verify",
                "-x509_strict",
                "-CAfile",
                root,
                "-untrusted",
                intermediate,
                "leaf.pem",
            ],
        );
        let crls = self.crls(&out, mount);
        self.good(
            "openssl",
            &[
                "verify",
                "-crl_check_all",
                "-CRLfile",
                &crls,
                "-CAfile",
                root,
                "-untrusted",
                intermediate,
                "leaf.pem",
            ],
        );
        let bundle = own.join("bundle.pem");
        let words = self.good(
            "certtool",
            &[
                "--verify",
                "--load-ca-certificate",
                root,
                "--infile",
                bundle.to_str().unwrap(),
            ],
        );
        assert!(words.contains("Verified"), "{words}");
        self.webpki(&out, &own, mount);

        let request = std::fs::read(self.path(&format!("requests/{name}.csr"))).unwrap();
        let request = Request::from_bytes(&request).unwrap();
        let certificate = Certificate::from_file(&std::fs::read(intermediate).unwrap()).unwrap();
        assert_eq!(
            certificate.fields.subject, request.subject,
            "{name}: subject bytes"
        );
        assert_eq!(
            certificate.fields.spki, request.spki,
            "{name}: key bytes ({:?})",
            mount.key
        );
        self.verify_sign(mount);
    }

    /// The root's CRL and the mount's own, in one file.
    fn crls(&self, out: &Path, mount: &Mount) -> String {
        let root_crl = std::fs::read_to_string(out.join("root.crl")).unwrap();
        let own = self.bao.ok(&[
            "read",
            "-field=crl",
            &format!("{}/issuer/default/crl", mount.path),
        ]);
        let path = self.path("crls.pem");
        std::fs::write(&path, format!("{root_crl}\n{own}\n")).unwrap();
        let said = self.good(
            "openssl",
            &[
                "crl",
                "-noout",
                "-in",
                out.join("root.crl").to_str().unwrap(),
                "-CAfile",
                out.join("root.pem").to_str().unwrap(),
            ],
        );
        assert!(said.contains("verify OK"), "{said}");
        path.to_str().unwrap().to_owned()
    }

    fn webpki(&self, out: &Path, own: &Path, mount: &Mount) {
        let der = |path: &Path| {
            Certificate::from_file(&std::fs::read(path).unwrap())
                .unwrap()
                .der
        };
        let root = CertificateDer::from(der(&out.join("root.pem")));
        let intermediate = CertificateDer::from(der(&own.join("intermediate.pem")));
        let leaf = CertificateDer::from(der(&self.path("leaf.pem")));
        let anchor = webpki::anchor_from_trusted_cert(&root).unwrap();
        let crl = webpki::OwnedCertRevocationList::from_der(
            &std::fs::read(out.join("root.crl.der")).unwrap(),
        )
        .unwrap();
        let crl = webpki::CertRevocationList::from(crl);
        let crls = [&crl];
        // The leaf's own CRL is the server's affair; the intermediate's is ours.
        let revocation = webpki::RevocationOptionsBuilder::new(&crls)
            .unwrap()
            .with_status_policy(webpki::UnknownStatusPolicy::Allow)
            .build();
        let end = webpki::EndEntityCert::try_from(&leaf).unwrap();
        end.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[anchor],
            &[intermediate],
            UnixTime::now(),
            webpki::KeyUsage::server_auth(),
            Some(revocation),
            None,
        )
        .unwrap_or_else(|error| panic!("webpki, {}: {error}", mount.path));
    }

    /// The server's own judgement: all five must be true.
    fn verify_sign(&self, mount: &Mount) {
        let list = self.bao.json("list", &[&format!("{}/issuers", mount.path)]);
        let issuers: Vec<String> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|id| format!("{}/issuer/{}", mount.path, id.as_str().unwrap()))
            .collect();
        assert_eq!(issuers.len(), 2, "the intermediate and the root");
        let keyed = |issuer: &String| {
            let read = self.bao.json("read", &[issuer]);
            !read["data"]["key_id"]
                .as_str()
                .unwrap_or_default()
                .is_empty()
        };
        let (own, root): (Vec<_>, Vec<_>) = issuers.iter().partition(|issuer| keyed(issuer));
        assert_eq!((own.len(), root.len()), (1, 1));
        let said = self.bao.ok(&["pki", "verify-sign", root[0], own[0]]);
        for fact in [
            "key_id_match",
            "path_match",
            "signature_match",
            "subject_match",
            "trust_match",
        ] {
            let line = said
                .lines()
                .find(|line| line.contains(fact))
                .unwrap_or_default();
            assert!(line.contains("true"), "{fact} in:\n{said}");
        }
    }
}

const P256: [(&str, &str); 2] = [("key_type", "ec"), ("key_bits", "256")];
const P384: [(&str, &str); 2] = [("key_type", "ec"), ("key_bits", "384")];
const RSA_4096: [(&str, &str); 2] = [("key_type", "rsa"), ("key_bits", "4096")];

#[test]
fn two_mounts_at_once_and_a_third_in_a_second_ceremony() {
    let place = Place::new();
    let etcd = place.mount("etcd", P256);
    let kubernetes = place.mount("kubernetes", P384);
    let root =
        "[root]\nsubject = { C = \"DE\", O = \"Acme\", CN = \"Acme Root G1\" }\nkey = \"ec:P-384\"";
    place.ceremony(
        "first",
        root,
        &[("etcd", &etcd), ("kubernetes", &kubernetes)],
    );
    let first = place.perform(1, "first");
    place.judge(&first, "etcd", &etcd);
    place.judge(&first, "kubernetes", &kubernetes);

    let third = place.mount("linkerd", RSA_4096);
    std::fs::copy(first.join("out/root.pem"), place.path("root.pem")).unwrap();
    place.ceremony(
        "second",
        "[root]\ncertificate = \"root.pem\"",
        &[("linkerd", &third)],
    );
    let second = place.perform(2, "second");
    place.judge(&second, "linkerd", &third);
    let crl = std::fs::read(second.join("out/root.crl.der")).unwrap();
    let crl = anchorite::x509::crl::Crl::from_der(&crl).unwrap();
    assert_eq!(crl.fields.number(), Some(2), "the CRL number goes on");
    // What came before stays good under the newer CRL.
    let at = |folder: &Path, name: &str| folder.join("out").join(name).display().to_string();
    place.good(
        "openssl",
        &[
            "verify",
            "-crl_check",
            "-CRLfile",
            &at(&second, "root.crl"),
            "-CAfile",
            &at(&first, "root.pem"),
            &at(&first, &format!("{}/intermediate.pem", etcd.path)),
        ],
    );
}

#[test]
fn an_rsa_root_signs_each_type_of_request() {
    let place = Place::new();
    let mounts = [
        ("rsa", place.mount("rsa", RSA_4096)),
        ("p256", place.mount("p256", P256)),
        ("p384", place.mount("p384", P384)),
    ];
    let root = "[root]\nsubject = { O = \"Acme\", CN = \"Acme RSA Root\" }\nkey = \"rsa:4096\"";
    let requests: Vec<(&str, &Mount)> = mounts.iter().map(|(name, mount)| (*name, mount)).collect();
    place.ceremony("rsa-root", root, &requests);
    let sealed = place.perform(1, "rsa-root");
    for (name, mount) in &mounts {
        place.judge(&sealed, name, mount);
    }
}

const P521: [(&str, &str); 2] = [("key_type", "ec"), ("key_bits", "521")];
const ED25519: [(&str, &str); 2] = [("key_type", "ed25519"), ("key_bits", "0")];

/// Each of the newer roots over each of the newer requests, back into the server.
#[test]
fn roots_with_other_keys_and_signatures() {
    for (id, key) in [
        ("p521-root", "key = \"ec:P-521\""),
        ("ed25519-root", "key = \"ed25519\""),
        (
            "pss-root",
            "key = \"rsa:3072\"\nsignature = \"pss\"\ndigest = \"sha256\"",
        ),
    ] {
        let place = Place::new();
        let mounts = [
            ("p521", place.mount("p521", P521)),
            ("ed25519", place.mount("ed25519", ED25519)),
        ];
        let root = format!("[root]\nsubject = {{ O = \"Acme\", CN = \"Acme {id}\" }}\n{key}");
        let requests: Vec<(&str, &Mount)> =
            mounts.iter().map(|(name, mount)| (*name, mount)).collect();
        place.ceremony(id, &root, &requests);
        let sealed = place.perform(1, id);
        for (name, mount) in &mounts {
            place.judge(&sealed, name, mount);
        }
    }
}
