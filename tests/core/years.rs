//! A root's life by a clock that is set forward: a CRL each year for thirty years, past 2050,
//! with new intermediates in between; and clocks that are wrong.

use std::collections::BTreeMap;

use anchorite::audit::Verdict;
use anchorite::ceremony::prepare::{Ingredients, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use anchorite::x509::time::UtcTime;
use rcgen::{CertificateParams, KeyPair};

use crate::play::ceremony::{FIRST, first_job, subject};
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

#[test]
fn thirty_years_of_crls_and_intermediates() {
    let mut world = World::new();
    let first = FIRST
        .replace("6mo", "12mo")
        .replace("20y", "35y")
        .replace("ec:P-384", "ec:P-256");
    assert!(world.plain(&first_job(&first, 1), false).result.is_ok());
    let mut last = Crl::from_der(&products(&world, "0001-acme-root")["crl"]).unwrap();
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
        let job = if has_new {
            let step = "\n[[step]]\nid = \"etcd\"\ndo = \"issue-intermediate\"\nmount = \"etcd\"\nrequest = \"etcd.csr\"\n";
            later(
                &mut world,
                &id,
                &format!("{step}{CRL}"),
                &[("etcd.csr", &pem)],
            )
        } else {
            later(&mut world, &id, CRL, &[])
        };
        let session = world.plain(&job, false);
        if let Err(failure) = &session.result {
            panic!("{year}: {}", failure.error);
        }
        let made = products(&world, &format!("{:04}-{id}", year - 2025));
        let crl = Crl::from_der(&made["crl"]).unwrap();
        assert_eq!(crl.fields.number(), last.fields.number().map(|n| n + 1));
        assert!(crl.fields.this_update > last.fields.this_update, "{year}");
        // There was no day without a CRL.
        assert!(crl.fields.this_update <= last.fields.next_update, "{year}");
        if has_new {
            let issued = Certificate::from_der(&made["etcd"]).unwrap();
            assert_eq!(issued.fields.issuer, root.fields.subject);
            assert!(issued.fields.not_after <= root.fields.not_after, "{year}");
        }
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
