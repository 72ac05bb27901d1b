//! What is demanded of a ceremony's order, approvals, products and waivers, each by itself: the
//! root's own key signs the ledger from which one of them was taken.

use std::fs;

use anchorite::digest::{Digest, hex};
use anchorite::ledger::kinds::CeremonyKind;
use anchorite::plan::document::PlanDocument;
use anchorite::x509::serial::Serial;

use crate::later_life::cases::{Other, certified_otherwise};
use crate::ledger::{FIRST, How, World, csr_that_asks};
use crate::lines::{changed, copied, field, line, moved, without};
use crate::tamper::{ONE, Scene, TWO};
use crate::{Case, each_is_refused};

const ISSUED: &[&str] = &["\"type\":\"issued\"", "\"product\":\"clusters/pki\""];
const SIGNED: &[&str] = &["\"type\":\"signed\"", "\"product\":\"clusters/pki\""];
const INTENT: &[&str] = &["\"type\":\"sign-intended\"", "\"product\":\"clusters/pki\""];

/// Question and answer.
fn unasked(s: &Scene<'_>, id: &str) {
    let id = format!("\"id\":\"{id}\"");
    without(s, &["\"type\":\"question\"", &id]);
    without(s, &["\"type\":\"answer\"", &id]);
}

fn of_step<'m>(kind: &'m str, step: &'m str) -> [String; 2] {
    [
        format!("\"type\":\"{kind}\""),
        format!("\"step\":\"{step}\""),
    ]
}

fn begun(step: &str) -> [String; 2] {
    of_step("step-begun", step)
}

fn marks(of: &[String; 2]) -> [&str; 2] {
    [&of[0], &of[1]]
}

/// Approved is a template of the step, in the right form and with its right words, and not what
/// the step's products are approved by.
fn another_approval(s: &Scene<'_>) {
    let plan = PlanDocument::from_bytes(&s.read("script/ceremony.plan")).unwrap();
    let (_, product) = plan
        .products()
        .find(|(_, one)| one.name == "clusters/pki")
        .unwrap();
    let words = product.template_sha256.words();
    changed(s, &marks(&of_step("question", "clusters")), |line| {
        let text = field(line, "text");
        let other =
            "From the printed plan, type word 1 and word 2 of clusters/pki's template's digest:";
        line.replace(&text, other)
    });
    changed(s, &marks(&of_step("answer", "clusters")), |line| {
        line.replace(&field(line, "value"), &format!("{} {}", words[0], words[1]))
    });
}

/// Another body, intended before the one that is signed.
fn second_body(s: &Scene<'_>) {
    let other = line(
        s,
        &["\"type\":\"sign-intended\"", "\"product\":\"clusters/etcd"],
    );
    copied(s, INTENT, INTENT, |line| {
        ["tbs", "tbs_sha256"]
            .iter()
            .fold(line.to_owned(), |all, name| {
                all.replace(&field(line, name), &field(&other, name))
            })
    });
}

pub(crate) const CASES: &[Case] = &[
    (
        "a signature on something else",
        "VERIFY-PRODUCT clusters/pki: the signature does not verify under the given root",
        |s| {
            let other = hex(&s.world.token.sign_anything(b"something else"));
            changed(s, SIGNED, |line| {
                line.replace(&field(line, "signature"), &other)
            });
        },
    ),
    (
        "an approval of the step, and not of what it signs",
        "VERIFY-APPROVAL a signature that no approval of its step stands before",
        another_approval,
    ),
    (
        "a step, and nobody approved the lock",
        "VERIFY-APPROVAL a step begins before the lock was approved",
        |s| unasked(s, "begin"),
    ),
    (
        "a signature, and nobody approved the lock",
        "VERIFY-APPROVAL a signature before the lock was approved",
        |s| unasked(s, "begin"),
    ),
    (
        "nobody allowed a key",
        "VERIFY-APPROVAL a key is generated without the answer that allows it",
        |s| unasked(s, "generate"),
    ),
    (
        "nobody allowed the seal",
        "VERIFY-APPROVAL the root signs the seal without the answer that allows it",
        |s| unasked(s, "seal"),
    ),
    (
        "one serial number for two bodies",
        "VERIFY-REGISTER serial ",
        |s| {
            let root = line(s, &["\"type\":\"issued\"", "\"product\":\"root\""]);
            let serial = Serial::parse(&field(&root, "serial"));
            certified_otherwise(
                s,
                "clusters/pki",
                &Other {
                    serial: Some(serial.unwrap()),
                    ..Other::default()
                },
            );
        },
    ),
    (
        "a second body for one product",
        "VERIFY-INTENT another body for the same product",
        second_body,
    ),
    (
        "a repeat that is not called one",
        "VERIFY-INTENT it does not say which intent it repeats",
        |s| copied(s, INTENT, SIGNED, str::to_owned),
    ),
    (
        "issued twice",
        "VERIFY-ISSUED clusters/pki: issued twice",
        |s| copied(s, ISSUED, &marks(&begun("crl")), str::to_owned),
    ),
    (
        "issued before it was signed",
        "VERIFY-ISSUED clusters/pki: issued before it was signed",
        |s| moved(s, ISSUED, SIGNED),
    ),
    (
        "issued, and never signed",
        "VERIFY-ISSUED clusters/pki: issued without a signature",
        |s| without(s, SIGNED),
    ),
    (
        "an issued record's digest",
        "VERIFY-ISSUED clusters/pki: the record is not what its bytes say",
        |s| {
            changed(s, ISSUED, |line| {
                let rest = line.split_once(",\"sha256\":\"").unwrap().1;
                line.replace(&rest[..64], &Digest::of(b"another").to_string())
            });
        },
    ),
    (
        "completed, and a product is missing",
        "VERIFY-COMPLETE completed, though not every planned product was issued once in its order",
        |s| without(s, ISSUED),
    ),
    (
        "completed, and nothing was handed over",
        "VERIFY-COMPLETE completed without a hand-over",
        |s| without(s, &["\"type\":\"handed-over\""]),
    ),
    (
        "completed, and a step is missing",
        "VERIFY-COMPLETE completed, though steps are missing",
        |s| without(s, &["\"step\":\"crl\""]),
    ),
    (
        "a step before its turn",
        "VERIFY-ENTRIES the step begins before the one that is planned before it",
        |s| moved(s, &marks(&begun("crl")), &marks(&begun("clusters"))),
    ),
    (
        "a step that never began",
        "VERIFY-ENTRIES an entry of a step that has not begun",
        |s| without(s, &marks(&begun("crl"))),
    ),
    (
        "a step that is another",
        "VERIFY-ENTRIES the step is not begun as it is planned",
        |s| {
            changed(s, &marks(&begun("crl")), |line| {
                line.replace("\"step_number\":4", "\"step_number\":3")
            });
        },
    ),
    (
        "a signature before the key was looked at",
        "VERIFY-KEY a signature before the key was looked at",
        |s| without(s, &["\"type\":\"key-ready\""]),
    ),
    (
        "a key that can be read",
        "VERIFY-KEY as recorded: KEY-",
        |s| {
            changed(s, &["\"type\":\"key-ready\""], |line| {
                line.replace(
                    "\"CKA_EXTRACTABLE\":\"false\"",
                    "\"CKA_EXTRACTABLE\":\"true\"",
                )
            });
        },
    ),
    (
        "another body in its file",
        "VERIFY-INTENT its body is missing or has another digest",
        |s| {
            let path = field(&line(s, &["\"kind\":\"crl\""]), "tbs_file");
            let mut bytes = s.read(&path);
            bytes.push(0);
            s.write(&path, bytes);
        },
    ),
];

#[test]
fn every_demand_on_a_ceremony_is_made() {
    each_is_refused(&World::with_two(), ONE, CASES);
}

/// The ledger's last ceremony, so that no seal after it is at fault.
#[test]
fn rehearsal_and_production_are_not_one_ledger() {
    let cases: &[Case] = &[(
        "a rehearsal after production",
        "VERIFY-LEDGER rehearsal and production are mixed",
        |s| {
            s.line("\"type\":\"begin\"", "\"production\"", "\"rehearsal\"");
            s.sealed(|seal| seal.kind = CeremonyKind::Rehearsal);
        },
    )];
    each_is_refused(&World::with_two(), TWO, cases);
}

fn waiver(step: &str) -> String {
    format!(
        "\n[[waiver]]\ncheck = \"REQ-CONTRADICTION\"\nstep = \"{step}\"\n\
         reason = \"an old export\"\nby = \"alice\"\n"
    )
}

/// Two steps with the same fault, and what puts them aside.
fn two_faults(waived: &[&str]) -> (String, [(&'static str, Vec<u8>); 2]) {
    let start = FIRST.find("[[step]]\nid      = \"clusters\"").unwrap();
    let end = FIRST.find("[[step]]\nid          = \"crl\"").unwrap();
    let step = |id: &str, mount: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\n\
             request = \"{id}.csr\"\n\n"
        )
    };
    let waivers: String = waived.iter().map(|step| waiver(step)).collect();
    let source = [
        &FIRST[..start],
        &step("one", "pki/one"),
        &step("two", "pki/two"),
        &FIRST[end..],
        &waivers,
    ];
    let asks = |name| csr_that_asks(name, &[2, 5, 29, 19], &[0x30, 0]);
    let inputs = [("one.csr", asks("one CA")), ("two.csr", asks("two CA"))];
    (source.concat(), inputs)
}

/// Takes the waiver of one step out of file and plan.
fn unwaived(s: &Scene<'_>) {
    s.edit("script/ceremony.toml", &waiver("two"), "");
    let mut plan = PlanDocument::from_bytes(&s.read("script/ceremony.plan")).unwrap();
    plan.waivers.retain(|one| one.step != "two");
    assert_eq!(plan.waivers.len(), 1);
    s.write("script/ceremony.plan", plan.to_bytes());
    s.relock();
}

/// A ledger with two equal faults, both waived.
pub(crate) fn waived() -> World {
    let mut world = World::new();
    let (source, inputs) = two_faults(&["one", "two"]);
    world.hold(&source, &inputs, How::default()).unwrap();
    world
}

pub(crate) const WAIVED: &[Case] = &[
    (
        "a request that nobody waived",
        "VERIFY-PRODUCT two: REQ-CONTRADICTION",
        unwaived,
    ),
    (
        "put aside without a waiver",
        "VERIFY-CHECKED REQ-CONTRADICTION is put aside, and no waiver of its step says so",
        unwaived,
    ),
];

/// A waiver is of one step: planning and the auditor want one for each.
#[test]
fn a_waiver_of_one_step_opens_no_other() {
    for (waived, other) in [("one", "two.csr"), ("two", "one.csr")] {
        let (source, inputs) = two_faults(&[waived]);
        let planned = World::new().planned(&source, &inputs);
        let refused = planned.err().expect("one of two is not waived");
        assert!(
            refused.contains("REQ-CONTRADICTION") && refused.contains(other),
            "{refused}"
        );
    }
    each_is_refused(&waived(), ONE, WAIVED);
}

/// The body of a CRL's intent is a file. Somebody dates it otherwise, well formed and by the
/// rules, before it is signed again.
#[test]
fn a_pending_body_is_compared_before_it_is_signed_again() {
    let mut world = World::new();
    world.token.fails_after = Some(3);
    let stopped = world.hold_first_as(FIRST, How::default()).unwrap_err();
    assert!(stopped.contains("CKR_DEVICE_ERROR"), "{stopped}");
    let open = world.path().join(format!("{ONE}.open"));
    let text = fs::read_to_string(open.join(crate::T)).unwrap();
    let intent = text.lines().last().unwrap();
    assert!(intent.contains("\"kind\":\"crl\""), "{intent}");
    let path = open.join(field(intent, "tbs_file"));
    let good = fs::read(&path).unwrap();
    let mut other = good.clone();
    let dates: Vec<usize> = other
        .windows(2)
        .enumerate()
        .filter_map(|(at, pair)| (pair == [0x17, 13]).then_some(at))
        .collect();
    for at in &dates {
        // The minute of thisUpdate and of nextUpdate.
        let minute = &mut other[at + 2 + 9];
        *minute = if *minute == b'0' { b'1' } else { *minute - 1 };
    }
    assert_eq!(dates.len(), 2);
    fs::write(&path, other).unwrap();
    let resume = How {
        resume: true,
        ..How::default()
    };
    let refused = world.hold_first_as(FIRST, resume).unwrap_err();
    assert!(refused.contains("has another digest"), "{refused}");
    fs::write(&path, good).unwrap();
    world.hold_first_as(FIRST, resume).unwrap();
    assert_eq!(crate::broken(&world, &world.path()), [""; 0]);
}
