//! One root's whole life in five ceremonies: made, renewed and cross-signed, an aborted one, a
//! revocation, and the end of its key.

use super::{Desk, later};
use crate::common::real::*;

const FIRST: &str = r#"
spki_list = "requests/spki.sha256"
PEOPLE
[token]
label = "acme-root-g1"
[root]
subject = { C = "DE", O = "Acme", CN = "Acme Root G1" }
key = "ec:P-384"
validity = "20y"
[profile.narrow]
base = "vault"
validity = "3y"
permitted = { dns = ["svc.example"], email = [".mail.example"] }
excluded = { ip = ["10.0.0.0/8"], uri = ["b.example"] }
policies = [{ oid = "1.3.6.1.4.1.32473.1", cps = "http://pki.example/cps" }]
crl_url = "http://pki.example/root.crl"
issuer_url = "http://pki.example/root.der"
ocsp_url = "http://ocsp.example/"
key_identifier = "sha1"
[handover.trust_bundle]
name = "acme-roots"
namespaces = { trusted = "true" }
also = ["other-root.pem"]
[[step]]
id = "key"
do = "generate-root-key"
[[step]]
id = "root"
do = "issue-root"
read_aloud = "This is the root."
[[step]]
id = "clusters"
do = "issue-intermediate"
  [[step.request]]
  mount = "pki/etcd"
  request = "requests/etcd.csr"
  generate = { subject = { O = "Acme", CN = "etcd CA" }, key = "ec:P-256" }
  [[step.request]]
  mount = "pki/kubernetes"
  request = "requests/kubernetes.csr"
  profile = "kubernetes"
[[step]]
id = "narrow"
do = "issue-intermediate"
mount = "pki/narrow"
request = "requests/narrow.csr"
profile = "narrow"
cert_manager = { server = "https://vault.example:8200", role = "web" }
[[step]]
id = "crl"
do = "issue-crl"
next_update = "6mo"
"#;

const MORE: &str = r#"
[profile.other]
base = "vault-issuing-cas"
path_length = 1
validity = "3y"
[[step]]
id = "renewed"
do = "issue-intermediate"
mount = "pki/kubernetes"
request = "requests/kubernetes.csr"
renew = true
[[step]]
id = "rekeyed"
do = "issue-intermediate"
mount = "pki/etcd"
request = "requests/etcd.csr"
rekey = true
[[step]]
id = "other"
do = "cross-sign"
certificate = "other-root.pem"
profile = "other"
[[step]]
id = "ask"
do = "certificate-request"
"#;

const STOPPED: &str = r#"
[[step]]
id = "nomad"
do = "issue-intermediate"
mount = "pki/nomad"
request = "requests/nomad.csr"
[[step]]
id = "crl"
do = "issue-crl"
"#;

const REVOKE: &str = r#"
[[step]]
id = "lost"
do = "revoke"
certificate = "etcd.pem"
reason = "keyCompromise"
invalidity_date = "SINCE"
[[step]]
id = "crl"
do = "issue-crl"
previous = "root.crl"
"#;

const END: &str = r#"
[[step]]
id = "crl"
do = "issue-crl"
final = true
previous = "root.crl"
[[step]]
id = "end"
do = "destroy-key"
"#;

pub fn whole() -> Desk {
    let mut desk = Desk::new("p-384-life");
    let people = desk.people();
    desk.request("etcd", "/O=Acme/CN=etcd CA");
    desk.request("narrow", "/O=Acme/CN=Narrow CA");
    desk.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
         -addext keyUsage=critical,keyCertSign,cRLSign -subj '/O=Other/CN=Other Root' \
         -keyout other.key -out other-root.pem
         for name in etcd kubernetes narrow; do
             openssl req -in requests/$name.csr -noout -pubkey |
                 openssl pkey -pubin -outform DER | sha256sum |
                 sed \"s#-\\$#requests/$name.csr#\" >>requests/spki.sha256
         done",
    );
    desk.hold("first", &FIRST.replace("PEOPLE\n", &people));
    desk.sign("alice", "SEAL.txt");
    desk.sign("bob", "SEAL.txt");
    let first = desk.last();
    desk.shell(&format!(
        "cp {first}/out/pki/etcd/intermediate.pem etcd.pem; cp {first}/out/root.crl ."
    ));

    desk.request("etcd", "/O=Acme/CN=etcd CA");
    let later = later();
    desk.hold("more", &format!("{later}{MORE}"));

    // The certificate is signed, the CRL is not.
    desk.plan("stopped", &format!("{later}{STOPPED}"));
    desk.stage.run_with(&[], &at(4, Act::CtrlC)).exit(5);
    desk.shell("anchorite abort 0003-stopped --ledger ledger");

    // A certificate begins an hour before it is made.
    let since = desk.shell("date -u -d '5 minutes ago' +%Y-%m-%dT%H:%M:%SZ");
    let revoke = REVOKE.replace("SINCE", since.trim());
    desk.hold("revoke", &format!("{later}{revoke}"));
    let revoked = desk.last();
    desk.shell(&format!("cp {revoked}/out/root.crl ."));

    desk.plan("end", &format!("{later}{people}{END}"));
    desk.end();
    desk.sign("alice", "SEAL.txt");
    desk.sign("alice", "post-seal.jsonl");
    desk
}
