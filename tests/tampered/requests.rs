//! What can be done to a request for the root's own key: the file, what was signed, and every
//! record of it. Where nothing else is said the root key itself signs it all anew.

use std::fs;
use std::process::Command;

use anchorite::audit::{self, Verdict};
use anchorite::digest::{Digest, hex, unhex};
use anchorite::host::DiskStore;
use anchorite::plan::request::OwnRequest;
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::pem;
use anchorite::x509::request::{Request, RequestFields};
use anchorite::x509::tbs::signed_object;
use anchorite::x509::{key_usage::KeyUsage, public_key::SignatureAlgorithm};

use crate::ledger::{World, csr};
use crate::tamper::Scene;
use crate::{Case, each_is_refused, hold, later};

pub(crate) const ASK: &str = "0002-acme-ask";
const FILE: &str = "out/requests/ask.csr";
const STEP: &str = "[[step]]\nid = \"ask\"\ndo = \"certificate-request\"\n";

/// A ledger whose second ceremony asks for a certificate of the root's own key.
pub(crate) fn asked() -> World {
    let mut world = World::new();
    world.hold_first();
    hold(&mut world, &later("acme-ask", STEP));
    world
}

fn scene(world: &World) -> Scene<'_> {
    Scene::of(world, ASK)
}

/// The record of this type about the request.
fn record(s: &Scene<'_>, kind: &str) -> String {
    let text = s.text("transcript.jsonl");
    let start = format!("\"type\":\"{kind}\",\"step\":\"ask\"");
    let line = text.lines().find(|line| line.contains(&start));
    line.unwrap().to_owned()
}

fn field<'l>(line: &'l str, name: &str) -> &'l str {
    let rest = line.split_once(&format!("\"{name}\":\"")).unwrap().1;
    rest.split_once('"').unwrap().0
}

/// Another body, signed by the root, with everything that names it and the file made anew.
fn asked_otherwise(s: &Scene<'_>, change: impl FnOnce(&mut OwnRequest<'_>)) {
    let root = s.world.root();
    let (intent, signed, issued) = (
        record(s, "sign-intended"),
        record(s, "signed"),
        record(s, "issued"),
    );
    let body = unhex(field(&intent, "tbs")).unwrap();
    let mut other = OwnRequest::of(&root.fields).unwrap();
    change(&mut other);
    let forged = other.info().unwrap().0;
    assert_ne!(forged, body);
    let algorithm = SignatureAlgorithm::EcdsaSha384;
    let signature = s.world.token.sign_anything(&forged);
    let der = signed_object(&forged, algorithm, &signature);
    let file = pem::encode("CERTIFICATE REQUEST", &der);
    let old_file = Digest::of(&s.read(FILE)).to_string();
    s.write(FILE, &file);
    let fields = RequestFields::from_info(&forged).unwrap();
    let pairs = [
        (hex(&body), hex(&forged)),
        (
            Digest::of(&body).to_string(),
            Digest::of(&forged).to_string(),
        ),
        (field(&signed, "signature").to_owned(), hex(&signature)),
        (
            field(&issued, "sha256").to_owned(),
            Digest::of(&der).to_string(),
        ),
        (old_file, Digest::of(file.as_bytes()).to_string()),
        (
            field(&issued, "spki_sha256").to_owned(),
            Digest::of(&fields.spki).to_string(),
        ),
        (root.fields.subject.to_string(), fields.subject.to_string()),
    ];
    s.chained(|lines| {
        for line in lines.iter_mut().filter(|line| line.contains("\"ask\"")) {
            for (from, to) in &pairs {
                *line = line.replace(from, to);
            }
        }
    });
}

/// Name, what must be among the broken ones, and the deed.
pub(crate) const CASES: &[Case] = &[
    ("issued as a certificate", "VERIFY-ISSUED", |s| {
        s.line(
            "\"type\":\"issued\",\"step\":\"ask\"",
            "\"request\"",
            "\"certificate\"",
        );
    }),
    ("another subject in the record", "VERIFY-ISSUED", |s| {
        s.line(
            "\"type\":\"issued\",\"step\":\"ask\"",
            "Acme Root",
            "Acme Boot",
        );
    }),
    ("a serial in the record", "VERIFY-ISSUED", |s| {
        s.line(
            "\"type\":\"issued\",\"step\":\"ask\"",
            "\"serial\":null",
            "\"serial\":\"4f\"",
        );
    }),
    ("another file in the record", "VERIFY-ISSUED", |s| {
        s.line(
            "\"type\":\"issued\",\"step\":\"ask\"",
            "out/requests/ask.csr",
            "out/requests/ast.csr",
        );
    }),
    ("an intent of another kind", "VERIFY-INTENT its kind", |s| {
        s.line(
            "\"type\":\"sign-intended\",\"step\":\"ask\"",
            "\"kind\":\"request\"",
            "\"kind\":\"certificate\"",
        );
    }),
    (
        "an intent of a kind that is none",
        "VERIFY-CHAIN the line does not have the fields of an entry: unknown variant",
        |s| {
            s.line(
                "\"type\":\"sign-intended\",\"step\":\"ask\"",
                "\"kind\":\"request\"",
                "\"kind\":\"requests\"",
            );
        },
    ),
    (
        "an intent that nobody planned",
        "VERIFY-INTENT more is not",
        |s| {
            s.chained(|lines| {
                for line in lines.iter_mut() {
                    *line = line.replace("\"product\":\"ask\"", "\"product\":\"more\"");
                }
            });
        },
    ),
    (
        "nobody approved it",
        "VERIFY-APPROVAL a signature that",
        |s| {
            s.chained(|lines| {
                lines.retain(|line| !line.contains("\"type\":\"answer\",\"step\":\"ask\""));
            });
        },
    ),
    (
        "a key that is another's",
        "VERIFY-PRODUCT ask: OWN-REQUEST-KEY",
        |s| {
            let other = Request::from_bytes(&csr("Other")).unwrap();
            asked_otherwise(s, |own| own.spki = Box::leak(other.spki.into_boxed_slice()));
        },
    ),
    (
        "a name that is another's",
        "VERIFY-PRODUCT ask: OWN-REQUEST-SUBJECT",
        |s| {
            let other = Name::build(&[(AttributeType::CommonName, "Acme Root G2")]);
            asked_otherwise(s, |own| own.subject = Box::leak(Box::new(other)));
        },
    ),
    (
        "a usage more",
        "VERIFY-PRODUCT ask: OWN-REQUEST-WISHES",
        |s| {
            asked_otherwise(s, |own| own.key_usage.push(KeyUsage::DigitalSignature));
        },
    ),
    (
        "another key identifier",
        "VERIFY-PRODUCT ask: OWN-REQUEST-WISHES",
        |s| {
            asked_otherwise(s, |own| own.key_identifier[0] ^= 1);
        },
    ),
    ("a file that is not there", "VERIFY-OUT is not there", |s| {
        fs::remove_file(s.one(FILE)).unwrap();
    }),
    ("a file more", "VERIFY-OUT does not follow", |s| {
        fs::copy(s.one(FILE), s.one("out/requests/more.csr")).unwrap();
    }),
    (
        "the file of a rehearsal",
        "VERIFY-OUT is not what follows",
        |s| {
            s.write(FILE, format!("# REHEARSAL\n{}", s.text(FILE)));
        },
    ),
    (
        "a sheet that says nothing of it",
        "VERIFY-OUT is not what follows",
        |s| {
            s.edit("out/HANDOVER.md", "requests/ask.csr", "requests/ast.csr");
        },
    ),
    (
        "a plan that calls it a root",
        "VERIFY-PLAN not what follows",
        |s| {
            s.edit(
                "script/ceremony.plan",
                "          \"own_request\": true,\n",
                "",
            );
            s.relock();
        },
    ),
];

#[test]
fn every_change_to_a_request_is_refused() {
    each_is_refused(&asked(), ASK, CASES);
}

fn is_refused(s: &Scene<'_>) -> bool {
    let mut store = DiskStore::open_read_only(&s.copy.path).unwrap();
    let report = audit::ceremony(&mut store, ASK, &s.world.root(), None);
    report.verdict == Verdict::Refused
}

/// Even where sums and seal are made anew, and signed by the root.
#[test]
fn no_octet_of_the_file_is_another() {
    let world = asked();
    let scene = scene(&world);
    let good = scene.read(FILE);
    let mut sealed = Vec::new();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        scene.write(FILE, &bytes);
        assert!(is_refused(&scene), "octet {at}");
        // Each is refused by its sum; what else refuses it, every seventh tells.
        if at % 7 == 0 {
            let before = ["SHA256SUMS", "SEAL.txt", "SEAL.txt.root.p7s"]
                .map(|name| (name, scene.read(name)));
            scene.insider();
            if !is_refused(&scene) {
                sealed.push(at);
            }
            for (name, bytes) in before {
                scene.write(name, bytes);
            }
        }
    }
    assert_eq!(sealed, [0; 0]);
}

/// Every fifth octet of what the transcript says of it, chained and signed anew.
#[test]
fn no_octet_of_its_records_is_another() {
    let world = asked();
    let scene = scene(&world);
    let good = scene.text("transcript.jsonl");
    assert!(!is_refused(&scene));
    for kind in ["sign-intended", "signed", "issued"] {
        scene.write("transcript.jsonl", &good);
        let line = record(&scene, kind);
        let start = line.find("\"data\":").unwrap() + 7;
        for at in (start..line.len()).step_by(5) {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            scene.write("transcript.jsonl", &good);
            scene.line(&line, &line, &changed);
            scene.insider();
            let spot = &changed[at.saturating_sub(20)..(at + 20).min(changed.len())];
            assert!(is_refused(&scene), "{kind}, octet {at}: {spot}");
        }
    }
}

/// What `docs/verify.sh` says last.
fn script(s: &Scene<'_>) -> (Option<i32>, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    let output = Command::new("dash")
        .arg(script)
        .arg(s.path(ASK))
        .arg(s.copy.root_pem())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default().to_owned();
    (output.status.code(), last)
}

/// Stock tools look at the request itself, not at its digests alone.
#[test]
fn the_script_looks_at_the_request_itself() {
    let world = asked();
    let good = scene(&world);
    assert_eq!(script(&good).0, Some(0), "{}", script(&good).1);
    let own = Request::from_bytes(&good.read(FILE)).unwrap();
    let pem = |der: &[u8]| pem::encode("CERTIFICATE REQUEST", der).into_bytes();
    let algorithm = SignatureAlgorithm::EcdsaSha384;
    let wrong = world.token.sign_anything(b"something else");
    let unsigned = signed_object(&own.info, algorithm, &wrong);
    let other = Name::build(&[(AttributeType::CommonName, "Acme Root G2")]);
    let root = world.root();
    let info = OwnRequest {
        subject: &other,
        ..OwnRequest::of(&root.fields).unwrap()
    };
    let info = info.info().unwrap().0;
    let renamed = signed_object(&info, algorithm, &world.token.sign_anything(&info));
    for (file, words) in [
        (csr("Somebody else"), "is not for the name and the key"),
        (pem(&renamed), "is not for the name and the key"),
        (pem(&unsigned), "is not signed by the key that it is for"),
    ] {
        let scene = scene(&world);
        let digest = |bytes: &[u8]| Digest::of(bytes).to_string();
        let (old, new) = (digest(&scene.read(FILE)), digest(&file));
        scene.write(FILE, &file);
        scene.line("\"type\":\"issued\",\"step\":\"ask\"", &old, &new);
        scene.insider();
        let (code, said) = script(&scene);
        assert!(code == Some(1) && said.contains(words), "{code:?}: {said}");
    }
}
