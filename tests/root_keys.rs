//! Every root key and algorithm on a real SoftHSM: a first ceremony with requests of every
//! type and a second on the kept ledger, judged by `verify`, by `verify.sh` and by openssl.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::real::*;

/// Requests that OpenSSL made: one of each key that is taken.
const REQUESTS: [&str; 6] = [
    "rsa-2048",
    "rsa-4096-pss",
    "p256-sha512",
    "p384-sha384",
    "p521-sha512",
    "ed25519",
];
const FIRST: &str = "0001-first";
const SECOND: &str = "0002-second";

/// Both ceremonies of a root with these lines, on one kept ledger.
fn rehearsed(key: &str) -> Stage {
    let stage = Stage::empty("first.toml");
    let mut first = format!(
        "format = \"anchorite/ceremony/0\"\nid = \"first\"\ntitle = \"Every request\"\n\
         token = {{ label = \"{LABEL}\" }}\n[root]\n\
         subject = {{ C = \"DE\", O = \"Acme\", CN = \"Acme Root G1\" }}\n{key}\n\
         [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n\
         [[step]]\nid = \"all\"\ndo = \"issue-intermediate\"\n"
    );
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys");
    for name in REQUESTS {
        let file = format!("requests/{name}.csr");
        fs::copy(fixtures.join(format!("{name}.csr")), stage.path(&file)).unwrap();
        first += &format!("[[step.request]]\nmount = \"{name}\"\nrequest = \"{file}\"\n");
    }
    first += "[[step]]\ndo = \"issue-crl\"\n";
    stage.write("first.toml", &first);
    rehearse(&stage, "first.toml");
    let root = format!("kept/ledger/{FIRST}/out/root.pem");
    fs::copy(stage.path(&root), stage.path("root.pem")).unwrap();
    stage.write("second.toml", &second());
    rehearse(&stage, "second.toml");
    stage
}

/// One intermediate, a request of the root's own and a CRL under the root in `root.pem`.
fn second() -> String {
    format!(
        "format = \"anchorite/ceremony/0\"\nid = \"second\"\ntitle = \"One more\"\n\
             token = {{ label = \"{LABEL}\" }}\nroot = {{ certificate = \"root.pem\" }}\n\
             [[step]]\ndo = \"issue-intermediate\"\nmount = \"etcd\"\n\
             request = \"requests/etcd.csr\"\n[[step]]\nid = \"ask\"\n\
             do = \"certificate-request\"\n[[step]]\ndo = \"issue-crl\"\n"
    )
}

fn rehearse(stage: &Stage, file: &str) {
    let output = stage.quiet(&["rehearse", file, "--keep", "kept"]);
    assert_eq!(output.status.code(), Some(0), "{file}: {}", said(&output));
}

fn said(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}

fn verify(stage: &Stage, folder: &str) -> Output {
    stage.quiet(&["verify", folder, "--root", "root.pem"])
}

fn verify_script(stage: &Stage, folder: &str) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    let mut dash = stage.command("dash");
    dash.args([script, folder, "root.pem"]).output().unwrap()
}

/// Every product and every seal is signed so, and all judges say yes.
fn judge(stage: &Stage, algorithm: &str) {
    // A rehearsal is at most consistent: 8.
    let whole = verify(stage, "kept/ledger");
    assert_eq!(whole.status.code(), Some(8), "{}", said(&whole));
    stage.tool(
        ".",
        "openssl verify -x509_strict -check_ss_sig -CAfile root.pem root.pem",
    );
    for folder in [FIRST, SECOND] {
        let place = format!("kept/ledger/{folder}");
        let by_hand = verify_script(stage, &place);
        assert_eq!(by_hand.status.code(), Some(8), "{}", said(&by_hand));
        assert!(stdout(&by_hand).contains("the root you hold signed the seal"));
        let crl = format!("{place}/out/root.crl");
        let mounts: &[&str] = if folder == FIRST {
            &REQUESTS
        } else {
            &["etcd"]
        };
        for mount in mounts {
            let certificate = format!("{place}/out/{mount}/intermediate.pem");
            stage.tool(
                ".",
                &format!(
                    "openssl verify -x509_strict -check_ss_sig -crl_check_all -CRLfile {crl} \
                     -CAfile root.pem {certificate}"
                ),
            );
            let shown = stage.tool(".", &format!("openssl x509 -noout -text -in {certificate}"));
            let signed = format!("Signature Algorithm: {algorithm}");
            let lines = shown.lines().filter(|line| line.trim() == signed);
            assert_eq!(lines.count(), 2, "{shown}");
        }
    }
    judge_request(stage, algorithm);
}

/// Another CA of openssl's takes the root's own request, and finds its way down through the root.
fn judge_request(stage: &Stage, algorithm: &str) {
    let out = format!("kept/ledger/{SECOND}/out");
    let request = format!("{out}/requests/ask.csr");
    let shown = stage.tool(
        ".",
        &format!("openssl req -in {request} -noout -verify -text"),
    );
    assert!(shown.contains("verify OK"), "{shown}");
    let signed = format!("Signature Algorithm: {algorithm}");
    let lines = shown.lines().filter(|line| line.trim() == signed);
    assert_eq!(lines.count(), 1, "{shown}");
    stage.tool(
        ".",
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
         -addext keyUsage=critical,keyCertSign,cRLSign -subj /CN=Partner -keyout partner.key \
         -out partner.pem",
    );
    stage.write("cross.cnf", "authorityKeyIdentifier = keyid\n");
    stage.tool(
        ".",
        &format!(
            "openssl x509 -req -in {request} -CA partner.pem -CAkey partner.key -days 365 \
             -extfile cross.cnf -copy_extensions copy -out cross.pem"
        ),
    );
    stage.tool(
        ".",
        &format!(
            "openssl verify -x509_strict -CAfile partner.pem -untrusted cross.pem \
             {out}/etcd/intermediate.pem"
        ),
    );
}

/// A copy of the first ceremony with something changed; both verifiers must refuse it.
fn refuses(stage: &Stage, what: &str, change: impl FnOnce(&Path)) {
    let copy = stage.path(&format!("{}/{FIRST}", what.replace(' ', "-")));
    copy_all(&stage.path(&format!("kept/ledger/{FIRST}")), &copy);
    change(&copy);
    let folder = copy.display().to_string();
    for output in [verify(stage, &folder), verify_script(stage, &folder)] {
        assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
        assert!(
            said(&output).contains("SEAL.txt."),
            "{what}: {}",
            said(&output)
        );
    }
}

fn copy_all(from: &Path, to: &PathBuf) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

/// Changes one octet, counted from the end.
fn flip(file: &Path, from_end: usize) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// The root's signature is a CMS, and nothing else is taken for one.
fn judge_envelope(stage: &Stage) {
    refuses(stage, "signature changed", |folder| {
        flip(&folder.join("SEAL.txt.root.p7s"), 5);
    });
    refuses(stage, "attributes beside it", |folder| {
        fs::write(folder.join("SEAL.txt.attrs"), b"x").unwrap();
    });
    refuses(stage, "bare form instead", |folder| {
        fs::rename(
            folder.join("SEAL.txt.root.p7s"),
            folder.join("SEAL.txt.attrs.sig"),
        )
        .unwrap();
    });
}

#[test]
fn rsa_3072() {
    let stage = rehearsed("key = \"rsa:3072\"");
    judge(&stage, "sha384WithRSAEncryption");
    judge_envelope(&stage);
}

#[test]
fn rsa_3072_over_sha256() {
    let stage = rehearsed("key = \"rsa:3072\"\ndigest = \"sha256\"");
    judge(&stage, "sha256WithRSAEncryption");
}

#[test]
fn rsa_3072_with_pss() {
    let stage = rehearsed("key = \"rsa:3072\"\nsignature = \"pss\"\ndigest = \"sha256\"");
    judge(&stage, "rsassaPss");
    judge_envelope(&stage);
}

#[test]
fn rsa_4096() {
    judge(&rehearsed("key = \"rsa:4096\""), "sha512WithRSAEncryption");
}

#[test]
fn p256() {
    judge(&rehearsed("key = \"ec:P-256\""), "ecdsa-with-SHA256");
}

#[test]
fn p384() {
    judge(&rehearsed("key = \"ec:P-384\""), "ecdsa-with-SHA384");
}

#[test]
fn p521() {
    let stage = rehearsed("key = \"ec:P-521\"");
    judge(&stage, "ecdsa-with-SHA512");
    judge_envelope(&stage);
}

#[test]
fn ed25519() {
    let stage = rehearsed("key = \"ed25519\"");
    judge(&stage, "ED25519");
    let place = format!("kept/ledger/{FIRST}");
    stage.tool(
        &place,
        "openssl pkeyutl -verify -rawin -certin -inkey ../../../root.pem -in SEAL.txt.attrs \
         -sigfile SEAL.txt.attrs.sig",
    );
    let shown = stage.tool(&place, "openssl asn1parse -inform DER -in SEAL.txt.attrs");
    for part in ["contentType", "signingTime", "messageDigest"] {
        assert!(shown.contains(part), "{shown}");
    }
    for (what, name, from_end) in [
        ("signature changed", "SEAL.txt.attrs.sig", 5),
        ("digest changed", "SEAL.txt.attrs", 5),
        ("time changed", "SEAL.txt.attrs", 81 + 3),
        ("content type changed", "SEAL.txt.attrs", 81 + 30 + 1),
    ] {
        refuses(&stage, what, |folder| flip(&folder.join(name), from_end));
    }
    for name in ["SEAL.txt.attrs", "SEAL.txt.attrs.sig"] {
        refuses(&stage, &format!("without {name}"), |folder| {
            fs::remove_file(folder.join(name)).unwrap();
        });
        refuses(&stage, &format!("more after {name}"), |folder| {
            let mut bytes = fs::read(folder.join(name)).unwrap();
            bytes.push(0);
            fs::write(folder.join(name), bytes).unwrap();
        });
    }
    refuses(&stage, "an envelope beside it", |folder| {
        fs::write(folder.join("SEAL.txt.root.p7s"), b"x").unwrap();
    });
    // The attributes of the second seal are signed too, and are not the first one's.
    refuses(&stage, "another seal's", |folder| {
        for name in ["SEAL.txt.attrs", "SEAL.txt.attrs.sig"] {
            let other = stage.path(&format!("kept/ledger/{SECOND}/{name}"));
            fs::copy(other, folder.join(name)).unwrap();
        }
    });
}

/// A root may name its key by SHA-1 (RFC 5280 4.2.1.2, method 1). All that it signs names it by
/// those very octets, also where the later ceremony names keys by SHA-256.
#[test]
fn a_root_that_names_its_key_by_sha1() {
    let stage = rehearsed("key = \"ec:P-256\"\nkey_identifier = \"sha1\"");
    judge(&stage, "ecdsa-with-SHA256");
    let root = key_identifier(&stage, "root.pem", "subjectKeyIdentifier");
    assert_eq!(root, sha1_of_key(&stage, "root.pem"));
    for (folder, mount, is_sha1) in [(FIRST, "rsa-2048", true), (SECOND, "etcd", false)] {
        let file = format!("kept/ledger/{folder}/out/{mount}/intermediate.pem");
        assert_eq!(
            key_identifier(&stage, &file, "authorityKeyIdentifier"),
            root
        );
        let own = key_identifier(&stage, &file, "subjectKeyIdentifier");
        assert_eq!(own == sha1_of_key(&stage, &file), is_sha1, "{file}");
        let inspected = stage.quiet(&["inspect", &file, "--issuer", "root.pem"]);
        assert_eq!(inspected.status.code(), Some(0), "{}", said(&inspected));
    }
    let crl = format!("openssl crl -noout -text -in kept/ledger/{SECOND}/out/root.crl");
    let shown = stage.tool(".", &crl).replace(':', "");
    assert!(shown.contains(&root), "{shown}");
    let planned = stage.quiet(&["plan", "second.toml"]);
    assert_eq!(planned.status.code(), Some(0), "{}", said(&planned));
}

/// The key identifier in an extension, as OpenSSL reads it.
fn key_identifier(stage: &Stage, file: &str, extension: &str) -> String {
    let shown = stage.tool(
        ".",
        &format!("openssl x509 -noout -in {file} -ext {extension}"),
    );
    let last = shown.lines().last().unwrap().trim();
    last.trim_start_matches("keyid:").replace(':', "")
}

/// What OpenSSL calculates for OCSP: SHA-1 over the BIT STRING's content.
fn sha1_of_key(stage: &Stage, file: &str) -> String {
    let shown = stage.tool(".", &format!("openssl x509 -noout -in {file} -ocspid"));
    let mut lines = shown.lines();
    let hash = lines.find_map(|line| line.trim().strip_prefix("Public key OCSP hash: "));
    hash.unwrap().to_owned()
}

/// A root that OpenSSL made: the stand-in of a rehearsal, and all it signs, has its algorithm.
#[test]
fn a_stand_in_signs_as_the_root_it_stands_for() {
    let pss =
        "-newkey rsa:3072 -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
    for (options, algorithm) in [
        (pss, "rsassaPss"),
        ("-newkey rsa:3072 -sha256", "sha256WithRSAEncryption"),
        ("-newkey ed25519", "ED25519"),
    ] {
        let stage = Stage::empty("second.toml");
        stage.tool(
            ".",
            &format!(
                "openssl req -x509 -nodes -batch -keyout key.pem -out root.pem -days 7000 \
                 -subj /O=Acme/CN=Root {options} -addext keyUsage=critical,keyCertSign,cRLSign"
            ),
        );
        stage.write("second.toml", &second());
        rehearse(&stage, "second.toml");
        let bundle = stage.read("kept/ledger/0001-second/out/etcd/bundle.pem");
        let (_, last) = bundle.rsplit_once("-----BEGIN").unwrap();
        stage.write("stand-in.pem", &format!("-----BEGIN{last}"));
        for file in [
            "stand-in.pem",
            "kept/ledger/0001-second/out/etcd/intermediate.pem",
        ] {
            let shown = stage.tool(".", &format!("openssl x509 -noout -text -in {file}"));
            let signed = format!("Signature Algorithm: {algorithm}");
            let lines = shown.lines().filter(|line| line.trim() == signed);
            assert_eq!(lines.count(), 2, "{file}: {shown}");
        }
        let verified = stage.quiet(&["verify", "kept/ledger", "--root", "stand-in.pem"]);
        assert_eq!(verified.status.code(), Some(8), "{}", said(&verified));
    }
}

/// Not a rehearsal: a person at a terminal, and a seal that is verified.
#[test]
fn a_real_ceremony_with_an_ed25519_root() {
    let stage = Stage::empty("first-root.toml");
    let file = stage.new_file("first-root");
    let key = file.lines().find(|line| line.starts_with("key ")).unwrap();
    stage.write("first-root.toml", &file.replace(key, "key = \"ed25519\""));
    stage.lock();
    stage.run().exit(0);
    let folder = format!("ledger/{}", stage.ledger_names()[0]);
    let root = stage.path(&format!("{folder}/out/root.pem"));
    fs::copy(root, stage.path("root.pem")).unwrap();
    for output in [
        verify(&stage, "ledger"),
        verify(&stage, &folder),
        verify_script(&stage, &folder),
    ] {
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
}
