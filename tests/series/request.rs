//! `docs/how-to/have-your-root-cross-signed.md` as people follow it: another CA of openssl's
//! certifies the root's key, and finds a chain through it.

use std::fs;

use serde_json::Value;

use crate::common::howto::{blocks, page, run};
use crate::common::real::{Stage, root_and_crl};
use crate::common::schema;

/// Another company's root.
const PARTNER: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
     -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign -subj '/O=Partner/CN=Partner Root' \
     -keyout partner-root.key -out partner-root.pem 2>/dev/null";

#[test]
fn another_ca_certifies_the_root_as_the_page_says() {
    let page = page("have-your-root-cross-signed.md");
    let stage = Stage::empty("first-root.toml");
    stage.write("first-root.toml", &stage.new_file("first-root"));
    let shell = |text: &str| run(|program| stage.command(program), text);
    shell("anchorite rehearse first-root.toml --keep rehearsal");
    shell("cp rehearsal/ledger/0001-*/out/root.pem .");
    shell(PARTNER);
    let said = shell(&blocks(&page, "sh").concat());
    for words in [
        "verify OK",
        "ACCEPTED:",
        "out/pki/etcd/intermediate.pem: OK",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // The step on the page is the ready ceremony's.
    let ready = stage.read("request.toml");
    let step = blocks(&page, "toml");
    for line in step[0].lines() {
        assert!(ready.contains(line), "{line}");
    }
    judge(&stage);
    judge_json(&stage);
}

fn ledger(stage: &Stage) -> String {
    let found = fs::read_dir(stage.path("rehearsal/ledger")).unwrap();
    let mut names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let own = names.find(|name| name.ends_with("-acme-request")).unwrap();
    format!("rehearsal/ledger/{own}")
}

/// What programs read, as its schemas say.
fn judge_json(stage: &Stage) {
    let read = |arguments: &[&str], schema: &str| -> Value {
        let output = stage.quiet(arguments);
        let value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema::faults(schema, &value), [""; 0]);
        value
    };
    let root = ["--root", "root.pem", "--json"];
    let verify = [&["verify", "rehearsal/ledger"][..], &root].concat();
    let verified = read(&verify, "verify");
    let asked = &verified["life"]["requests"][0];
    assert_eq!(asked["product"], "for-partner");
    assert_eq!(asked["possibly_signed"], false);
    let product = &verified["ceremonies"][1]["facts"]["products"][0];
    assert_eq!(product["kind"], "request");
    let (none, nothing) = (&product["serial"], &product["not_after"]);
    assert!(none.is_null() && nothing.is_null(), "{product}");
    // Of the rehearsed root, and of one that is made on the day.
    let plan = [
        "plan",
        "request.toml",
        "--ledger",
        "rehearsal/ledger",
        "--json",
    ];
    let planned = read(&plan, "plan-report");
    let facts = &planned["steps"][0]["products"][0]["own_request"];
    assert_eq!(facts["spki_sha256"], product["spki_sha256"]);
    let step = "[[step]]\nid = \"ask\"\ndo = \"certificate-request\"\n";
    stage.write("day.toml", &format!("{}{step}", root_and_crl("day")));
    let planned = read(&["plan", "day.toml", "--json"], "plan-report");
    let facts = &planned["steps"][3]["products"][0]["own_request"];
    assert!(facts["spki_sha256"].is_null(), "{facts}");
}

/// The tool and the script.
fn judge(stage: &Stage) {
    let shell = |text: &str| run(|program| stage.command(program), text);
    let said = shell("anchorite verify rehearsal/ledger --root root.pem || [ $? = 8 ]");
    let words: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "for-partner: request for the root's own key",
        "request for-partner for the root's own key, of",
    ] {
        assert!(words.contains(told), "{told}: {said}");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    let folder = ledger(stage);
    shell(&format!("sh '{script}' {folder} root.pem || [ $? = 8 ]"));
    let csr = stage.read("for-partner.csr");
    assert!(csr.starts_with("# REHEARSAL"), "{csr}");
}

/// For good, in the ceremony that makes the root: no rehearsal, a person at a terminal.
#[test]
fn a_new_root_asks_on_its_first_day() {
    let step = "[[step]]\nid = \"ask\"\ndo = \"certificate-request\"\n";
    let stage = Stage::with(&format!("{}{step}", root_and_crl("acme")));
    stage.run().exit(0);
    let shell = |text: &str| run(|program| stage.command(program), text);
    let said = shell(
        "cp ledger/0001-acme/out/root.pem ledger/0001-acme/out/requests/ask.csr .
         openssl req -in ask.csr -noout -verify -text
         anchorite verify ledger --root root.pem
         head -n 1 ask.csr",
    );
    for words in [
        "verify OK",
        "CA:TRUE",
        "VERIFIED: this ledger",
        "-----BEGIN CERTIFICATE REQUEST-----",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    shell(&format!("sh '{script}' ledger/0001-acme root.pem"));
    let sheet = stage.read("ledger/0001-acme/out/HANDOVER.md");
    assert!(sheet.contains("requests/ask.csr"), "{sheet}");
    // A rehearsal of a request under this root has a stand-in for it, with another key.
    stage.write("request.toml", &stage.new_file("request-for-our-root"));
    let said = shell("anchorite rehearse request.toml");
    assert!(said.contains("To be signed: request for-partner"), "{said}");
}
