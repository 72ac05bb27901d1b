//! `docs/how-to/adopt-an-existing-root.md` as people follow it: a root of `openssl ca` whose key
//! is a file, in the layout of `cfssl`, comes into a SoftHSM token and is taken over.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::howto::{blocks, page, run};
use common::real::{PIN, Stage};

/// The old root, its intermediates (one revoked) and its CRL, by stock tools.
const OLD: &str = r#"
cat >old.cnf <<END
[ca]
default_ca = root
[root]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.pem
private_key = ca-key.pem
default_md = sha384
default_days = 365
default_crl_days = 30
policy = any
x509_extensions = below
crl_extensions = list
unique_subject = no
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
KEY
openssl req -x509 -new -key ca-key.pem -sha384 -days 3650 -config old.cnf -extensions own \
    -subj "/O=Acme/CN=Acme Old Root" -out ca.pem
for name in one two; do
    openssl ecparam -name prime256v1 -genkey -noout -out $name.key
    openssl req -new -key $name.key -config old.cnf -subj "/O=Acme/CN=Acme $name" -out $name.csr
    openssl ca -batch -config old.cnf -in $name.csr -out $name.pem -notext
done
openssl ca -config old.cnf -gencrl -out root.crl
cat one.pem two.pem >issued.pem
"#;

#[test]
fn a_key_file_of_openssl_is_taken_over() {
    let page = page("adopt-an-existing-root.md");
    let commands = blocks(&page, "sh");
    for key in [
        "openssl ecparam -name secp384r1 -genkey -noout -out ca-key.pem",
        "openssl genrsa -traditional -out ca-key.pem 3072",
    ] {
        let stage = Stage::empty("adopt.toml");
        let shell = |text: &str| {
            run(
                |program| {
                    let mut command = stage.command(program);
                    command.env("PIN", PIN);
                    command
                },
                text,
            )
        };
        shell(&OLD.replace("KEY", key));
        stage.write("adopt.toml", &blocks(&page, "toml")[0]);
        for text in &commands {
            shell(text);
        }
        stage.run().exit(0);
        let transcript = stage.read("ledger/0001-adopt-acme-root/transcript.jsonl");
        assert!(transcript.contains("imported: anyone who had the file has the key"));
        let said = shell(&blocks(&page, "sh after")[0]);
        assert!(said.contains("are adopted"), "{said}");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
        let said = shell(&format!(
            "sh '{script}' ledger/0001-adopt-acme-root root.pem"
        ));
        assert!(said.contains("VERIFIED: this ceremony"), "{said}");
    }
}
