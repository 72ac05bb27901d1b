//! A root's life by a clock that is set forward: a CRL each year for thirty years, past 2050,
//! with new intermediates in between and the first ones renewed; and clocks that are wrong.

use std::collections::BTreeMap;

use anchorite::audit::Verdict;
use anchorite::ceremony::prepare::{Ingredients, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use anchorite::x509::time::UtcTime;
use rcgen::{CertificateParams, KeyPair};

use crate::play::ceremony::{FIRST, first_job, mounts, subject};
use crate::play::world::World;
use crate::products;

const START: &str = r#"format = "anchorite/ceremony/0"
title = "Another year"
id = "ID"

[token]
label = "acme-root-g1"

[root]
certificate = "root.pem"
"#;

const CRL: &str = "\n[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nnext_update = \"12mo\"\n";

/// The job of one more ceremony under the world's root.
fn later(world: &mut World, id: &str, steps: &str, requests: &[(&str, &str)]) -> Job {
    let view = world.view();
    let root = view.root.clone().unwrap();
    let mut inputs = BTreeMap::from([("root.pem".to_owned(), root.der.clone())]);
    for (path, pem) in requests {
        inputs.insert((*path).to_owned(), pem.as_bytes().to_vec());
    }
    let source = format!("{}{steps}", START.replace("ID", id));
    let prepared = prepare(Ingredients {
        file_name: "year.toml",
        source: &source,
        inputs,
        ledger: view.state(),
        register: view.register,
    });
    Job {
        prepared: prepared.unwrap_or_else(|error| panic!("{id}: {error}")),
        rehearsal: false,
        root: Some(root),
        tool_sha256: Digest::of(b"tool"),
        environment: b"{}\n".to_vec(),
        environment_findings: Vec::new(),
    }
}

fn request(name: &str, key: &KeyPair) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = subject(name);
    params.serialize_request(key).unwrap().pem().unwrap()
}

fn set(world: &World, moment: &str) {
    world.clock.0.set(UtcTime::parse(moment).unwrap().unix());
}

/// The first ceremony's two intermediates, each with its own request once more.
fn renewals() -> (String, Vec<(&'static str, &'static str)>) {
    let both = &mounts()[..2];
    let step = |at: usize, mount: &str, request: &str| {
        format!(
            "\n[[step]]\nid = \"again-{at}\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\n\
             request = \"{request}\"\nrenew = true\n"
        )
    };
    let steps = both.iter().enumerate();
    let steps = steps.map(|(at, one)| step(at, one.mount, one.file));
    let requests = both.iter().map(|one| (one.file, one.request.as_str()));
    (steps.collect(), requests.collect())
}

/// Key, name and key identifier stay; serial and dates are new, and no day is left out.
#[track_caller]
fn assert_renewed(old: &Certificate, new: &Certificate) {
    let (old, new) = (&old.fields, &new.fields);
    assert_eq!((&old.subject, &old.spki), (&new.subject, &new.spki));
    assert_eq!(old.subject_key_identifier(), new.subject_key_identifier());
    assert_ne!(old.serial, new.serial);
    assert!(new.not_before <= old.not_after && old.not_after < new.not_after);
}

#[test]
fn thirty_years_of_crls_and_intermediates() {
    let mut world = World::new();
    let first = FIRST
        .replace("6mo", "12mo")
        .replace("20y", "35y")
        .replace("ec:P-384", "ec:P-256");
    assert!(world.plain(&first_job(&first, 1), false).result.is_ok());
    let mut made = products(&world, "0001-acme-root");
    let mut last = Crl::from_der(&made["crl"]).unwrap();
    let mut living = ["etcd", "apps"].map(|name| Certificate::from_der(&made[name]).unwrap());
    let root = world.view().root.unwrap();
    for year in 2027..=2056 {
        // People meet a day earlier each year, before the CRL is due.
        let met = UtcTime::parse(&format!("{year}-10-02T09:00:00Z")).unwrap();
        let met = met.offset(-86_400 * (year - 2027));
        world.clock.0.set(met.unix());
        let id = format!("year-{year}");
        let key = KeyPair::generate().unwrap();
        let name = format!("Acme etcd {year}");
        let pem = request(&name, &key);
        // Every fifth year a mount gets a new intermediate.
        let has_new = year % 5 == 0;
        let (mut steps, mut requests) = (String::new(), Vec::new());
        if has_new {
            steps.push_str("\n[[step]]\nid = \"new\"\ndo = \"issue-intermediate\"\nmount = \"new\"\nrequest = \"new.csr\"\n");
            requests.push(("new.csr", pem.as_str()));
        }
        // The first two live for five years, and are renewed every fourth.
        let renewed = year % 4 == 2;
        if renewed {
            let (more, files) = renewals();
            steps.push_str(&more);
            requests.extend(files);
        }
        let job = later(&mut world, &id, &format!("{steps}{CRL}"), &requests);
        let session = world.plain(&job, false);
        if let Err(failure) = &session.result {
            panic!("{year}: {}", failure.error);
        }
        made = products(&world, &format!("{:04}-{id}", year - 2025));
        let crl = Crl::from_der(&made["crl"]).unwrap();
        assert_eq!(crl.fields.number(), last.fields.number().map(|n| n + 1));
        assert!(crl.fields.this_update > last.fields.this_update, "{year}");
        // There was no day without a CRL.
        assert!(crl.fields.this_update <= last.fields.next_update, "{year}");
        if has_new {
            let issued = Certificate::from_der(&made["new"]).unwrap();
            assert_eq!(issued.fields.issuer, root.fields.subject);
            assert!(issued.fields.not_after <= root.fields.not_after, "{year}");
        }
        if renewed {
            for (at, old) in living.iter_mut().enumerate() {
                let new = Certificate::from_der(&made[&format!("again-{at}")]).unwrap();
                assert_renewed(old, &new);
                assert!(new.fields.not_after <= root.fields.not_after, "{year}");
                *old = new;
            }
        }
        // There was no day without these either.
        assert!(
            living
                .iter()
                .all(|one| one.fields.not_after > crl.fields.this_update)
        );
        last = crl;
    }
    // The last year needs dates beyond 2050, which have four digits (RFC 5280 4.1.2.5).
    assert!(last.fields.this_update.to_string().starts_with("2056"));
    assert_eq!(
        last.tbs
            .windows(2)
            .filter(|pair| pair == b"\x18\x0f")
            .count(),
        2
    );
    // Two at first, six new ones, and seven renewals of two: the root besides.
    assert_eq!(world.view().register.issued.len(), 1 + 2 + 6 + 2 * 7);
    let report = world.verify_ledger(&root);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    assert_eq!((report.ceremonies.len(), report.crl_number), (31, Some(31)));
    // A year beyond the root's end nothing can be issued.
    set(&world, "2061-10-04T09:00:00Z");
    let job = later(&mut world, "too-late", CRL, &[]);
    let session = world.plain(&job, false);
    assert!(session.result.is_err());
    assert_eq!(
        session
            .token_calls
            .iter()
            .filter(|call| *call == "sign")
            .count(),
        0
    );
}
