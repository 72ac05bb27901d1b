//! What the ledger tells of its root's life: certificates from the wild, and the calendar.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ledger.rs"]
#[allow(dead_code)]
mod ledger;
#[path = "common/schema.rs"]
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use anchorite::audit::{self, Is, LedgerReport, Verdict, Wild};
use anchorite::host::DiskStore;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::time::UtcTime;
use ledger::{Copy, World};

fn at() -> UtcTime {
    UtcTime::parse("2027-01-15T12:00:00Z").unwrap()
}

fn look(copy: &Copy, root: &Certificate, wild: &[(&str, Vec<u8>)]) -> LedgerReport {
    let wild: Vec<Wild> = wild
        .iter()
        .map(|(place, der)| Wild {
            place: (*place).to_owned(),
            der: Ok(der.clone()),
        })
        .collect();
    let mut store = DiskStore::open_read_only(&copy.path).unwrap();
    audit::whole_life(&mut store, root, None, at(), &wild)
}

/// A certificate signed with the root's key, and in no transcript.
fn outside(world: &World, name: &str) -> Vec<u8> {
    let key = rcgen::KeyPair::try_from(world.token.pkcs8().as_slice()).unwrap();
    signed_by(world, &key, name, None)
}

fn signed_by(
    world: &World,
    key: &rcgen::KeyPair,
    name: &str,
    serial: Option<rcgen::SerialNumber>,
) -> Vec<u8> {
    let der = world.root().der.into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&der, key).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.serial_number = serial;
    let own = rcgen::KeyPair::generate().unwrap();
    params.signed_by(&own, &issuer).unwrap().der().to_vec()
}

#[test]
fn certificates_from_the_wild_are_known_or_loudly_not() {
    let world = World::with_two();
    let (copy, root) = (world.copy(), world.root());
    let bundle = fs::read(
        copy.path
            .join("0002-acme-more/out/pki/fra1/intermediate.pem"),
    )
    .unwrap();
    let known = Certificate::from_file(&bundle).unwrap().der;
    let stranger = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let good = [
        ("known.pem", known),
        ("root.pem", root.der.clone()),
        (
            "forged.pem",
            signed_by(&world, &stranger, "By another key", None),
        ),
        ("other.pem", self_signed()),
    ];
    let report = look(&copy, &root, &good);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    let kinds: Vec<Is> = report.seen.iter().map(|one| one.is).collect();
    assert_eq!(
        kinds,
        [Is::Known, Is::Known, Is::OtherIssuer, Is::OtherIssuer]
    );
    assert!(report.seen[0].words.contains("valid, until"));
    assert!(report.seen[2].words.contains("this root did not sign it"));

    let report = look(
        &copy,
        &root,
        &[("wild.pem", outside(&world, "Never witnessed"))],
    );
    assert_eq!(report.verdict, Verdict::Refused);
    assert_eq!(report.seen[0].is, Is::Unknown);
    let text = report.to_text().replace("\n         ", " ");
    assert!(
        text.contains("UNKNOWN  wild.pem: CN=Never witnessed, serial"),
        "{text}"
    );
    assert!(text.contains("NOT KNOWN to the ledger"), "{text}");
    let broken: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| check.id.as_str())
        .collect();
    assert_eq!(broken, ["VERIFY-SEEN"]);
    let report = look(&copy, &root, &[("noise", b"\x30\x03\x02\x01\x01".to_vec())]);
    assert_eq!(report.seen[0].is, Is::Unreadable);
    assert_eq!(report.verdict, Verdict::Refused);
}

/// A serial number is no name: the root's key may have signed it twice.
#[test]
fn another_certificate_of_a_known_serial_is_not_known() {
    let world = World::with_two();
    let (copy, root) = (world.copy(), world.root());
    let issued = copy.path.join("0001-acme-root/out/pki/intermediate.pem");
    let known = Certificate::from_file(&fs::read(issued).unwrap()).unwrap();
    let serial = anchorite::digest::unhex(&known.fields.serial.to_string()).unwrap();
    let key = rcgen::KeyPair::try_from(world.token.pkcs8().as_slice()).unwrap();
    let twin = signed_by(&world, &key, "k8s CA", Some(serial.into()));
    let report = look(&copy, &root, &[("known", known.der), ("twin", twin)]);
    let kinds: Vec<Is> = report.seen.iter().map(|one| one.is).collect();
    assert_eq!(kinds, [Is::Known, Is::Unknown]);
    let words = &report.seen[1].words;
    let why = "the ledger has another certificate of this serial";
    assert!(words.ends_with(why), "{words}");
    assert_eq!(report.verdict, Verdict::Refused);
}

fn self_signed() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn anchorite(copy: &Copy, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_anchorite"))
        .args(arguments)
        .arg("--root")
        .arg(copy.root_pem())
        .current_dir(copy.folder.path())
        .output()
        .unwrap()
}

#[test]
fn the_program_reads_many_certificates_of_one_file() {
    let world = World::with_two();
    let copy = world.copy();
    let folder = copy.path.join("0001-acme-root/out");
    let mut text = fs::read_to_string(folder.join("pki/bundle.pem")).unwrap();
    text.push_str("\n 1 s:CN=x\n");
    text.push_str(&fs::read_to_string(folder.join("etcd/nyc3/pki/intermediate.pem")).unwrap());
    text.push_str("a log line\n");
    fs::write(copy.folder.path().join("seen.txt"), &text).unwrap();
    fs::write(copy.folder.path().join("wild.der"), outside(&world, "Wild")).unwrap();
    let verify = ["verify", "the ledger", "--json", "--seen", "seen.txt"];
    let output = anchorite(&copy, &verify);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema::faults("verify", &value), [""; 0]);
    let seen = value["seen"].as_array().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|one| one["is"] == "known"), "{seen:?}");
    assert_eq!(value["life"]["certificates"].as_array().unwrap().len(), 4);
    let output = anchorite(&copy, &[&verify[..], &["wild.der"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema::faults("verify", &value), [""; 0]);
    assert_eq!(value["seen"][3]["is"], "unknown");
    let alone = ["verify", "the ledger/0001-acme-root", "--seen", "wild.der"];
    let output = anchorite(&copy, &alone);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

/// One property of a calendar.
type Property = (String, String);

/// A strict reader of RFC 5545: line ends, widths, folding, names, nesting.
fn parse(text: &str) -> Vec<BTreeMap<String, Vec<String>>> {
    assert!(text.ends_with("\r\n"));
    let mut unfolded: Vec<String> = Vec::new();
    for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.is_empty() && !line.contains(['\r', '\n']), "{line:?}");
        match line.strip_prefix(' ') {
            Some(rest) => unfolded.last_mut().unwrap().push_str(rest),
            None => unfolded.push(line.to_owned()),
        }
    }
    let lines: Vec<Property> = unfolded
        .iter()
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            assert!(
                name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'),
                "{line}"
            );
            (name.to_owned(), value.to_owned())
        })
        .collect();
    let mut open: Vec<String> = Vec::new();
    let mut events: Vec<BTreeMap<String, Vec<String>>> = Vec::new();
    for (name, value) in lines {
        match name.as_str() {
            "BEGIN" => {
                let wanted = match value.as_str() {
                    "VCALENDAR" => vec![],
                    "VEVENT" => vec!["VCALENDAR"],
                    "VALARM" => vec!["VCALENDAR", "VEVENT"],
                    other => panic!("{other}"),
                };
                assert_eq!(open, wanted);
                if value == "VEVENT" {
                    events.push(BTreeMap::new());
                }
                open.push(value);
            }
            "END" => assert_eq!(open.pop(), Some(value)),
            _ => {
                if ["SUMMARY", "DESCRIPTION"].contains(&name.as_str()) {
                    let plain = value.replace("\\\\", "").replace("\\,", "");
                    let plain = plain.replace("\\;", "").replace("\\n", "");
                    assert!(!plain.contains(['\\', ',', ';']), "{value}");
                }
                if open.len() == 2 {
                    events
                        .last_mut()
                        .unwrap()
                        .entry(name)
                        .or_default()
                        .push(value);
                } else if open.len() == 3 {
                    let name = format!("VALARM.{name}");
                    events
                        .last_mut()
                        .unwrap()
                        .entry(name)
                        .or_default()
                        .push(value);
                }
            }
        }
    }
    assert!(open.is_empty());
    for event in &events {
        for name in ["UID", "DTSTAMP", "DTSTART", "SUMMARY"] {
            assert_eq!(event[name].len(), 1, "{name} in {event:?}");
        }
        for name in ["DTSTAMP", "DTSTART"] {
            let value = &event[name][0];
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            assert!(value.len() == 16 && digits == 14, "{value}");
            assert!(&value[8..9] == "T" && value.ends_with('Z'), "{value}");
        }
        let alarms = &event["VALARM.TRIGGER"];
        assert!(
            alarms
                .iter()
                .all(|one| one.starts_with("-P") && one.ends_with('D'))
        );
        assert_eq!(event["VALARM.ACTION"].len(), alarms.len());
        assert_eq!(event["VALARM.DESCRIPTION"].len(), alarms.len());
    }
    events
}

#[test]
fn the_calendar_is_strict_and_its_ids_are_stable() {
    let world = World::with_two();
    let copy = world.copy();
    let calendar = |path: &str| {
        let output = anchorite(&copy, &["report", path, "--calendar"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        parse(&String::from_utf8(output.stdout).unwrap())
    };
    let events = calendar("the ledger");
    // The CRL, three intermediates, the root.
    assert_eq!(events.len(), 5);
    let ids = |events: &[BTreeMap<String, Vec<String>>]| {
        events
            .iter()
            .map(|event| event["UID"][0].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&events), ids(&calendar("the ledger")));
    let first = calendar("the ledger/0001-acme-root");
    assert_eq!(first.len(), 4);
    assert!(ids(&first).iter().all(|id| ids(&events).contains(id)));
    assert_eq!(first[0]["SEQUENCE"], ["1"]);
    assert_eq!(events[0]["SEQUENCE"], ["2"]);
    let mut unique = ids(&events);
    unique.dedup();
    assert_eq!(unique.len(), events.len());

    // What does not verify has no calendar.
    fs::write(copy.path.join("0001-acme-root/out/root.pem"), "x").unwrap();
    let output = anchorite(&copy, &["report", "the ledger", "--calendar"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let output = anchorite(&copy, &["report", "the ledger"]);
    assert_eq!(output.status.code(), Some(2));
}
