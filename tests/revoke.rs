//! A revocation on a real SoftHSM: the revoked intermediate is dead for openssl, the other is not,
//! and `verify` and `verify.sh` agree; a stale CRL and a second revocation are refused.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::process::Output;

use common::real::*;

const FIRST: &str = "kept/ledger/0001-first/out";
const GONE: &str = "kept/ledger/0002-gone";

fn said(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}

fn rehearse(stage: &Stage, id: &str, lines: &str) -> Output {
    let text = format!(
        "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"{id}\"\n\
         token = {{ label = \"{LABEL}\" }}\n{lines}"
    );
    stage.write("ceremony.toml", &text);
    stage.quiet(&["rehearse", "ceremony.toml", "--keep", "kept"])
}

fn later(stage: &Stage, id: &str, lines: &str) -> Output {
    rehearse(
        stage,
        id,
        &format!("root = {{ certificate = \"root.pem\" }}\n{lines}"),
    )
}

fn openssl(stage: &Stage, arguments: &str) -> String {
    let mut command = stage.command("openssl");
    said(&command.args(arguments.split_whitespace()).output().unwrap())
}

#[test]
fn the_revoked_is_dead_and_the_other_is_not() {
    let stage = Stage::empty("ceremony.toml");
    let first = rehearse(
        &stage,
        "first",
        "root = { subject = { C = \"DE\", O = \"Acme\", CN = \"Acme Root\" }, key = \"ec:P-256\" }\n\
         [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n\
         [[step]]\nid = \"all\"\ndo = \"issue-intermediate\"\n\
         [[step.request]]\nmount = \"etcd\"\nrequest = \"requests/etcd.csr\"\n\
         [[step.request]]\nmount = \"nomad\"\nrequest = \"requests/nomad.csr\"\n\
         [[step]]\ndo = \"issue-crl\"\n",
    );
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    for (from, to) in [
        ("root.pem", "root.pem"),
        ("root.crl", "first.crl"),
        ("etcd/intermediate.pem", "etcd.pem"),
        ("nomad/intermediate.pem", "nomad.pem"),
    ] {
        fs::copy(stage.path(&format!("{FIRST}/{from}")), stage.path(to)).unwrap();
    }
    let revoke = "[[step]]\nid = \"etcd\"\ndo = \"revoke\"\ncertificate = \"etcd.pem\"\n\
         reason = \"keyCompromise\"\n\
         [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nprevious = \"first.crl\"\n";
    let gone = later(&stage, "gone", revoke);
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));
    assert!(said(&gone).contains("type the last 6 digits of the serial number"));

    let crl = format!("{GONE}/out/root.crl");
    let good = openssl(&stage, &format!("crl -in {crl} -CAfile root.pem -noout"));
    assert!(good.contains("verify OK"), "{good}");
    let check = format!("verify -crl_check_all -CAfile root.pem -CRLfile {crl}");
    let dead = openssl(&stage, &format!("{check} etcd.pem"));
    assert!(dead.contains("certificate revoked"), "{dead}");
    let alive = openssl(&stage, &format!("{check} nomad.pem"));
    assert!(alive.contains("nomad.pem: OK"), "{alive}");

    let ledger = stage.quiet(&["verify", "kept/ledger", "--root", "root.pem"]);
    assert_eq!(ledger.status.code(), Some(8), "{}", said(&ledger));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    let mut sh = stage.command("sh");
    let stock = sh.args([script, GONE, "root.pem"]).output().unwrap();
    assert_eq!(stock.status.code(), Some(8), "{}", said(&stock));
    let sheet = stage.read(&format!("{GONE}/out/HANDOVER.md"));
    assert!(
        sheet.contains("vault write -f 'etcd/issuer/OLD/revoke'"),
        "{sheet}"
    );

    // Nothing is revoked twice, and the CRL from before is stale.
    let twice = later(&stage, "twice", revoke);
    assert_eq!(twice.status.code(), Some(1), "{}", said(&twice));
    assert!(
        said(&twice).contains("CRL-PREVIOUS-STALE"),
        "{}",
        said(&twice)
    );
    fs::copy(stage.path(&crl), stage.path("first.crl")).unwrap();
    let twice = later(&stage, "twice", revoke);
    assert!(said(&twice).contains("REVOKE-TWICE"), "{}", said(&twice));
    // It stays listed beside the next one.
    let more = revoke
        .replace("etcd.pem", "nomad.pem")
        .replace("keyCompromise", "superseded");
    let more = later(&stage, "more", &more);
    assert_eq!(more.status.code(), Some(0), "{}", said(&more));
    let text = openssl(
        &stage,
        "crl -in kept/ledger/0003-more/out/root.crl -noout -text",
    );
    assert_eq!(text.matches("Serial Number:").count(), 2, "{text}");
    for reason in ["Key Compromise", "Superseded"] {
        assert!(text.contains(reason), "{text}");
    }
}
