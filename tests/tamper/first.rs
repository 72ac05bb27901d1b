//! Everything that can be done to a ledger's files is refused, by our verifier and, where it
//! is in their reach, by stock tools.

use std::fs;
use std::process::Command;

use anchorite::audit::{self, AuditFinding, Verdict};
use anchorite::digest::Digest;
use anchorite::host::DiskStore;
use anchorite::ledger::kinds::CeremonyKind;
use anchorite::plan::SealMode;
use anchorite::ports::Assurance;
use anchorite::x509::certificate::Certificate;
use proptest::prelude::*;

use crate::T;
use crate::ledger::{self, World};
use crate::tamper::{ONE, Scene, TWO};

/// Who must refuse it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum By {
    /// Our verifier and `docs/verify.sh`.
    Both,
    /// Our verifier: stock tools do not read the plan.
    Us,
    /// Our verifier, over the whole ledger.
    Ledger,
}
use By::{Both, Ledger, Us};

pub(crate) type Case = (&'static str, By, &'static str, fn(&Scene<'_>));

/// Name, who refuses it, the id that must be among the broken ones, and the deed. Where a
/// case ends with `insider`, the root key itself signed the result: only what the verifier
/// recomputes can tell.
pub(crate) const CASES: &[Case] = &[
    // The transcript, by hand.
    ("edited byte", Both, "VERIFY-CHAIN", |s| {
        s.edit(T, "\"terminal\"", "\"terminaL\"")
    }),
    ("dropped line", Both, "VERIFY-CHAIN", |s| {
        s.lines(|l| drop(l.remove(5)))
    }),
    ("swapped lines", Both, "VERIFY-CHAIN", |s| {
        s.lines(|l| l.swap(5, 6))
    }),
    ("doubled line", Both, "VERIFY-CHAIN", |s| {
        s.lines(|l| l.insert(5, l[5].clone()))
    }),
    ("cut tail, whole lines", Both, "VERIFY-SEAL", |s| {
        s.lines(|l| l.truncate(20))
    }),
    ("cut tail, torn line", Both, "VERIFY-CHAIN", |s| {
        let bytes = s.read(T);
        s.write(T, &bytes[..bytes.len() - 7]);
    }),
    ("added line", Both, "VERIFY-ENTRIES", |s| {
        s.chained(|l| l.push(l[l.len() - 2].clone()))
    }),
    ("CRLF", Both, "VERIFY-CHAIN", |s| {
        s.write(T, s.text(T).replace('\n', "\r\n"))
    }),
    ("BOM", Both, "VERIFY-CHAIN", |s| {
        s.write(T, format!("\u{feff}{}", s.text(T)))
    }),
    ("empty transcript", Both, "VERIFY-SEAL", |s| s.write(T, "")),
    // The same, with every digest made anew, and the root's signature too.
    ("duplicate key, insider", Us, "VERIFY-CHAIN", |s| {
        s.line(
            "\"answer\"",
            "\"accepted\":true",
            "\"accepted\":true,\"accepted\":true",
        );
        s.insider();
    }),
    ("hidden notice, insider", Us, "VERIFY-CHECKED", |s| {
        s.line(
            "\"what\":\"profile vault\"",
            "\"outcome\":\"notice\"",
            "\"outcome\":\"pass\"",
        );
        s.insider();
    }),
    ("float, insider", Us, "VERIFY-CHAIN", |s| {
        s.line("\"answer\"", "000,\"type\"", "000.0,\"type\"");
        s.insider();
    }),
    ("long line, insider", Us, "VERIFY-CHAIN", |s| {
        s.line(
            "\"answer\"",
            "\"actor\":\"alice\"",
            &format!("\"actor\":\"{}\"", "a".repeat(70_000)),
        );
        s.insider();
    }),
    ("NUL in a line, insider", Both, "VERIFY-CHAIN", |s| {
        s.line("\"close\"", "completed", "com\0pleted");
        s.insider();
    }),
    // Files.
    ("edited file in in/", Both, "VERIFY-LOCK", |s| {
        s.edit("in/k8s.csr", "M", "N")
    }),
    ("edited file in out/", Both, "VERIFY-OUT", |s| {
        s.edit("out/pki/bundle.pem", "M", "N")
    }),
    ("edited file in script/", Both, "VERIFY-LOCK", |s| {
        s.edit("script/ceremony.toml", "20y", "21y")
    }),
    ("edited file in evidence/", Both, "VERIFY-SUMS", |s| {
        s.edit("evidence/environment.json", "{}", "[]")
    }),
    ("swapped files", Both, "VERIFY-OUT", |s| {
        let (a, b) = (
            "out/pki/intermediate.pem",
            "out/etcd/nyc3/pki/intermediate.pem",
        );
        let (one, two) = (s.read(a), s.read(b));
        s.write(a, two);
        s.write(b, one);
    }),
    ("extra file", Both, "VERIFY-FILES", |s| {
        s.write("evidence/more.txt", "x")
    }),
    ("extra seal below", Both, "VERIFY-FILES", |s| {
        s.write("evidence/SEAL.txt", "x")
    }),
    ("left-over .part", Both, "VERIFY-FILES", |s| {
        s.write("out/root.pem.part", "x")
    }),
    ("extra empty folder", Us, "VERIFY-FILES", |s| {
        fs::create_dir(s.one("evidence/empty")).unwrap()
    }),
    ("missing file", Both, "VERIFY-SUMS", |s| {
        fs::remove_file(s.one("out/root.crl")).unwrap()
    }),
    ("missing lock", Both, "VERIFY-FILES", |s| {
        fs::remove_file(s.one("script/ceremony.lock")).unwrap()
    }),
    ("link in place of a file", Both, "VERIFY-FILES", |s| {
        fs::rename(
            s.one("out/root.pem"),
            s.copy.folder.path().join("moved.pem"),
        )
        .unwrap();
        std::os::unix::fs::symlink("../../../moved.pem", s.one("out/root.pem")).unwrap();
    }),
    ("sums made anew", Both, "VERIFY-SEAL", |s| {
        s.edit("evidence/environment.json", "{}", "[]");
        s.sums();
    }),
    ("sums in another order", Both, "VERIFY-SUMS", |s| {
        let text = s.text("SHA256SUMS");
        let lines: Vec<&str> = text.split_inclusive('\n').rev().collect();
        s.write("SHA256SUMS", lines.concat());
    }),
    ("sums in another order, insider", Both, "VERIFY-SUMS", |s| {
        let text = s.text("SHA256SUMS");
        let lines: Vec<&str> = text.split_inclusive('\n').rev().collect();
        s.write("SHA256SUMS", lines.concat());
        let mut seal = s.seal();
        seal.sums = Digest::of(&s.read("SHA256SUMS"));
        s.write("SEAL.txt", seal.to_text());
        s.sign(seal.ended);
    }),
    // The seal and its signature.
    ("edited seal", Both, "VERIFY-SIGNATURE", |s| {
        s.edit("SEAL.txt", "deviations 0", "deviations 1")
    }),
    ("seal with a line more", Both, "VERIFY-SEAL", |s| {
        s.write("SEAL.txt", format!("{}note none\n", s.text("SEAL.txt")));
    }),
    (
        "all digests made anew without the key",
        Both,
        "VERIFY-SIGNATURE",
        |s| {
            s.line("\"answer\"", "\"actor\":\"alice\"", "\"actor\":\"mallory\"");
            s.reseal();
        },
    ),
    ("made unsigned", Us, "VERIFY-SEAL", |s| {
        s.sealed(|seal| seal.mode = SealMode::None);
        fs::remove_file(s.one("SEAL.txt.root.p7s")).unwrap();
    }),
    ("unsigned, signature left", Both, "VERIFY-SIGNATURE", |s| {
        s.sealed(|seal| seal.mode = SealMode::None)
    }),
    ("no signature", Both, "VERIFY-SIGNATURE", |s| {
        fs::remove_file(s.one("SEAL.txt.root.p7s")).unwrap()
    }),
    (
        "signature of another ceremony",
        Both,
        "VERIFY-SIGNATURE",
        |s| {
            fs::copy(
                s.path(TWO).join("SEAL.txt.root.p7s"),
                s.one("SEAL.txt.root.p7s"),
            )
            .unwrap();
        },
    ),
    ("signature of another key", Both, "VERIFY-SIGNATURE", |s| {
        fs::copy(
            s.other.path().join(ONE).join("SEAL.txt.root.p7s"),
            s.one("SEAL.txt.root.p7s"),
        )
        .unwrap();
    }),
    (
        "signature without attributes",
        Both,
        "VERIFY-SIGNATURE",
        |s| s.sign_without_attributes(),
    ),
    ("signature at another time", Both, "VERIFY-SIGNATURE", |s| {
        s.sign(s.seal().ended.offset(60))
    }),
    (
        "signature with octets after it",
        Us,
        "VERIFY-SIGNATURE",
        |s| {
            let mut bytes = s.read("SEAL.txt.root.p7s");
            bytes.push(0);
            s.write("SEAL.txt.root.p7s", bytes);
        },
    ),
    ("seal says hardware, insider", Us, "VERIFY-SEAL", |s| {
        s.sealed(|seal| seal.assurance = Some(Assurance::Hardware));
        s.sign(s.seal().ended);
    }),
    (
        "seal counts fewer signatures, insider",
        Us,
        "VERIFY-SEAL",
        |s| {
            s.sealed(|seal| seal.signatures_asked -= 1);
            s.sign(s.seal().ended);
        },
    ),
    ("VERIFY.txt edited, insider", Us, "VERIFY-TEXT", |s| {
        s.edit("VERIFY.txt", "exit 8", "exit 0");
        s.insider();
    }),
    // Plan and lock.
    (
        "plan edited, all made anew",
        Both,
        "VERIFY-SIGNATURE",
        |s| {
            s.edit("script/ceremony.plan", "Acme root", "Acme boot");
            s.relock();
            s.reseal();
        },
    ),
    ("plan edited, insider", Us, "VERIFY-PLAN", |s| {
        s.edit("script/ceremony.plan", "Acme root", "Acme boot");
        s.relock();
        s.insider();
    }),
    ("validity edited, insider", Us, "VERIFY-PRODUCT", |s| {
        s.edit(
            "script/ceremony.plan",
            "\"validity\": \"5y\"",
            "\"validity\": \"4y\"",
        );
        s.relock();
        s.insider();
    }),
    ("request replaced, insider", Us, "VERIFY-PRODUCT", |s| {
        s.write("in/k8s.csr", ledger::csr("k8s CA"));
        s.relock();
        s.insider();
    }),
    (
        "input dropped from the lock, insider",
        Both,
        "VERIFY-LOCK",
        |s| {
            s.relock();
            let lock = s.text("script/ceremony.lock");
            let lines: Vec<&str> = lock.split_inclusive('\n').take(3).collect();
            let (old, new) = (
                Digest::of(lock.as_bytes()),
                Digest::of(lines.concat().as_bytes()),
            );
            s.write("script/ceremony.lock", lines.concat());
            s.line("\"begin\"", &old.to_string(), &new.to_string());
            s.insider();
        },
    ),
    // The transcript, by the root's holder.
    (
        "approval words wrong, insider",
        Us,
        "VERIFY-APPROVAL",
        |s| {
            s.chained(|l| {
                let at = approval(l);
                let from = l[at].find("\"value\":\"").unwrap() + 9;
                l[at].insert(from, 'x');
            });
            s.insider();
        },
    ),
    (
        "approval marked as refused, insider",
        Us,
        "VERIFY-APPROVAL",
        |s| {
            s.chained(|l| {
                let at = approval(l);
                l[at] = l[at].replace("\"accepted\":true", "\"accepted\":false");
            });
            s.insider();
        },
    ),
    (
        "approval for another step, insider",
        Us,
        "VERIFY-APPROVAL",
        |s| {
            s.line(
                "of step root's digest",
                "of step root's digest",
                "of step crl's digest",
            );
            s.insider();
        },
    ),
    ("key that can be read, insider", Us, "VERIFY-KEY", |s| {
        s.line(
            "\"key-ready\"",
            "\"CKA_SENSITIVE\":\"true\"",
            "\"CKA_SENSITIVE\":\"false\"",
        );
        s.insider();
    }),
    ("issued record lies, insider", Us, "VERIFY-ISSUED", |s| {
        s.line(
            "\"issued\",\"step\":\"root\"",
            "CN=Acme Root G1",
            "CN=Acme Root G2",
        );
        s.insider();
    }),
    (
        "a signature for no intent, insider",
        Us,
        "VERIFY-INTENT",
        |s| {
            s.line(
                "\"signed\",\"step\":\"root\"",
                "\"intent\":",
                "\"intent\":1",
            );
            s.insider();
        },
    ),
    ("a closing entry more, insider", Us, "VERIFY-ENTRIES", |s| {
        s.chained(|l| l.push(l[l.len() - 1].clone()));
        s.insider();
    }),
    ("answered by nobody, insider", Us, "VERIFY-SESSION", |s| {
        s.line(
            "\"begin\"",
            "\"interface\":\"terminal\"",
            "\"interface\":\"rehearsal\"",
        );
        s.insider();
    }),
    (
        "a step that was not planned, insider",
        Us,
        "VERIFY-ENTRIES",
        |s| {
            s.line(
                "\"step-begun\",\"step\":\"crl\"",
                "\"step\":\"crl\"",
                "\"step\":\"more\"",
            );
            s.insider();
        },
    ),
    (
        "a certificate nobody planned, insider",
        Us,
        "VERIFY-INTENT",
        |s| {
            s.line(
                "\"sign-intended\",\"step\":\"clusters\"",
                "\"product\":\"clusters",
                "\"product\":\"others",
            );
            s.insider();
        },
    ),
    (
        "another certificate of this root delivered",
        Both,
        "VERIFY-OUT",
        |s| {
            fs::copy(
                s.path(TWO).join("out/pki/fra1/intermediate.pem"),
                s.one("out/pki/intermediate.pem"),
            )
            .unwrap();
        },
    ),
    (
        "another certificate of this root delivered, insider",
        Both,
        "VERIFY-OUT",
        |s| {
            fs::copy(
                s.path(TWO).join("out/pki/fra1/intermediate.pem"),
                s.one("out/pki/intermediate.pem"),
            )
            .unwrap();
            s.insider();
        },
    ),
    ("edited hand-over script, insider", Us, "VERIFY-OUT", |s| {
        let digest = |s: &Scene<'_>| Digest::of(&s.read("out/handover.sh")).to_string();
        let old = digest(s);
        s.edit("out/handover.sh", "set -", "evil; set -");
        s.line("\"handed-over\"", &old, &digest(s));
        s.insider();
    }),
    (
        "unplanned file delivered, insider",
        Both,
        "VERIFY-OUT",
        |s| {
            fs::create_dir(s.one("out/extra")).unwrap();
            fs::copy(
                s.path(TWO).join("out/pki/fra1/intermediate.pem"),
                s.one("out/extra/intermediate.pem"),
            )
            .unwrap();
            s.insider();
        },
    ),
    ("two ceremonies spliced, insider", Us, "VERIFY-ROOT", |s| {
        let other = fs::read_to_string(s.other.path().join(ONE).join(T)).unwrap();
        let other: Vec<String> = other.split_inclusive('\n').map(str::to_owned).collect();
        let at = other
            .iter()
            .position(|l| l.contains("\"step\":\"root\""))
            .unwrap();
        s.chained(|l| {
            l.truncate(at);
            l.extend_from_slice(&other[at..]);
            // The key of the one, the products of the other.
        });
        s.insider();
    }),
    ("renamed", Us, "VERIFY-SEAL", |s| {
        fs::rename(s.path(ONE), s.path("0001-acme-toor")).unwrap();
        fs::create_dir(s.path(ONE)).unwrap();
        fs::remove_dir(s.path(ONE)).unwrap();
        fs::rename(s.path("0001-acme-toor"), s.path(ONE)).unwrap();
        s.sealed(|seal| seal.ceremony = "acme-toor".to_owned());
        s.sign(s.seal().ended);
    }),
    // The ledger.
    ("dropped ceremony", Ledger, "VERIFY-LEDGER", |s| {
        fs::remove_dir_all(s.path(ONE)).unwrap()
    }),
    (
        "ceremonies in another order",
        Ledger,
        "VERIFY-LEDGER",
        |s| {
            fs::rename(s.path(ONE), s.path("0003-x")).unwrap();
            fs::rename(s.path(TWO), s.path("0001-acme-more")).unwrap();
            fs::rename(s.path("0003-x"), s.path("0002-acme-root")).unwrap();
        },
    ),
    ("foreign ceremony", Ledger, "VERIFY-ROOT", |s| {
        fs::remove_dir_all(s.path(TWO)).unwrap();
        ledger::copy_tree(&s.other.path().join(TWO), &s.path(TWO));
    }),
    ("two with the same number", Ledger, "VERIFY-LEDGER", |s| {
        ledger::copy_tree(&s.path(TWO), &s.path("0002-acme-most"));
    }),
    ("a gap in the numbers", Ledger, "VERIFY-LEDGER", |s| {
        fs::rename(s.path(TWO), s.path("0003-acme-more")).unwrap();
    }),
    ("previous seal changed", Ledger, "VERIFY-LEDGER", |s| {
        let path = s.path(TWO).join("SEAL.txt");
        let text = fs::read_to_string(&path).unwrap();
        let seal = anchorite::ledger::seal::Seal::from_text(text.as_bytes()).unwrap();
        let text = text.replace(&seal.previous.to_string(), &Digest::of(b"x").to_string());
        fs::write(path, text).unwrap();
    }),
    (
        "first ceremony sealed anew by the root",
        Ledger,
        "VERIFY-LEDGER",
        |s| {
            s.line("\"answer\"", "\"actor\":\"alice\"", "\"actor\":\"mallory\"");
            s.insider();
        },
    ),
    ("a stray file in the ledger", Ledger, "VERIFY-LEDGER", |s| {
        fs::write(s.path("notes.txt"), "x").unwrap()
    }),
    ("a rehearsal among them", Ledger, "VERIFY-LEDGER", |s| {
        s.sealed(|seal| seal.kind = CeremonyKind::Rehearsal);
        s.sign(s.seal().ended);
    }),
];

/// The accepted answer of the step with the list.
fn approval(lines: &[String]) -> usize {
    lines
        .iter()
        .position(|line| line.contains("\"answer\",\"step\":\"clusters\""))
        .unwrap()
}

pub(crate) fn scene<'w>(world: &'w World, other: &'w World) -> Scene<'w> {
    Scene {
        world,
        other,
        copy: world.copy(),
        ceremony: ONE,
    }
}

fn findings(scene: &Scene<'_>, by: By, root: &Certificate) -> (Verdict, Vec<AuditFinding>) {
    let mut store = DiskStore::open_read_only(&scene.copy.path).unwrap();
    if by == Ledger {
        let report = audit::ledger(&mut store, root, None);
        let mut all = report.checks.clone();
        all.extend(report.ceremonies.iter().flat_map(|one| one.checks.clone()));
        return (report.verdict, all);
    }
    let report = audit::ceremony(&mut store, ONE, root, None);
    (report.verdict, report.checks)
}

/// Exit code of `docs/verify.sh`, and what it said last.
fn script(scene: &Scene<'_>) -> (i32, String) {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.sh");
    let output = Command::new("dash")
        .arg(script)
        .arg(scene.path(ONE))
        .arg(scene.copy.root_pem())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default().to_owned();
    (output.status.code().unwrap(), last)
}

/// Random hex is not the same in two runs.
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

#[test]
fn every_tampering_is_refused_with_its_place() {
    let (world, other) = (World::with_two(), World::with_two());
    let root = world.root();
    let good = scene(&world, &other);
    for by in [Us, Ledger] {
        assert_eq!(findings(&good, by, &root).0, Verdict::Verified);
    }
    assert_eq!(script(&good).0, 0);
    let (mut page, mut faults) = (String::new(), String::new());
    for (name, by, id, deed) in CASES {
        let scene = scene(&world, &other);
        deed(&scene);
        let (verdict, checks) = findings(&scene, *by, &root);
        let broken: Vec<&AuditFinding> = checks.iter().filter(|one| !one.passed).collect();
        if verdict != Verdict::Refused || !broken.iter().any(|one| one.id == *id) {
            faults.push_str(&format!("{name}: {verdict:?}, wanted {id}: {broken:#?}\n"));
        }
        if let Some(first) = broken.first() {
            let words = format!("{}: {}: {}", first.id, first.place, first.words);
            page.push_str(&format!("{name}\n    {}\n", redacted(&words)));
        }
        if *by == Both {
            let (code, words) = script(&scene);
            if code != 1 {
                faults.push_str(&format!("{name}: verify.sh ended with {code}: {words}\n"));
            }
            page.push_str(&format!("    sh: {}\n", redacted(&words)));
        }
    }
    assert!(faults.is_empty(), "{faults}");
    insta::assert_snapshot!(page);
}

#[test]
fn another_root_is_refused() {
    let (world, other) = (World::with_two(), World::with_two());
    let scene = scene(&world, &other);
    for by in [Us, Ledger] {
        let (verdict, checks) = findings(&scene, by, &other.root());
        assert_eq!(verdict, Verdict::Refused);
        let ids: Vec<&str> = checks
            .iter()
            .filter(|one| !one.passed)
            .map(|one| one.id.as_str())
            .collect();
        assert!(
            ids.contains(&"VERIFY-ROOT") && ids.contains(&"VERIFY-SIGNATURE"),
            "{ids:?}"
        );
    }
    fs::write(scene.copy.root_pem(), other.root_pem()).unwrap();
    assert_eq!(script(&scene).0, 1);
}

/// Every file of a folder, with its path below the ledger.
fn all_files(scene: &Scene<'_>, folder: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(scene.path(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            all_files(scene, &path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn no_flipped_bit_is_ever_verified() {
    let (world, other) = (World::with_two(), World::new());
    let root = world.root();
    let scene = scene(&world, &other);
    let mut files = Vec::new();
    all_files(&scene, ONE, &mut files);
    files.sort();
    let config = ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let deed = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..8u8,
    );
    proptest!(config, |((file, at, bit) in deed)| {
        let path = scene.path(&files[file.index(files.len())]);
        let good = fs::read(&path).unwrap();
        let mut bytes = good.clone();
        bytes[at.index(good.len())] ^= 1 << bit;
        fs::write(&path, bytes).unwrap();
        let (verdict, checks) = findings(&scene, Us, &root);
        fs::write(&path, good).unwrap();
        // A number of the seal's first lines may turn into one that only a newer version knows.
        let newer = matches!(verdict, Verdict::NotChecked(_)) && path.ends_with("SEAL.txt");
        prop_assert!(newer || verdict == Verdict::Refused);
        prop_assert!(newer || checks.iter().any(|one| !one.passed && !one.place.is_empty()));
    });
}
