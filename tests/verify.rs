//! Good ledgers verify, with our verifier and with stock tools; what nobody signed is
//! consistent at best.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ledger.rs"]
#[allow(dead_code)]
mod ledger;

use std::fs;
use std::path::Path;
use std::process::Command;

use anchorite::audit::{self, PersonSignature, Report, Verdict};
use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::digest::Digest;
use anchorite::host::DiskStore;
use anchorite::ledger::register::Register;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::request::Request;
use ledger::{Copy, FIRST, How, SoftToken, World};

const ONE: &str = "0001-acme-root";

fn script(copy: &Copy, folder: &str, more: &[&Path]) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.sh");
    run_script(&script, copy, folder, more)
}

fn run_script(script: &Path, copy: &Copy, folder: &str, more: &[&Path]) -> (i32, String) {
    let output = Command::new("dash")
        .arg(script)
        .arg(copy.path.join(folder))
        .arg(copy.root_pem())
        .args(more)
        .output()
        .unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

fn verify(copy: &Copy, folder: &str, root: &Certificate, expect: Option<Digest>) -> Report {
    let mut store = DiskStore::open_read_only(&copy.path).unwrap();
    audit::ceremony(&mut store, folder, root, expect)
}

/// Both say the same of the first ceremony.
fn both(world: &World, root: &Certificate, verdict: &Verdict, code: i32) -> Report {
    let copy = world.copy();
    if !copy.root_pem().exists() {
        let pem = anchorite::x509::pem::encode("CERTIFICATE", &root.der);
        fs::write(copy.root_pem(), pem).unwrap();
    }
    let report = verify(&copy, ONE, root, None);
    assert_eq!(report.verdict, *verdict, "{}", report.to_text());
    let (found, text) = script(&copy, ONE, &[]);
    assert_eq!(found, code, "{text}");
    report
}

fn consistent(why: &str) -> Verdict {
    Verdict::Consistent(why.to_owned())
}

#[test]
fn a_good_ledger_is_verified_by_us_and_by_stock_tools() {
    let world = World::with_two();
    let copy = world.copy();
    for folder in [ONE, "0002-acme-more"] {
        let report = verify(&copy, folder, &world.root(), None);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        let (code, text) = script(&copy, folder, &[]);
        assert_eq!(code, 0, "{text}");
        // The copy in the folder is the same script.
        let own = copy.path.join(folder).join("VERIFY.txt");
        assert_eq!(run_script(&own, &copy, folder, &[]), (0, text));
    }
    let mut store = DiskStore::open_read_only(&copy.path).unwrap();
    let report = audit::ledger(&mut store, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    assert_eq!(report.certificates, 4);
    assert_eq!(report.crl_number, Some(2));
    insta::assert_snapshot!(redacted(&report.to_text()));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["verdict"], "verified");
    for line in report.to_text().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_nobody_signed_is_consistent_at_best() {
    let mut world = World::new();
    let source = format!("{FIRST}\n[seal]\nroot = \"none\"\n");
    world.hold_first_as(&source, How::default()).unwrap();
    let unsigned = consistent("not signed by the root");
    both(&world, &world.root(), &unsigned, 8);

    let mut world = World::new();
    let rehearsal = How {
        rehearsal: true,
        ..How::default()
    };
    world.hold_first_as(FIRST, rehearsal).unwrap();
    both(&world, &world.root(), &consistent("a rehearsal"), 8);
}

fn left_at(question: &'static str, before: usize) -> How {
    How {
        leave_at: Some((question, before)),
        ..How::default()
    }
}

const RESUME: How = How {
    rehearsal: false,
    resume: true,
    leave_at: None,
};

#[test]
fn an_aborted_ceremony_is_consistent_and_the_next_seal_binds_it() {
    let aborted = consistent("aborted, and signed by nobody");
    let mut world = World::new();
    world
        .hold_first_as(FIRST, left_at("approve", 1))
        .unwrap_err();
    world.abort("acme-root");
    let root = world.root();
    both(&world, &root, &aborted, 8);
    let whole = |world: &World| {
        let copy = world.copy();
        let mut store = DiskStore::open_read_only(&copy.path).unwrap();
        audit::ledger(&mut store, &root, None)
    };
    let report = whole(&world);
    let words = consistent("0001-acme-root is aborted, and signed by nobody");
    assert_eq!(report.verdict, words, "{}", report.to_text());
    world.hold_second();
    let report = whole(&world);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    assert!(
        report
            .notices
            .iter()
            .any(|notice| notice.starts_with("0001-acme-root is aborted"))
    );

    for question in ["date", "generate", "approve"] {
        let mut early = World::new();
        early
            .hold_first_as(FIRST, left_at(question, 0))
            .unwrap_err();
        early.abort("acme-root");
        both(&early, &root, &aborted, 8);
    }
}

/// Given up, corrected, and held again with a new key: what the first try was to make is not
/// the root that there is now.
fn corrected(mut world: World, first: &str, how: How) {
    world.hold_first_as(first, how).unwrap_err();
    world.abort("acme-root");
    world.token = SoftToken::new("acme-root");
    let second = FIRST.replace("id     = \"acme-root\"", "id     = \"acme-again\"");
    let done = world.hold_first_as(&second, How::default()).unwrap();
    assert_eq!(done.folder, "0002-acme-again");
    let pem = fs::read(world.path().join("0002-acme-again/out/root.pem")).unwrap();
    let root = Certificate::from_file(&pem).unwrap();
    both(
        &world,
        &root,
        &consistent("aborted, and signed by nobody"),
        8,
    );
    let mut store = DiskStore::open_read_only(&world.path()).unwrap();
    let report = audit::ledger(&mut store, &root, None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    let told = |notice: &String| notice.starts_with("0001-acme-root is aborted");
    assert!(report.notices.iter().any(told), "{:?}", report.notices);
    let view = LedgerView::read(&mut store).unwrap();
    assert_eq!(view.root, Some(root));
}

#[test]
fn a_first_ceremony_is_given_up_and_corrected() {
    let named = FIRST.replace("Acme Root G1", "Acme Rot G1");
    let rsa = FIRST.replace("ec:P-384", "rsa:3072");
    for question in ["begin", "generate", "approve"] {
        corrected(World::new(), &named, left_at(question, 0));
    }
    corrected(World::new(), &rsa, left_at("generate", 0));
}

#[test]
fn a_root_that_was_possibly_signed_is_made_again_with_another_key() {
    let named = FIRST.replace("Acme Root G1", "Acme Rot G1");
    let webtrust = strict();
    for source in [FIRST, &named, &webtrust] {
        let mut world = World::new();
        world.token.fails_after = Some(0);
        corrected(world, source, How::default());
    }
}

/// The first ceremony under the stricter policy, with what that asks of its profile.
fn strict() -> String {
    let file = FIRST.replace("\"private\"", "\"webtrust\"");
    format!(
        "{file}\n[profile.vault]\ncrl_url = \"http://pki.example/root.crl\"\n\
         policies = [{{ oid = \"2.23.140.1.2.1\" }}]\n"
    )
}

/// What a verification says of a request.
fn said_of(report: &Report, request: &str) -> Vec<String> {
    let place = format!("in/{request}");
    let found = report.checks.iter().filter(|one| one.place == place);
    found
        .inspect(|one| assert_eq!(one.id, "VERIFY-PRODUCT"))
        .map(|one| one.words.clone())
        .collect()
}

#[test]
fn a_key_and_a_name_that_were_certified_before_are_refused_again() {
    let mut world = World::new();
    world.hold_first();
    // A writer who forgets what the root has issued: all is signed and sealed by the root.
    world.forged_register = Some(Register::default());
    let inputs = [
        ("root.pem", world.root_pem()),
        ("fra1.csr", world.requests[0].clone()),
    ];
    world.hold(ledger::SECOND, &inputs, How::default()).unwrap();
    let mut store = DiskStore::open_read_only(&world.path()).unwrap();
    let report = audit::ledger(&mut store, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Refused);
    let said = said_of(&report.ceremonies[1], "fra1.csr");
    assert!(said[0].starts_with("fra1: REQ-SUBJECT-TAKEN: "), "{said:?}");
    let broken = report.ceremonies[1].checks.iter().filter(|one| !one.passed);
    // The request; and what was found of it, of the plan and of the CRL is recorded otherwise.
    assert_eq!(broken.count(), 5, "{}", report.to_text());
}

#[test]
fn a_request_with_the_given_roots_name_or_key_is_refused() {
    let mut world = World::new();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "nyc3 etcd CA");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_identifier_method = rcgen::KeyIdMethod::Sha256;
    params.key_usages = vec![
        rcgen::KeyUsagePurpose::KeyCertSign,
        rcgen::KeyUsagePurpose::CrlSign,
    ];
    let own = params.self_signed(&key).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "k8s CA of the root's key");
    let request = params.serialize_request(&key).unwrap();
    world.requests[1] = request.pem().unwrap().into_bytes();
    world.hold_first();
    let root = Certificate::from_der(own.der()).unwrap();
    let report = verify(&world.copy(), ONE, &root, None);
    assert_eq!(report.verdict, Verdict::Refused);
    for (request, id) in [
        ("nyc3-etcd.csr", ": REQ-SUBJECT-ISSUER: "),
        ("k8s.csr", ": REQ-KEY-ISSUER: "),
    ] {
        let said = said_of(&report, request);
        assert!(said[0].contains(id), "{request}: {said:?}");
    }
}

#[test]
fn a_list_of_lost_keys_is_read_again() {
    let mut world = World::new();
    let source = format!("{FIRST}\n[keys]\nblocked = \"lists/lost.txt\"\n");
    let another = format!("{}\n", Digest::of(b"another key"));
    let inputs = [
        ("nyc3-etcd.csr", world.requests[0].clone()),
        ("k8s.csr", world.requests[1].clone()),
        ("lists/lost.txt", another.into_bytes()),
    ];
    world.hold(&source, &inputs, How::default()).unwrap();
    let copy = world.copy();
    let report = verify(&copy, ONE, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    let spki = Request::from_bytes(&world.requests[0]).unwrap().spki;
    let line = format!("{}\n", Digest::of(&spki));
    fs::write(copy.path.join(ONE).join("in/lists/lost.txt"), line).unwrap();
    let report = verify(&copy, ONE, &world.root(), None);
    let said = said_of(&report, "nyc3-etcd.csr");
    assert!(said[0].contains(": REQ-KEY-BLOCKED: "), "{said:?}");
}

#[test]
fn what_was_recorded_and_asked_for_beside_vault_is_compared_again() {
    let mut world = World::new();
    let digest = |request: &[u8]| Digest::of(&Request::from_bytes(request).unwrap().spki);
    let line = |digest: Digest| format!("{digest}  nyc3-etcd.csr\n");
    let of_other = format!("{}  k8s.csr\n", digest(&world.requests[1]));
    let asked = "request = \"nyc3-etcd.csr\"\n  generate = { subject = { CN = \"nyc3 etcd CA\" }, key = \"ec:P-256\" }";
    let source = FIRST
        .replace("title ", "spki_list = \"spki.sha256\"\ntitle ")
        .replace("request = \"nyc3-etcd.csr\"", asked);
    let list = format!("{}{of_other}", line(digest(&world.requests[0])));
    let inputs = [
        ("nyc3-etcd.csr", world.requests[0].clone()),
        ("k8s.csr", world.requests[1].clone()),
        ("spki.sha256", list.into_bytes()),
    ];
    world.hold(&source, &inputs, How::default()).unwrap();
    let copy = world.copy();
    let report = verify(&copy, ONE, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    let folder = copy.path.join(ONE);
    let another = format!("{}{of_other}", line(Digest::of(b"another key")));
    fs::write(folder.join("in/spki.sha256"), another).unwrap();
    let said = said_of(&verify(&copy, ONE, &world.root(), None), "nyc3-etcd.csr");
    assert!(said[0].contains(": REQ-SPKI-LIST: "), "{said:?}");

    let copy = world.copy();
    let file = copy
        .path
        .join(ONE)
        .join(anchorite::ledger::layout::SCRIPT_FILE);
    let changed = source.replace("CN = \"nyc3 etcd CA\"", "CN = \"nyc4 etcd CA\"");
    fs::write(file, changed).unwrap();
    let said = said_of(&verify(&copy, ONE, &world.root(), None), "nyc3-etcd.csr");
    assert!(said[0].contains(": REQ-GENERATED: "), "{said:?}");
}

#[test]
fn a_crl_that_was_signed_before_the_end_counts() {
    let mut world = World::new();
    world.hold_first_as(FIRST, left_at("seal", 0)).unwrap_err();
    world.abort("acme-root");
    let aborted = consistent("aborted, and signed by nobody");
    let report = both(&world, &world.root(), &aborted, 8);
    assert_ne!(report.facts.unwrap().next_crl, "none");
}

#[cfg(feature = "token")]
/// Rehearses with the program itself, on a real token, and keeps it.
fn rehearsed(source: &str, inputs: &[(&str, Vec<u8>)], ceremony: &str) -> (Copy, Certificate) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    fs::write(&file, source).unwrap();
    for (name, bytes) in inputs {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let kept = folder.path().join("kept");
    let output = Command::new(env!("CARGO_BIN_EXE_anchorite"))
        .arg("rehearse")
        .arg(&file)
        .arg("--keep")
        .arg(&kept)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = kept.join("ledger");
    let pem = fs::read(path.join(ceremony).join("out/root.pem")).unwrap();
    let root = Certificate::from_file(&pem).unwrap();
    let copy = Copy { folder, path };
    fs::write(copy.root_pem(), pem).unwrap();
    (copy, root)
}

#[cfg(feature = "token")]
#[test]
fn a_rehearsal_on_a_real_token_is_consistent() {
    let mut world = World::new();
    world.hold_first();
    let first = [
        ("nyc3-etcd.csr", ledger::csr("nyc3 CA")),
        ("k8s.csr", ledger::csr("k8s CA")),
    ];
    // A root of its own, and a stand-in for one that exists.
    let second = [
        ("root.pem", world.root_pem()),
        ("fra1.csr", ledger::csr("fra1 CA")),
    ];
    for (source, inputs, folder) in [
        (FIRST, first, ONE),
        (ledger::SECOND, second, "0001-acme-more"),
    ] {
        let (copy, root) = rehearsed(source, &inputs, folder);
        let report = verify(&copy, folder, &root, None);
        assert_eq!(
            report.verdict,
            consistent("a rehearsal"),
            "{}",
            report.to_text()
        );
        let (code, text) = script(&copy, folder, &[]);
        assert_eq!(code, 8, "{text}");
        let program = Command::new(env!("CARGO_BIN_EXE_anchorite"))
            .arg("verify")
            .arg(copy.path.join(folder))
            .arg("--root")
            .arg(copy.root_pem())
            .output()
            .unwrap();
        assert_eq!(program.status.code(), Some(8));
        assert_eq!(String::from_utf8_lossy(&program.stdout), report.to_text());
    }
}

#[test]
fn an_open_ceremony_is_told() {
    let mut world = World::new();
    world.hold_first();
    let second = [
        ("root.pem", world.root_pem()),
        ("fra1.csr", ledger::csr("fra1 CA")),
    ];
    world
        .hold(ledger::SECOND, &second, left_at("approve", 0))
        .unwrap_err();
    let copy = world.copy();
    let mut store = DiskStore::open_read_only(&copy.path).unwrap();
    let report = audit::ledger(&mut store, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    assert_eq!(report.open.as_deref(), Some("0002-acme-more.open"));
    let alone = verify(&copy, "0002-acme-more.open", &world.root(), None);
    assert_eq!(alone.verdict, Verdict::Refused);
}

#[test]
fn an_interrupted_and_resumed_ceremony_is_verified() {
    for (question, before) in [("begin", 0), ("generate", 0), ("approve", 1), ("seal", 0)] {
        let mut world = World::new();
        let how = left_at(question, before);
        world.hold_first_as(FIRST, how).unwrap_err();
        world.hold_first_as(FIRST, RESUME).unwrap();
        both(&world, &world.root(), &Verdict::Verified, 0);
    }
}

#[test]
fn what_is_read_only_already_still_gets_its_sealed_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut world = World::new();
    world.hold_first();
    let root = world.root();
    let (open, sealed) = (
        world.path().join("0001-acme-root.open"),
        world.path().join(ONE),
    );
    // The crash came after the last permission was taken, before the last rename.
    fs::rename(&sealed, &open).unwrap();
    world.hold_first_as(FIRST, RESUME).unwrap();
    both(&world, &root, &Verdict::Verified, 0);
    fs::rename(&sealed, &open).unwrap();
    world.abort("acme-root");
    both(&world, &root, &Verdict::Verified, 0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&sealed.join("SEAL.txt")), 0o444);
    assert_eq!(mode(&sealed.join("out")), 0o555);
}

#[test]
fn a_rehearsal_is_not_resumed_as_production_nor_the_other_way() {
    for rehearsal in [true, false] {
        let mut world = World::new();
        let left = How {
            rehearsal,
            ..left_at("generate", 0)
        };
        world.hold_first_as(FIRST, left).unwrap_err();
        let other = How {
            rehearsal: !rehearsal,
            ..RESUME
        };
        let error = world.hold_first_as(FIRST, other).unwrap_err();
        assert!(error.contains("rehearsal"), "{error}");
        let same = How {
            rehearsal,
            ..RESUME
        };
        world.hold_first_as(FIRST, same).unwrap();
    }
}

#[test]
fn a_signature_that_was_asked_for_twice_is_verified() {
    let webtrust = strict();
    for source in [FIRST, &webtrust] {
        // Root, the first and second intermediate, the CRL, the seal.
        for fails_after in 0..5 {
            let mut world = World::new();
            world.token.fails_after = Some(fails_after);
            world.hold_first_as(source, How::default()).unwrap_err();
            world.hold_first_as(source, RESUME).unwrap();
            both(&world, &world.root(), &Verdict::Verified, 0);
        }
    }
}

#[test]
fn a_ceremony_that_goes_on_the_next_week_is_verified() {
    for fails_after in 0..5 {
        let mut world = World::new();
        world.token.fails_after = Some(fails_after);
        world.hold_first_as(FIRST, How::default()).unwrap_err();
        world.clock.0 += 7 * 24 * 3600;
        world.hold_first_as(FIRST, RESUME).unwrap();
        both(&world, &world.root(), &Verdict::Verified, 0);
    }
}

#[test]
fn hundreds_of_intermediates_fit_into_one_ceremony() {
    let (mut source, _) = FIRST
        .split_once("  [[step.request]]")
        .map(|(head, rest)| (head.to_owned(), rest))
        .unwrap();
    let names: Vec<String> = (0..300).map(|at| format!("r{at:03}")).collect();
    for name in &names {
        source.push_str(&format!(
            "  [[step.request]]\n  mount = \"etcd/cluster-{name}/pki\"\n  request = \"{name}\"\n"
        ));
    }
    let inputs: Vec<(&str, Vec<u8>)> = names
        .iter()
        .map(|name| (name.as_str(), ledger::csr(name)))
        .collect();
    let mut world = World::new();
    world.hold(&source, &inputs, How::default()).unwrap();
    let report = verify(&world.copy(), ONE, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());

    // Given up after more signatures than one entry names.
    let mut world = World::new();
    world.token.fails_after = Some(230);
    world.hold(&source, &inputs, How::default()).unwrap_err();
    world.abort("acme-root");
    let report = verify(&world.copy(), ONE, &world.root(), None);
    let aborted = consistent("aborted, and signed by nobody");
    assert_eq!(report.verdict, aborted, "{}", report.to_text());
    let transcript = fs::read_to_string(world.path().join(ONE).join("transcript.jsonl")).unwrap();
    let entries = transcript.matches("\"type\":\"aborted\"").count();
    assert_eq!(entries, 4, "230 signed, and the rest of a batch");
}

#[test]
fn the_expected_digest_is_looked_for() {
    let world = World::with_two();
    let (copy, root) = (world.copy(), world.root());
    let facts = verify(&copy, ONE, &root, None).facts.unwrap();
    for digest in [facts.lock, facts.seal, facts.head] {
        let report = verify(&copy, ONE, &root, Some(digest));
        assert_eq!(report.verdict, Verdict::Verified);
        let mut store = DiskStore::open_read_only(&copy.path).unwrap();
        let report = audit::ledger(&mut store, &root, Some(digest));
        assert_eq!(report.verdict, Verdict::Verified);
        let told = report
            .notices
            .iter()
            .any(|one| one.ends_with("1 came after it"));
        assert!(told, "{:?}", report.notices);
    }
    let report = verify(&copy, ONE, &root, Some(Digest::of(b"x")));
    assert_eq!(report.verdict, Verdict::Refused);
    assert_eq!(report.first_broken().unwrap().id, "VERIFY-EXPECT");
}

#[test]
fn people_sign_the_seal_with_ssh_keygen() {
    let mut world = World::new();
    world.hold_first();
    let copy = world.copy();
    let key = copy.folder.path().join("id");
    let keygen = |args: &[&str]| {
        let output = Command::new("ssh-keygen").args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let name = key.to_str().unwrap();
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", name]);
    let seal = copy.path.join(ONE).join("SEAL.txt");
    let seal_name = seal.to_str().unwrap();
    keygen(&[
        "-q",
        "-Y",
        "sign",
        "-n",
        "anchorite-seal",
        "-f",
        name,
        seal_name,
    ]);
    let signature = copy.path.join(ONE).join("SEAL.txt.alice.sig");
    fs::rename(seal.with_file_name("SEAL.txt.sig"), &signature).unwrap();
    let signers = copy.folder.path().join("allowed signers");
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    fs::write(&signers, format!("alice {public}")).unwrap();

    let report = verify(&copy, ONE, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified);
    let alice = &report.facts.unwrap().people[0];
    assert_eq!(alice.seal_signature, PersonSignature::NoKey);
    let (code, text) = script(&copy, ONE, &[&signers]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("alice signed the seal"), "{text}");
    fs::rename(&signature, copy.path.join(ONE).join("SEAL.txt.bob.sig")).unwrap();
    let (code, text) = script(&copy, ONE, &[&signers]);
    assert_eq!(code, 1, "{text}");
}

/// Random hex is not the same in two runs, nor is what follows from it.
fn redacted(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_hexdigit() {
            run.push(character);
            continue;
        }
        out.push_str(if run.len() >= 16 { "<hex>" } else { &run });
        run.clear();
        out.push(character);
    }
    out.trim_end().to_owned()
}
