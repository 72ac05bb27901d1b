//! A root that a second ledger takes over, with what the first one issued.

use std::collections::BTreeMap;

use anchorite::audit::Verdict;
use anchorite::ceremony::CeremonyError;
use anchorite::ceremony::prepare::{Ingredients, PrepareError, Prepared, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::ledger::entry::Event;
use anchorite::ledger::register::Certainty;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::{Crl, RevokedEntry};
use anchorite::x509::pem;
use anchorite::x509::time::UtcTime;

use crate::play::ceremony::{FIRST, LATER, inputs, mounts};
use crate::play::ports::Crash;
use crate::play::world::{Setting, World};
use crate::{SEALED, products, whole};

/// Takes the root over, and issues one more intermediate and the next CRL at once.
pub const ADOPT: &str = r#"format = "anchorite/ceremony/0"
id = "adopt"
title = "Take over the Acme root"

[[person]]
id = "alice"
role = "operator"

[token]
label = "acme-root-g1"

[root]
certificate = "root.pem"

[[step]]
id = "adopt"
do = "adopt-root"
certificates = ["issued.pem"]
index = "index.txt"
previous = "root.crl"
"#;

const MORE: &str = r#"
[[step]]
id = "later"
do = "issue-intermediate"
mount = "later"
request = "later.csr"
"#;

/// What the first ledger issued, and a second one on the same token.
struct Scene {
    world: World,
    root: Certificate,
    inputs: BTreeMap<String, Vec<u8>>,
}

/// `300101000000Z` of a time.
fn short(time: UtcTime) -> String {
    let digits: String = time
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    format!("{}Z", &digits[2..])
}

impl Scene {
    fn new() -> Self {
        Self::of(FIRST)
    }

    fn of(first: &str) -> Self {
        let old = whole(first);
        let objects = products(&old, SEALED);
        let root = Certificate::from_der(&objects["root"]).unwrap();
        let block = |der: &[u8]| pem::encode("CERTIFICATE", der);
        let etcd = Certificate::from_der(&objects["etcd"]).unwrap();
        let index = format!(
            "V\t{}\t\t{}\tunknown\t/C=DE/O=Acme/CN=Acme etcd\n\
             R\t300101000000Z\t260101000000Z,superseded\tAB\tunknown\t/C=DE/O=Acme/CN=Acme old\n",
            short(etcd.fields.not_after),
            etcd.fields.serial.to_string().to_uppercase()
        );
        let issued = format!("{}{}", block(&objects["etcd"]), block(&objects["apps"]));
        let mut world = World::new();
        world.hardware = old.hardware.clone();
        // An imported key comes with no note of a ledger.
        world.hardware.borrow_mut().notes.clear();
        world.clock = old.clock.clone();
        let inputs = [
            ("root.pem", block(&root.der).into_bytes()),
            ("issued.pem", issued.into_bytes()),
            ("index.txt", index.into_bytes()),
            ("root.crl", objects["crl"].clone()),
            ("later.csr", mounts()[2].request.clone().into_bytes()),
            ("etcd.csr", mounts()[0].request.clone().into_bytes()),
        ];
        let inputs = inputs.map(|(path, bytes)| (path.to_owned(), bytes));
        Self {
            world,
            root,
            inputs: inputs.into(),
        }
    }

    fn prepare(&mut self, source: &str) -> Result<Prepared, PrepareError> {
        let view = self.world.view();
        let named = inputs(source, Some(&self.root));
        let inputs = named
            .into_keys()
            .map(|path| (path.clone(), self.inputs[&path].clone()))
            .collect();
        prepare(Ingredients {
            file_name: "adopt.toml",
            source,
            inputs,
            ledger: view.state(),
            register: view.register,
        })
    }

    fn job(&mut self, source: &str) -> Job {
        let prepared = self.prepare(source);
        Job {
            prepared: prepared.unwrap_or_else(|error| panic!("{}", told(&error))),
            rehearsal: false,
            root: Some(self.root.clone()),
            tool_sha256: Digest::of(b"tool"),
            environment: b"{}\n".to_vec(),
            environment_findings: Vec::new(),
        }
    }

    fn refused(&mut self, source: &str) -> String {
        match self.prepare(source) {
            Err(error) => told(&error),
            Ok(_) => panic!("it is not refused"),
        }
    }

    fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.inputs[path].clone()).unwrap();
        assert!(text.contains(from), "{path} lacks {from}");
        let new = text.replacen(from, to, 1).into_bytes();
        self.inputs.insert(path.to_owned(), new);
    }
}

fn told(error: &PrepareError) -> String {
    match error {
        PrepareError::Refused(list) => list[0].to_string(),
        other => other.to_string(),
    }
}

fn attribute(scene: &Scene, name: &str, value: &str) {
    let mut hardware = scene.world.hardware.borrow_mut();
    let key = hardware.keys.last_mut().unwrap();
    key.attributes.insert(name.to_owned(), value.to_owned());
}

fn waiver(check: &str) -> String {
    format!(
        "\n[[waiver]]\ncheck = \"{check}\"\nstep = \"adopt\"\nreason = \"so it is\"\nby = \"alice\"\n"
    )
}

#[test]
fn a_second_ledger_goes_on_where_the_first_was() {
    let mut scene = Scene::new();
    let job = scene.job(&format!("{ADOPT}{MORE}"));
    let session = scene.world.plain(&job, false);
    if let Err(failure) = &session.result {
        panic!("{}", failure.error);
    }
    assert_eq!(scene.world.hardware.borrow().violations, [""; 0]);
    insta::assert_snapshot!("adopted pages", crate::redacted(&session.pages.concat()));
    let report = scene.world.verify_ledger(&scene.root);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    let said = report.to_text();
    let said: Vec<&str> = said.split_whitespace().collect();
    assert!(said.join(" ").contains("adopted: written down"), "{said:?}");
    let alone = scene.world.verify("0001-adopt", &scene.root);
    assert_eq!(alone.verdict, Verdict::Verified, "{}", alone.to_text());
    let view = scene.world.view();
    let register = &view.register;
    let adopted = |one: &&anchorite::ledger::register::Issued| one.certainty == Certainty::Adopted;
    assert_eq!(register.issued.iter().filter(adopted).count(), 4);
    assert_eq!(register.issued.len(), 5);
    assert_eq!(register.next_crl_number(), 2);
    assert_eq!(register.published_crl().unwrap().number, 1);
    // The CRL of before lists nothing: what is carried is what the index alone tells.
    let unlisted = register.carried().unwrap();
    assert_eq!(unlisted.count(), 1);
    let entry = RevokedEntry::read(&unlisted.entries().next().unwrap().unwrap()).unwrap();
    assert_eq!(entry.serial.to_string(), "ab");
    // A later ceremony knows names, keys and numbers of before.
    let next = LATER
        .replace("later.csr", "etcd.csr")
        .replace("mount = \"later\"", "mount = \"x\"");
    assert!(scene.refused(&next).starts_with("REQ-SUBJECT-TAKEN"));
    let again = scene.refused(ADOPT);
    assert!(again.starts_with("ADOPT-LEDGER"), "{again}");
}

#[test]
fn the_proof_is_checked_by_openssl() {
    for (key, ending) in [
        ("ec:P-384", "p7s"),
        ("rsa:3072", "p7s"),
        ("ed25519", "attrs.sig"),
    ] {
        let mut scene = Scene::of(&FIRST.replace("ec:P-384", key));
        let job = scene.job(ADOPT);
        assert!(scene.world.plain(&job, false).result.is_ok());
        let folder = tempfile::tempdir().unwrap();
        for name in ["txt", "p7s", "attrs", "attrs.sig"] {
            let file = scene
                .world
                .file(&format!("0001-adopt/evidence/possession-adopt.{name}"));
            if let Some(bytes) = file {
                std::fs::write(folder.path().join(name), bytes).unwrap();
            }
        }
        std::fs::write(folder.path().join("root.pem"), &scene.inputs["root.pem"]).unwrap();
        let line = match ending {
            "p7s" => {
                "cms -verify -binary -purpose any -inform DER -no_check_time -in p7s -content txt \
                 -CAfile root.pem -out /dev/null"
            }
            _ => "pkeyutl -verify -rawin -certin -inkey root.pem -in attrs -sigfile attrs.sig",
        };
        let output = std::process::Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{key}: {output:?}");
    }
}

#[test]
fn an_imported_key_is_told_and_an_open_one_refused() {
    let mut scene = Scene::new();
    for (name, value) in [
        ("CKA_LOCAL", "false"),
        ("CKA_ALWAYS_SENSITIVE", "false"),
        ("CKA_NEVER_EXTRACTABLE", "false"),
        ("CKA_DECRYPT", "true"),
        ("CKA_MODIFIABLE", "true"),
    ] {
        attribute(&scene, name, value);
    }
    let job = scene.job(ADOPT);
    assert!(scene.world.plain(&job, false).result.is_ok());
    let entries = scene.world.entries("0001-adopt");
    let told = format!("{entries:?}");
    assert!(told.contains("imported: anyone who had the file has the key"));
    let report = scene.world.verify_ledger(&scene.root);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    // A later ceremony under it: the same key is found and taken.
    let end = LATER.find("[[step]]\nid = \"crl\"").unwrap();
    let later = scene.job(&LATER[..end]);
    assert!(scene.world.plain(&later, false).result.is_ok());
    let report = scene.world.verify_ledger(&scene.root);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());

    for (name, value) in [("CKA_EXTRACTABLE", "true"), ("CKA_SENSITIVE", "false")] {
        let mut scene = Scene::new();
        attribute(&scene, name, value);
        let job = scene.job(ADOPT);
        assert_eq!(scene.world.plain(&job, false).refusal(), "ADOPT-KEY-HELD");
        let mut scene = Scene::new();
        attribute(&scene, name, value);
        let job = scene.job(&format!("{ADOPT}{}", waiver("ADOPT-KEY-HELD")));
        assert!(scene.world.plain(&job, false).result.is_ok());
        let report = scene.world.verify_ledger(&scene.root);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        let seal = String::from_utf8(scene.world.bytes("0001-adopt/SEAL.txt")).unwrap();
        assert!(seal.contains("deviations 1"), "{seal}");
    }
}

#[test]
fn what_does_not_hold_together_is_refused() {
    let stranger = || {
        let mut other = Scene::new();
        std::mem::take(other.inputs.get_mut("issued.pem").unwrap())
    };
    let mut scene = Scene::new();
    scene.inputs.insert("issued.pem".to_owned(), stranger());
    assert!(scene.refused(ADOPT).starts_with("ADOPT-CERTIFICATES"));

    let mut scene = Scene::new();
    scene.edit("index.txt", "CN=Acme etcd", "CN=Acme other");
    let said = scene.refused(ADOPT);
    assert!(said.starts_with("ADOPT-AGREES: index line 1"), "{said}");

    let mut scene = Scene::new();
    scene.edit("index.txt", "\tAB\t", "\tAX\t");
    assert!(scene.refused(ADOPT).starts_with("index.txt: line 2"));

    let mut scene = Scene::new();
    let other = Scene::new().inputs["root.crl"].clone();
    scene.inputs.insert("root.crl".to_owned(), other);
    assert!(scene.refused(ADOPT).starts_with("CRL-FILE-"));

    let mut scene = Scene::new();
    let without = ADOPT.replace("previous = \"root.crl\"\n", "");
    assert!(scene.refused(&without).starts_with("ADOPT-CRL"));
    assert!(
        scene
            .prepare(&format!("{without}{}", waiver("ADOPT-CRL")))
            .is_ok()
    );
}

#[test]
fn nothing_is_done_under_a_root_that_nobody_took_over() {
    let mut scene = Scene::new();
    let source = format!("{}{MORE}", &ADOPT[..ADOPT.find("[[step]]").unwrap()]);
    let job = scene.job(&source);
    let refused = scene.world.plain(&job, false);
    assert!(matches!(refused.error(), CeremonyError::WrongLedger(_)));
    // The wrong token: nothing in it is the root's key.
    scene.world.hardware = Default::default();
    let job = scene.job(ADOPT);
    assert_eq!(scene.world.plain(&job, false).refusal(), "KEY-UNIQUE");
}

#[test]
fn a_lost_ledger_is_told_as_such() {
    let mut scene = Scene::new();
    let source = ADOPT.replace("index = ", "lost_ledger = \"fire of 2026\"\nindex = ");
    let job = scene.job(&source);
    assert!(scene.world.plain(&job, false).result.is_ok());
    let lost = scene.world.entries("0001-adopt").into_iter().any(|entry| {
        matches!(entry.event, Ok(Event::Adopted { lost_ledger: Some(reason), .. }) if reason == "fire of 2026")
    });
    assert!(lost);
    let report = scene.world.verify_ledger(&scene.root);
    assert!(report.to_text().contains("was lost: fire of 2026"));
}

#[test]
fn an_adoption_that_was_given_up_is_begun_again() {
    let mut scene = Scene::new();
    let clean = {
        let mut scene = Scene::new();
        let job = scene.job(ADOPT);
        scene.world.plain(&job, false)
    };
    for dies_at in clean.store_changes.into_iter().step_by(3) {
        let fresh = World::new();
        let old = std::mem::replace(&mut scene.world, fresh);
        scene.world.hardware = old.hardware;
        scene.world.clock = old.clock;
        let job = scene.job(ADOPT);
        let setting = Setting {
            dies_at: Some(dies_at),
            ..Setting::default()
        };
        let _ = scene.world.run(&job, false, &setting);
        scene.world.crash(Crash::Kept);
        let Some(open) = scene.world.open_folder() else {
            continue;
        };
        if let Err(error) = scene.world.abort(&open) {
            assert!(
                matches!(error, CeremonyError::OnlySealMissing(_)),
                "{error}"
            );
            continue;
        }
        // What was adopted by an aborted ceremony is adopted: its last entry tells.
        if !scene.world.view().register.is_adopted() {
            let job = scene.job(&ADOPT.replace("id = \"adopt\"\ntitle", "id = \"again\"\ntitle"));
            let again = scene.world.plain(&job, false);
            if let Err(failure) = &again.result {
                panic!("at {dies_at}: {}", failure.error);
            }
        }
        let report = scene.world.verify_ledger(&scene.root);
        let refused = report.verdict == Verdict::Refused;
        assert!(!refused, "at {dies_at}: {}", report.to_text());
    }
}

#[test]
fn the_last_crl_of_before_is_followed_by_the_next() {
    let mut scene = Scene::new();
    let crl = "\n[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n";
    let job = scene.job(&format!("{ADOPT}{crl}"));
    let session = scene.world.plain(&job, false);
    if let Err(failure) = &session.result {
        panic!("{}", failure.error);
    }
    let objects = products(&scene.world, "0001-adopt");
    let crl = Crl::from_der(&objects["crl"]).unwrap();
    assert_eq!(crl.fields.number(), Some(2));
    // What the index alone calls revoked is listed now, as of then.
    let listed = scene.world.view().register;
    let entries: Vec<_> = listed.published_crl().unwrap().entries().collect();
    let [Ok(old)] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    assert_eq!(old.serial.to_string(), "ab");
    assert_eq!(old.date.to_string(), "2026-01-01T00:00:00Z");
    let report = scene.world.verify_ledger(&scene.root);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
}
