//! The smaller ledgers: each key, and what does not belong into one life.

use std::fs;

use super::{Desk, first, later};
use crate::common::proof::files_below;
use crate::common::real::*;

/// The id of the ceremony that makes the root.
const ID: &str = "golden";

/// RSA, after a ceremony that was aborted before there was a key.
pub fn rsa() -> Desk {
    let mut desk = Desk::new("rsa-3072");
    let file = first("key = \"rsa:3072\"");
    desk.plan("too-early", &file);
    desk.stage.run_with(&[], &at(3, Act::CtrlC)).exit(5);
    desk.shell("anchorite abort 0001-too-early --ledger ledger");
    desk.hold(ID, &file);
    desk
}

/// RSASSA-PSS with a digest that is not the key's default.
pub fn pss() -> Desk {
    let mut desk = Desk::new("rsa-3072-pss");
    desk.hold(
        ID,
        &first("key = \"rsa:3072\", signature = \"pss\", digest = \"sha256\""),
    );
    desk
}

/// P-256: the power went as the CRL's signature came, and the transcript's last line is torn.
pub fn interrupted() -> Desk {
    let mut desk = Desk::new("p-256-interrupted");
    desk.plan(ID, &first("key = \"ec:P-256\""));
    let cut = desk.stage.run_with(&[], &at(7, Act::PowerCut));
    assert!(cut.prompts[7].contains("Type \"seal\""), "{}", cut.screen);
    tear(&desk.stage, "crl");
    desk.stage.resume().exit(0);
    desk.take_root();
    desk
}

/// Cuts the transcript within the line that holds a product's signature, and takes away what a
/// program that died there had not written yet.
fn tear(stage: &Stage, product: &str) {
    let open = format!("ledger/0001-{ID}.open");
    let transcript = format!("{open}/transcript.jsonl");
    let whole = stage.read(&transcript);
    let mut kept = String::new();
    for line in whole.split_inclusive('\n') {
        let is = |what: &str| line.contains(&format!("\"{what}\""));
        if is("signed") && line.contains(&format!("\"product\":\"{product}\"")) {
            kept += &line[..line.len() / 2];
            break;
        }
        kept += line;
    }
    assert!(kept.len() < whole.len() && !kept.ends_with('\n'), "{whole}");
    stage.write(&transcript, &kept);
    for file in files_below(&stage.path(&format!("{open}/out"))) {
        if !kept.contains(&format!("\"out/{}\"", file.display())) {
            fs::remove_file(stage.path(&open).join("out").join(file)).unwrap();
        }
    }
}

/// P-521 under webtrust; the crash has left an intermediate that is possibly signed twice.
pub fn webtrust() -> Desk {
    let mut desk = Desk::new("p-521-webtrust");
    let profile = "[profile.vault]\ncrl_url = \"http://pki.example/root.crl\"\n\
                   policies = [{ oid = \"2.23.140.1.2.1\" }]\n";
    let file = format!(
        "policy = \"webtrust\"\n{}{profile}",
        first("key = \"ec:P-521\"")
    );
    desk.plan(ID, &file);
    let cut = desk.stage.run_with(&[], &at(6, Act::PowerCut));
    assert!(cut.prompts[6].contains("step crl"), "{}", cut.screen);
    tear(&desk.stage, "etcd");
    desk.stage.resume().exit(0);
    desk.take_root();
    desk
}

/// Ed25519, with a check put aside and wrong words once.
pub fn waived() -> Desk {
    let mut desk = Desk::new("ed25519-waiver");
    let profile = "[profile.vault]\nextended_key_usage = [\"anyExtendedKeyUsage\"]\n\
                   [[waiver]]\ncheck = \"PROFILE-EKU-ANY\"\nstep = \"etcd\"\n\
                   reason = \"an old appliance wants it\"\nby = \"alice\"\n";
    let file = format!("{}{}{profile}", first("key = \"ed25519\""), desk.people());
    desk.plan(ID, &file);
    let wrong = Act::Type("adult chambermaid".to_owned());
    desk.stage.run_with(&[], &at(5, wrong)).exit(0);
    desk.take_root();
    desk
}

/// What openssl had made: a root with one certificate and a CRL, its key a file.
const OLD: &str = r#"
cat >old.cnf <<END
[ca]
default_ca = root
[root]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = root.pem
private_key = old.key
default_md = sha256
default_days = 365
default_crl_days = 30
policy = any
x509_extensions = below
crl_extensions = list
[any]
organizationName = optional
commonName = supplied
[below]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[list]
authorityKeyIdentifier = keyid
[own]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = none
[none]
END
: >index.txt
echo 4101 >serial
echo 07 >crlnumber
openssl ecparam -name prime256v1 -genkey -noout -out old.key
openssl req -x509 -new -key old.key -sha256 -days 3650 -config old.cnf -extensions own \
    -subj "/O=Acme/CN=Acme Old Root" -out root.pem
openssl ca -batch -config old.cnf -in requests/etcd.csr -out issued.pem -notext
openssl ca -config old.cnf -gencrl -out root.crl
openssl pkcs8 -topk8 -nocrypt -in old.key -out old.p8
for token in acme-root-g1 acme-copy; do
    softhsm2-util --import old.p8 --token $token --label acme-root-g1 --id 01 --pin "$PIN"
done
"#;

/// A root of openssl's is taken over, its copy confirmed, and ended with the copy still there.
pub fn adopted() -> Desk {
    let mut desk = Desk::new("p-256-adopted");
    desk.stage.make_token("acme-copy");
    desk.shell(&format!("PIN={PIN}\n{OLD}"));
    let adopt = "[[step]]\nid = \"adopt\"\ndo = \"adopt-root\"\ncertificates = [\"issued.pem\"]\n\
                 index = \"index.txt\"\nprevious = \"root.crl\"\n\
                 [[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"acme-copy\"\n\
                 [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n";
    desk.hold("adopt", &format!("{}{adopt}", later()));
    let end = "[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nfinal = true\n\
               [[step]]\nid = \"end\"\ndo = \"destroy-key\"\n";
    desk.plan("end", &format!("{}{end}", later()));
    desk.end();
    desk
}

/// A seal that the root does not sign; people do.
pub fn unsigned() -> Desk {
    let mut desk = Desk::new("p-256-seal-none");
    let seal = "[seal]\nroot = \"none\"\n";
    let file = format!("{}{}{seal}", first("key = \"ec:P-256\""), desk.people());
    desk.hold(ID, &file);
    desk.sign("alice", "SEAL.txt");
    desk
}

/// A rehearsal that was kept.
pub fn rehearsed() -> Desk {
    let mut desk = Desk::new("p-256-rehearsal");
    desk.ledger = "kept/ledger";
    desk.plan(ID, &first("key = \"ec:P-256\""));
    desk.shell(&format!("anchorite rehearse {ID}.toml --keep kept"));
    desk.take_root();
    desk
}
