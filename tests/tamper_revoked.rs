//! What can be done to a ledger: to its first ceremonies, see `tamper/first.rs` and
//! `tampered/demands.rs`; to those of a root's later life, `tamper/later.rs`; to one that asks for
//! a certificate of the root's own key, `tampered/requests.rs`. Here, to one that revokes: changed
//! reasons, entries without an event, events without an entry, and what was revoked brought back
//! to life. The root key itself signs it all anew: only what the verifier recomputes can tell.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "tampered/demands.rs"]
mod demands;
#[path = "tampered/fields.rs"]
mod fields;
#[path = "tamper/first.rs"]
mod first;
#[path = "tamper/later.rs"]
mod later_life;
#[path = "common/ledger.rs"]
#[allow(dead_code)]
mod ledger;
#[path = "tampered/lines.rs"]
mod lines;
#[path = "tampered/orders.rs"]
mod orders;
#[path = "tampered/requests.rs"]
mod requests;
#[path = "tampered/sentences.rs"]
mod sentences;
#[path = "common/tamper.rs"]
#[allow(dead_code)]
mod tamper;

use anchorite::audit::{self, Verdict};
use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::digest::{Digest, hex};
use anchorite::host::DiskStore;
use anchorite::x509::crl_entry::NewEntry;
use anchorite::x509::raw::RawCrl;
use anchorite::x509::reason::RevocationReason;
use anchorite::x509::serial::Serial;
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{elements, sequence, sequence_of};
use ledger::{How, World};
use tamper::Scene;

const GONE: &str = "0002-acme-gone";
pub(crate) const T: &str = "transcript.jsonl";

/// A later ceremony of these steps.
pub(crate) fn later(id: &str, steps: &str) -> String {
    format!(
        "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"Later\"\n\
         [token]\nlabel = \"acme-root\"\n[root]\ncertificate = \"root.pem\"\n{steps}\
         [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n"
    )
}

pub(crate) fn view(world: &World) -> LedgerView {
    let mut store = DiskStore::open_read_only(&world.path()).unwrap();
    LedgerView::read(&mut store).unwrap()
}

fn serial_of(world: &World, mount: &str) -> Serial {
    let register = view(world).register;
    let mut issued = register.issued.into_iter();
    let found = issued.find(|one| one.mount.as_deref() == Some(mount));
    found.unwrap().serial
}

fn hold(world: &mut World, source: &str) {
    let inputs = [("root.pem", world.root_pem())];
    world.hold(source, &inputs, How::default()).unwrap();
}

/// A ledger whose second ceremony revokes the intermediate of `pki`.
fn revoked() -> World {
    let mut world = World::new();
    world.hold_first();
    let serial = serial_of(&world, "pki");
    let step = format!(
        "[[step]]\nid = \"gone\"\ndo = \"revoke\"\nserial = \"{serial}\"\nreason = \"superseded\"\n\
         invalidity_date = \"2026-10-03T09:00:01Z\"\n"
    );
    // The certificate begins an hour before that.
    hold(&mut world, &later("acme-gone", &step));
    world
}

/// Public ids of what is broken, the whole ledger verified.
pub(crate) fn broken(world: &World, path: &std::path::Path) -> Vec<String> {
    let mut store = DiskStore::open_read_only(path).unwrap();
    let report = audit::ledger(&mut store, &world.root(), None);
    let checks = report
        .ceremonies
        .iter()
        .flat_map(|one| &one.checks)
        .chain(&report.checks);
    let broken: Vec<String> = checks
        .filter(|one| !one.passed)
        .map(|one| format!("{} {}", one.id, one.words))
        .collect();
    assert_eq!(report.verdict == Verdict::Verified, broken.is_empty());
    broken
}

pub(crate) type Case = (&'static str, &'static str, fn(&Scene<'_>));

/// Name, what must be among the broken ones, and the deed; each is signed by an insider.
const CASES: &[Case] = &[
    (
        "changed reason",
        "VERIFY-REVOKED the revocation is not",
        |s| {
            s.line("\"type\":\"revoked\"", "superseded", "keyCompromise");
        },
    ),
    (
        "changed date",
        "VERIFY-REVOKED the revocation is not",
        |s| {
            s.line("\"type\":\"revoked\"", "09:00:01Z", "09:00:02Z");
        },
    ),
    (
        "foreign after all",
        "VERIFY-REVOKED the revocation is not",
        |s| {
            s.line(
                "\"type\":\"revoked\"",
                "\"foreign\":false",
                "\"foreign\":true",
            );
        },
    ),
    ("an entry without its event", "VERIFY-REVOKED lists", |s| {
        s.chained(|lines| lines.retain(|line| !line.contains("\"type\":\"revoked\"")));
    }),
    (
        "an event twice",
        "VERIFY-REVOKED the revocation is not",
        |s| {
            s.chained(|lines| {
                let at = lines
                    .iter()
                    .position(|line| line.contains("\"type\":\"revoked\""));
                lines.insert(at.unwrap(), lines[at.unwrap()].clone());
            });
        },
    ),
    (
        "nobody confirmed it",
        "VERIFY-APPROVAL a revocation without",
        |s| {
            s.chained(|lines| {
                lines.retain(|line| {
                    !(line.contains("\"type\":\"answer\"") && line.contains("\"revoke\""))
                });
            });
        },
    ),
    (
        "other digits",
        "VERIFY-APPROVAL the answer is not marked",
        |s| {
            s.line(
                "\"id\":\"revoke\",\"value\"",
                "\"value\":\"",
                "\"value\":\"0",
            );
        },
    ),
    (
        "an event without its entry",
        "VERIFY-REVOKED does not list",
        |s| {
            listed_otherwise(s, |list| drop(list.pop()));
        },
    ),
    (
        "the same: not what was planned",
        "VERIFY-PRODUCT crl: CRL-REVOKED",
        |s| {
            listed_otherwise(s, |list| drop(list.pop()));
        },
    ),
    (
        "another reason in the CRL",
        "VERIFY-PRODUCT crl: CRL-REVOKED",
        |s| {
            listed_otherwise(s, |list| {
                let raw = elements(list.last().unwrap()).unwrap()[0].raw.to_vec();
                let fields = sequence_of(&raw, "entry").unwrap();
                let entry = NewEntry {
                    serial: Serial::from_der(&fields[0]).unwrap(),
                    reason: RevocationReason::KeyCompromise,
                    invalidity_date: Some(UtcTime::parse("2026-10-03T09:00:01Z").unwrap()),
                };
                let date = UtcTime::from_der(&fields[1]).unwrap();
                *list.last_mut().unwrap() = entry.to_der(date);
            });
        },
    ),
    (
        "one entry more",
        "VERIFY-REVOKED lists 7777, which nobody",
        |s| {
            listed_otherwise(s, |list| {
                let fields = sequence_of(list.last().unwrap(), "entry").unwrap();
                let more = sequence(&[&[2, 2, 0x77, 0x77], fields[1].raw, fields[2].raw]);
                list.insert(0, more);
            });
        },
    ),
    (
        "one entry more, of an older day",
        "VERIFY-PRODUCT crl: CRL-CONTINUITY",
        |s| {
            listed_otherwise(s, |list| {
                let date = UtcTime::parse("2026-10-01T00:00:00Z").unwrap().to_der();
                list.insert(0, sequence(&[&[2, 2, 0x77, 0x77], &date]));
            });
        },
    ),
];

/// The CRL signed anew with another list, and everything that names its bytes with it.
fn listed_otherwise(s: &Scene<'_>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let text = s.text(T);
    let intent = text
        .lines()
        .find(|line| line.contains("\"kind\":\"crl\""))
        .unwrap();
    let path = intent
        .split("\"tbs_file\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let body = s.read(path);
    let raw = RawCrl::from_tbs(&body).unwrap();
    let mut list: Vec<Vec<u8>> = raw.entries().map(|one| one.unwrap().raw.to_vec()).collect();
    change(&mut list);
    let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    let list = if list.is_empty() {
        Vec::new()
    } else {
        sequence(&list)
    };
    let forged = sequence(&[
        raw.version.unwrap().raw,
        raw.algorithm.raw,
        raw.issuer.raw,
        raw.this_update.raw,
        raw.next_update.unwrap().raw,
        &list,
        raw.extensions.unwrap().raw,
    ]);
    let old = Digest::of(&body).to_string();
    let new = Digest::of(&forged).to_string();
    let signature = hex(&s.world.token.sign_anything(&forged));
    s.write(&path.replace(&old, &new), &forged);
    std::fs::remove_file(s.one(path)).unwrap();
    s.chained(|lines| {
        for line in lines {
            *line = line.replace(&old, &new);
            if line.contains("\"type\":\"signed\"") {
                let start = line.find("\"signature\":\"").unwrap() + 13;
                let end = start + line[start..].find('"').unwrap();
                line.replace_range(start..end, &signature);
            }
        }
    });
}

/// The world is whole, and each case of a ceremony is refused in its own words.
#[track_caller]
pub(crate) fn each_is_refused(world: &World, ceremony: &'static str, cases: &[Case]) {
    assert_eq!(broken(world, &world.path()), [""; 0]);
    let mut wrong = Vec::new();
    for (name, wanted, deed) in cases {
        let scene = Scene::of(world, ceremony);
        deed(&scene);
        scene.insider();
        let found = broken(world, &scene.copy.path);
        if !found.iter().any(|one| one.starts_with(wanted)) {
            wrong.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_change_to_a_revocation_is_refused() {
    each_is_refused(&revoked(), GONE, CASES);
}

#[test]
fn nothing_comes_back_to_life() {
    let mut world = revoked();
    // A forger's program that has forgotten what the newest CRL lists.
    let mut register = view(&world).register;
    let empty = register.crls[0].body.clone();
    register.crls[1].body = empty;
    world.forged_register = Some(register);
    let source = later("acme-crl", "");
    let inputs = [("root.pem", world.root_pem())];
    world.hold(&source, &inputs, How::default()).unwrap();
    let found = broken(&world, &world.path()).join("\n");
    for wanted in [
        "VERIFY-PLAN not what follows",
        "VERIFY-PRODUCT crl: CRL-CONTINUITY",
    ] {
        assert!(found.contains(wanted), "{found}");
    }
    // An honest one carries it over.
    let mut world = revoked();
    hold(&mut world, &later("acme-crl", ""));
    assert_eq!(broken(&world, &world.path()), [""; 0]);
    let register = view(&world).register;
    let listed = |at: usize| {
        register.crls[at]
            .entries()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(1), listed(2));
    assert_eq!(listed(2).len(), 1);
}
