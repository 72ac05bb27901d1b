//! A revocation on a real SoftHSM: the revoked intermediate is dead for openssl, the other is not,
//! and `verify` and `verify.sh` agree; a stale CRL and a second revocation are refused. At a
//! terminal: a foreign one, one that was given up, and a ledger whose newest part is lost.

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
    // What the clock at the desk tells already is not left to the day.
    let yet_to_come = "invalidity_date = \"2199-01-01T00:00:00Z\"\nreason = \"superseded\"\n";
    let text = stage.read("ceremony.toml");
    let text = text.replace("reason = \"keyCompromise\"\n", yet_to_come);
    stage.write("early.toml", &text.replace("etcd.pem", "nomad.pem"));
    let plan = ["plan", "early.toml", "--ledger", "kept/ledger"];
    let early = stage.quiet(&plan);
    assert_eq!(early.status.code(), Some(1), "{}", said(&early));
    let words = "REVOKE-DATE: 2199-01-01 00:00:00 UTC is in the future";
    assert!(said(&early).contains(words), "{}", said(&early));

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

/// A later ceremony on the real ledger, which revokes a certificate that it does not know.
fn foreign(stage: &mut Stage, id: &str, serial: &str, more: &str) {
    stage.file = format!("{id}.toml");
    let text = format!(
        "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"{id}\"\n\
         token = {{ label = \"{LABEL}\" }}\nroot = {{ certificate = \"root.pem\" }}\n\
         [[person]]\nid = \"alice\"\nrole = \"operator\"\n\
         [[step]]\nid = \"gone\"\ndo = \"revoke\"\nserial = \"{serial}\"\nreason = \"superseded\"\n\
         foreign = true\n[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n{more}"
    );
    stage.write(&format!("{id}.toml"), &text);
}

fn run(stage: &Stage, acts: &Acts) -> Played {
    stage.lock();
    let paper = stage.paper();
    play(stage.anchorite(&stage.run_arguments(&[])), &paper, acts)
}

/// What `verify` says of the ledger, its lines joined.
fn verified(stage: &Stage, code: i32) -> String {
    let told = stage.quiet(&["verify", "ledger", "--root", "root.pem"]);
    assert_eq!(told.status.code(), Some(code), "{}", said(&told));
    let text = stdout(&told);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn copy(stage: &Stage, from: &str, to: &str) {
    if stage.path(to).exists() {
        stage.tool(".", &format!("chmod -R u+w {to}"));
        stage.tool(".", &format!("rm -r {to}"));
    }
    stage.tool(".", &format!("cp -r {from} {to}"));
}

#[test]
fn a_foreign_one_a_lost_ledger_and_one_that_was_given_up() {
    let mut stage = Stage::with(&root_and_crl("one"));
    stage.run().exit(0);
    copy(&stage, "ledger/0001-one/out/root.pem", "root.pem");
    copy(&stage, "ledger", "old-ledger");
    copy(&stage, "tokens", "old-tokens");

    foreign(&mut stage, "two", "77", "");
    run(&stage, &Acts::new())
        .exit(0)
        .says("in no ceremony of this ledger (foreign = true)");
    let told = verified(&stage, 0);
    assert!(told.contains("lists 1 certificate"), "{told}");
    let newer = "ledger/0002-two/out/root.crl";
    let text = openssl(&stage, &format!("crl -in {newer} -noout -text"));
    assert!(text.contains("Serial Number: 77"), "{text}");

    // The ledger as it was before, and a token that was never told: only the CRL knows.
    copy(&stage, newer, "newer.crl");
    copy(&stage, "old-ledger", "ledger");
    copy(&stage, "old-tokens", "tokens");
    let previous = "previous = \"newer.crl\"\n";
    foreign(&mut stage, "next", "78", previous);
    let refused = stage.quiet(&["plan", "next.toml", "--ledger", "ledger"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(
        said(&refused).contains("refused: CRL-PREVIOUS-NEWER"),
        "{}",
        said(&refused)
    );
    let waiver = "[[waiver]]\ncheck = \"CRL-PREVIOUS-NEWER\"\nstep = \"crl\"\n\
         reason = \"the newest ledger burned\"\nby = \"alice\"\n";
    // A waiver of another step opens nothing.
    let other = waiver.replace("\"crl\"", "\"gone\"");
    foreign(&mut stage, "next", "78", &format!("{previous}{other}"));
    let refused = stage.quiet(&["plan", "next.toml", "--ledger", "ledger"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    foreign(&mut stage, "next", "78", &format!("{previous}{waiver}"));
    run(&stage, &Acts::new())
        .exit(0)
        .says("CRL-PREVIOUS-NEWER")
        .says("waived by alice: the newest")
        .says("CRL number      3");
    let told = verified(&stage, 0);
    let words = "put aside: previous CRL newer.crl: CRL-PREVIOUS-NEWER: this ledger is old";
    assert!(told.contains(words), "{told}");
    assert!(
        stage
            .read("ledger/0002-next/SEAL.txt")
            .contains("deviations 1")
    );
    let crl = "crl -in ledger/0002-next/out/root.crl -noout -text";
    let text = openssl(&stage, crl);
    assert!(text.contains("Serial Number: 77") && text.contains("Serial Number: 78"));

    // Confirmed, and given up before the CRL.
    foreign(&mut stage, "third", "79", "");
    run(&stage, &at(4, Act::CtrlC)).exit(5);
    let aborted = stage.quiet(&["abort", "third", "--ledger", "ledger"]);
    assert_eq!(aborted.status.code(), Some(0), "{}", said(&aborted));
    assert!(
        said(&aborted).contains("signed: nothing\npossibly signed: nothing\nnot revoked: 79\n")
    );
    // The newest ceremony was given up: consistent, and no more.
    let told = verified(&stage, 8);
    let words = "the revocation of 79 was confirmed, and no CRL of this ceremony lists it";
    assert!(told.contains(words), "{told}");
    // It is not revoked: the next ceremony may do it.
    foreign(&mut stage, "fourth", "79", "");
    run(&stage, &Acts::new()).exit(0).says("CRL number      4");
    let crl = crl.replace("0002-next", "0004-fourth");
    assert!(openssl(&stage, &crl).contains("Serial Number: 79"));
    verified(&stage, 0);
}
