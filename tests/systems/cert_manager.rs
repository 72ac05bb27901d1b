//! cert-manager below a real OpenBao: the how-to page line by line, and what cert-manager makes of
//! the server's answer. The same answers go to its own code in `make judges`.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::desk::Desk;
use crate::common::howto;

/// What cert-manager puts into the Secret of a Certificate.
#[derive(Debug, PartialEq, Eq)]
pub struct Secret {
    /// tls.crt, block by block.
    pub tls_crt: Vec<String>,
    /// ca.crt
    pub ca_crt: String,
}

impl Secret {
    /// From the `data` of a sign endpoint's answer, by cert-manager's rules: `ca_chain`,
    /// `issuing_ca` and `certificate`, each once, must make one line of issuers by names as bytes
    /// and signatures. Its last one is ca.crt; tls.crt has it too where it did not sign itself.
    pub fn of(answer: &Value) -> Result<Self, String> {
        let chain = answer["ca_chain"].as_array().into_iter().flatten();
        let issuing = [&answer["issuing_ca"]];
        let mut open = VecDeque::new();
        for text in chain.chain(issuing) {
            let block = first_block(text.as_str().expect("PEM"));
            if !open.contains(&block) {
                open.push_back(block);
            }
        }
        let leaf = first_block(answer["certificate"].as_str().expect("PEM"));
        let mut line = vec![leaf];
        while let Some(at) = open
            .iter()
            .position(|one| signed(&line[line.len() - 1], one))
        {
            line.extend(open.remove(at));
        }
        if !open.is_empty() {
            return Err("certificate chain is malformed or broken".to_owned());
        }
        let ca_crt = line.last().cloned().expect("the leaf at least");
        if signed(&ca_crt, &ca_crt) {
            line.pop();
        }
        Ok(Self {
            tls_crt: line,
            ca_crt,
        })
    }
}

/// The first PEM block of a text, with a newline at its end.
pub fn first_block(text: &str) -> String {
    let start = text.find("-----BEGIN ").expect("a block");
    let end = "-----END CERTIFICATE-----";
    let length = text[start..].find(end).expect("its end") + end.len();
    format!("{}\n", &text[start..start + length])
}

/// Whether a certificate was signed by the key of another, whose name it has, as bytes, as its
/// issuer's. OpenSSL judges the signature.
fn signed(child: &str, parent: &str) -> bool {
    let names = |pem: &str| {
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).expect("PEM");
        let read = block.parse_x509().expect("a certificate");
        (
            read.issuer().as_raw().to_vec(),
            read.subject().as_raw().to_vec(),
        )
    };
    if names(child).0 != names(parent).1 {
        return false;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let verified = Command::new("openssl")
        .args(["verify", "-check_ss_sig", "-partial_chain", "-trusted"])
        .arg(write("parent.pem", parent))
        .arg(write("child.pem", child))
        .output()
        .expect("openssl runs");
    verified.status.success()
}

/// The mount's issuer signs a request as cert-manager asks it to; the answer's `data`.
pub fn sign(desk: &Desk, mount: &str, issuer: &str) -> Value {
    let role = json!({ "allow_any_name": true, "key_type": "any", "require_cn": false });
    desk.bao.post(&format!("{mount}/roles/any"), &role).unwrap();
    desk.good(
        "openssl",
        &[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "tls.key",
            "-subj",
            "/",
            "-addext",
            "subjectAltName = DNS:www.example.com",
            "-out",
            "tls.csr",
        ],
    );
    let fields = json!({
        "csr": desk.read(".", "tls.csr"),
        "common_name": "",
        "alt_names": "www.example.com",
        "ip_sans": "",
        "uri_sans": "",
        "ttl": "720h0m0s",
        "exclude_cn_from_sans": "true",
    });
    let path = format!("{mount}/issuer/{issuer}/sign/any");
    desk.bao.post(&path, &fields).unwrap()["data"].take()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The value of a line `key: "value"` of the ClusterIssuer: its strings are JSON's too.
fn value(issuer: &str, key: &str) -> String {
    let start = format!("{key}: ");
    let line = issuer
        .lines()
        .find_map(|line| line.trim().strip_prefix(&start));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{key}: {issuer}"))).unwrap()
}

#[test]
fn the_page_leads_to_leaf_and_intermediate_in_one_file_and_the_root_in_the_other() {
    let desk = howto::Desk::new();
    desk.page("cert-manager.md");
    let out = desk.path().join("rehearsal/ledger/0001-acme-root-g1/out");
    let answer: Value = serde_json::from_str(&read(&desk.path().join("answer.json"))).unwrap();
    let data = &answer["data"];
    let leaf = first_block(data["certificate"].as_str().unwrap());
    let intermediate = first_block(&read(&out.join("pki_int/intermediate.pem")));
    let root = first_block(&read(&out.join("root.pem")));
    let secret = Secret::of(data).unwrap();
    assert_eq!(secret.tls_crt, [leaf, intermediate]);
    assert_eq!(secret.ca_crt, root);
    std::fs::write(desk.path().join("tls.crt"), secret.tls_crt.concat()).unwrap();
    std::fs::write(desk.path().join("ca.crt"), &secret.ca_crt).unwrap();
    desk.shell("openssl verify -x509_strict -verify_hostname www.example.com -CAfile ca.crt -untrusted tls.crt tls.crt");

    let issuer = read(&desk.path().join("cluster-issuer.yaml"));
    assert_eq!(value(&issuer, "server"), "https://vault.acme.example:8200");
    assert_eq!(value(&issuer, "path"), "pki_int/sign/example-dot-com");
    assert_eq!(value(&issuer, "name"), "vault-issuer");
    assert!(
        issuer.contains("name: \"vault-issuer-approle\""),
        "{issuer}"
    );
    let bundle = read(&out.join("pki_int/ca-bundle.b64"));
    assert_eq!(format!("{}\n", value(&issuer, "caBundle")), bundle);
    std::fs::write(desk.path().join("role-id"), value(&issuer, "roleId")).unwrap();
    desk.shell(
        "out=rehearsal/ledger/0001-acme-root-g1/out
         openssl base64 -d -A -in $out/pki_int/ca-bundle.b64 | cmp - $out/root.pem
         [ \"$(cat role-id)\" = \"$(vault read -field=role_id auth/approle/role/vault-issuer/role-id)\" ]",
    );

    // What it logs in with reaches this one path, and the role holds there.
    desk.shell(
        "login() { vault write -field=token auth/approle/login role_id=\"$(cat role-id)\" \
             secret_id=\"$(cat secret-id)\"; }
         as() { token=$1; shift; VAULT_TOKEN=$token BAO_TOKEN=$token \"$@\"; }
         token=$(login)
         as \"$token\" vault write pki_int/sign/example-dot-com csr=@tls.csr > /dev/null
         openssl req -new -key tls.key -subj / -addext 'subjectAltName = DNS:www.example.org' \
             -out other.csr
         ! as \"$token\" vault write pki_int/sign/example-dot-com csr=@other.csr 2> said
         grep -q 'not allowed by this role' said
         ! as \"$token\" vault write pki_int/root/sign-intermediate csr=@tls.csr \
             common_name=x 2> said
         grep -q 'permission denied' said",
    );
    // The verifier makes these files again.
    let said = desk.shell(
        "anchorite verify rehearsal/ledger --root rehearsal/ledger/0001-acme-root-g1/out/root.pem || [ $? = 8 ]
         folder=rehearsal/ledger/0001-acme-root-g1
         chmod -R u+w $folder
         sed -i s/example-dot-com/example-dot-org/ $folder/out/pki_int/cluster-issuer.yaml
         ! anchorite verify rehearsal/ledger --root $folder/out/root.pem",
    );
    assert!(said.contains("cluster-issuer.yaml"), "{said}");
}

/// Why the bundle ends in the root: without it the intermediate becomes every client's anchor.
#[test]
fn without_the_root_in_the_mount_the_intermediate_is_taken_for_the_ca() {
    let desk = Desk::new();
    let mount = desk.mount("pki_int");
    desk.generate(&mount, "internal", &[("common_name", "Acme CA")], "int.csr");
    let out = desk.first_root(&mount, "int.csr");
    let alone = desk.read(&out, &format!("{mount}/intermediate.pem"));
    let body = json!({ "certificate": alone });
    let set_signed = format!("{mount}/intermediate/set-signed");
    desk.bao.post(&set_signed, &body).unwrap();
    let secret = Secret::of(&sign(&desk, &mount, "default")).unwrap();
    assert_eq!(secret.tls_crt.len(), 2);
    assert_eq!(secret.ca_crt, first_block(&alone));

    desk.hand_over(&out);
    let secret = Secret::of(&sign(&desk, &mount, "default")).unwrap();
    assert_eq!(secret.ca_crt, first_block(&desk.read(&out, "root.pem")));
    assert_eq!(secret.tls_crt.len(), 2);
}
