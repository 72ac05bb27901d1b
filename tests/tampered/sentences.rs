//! Each sentence with which `audit` and `ledger` refuse is seen once: they are taken from the
//! sources, and from what is said of ledgers that somebody changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anchorite::audit::{self, AuditFinding, Verdict, Wild};
use anchorite::digest::Digest;
use anchorite::host::DiskStore;
use anchorite::ledger::limits::{ENTRIES, Measure};
use anchorite::ledger::register::Register;
use anchorite::ledger::seal::Seal;
use anchorite::ledger::{chain, entry};
use anchorite::ports::{EntryKind, Store, StoreEntry};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::time::UtcTime;

use crate::ledger::{FIRST, How, World};
use crate::tamper::{ONE, Scene};
use crate::{GONE, demands, first, later_life, requests};
use growing::Growing;
use provoked::Deed;
use words::Sentence;

#[path = "growing.rs"]
mod growing;
#[path = "provoked.rs"]
mod provoked;
#[path = "provoked_files.rs"]
mod provoked_files;
#[path = "provoked_later.rs"]
mod provoked_later;
#[path = "provoked_turns.rs"]
mod provoked_turns;
#[path = "words.rs"]
mod words;

/// What stands in the sources and refuses nothing: places, names of checks, notices, texts of
/// files, and what is said of a certificate that is not this root's.
const NO_REFUSALS: &[(&str, &str)] = &[
    ("audit/adoption.rs", "no CRL"),
    ("audit/approvals.rs", "the lock"),
    ("audit/authority.rs", "the given root"),
    ("audit/checked.rs", "revocation of "),
    ("audit/checked.rs", "root key"),
    ("audit/files.rs", "the folder"),
    ("audit/key.rs", "root key"),
    ("audit/turns.rs", "root key"),
    ("ledger/kinds.rs", "taken over"),
    ("audit/ledger.rs", "the ledger"),
    ("audit/mod.rs", "CRL number {}"),
    ("audit/mod.rs", "the given root"),
    ("audit/order.rs", "from entry {} to {}"),
    ("audit/revoked.rs", "revocation of {serial}"),
    ("audit/seen.rs", "Seen in the wild"),
    ("audit/seen.rs", "a name that cannot be read"),
    ("audit/seen.rs", "{subject} is the root itself"),
    (
        "audit/seen.rs",
        "{subject} names this root as its issuer, and this root did not sign it",
    ),
    (
        "audit/seen.rs",
        "{subject} was not issued by this root, but by {issuer}",
    ),
    ("audit/told.rs", "absence:answer, wrong"),
    ("audit/told.rs", "absence:question, unanswered"),
    (
        "ledger/register.rs",
        "token {label}, serial {serial} ({model}), confirmed in {ceremony}",
    ),
    (
        "ledger/seal.rs",
        "The files listed in SHA256SUMS are all there is of this ceremony, and its transcript \
         ends with the head above.",
    ),
    ("ledger/seal.rs", "destruction of the root key"),
];

/// What refuses and is not seen here, with why it cannot be reached from outside.
const NOT_SEEN: &[(&str, &str, &str)] = &[];

/// What was said: the id and the words of a broken rule; of a verdict and of a reader, no id.
#[derive(Default)]
struct Said(BTreeSet<(String, String)>);

impl Said {
    fn add(&mut self, checks: &[AuditFinding], verdict: &Verdict) {
        let broken = checks.iter().filter(|one| !one.passed);
        let told = broken.map(|one| (one.id.clone(), one.words.clone()));
        self.0.extend(told);
        match verdict {
            Verdict::Consistent(why) | Verdict::NotChecked(why) => self.word(why),
            Verdict::Verified | Verdict::Refused => {}
        }
    }

    fn word(&mut self, words: &str) {
        self.0.insert((String::new(), words.to_owned()));
    }

    /// What is said of a whole ledger.
    fn of(&mut self, path: &Path, root: &Certificate, expect: Option<Digest>) {
        let mut store = DiskStore::open_read_only(path).unwrap();
        self.of_store(&mut store, root, expect);
    }

    fn of_store(&mut self, store: &mut dyn Store, root: &Certificate, expect: Option<Digest>) {
        let report = audit::ledger(store, root, expect);
        self.add(&report.checks, &report.verdict);
        for one in &report.ceremonies {
            self.add(&one.checks, &one.verdict);
        }
    }

    /// What is said of one ceremony.
    fn of_one(&mut self, path: &Path, folder: &str, root: &Certificate, expect: Option<Digest>) {
        let mut store = DiskStore::open_read_only(path).unwrap();
        let report = audit::ceremony(&mut store, folder, root, expect);
        self.add(&report.checks, &report.verdict);
    }

    fn deeds(&mut self, world: &World, root: &Certificate, deeds: &[Deed]) {
        for (ceremony, signed, deed) in deeds {
            let scene = Scene::of(world, ceremony);
            deed(&scene);
            if *signed {
                scene.insider();
            }
            self.of(&scene.copy.path, root, None);
        }
    }

    fn cases(&mut self, world: &World, ceremony: &'static str, cases: &[crate::Case]) {
        for (_, _, deed) in cases {
            let scene = Scene::of(world, ceremony);
            deed(&scene);
            scene.insider();
            self.of(&scene.copy.path, &world.root(), None);
        }
    }

    /// Whether a sentence was said, under a rule that its file names. Words that are another
    /// sentence, letter for letter, are not this one with something in its placeholder.
    fn holds(&self, sentence: &Sentence, all: &[Sentence]) -> bool {
        let said = |(id, words): &(String, String)| {
            (id.is_empty() || sentence.ids.is_empty() || sentence.ids.contains(id))
                && (sentence.text == *words || all.iter().all(|one| one.text != *words))
                && sentence.is_in(words)
        };
        self.0.iter().any(said)
    }
}

/// Ledgers that somebody changed.
fn tampered(said: &mut Said) {
    let (two, other) = (World::with_two(), World::with_two());
    for (_, _, _, deed) in first::CASES {
        let scene = first::scene(&two, &other);
        deed(&scene);
        said.of(&scene.copy.path, &two.root(), None);
    }
    said.cases(&two, ONE, demands::CASES);
    for deeds in [
        provoked::OF_TRANSCRIPTS,
        provoked_files::OF_FILES,
        provoked_turns::OUT_OF_TURN,
    ] {
        said.deeds(&two, &two.root(), deeds);
    }
    let nobody = Digest::of(b"nobody's");
    said.of(&two.path(), &two.root(), Some(nobody));
    said.of_one(&two.path(), ONE, &two.root(), Some(nobody));
    let growing = DiskStore::open_read_only(&two.path()).unwrap();
    said.of_store(&mut Growing(growing), &two.root(), None);
    let scene = Scene::of(&two, ONE);
    let open = format!("{ONE}.open");
    std::fs::rename(scene.one(""), scene.path(&open)).unwrap();
    said.of_one(&scene.copy.path, &open, &two.root(), None);
    let world = demands::waived();
    said.cases(&world, ONE, demands::WAIVED);
    let lived = later_life::lived();
    said.cases(&lived, later_life::CHANGED, later_life::cases::LIVED);
    said.cases(&lived, later_life::END, later_life::cases::ENDED);
    said.deeds(&lived, &lived.root(), provoked_later::LIVED_ON);
    let adopted = later_life::adopted();
    said.cases(&adopted, later_life::ADOPT, later_life::cases::ADOPTED);
    said.deeds(&adopted, &adopted.root(), provoked_later::TAKEN_OVER);
    let revoked = crate::revoked();
    said.cases(&revoked, GONE, crate::CASES);
    said.deeds(&revoked, &revoked.root(), provoked_later::REVOKED);
    said.cases(&requests::asked(), requests::ASK, requests::CASES);
    // The root that came to be is another's.
    let world = given_up();
    said.of(&world.path(), &other.root(), None);
    said.deeds(&world, &other.root(), provoked_later::GIVEN_UP);
    let mut world = World::new();
    let unsigned = format!("{FIRST}\n[seal]\nroot = \"none\"\n");
    world.hold_first_as(&unsigned, How::default()).unwrap();
    said.of(&world.path(), &world.root(), None);
    said.of(&world.path(), &root_of_no_ceremony(), None);
}

/// A ceremony that was given up before its root was signed.
fn given_up() -> World {
    let mut world = World::new();
    world.token.fails_after = Some(0);
    world.hold_first_as(FIRST, How::default()).unwrap_err();
    world.abort("acme-root");
    world
}

/// A root with a key that no ceremony makes or takes over.
fn root_of_no_ceremony() -> Certificate {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("openssl")
        .current_dir(folder.path())
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem",
        ])
        .args([
            "-out",
            "root.pem",
            "-days",
            "7300",
            "-subj",
            "/C=DE/O=Acme/CN=Old",
        ])
        .args(["-addext", "keyUsage=critical,keyCertSign,cRLSign"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let root = std::fs::read(folder.path().join("root.pem")).unwrap();
    Certificate::from_file(&root).unwrap()
}

/// What readers refuse that the verifier does not come to.
fn unreadable(said: &mut Said) {
    let world = World::with_two();
    let scene = Scene::of(&world, ONE);
    let text = scene.text(crate::T);
    let first = text.split_inclusive('\n').next().unwrap();
    let long = first.replace("\"alice\"", &format!("\"{}\"", "a".repeat(70_000)));
    let lines: [Vec<u8>; 8] = [
        first.trim_end().into(),
        long.into(),
        b"\xff\n".to_vec(),
        first.replace("alice", "al\tice").into(),
        first.replace("\"n\":1", "\"n\":1.5").into(),
        first.replace("\"n\":1,", "\"n\":1,\"n\":1,").into(),
        first.replace("\"actor\":", "\"factor\":").into(),
        first.replace(",\"data\":", ", \"data\":").into(),
    ];
    for line in lines {
        said.word(&entry::read(&line).unwrap_err());
        said.word(&chain::read(&line).unwrap_err().to_string());
    }
    let (entries, _) = chain::read(text.as_bytes()).unwrap();
    let without_files = Register::default().fold("acme-root", &entries, |_| None);
    said.word(&without_files.unwrap_err().to_string());
    let one = StoreEntry {
        name: "x".to_owned(),
        kind: EntryKind::File,
        size: 0,
    };
    let mut measure = Measure::default();
    let counted = (0..=ENTRIES).try_for_each(|_| measure.add(&one));
    said.word(&counted.unwrap_err());
    let seal = scene.text("SEAL.txt");
    for (from, to) in [
        ("ceremony acme-root", "ceremony \u{fc}"),
        ("format anchorite/seal/0", "format x"),
        ("format anchorite/seal/0", "format anchorite/seal/1"),
        ("edition 1", "edition 01"),
        ("edition 1", "edition 7"),
        ("kind production", "kid production"),
        ("entries 51", "entries x"),
        ("kind production", "kind  production"),
    ] {
        let changed = seal.replacen(from, to, 1);
        assert_ne!(changed, seal);
        said.word(&Seal::from_text(changed.as_bytes()).unwrap_err().to_string());
    }
}

/// Certificates that somebody found.
fn in_the_wild(said: &mut Said) {
    let world = World::with_two();
    let key = rcgen::KeyPair::try_from(world.token.pkcs8().as_slice()).unwrap();
    let root = world.root();
    let der = root.der.clone().into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&der, &key).unwrap();
    let signed = |serial: Option<Vec<u8>>| {
        let mut params = rcgen::CertificateParams::default();
        params.serial_number = serial.map(Into::into);
        let own = rcgen::KeyPair::generate().unwrap();
        params.signed_by(&own, &issuer).unwrap().der().to_vec()
    };
    let serial = anchorite::digest::unhex(&root.fields.serial.to_string());
    let mut unknown = signed(None);
    let algorithm = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    for at in 0..unknown.len() - algorithm.len() {
        if unknown[at..].starts_with(&algorithm) {
            unknown[at + 7] = 9;
        }
    }
    let found = [signed(None), signed(serial), unknown];
    let wild: Vec<Wild> = found
        .into_iter()
        .map(|der| Wild {
            place: "found".to_owned(),
            der: Ok(der),
        })
        .collect();
    let mut store = DiskStore::open_read_only(&world.path()).unwrap();
    let at = UtcTime::parse("2027-01-15T12:00:00Z").unwrap();
    let report = audit::whole_life(&mut store, &root, None, at, &wild);
    said.add(&report.checks, &report.verdict);
}

#[test]
fn each_refusing_sentence_is_seen() {
    let mut said = Said::default();
    tampered(&mut said);
    unreadable(&mut said);
    in_the_wild(&mut said);
    let all = words::all();
    let shown = |(file, text): (&str, &str)| format!("{file}: {text}");
    let of = |one: &Sentence| shown((&one.file, &one.text));
    let there: BTreeSet<String> = all.iter().map(of).collect();
    let seen: BTreeSet<String> = all
        .iter()
        .filter(|one| said.holds(one, &all))
        .map(of)
        .collect();
    let silent: BTreeSet<String> = NO_REFUSALS.iter().copied().map(shown).collect();
    let excused = NOT_SEEN.iter().map(|(file, text, _)| shown((file, text)));
    let excused: BTreeSet<String> = excused.collect();
    let refusing: BTreeSet<&String> = there.difference(&silent).collect();
    let missing: Vec<&&String> = refusing
        .iter()
        .filter(|one| !seen.contains(**one) && !excused.contains(**one))
        .collect();
    println!(
        "{} refusing sentences, {} not seen, {} of them excused",
        refusing.len(),
        missing.len() + excused.len(),
        excused.len()
    );
    assert!(missing.is_empty(), "never seen: {missing:#?}");
    let known = |one: &&String| !there.contains(*one) || seen.contains(*one);
    let wrong: Vec<&String> = excused.iter().filter(known).collect();
    assert!(
        wrong.is_empty(),
        "excused, and seen or not there: {wrong:#?}"
    );
    let gone: Vec<&String> = silent.difference(&there).collect();
    assert!(gone.is_empty(), "in no source: {gone:#?}");
}
