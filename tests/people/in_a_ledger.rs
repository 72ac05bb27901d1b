//! What `verify` tells of people's signatures beside a seal, and verify.sh beside it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anchorite::audit::{self, PersonFact, PersonSignature, Report, Verdict};
use anchorite::host::DiskStore;
use anchorite::ssh::NAMESPACE;

use crate::ledger::{Copy, FIRST, How, World};
use crate::schema;
use crate::signer::{Keygen, line};

const ONE: &str = "0001-acme-root";
const SEAL: &str = "SEAL.txt";
const POST_SEAL: &str = "post-seal.jsonl";
const END: &str = "\n[[step]]\nid = \"end\"\ndo = \"destroy-key\"\n";

/// A ceremony of alice, who has a key, and bob, who has none.
fn ceremony(key: &str, steps: &str) -> String {
    let people = format!(
        "role = \"administrator\"\nkey  = \"{key}\"\n\n[[person]]\nid = \"bob\"\nrole = \"witness\"\n"
    );
    let file = FIRST.replacen("role = \"administrator\"\n", &people, 1);
    if steps.is_empty() {
        return file;
    }
    file.replacen("next_update = \"6mo\"", "final = true", 1) + steps
}

struct Scene {
    keygen: Keygen,
    world: World,
    copy: Copy,
}

impl Scene {
    fn new(steps: &str) -> Self {
        let keygen = Keygen::new();
        // The comment has no place in a ceremony file.
        let key = keygen.key("alice", "ed25519", "256");
        let key: Vec<&str> = key.split(' ').take(2).collect();
        keygen.key("bob", "ecdsa", "256");
        keygen.key("mallory", "ed25519", "256");
        let mut world = World::new();
        world
            .hold_first_as(&ceremony(&key.join(" "), steps), How::default())
            .unwrap();
        let copy = world.copy();
        Self {
            keygen,
            world,
            copy,
        }
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.copy.path.join(ONE).join(name)).unwrap()
    }

    /// Puts a file beside the seal; `None` takes it away.
    fn put(&self, name: &str, bytes: Option<&[u8]>) {
        let path = self.copy.path.join(ONE).join(name);
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }

    fn signature(&self, by: &str, namespace: &str, file: &str) -> Vec<u8> {
        self.keygen.sign(by, namespace, &self.bytes(file), &[])
    }

    /// Whatever lies beside the seal, its own verdict stays.
    fn report(&self) -> Report {
        let mut store = DiskStore::open_read_only(&self.copy.path).unwrap();
        let report = audit::ceremony(&mut store, ONE, &self.world.root(), None);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        report
    }

    /// As JSON it fits its schema, whatever is told of people.
    fn people(&self) -> Vec<PersonFact> {
        let output = Command::new(env!("CARGO_BIN_EXE_anchorite"))
            .args(["verify", "--json", "--root"])
            .arg(self.copy.root_pem())
            .arg(self.copy.path.join(ONE))
            .output()
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema::faults("verify", &json), [""; 0]);
        let people = self.report().facts.unwrap().people;
        let told = serde_json::to_value(&people).unwrap();
        assert_eq!(json["facts"]["people"], told);
        people
    }

    /// verify.sh with these keys: its code, and what it says.
    fn script(&self, signers: &[&str]) -> (i32, String) {
        let allowed = self.keygen.path("allowed");
        let lines: Vec<String> = signers
            .iter()
            .map(|name| {
                let line = fs::read_to_string(self.keygen.path(&format!("{name}.pub"))).unwrap();
                format!("{name} {line}")
            })
            .collect();
        fs::write(&allowed, lines.concat()).unwrap();
        let output = Command::new("dash")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.sh"))
            .arg(self.copy.path.join(ONE))
            .args([self.copy.root_pem(), allowed])
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }
}

/// The page on one line.
fn flat(report: &Report) -> String {
    let words: Vec<String> = report
        .to_text()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    words.join(" ")
}

#[test]
fn a_signature_is_told_as_what_it_is_and_the_seal_stays_as_it_was() {
    let scene = Scene::new("");
    let all = ["alice", "bob"];
    assert_eq!(scene.script(&all).0, 0);
    let none = scene.people();
    assert!(
        none.iter()
            .all(|one| one.seal_signature == PersonSignature::None)
    );
    assert!(none.iter().all(|one| one.post_seal_signature.is_none()));
    assert!(flat(&scene.report()).contains("alice (administrator): no signature person bob"));

    let good = scene.signature("alice", NAMESPACE, SEAL);
    scene.put("SEAL.txt.alice.sig", Some(&good));
    let report = scene.report();
    let text = flat(&report);
    let told = "alice (administrator): signed the seal, by the key this ceremony names";
    assert!(text.contains(told), "{text}");
    assert!(!text.contains("NOT"), "{text}");
    let alice = &report.facts.unwrap().people[0].seal_signature;
    assert_eq!(*alice, PersonSignature::ByNamedKey);
    let (code, said) = scene.script(&all);
    assert!(
        code == 0 && said.contains("alice signed the seal"),
        "{said}"
    );

    // What anybody can put there. verify.sh was given keys, and asks for them.
    let of_transcript = scene.signature("alice", NAMESPACE, "transcript.jsonl");
    let converted = String::from_utf8(good.clone())
        .unwrap()
        .replace('\n', "\r\n");
    let bad: [(&[u8], &str); 7] = [
        (b"", "the file is empty"),
        (b"yes\n", "does not begin with"),
        (
            &scene.signature("mallory", NAMESPACE, SEAL),
            "by another key",
        ),
        (&scene.signature("bob", NAMESPACE, SEAL), "by another key"),
        (&scene.signature("alice", "git", SEAL), "made for \"git\""),
        (&of_transcript, "not of these bytes"),
        (converted.as_bytes(), "CR and LF"),
    ];
    for (bytes, why) in bad {
        scene.put("SEAL.txt.alice.sig", Some(bytes));
        let report = scene.report();
        let text = flat(&report);
        let told =
            "alice (administrator): a file is there, which is NOT a signature of this person: ";
        assert!(
            text.contains(told) && !text.contains("signed the seal"),
            "{text}"
        );
        let loud =
            |one: &&String| one.starts_with("SEAL.txt.alice.sig is NOT a signature of alice: ");
        let loud = report.notices.iter().find(loud).unwrap();
        assert!(loud.contains(why), "{why}: {loud}");
        let alice = &report.facts.unwrap().people[0].seal_signature;
        assert!(matches!(alice, PersonSignature::Invalid(words) if words.contains(why)));
        let (code, said) = scene.script(&all);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("is no signature of alice"), "{said}");
    }
}

#[test]
fn a_signature_without_a_named_key_is_checked_elsewhere_and_junk_is_none() {
    let scene = Scene::new("");
    let bob = |bytes: &[u8]| {
        scene.put("SEAL.txt.bob.sig", Some(bytes));
        scene.people()[1].seal_signature.clone()
    };
    let good = scene.signature("bob", NAMESPACE, SEAL);
    assert_eq!(bob(&good), PersonSignature::NoKey);
    let text = flat(&scene.report());
    assert!(text.contains("bob (witness): a signature is there; the ceremony file names no key for it: check it with ssh-keygen"), "{text}");
    assert_eq!(scene.script(&["bob"]).0, 0);
    // It could be anybody's.
    assert_eq!(
        bob(&scene.signature("mallory", NAMESPACE, SEAL)),
        PersonSignature::NoKey
    );
    assert_eq!(scene.script(&["bob"]).0, 1);
    for bytes in [
        b"".to_vec(),
        scene.signature("bob", "git", SEAL),
        scene.signature("bob", NAMESPACE, "SHA256SUMS"),
    ] {
        assert!(matches!(bob(&bytes), PersonSignature::Invalid(_)));
    }
    scene.put("SEAL.txt.bob.sig", None);

    // Names that the plan does not have.
    scene.put(
        "SEAL.txt.mallory.sig",
        Some(&scene.signature("mallory", NAMESPACE, SEAL)),
    );
    scene.put("post-seal.jsonl.mallory.sig", Some(b""));
    scene.put(
        "post-seal.jsonl.alice.sig",
        Some(&scene.signature("alice", NAMESPACE, SEAL)),
    );
    let report = scene.report();
    for told in [
        "SEAL.txt.mallory.sig is of nobody whom the plan names",
        "post-seal.jsonl.mallory.sig is of nobody whom the plan names",
        "post-seal.jsonl is not there",
    ] {
        let found = report.notices.iter().any(|one| one.contains(told));
        assert!(found, "{told}: {:?}", report.notices);
    }
}

#[test]
fn what_came_after_the_seal_is_signed_by_people_alone() {
    let scene = Scene::new(END);
    let later = || scene.people()[0].post_seal_signature.clone();
    assert_eq!(later(), Some(PersonSignature::None));
    let good = scene.signature("alice", NAMESPACE, POST_SEAL);
    scene.put("post-seal.jsonl.alice.sig", Some(&good));
    assert_eq!(later(), Some(PersonSignature::ByNamedKey));
    let text = flat(&scene.report());
    let told = "no signature; post-seal.jsonl: signed post-seal.jsonl, by the key";
    assert!(text.contains(told), "{text}");
    // The seal's signature is none on what followed it, nor the other way round.
    let seal = scene.signature("alice", NAMESPACE, SEAL);
    scene.put("post-seal.jsonl.alice.sig", Some(&seal));
    assert!(matches!(later(), Some(PersonSignature::Invalid(_))));
    scene.put("SEAL.txt.alice.sig", Some(&good));
    let facts = scene.people();
    assert!(matches!(
        facts[0].seal_signature,
        PersonSignature::Invalid(_)
    ));
    let mut store = DiskStore::open_read_only(&scene.copy.path).unwrap();
    let whole = audit::ledger(&mut store, &scene.world.root(), None);
    assert_eq!(whole.verdict, Verdict::Verified, "{}", whole.to_text());
    assert!(whole.to_text().contains("NOT a signature"));
}

#[test]
fn a_plan_names_no_other_kind_of_key() {
    let keygen = Keygen::new();
    let small = keygen.key("small", "rsa", "2048");
    let small: Vec<&str> = small.split(' ').take(2).collect();
    let dsa = line("ssh-dss", &[&b"\0\0\0\x07ssh-dss"[..], &[1; 40]].concat());
    for (key, why) in [
        (small.join(" "), "an RSA key of 2048 bits is not taken"),
        (dsa, "DSA keys are not taken"),
        (
            "ssh-ed25519 AAAAAAAAAAAAAAAAAAAA".to_owned(),
            "not an OpenSSH public key",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("acme.toml"), ceremony(&key, "")).unwrap();
        for (name, csr) in [("nyc3-etcd.csr", "nyc3 etcd CA"), ("k8s.csr", "k8s CA")] {
            fs::write(folder.path().join(name), crate::ledger::csr(csr)).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_anchorite"))
            .current_dir(folder.path())
            .args(["plan", "acme.toml"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        let words: Vec<&str> = said.split_whitespace().collect();
        let words = words.join(" ");
        assert!(
            words.contains(why) && words.contains("acme.toml, line 10"),
            "{said}"
        );
    }
}
