//! Revocations and the CRLs that list them, on stand-ins for the ports.

use std::collections::BTreeMap;

use anchorite::audit::{self, Verdict};
use anchorite::ceremony::prepare::PrepareError;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use anchorite::x509::raw::RawCrl;
use anchorite::x509::reason::RevocationReason;
use anchorite::x509::time::UtcTime;

use crate::play::ceremony::{FIRST, job_with, later, try_prepare_with, webtrust};
use crate::play::world::World;
use crate::{SEALED, products, whole};

/// A step that revokes, and the CRL that lists it.
pub fn revoke(lines: &str, crl: &str) -> String {
    format!(
        "[[step]]\nid = \"gone\"\ndo = \"revoke\"\n{lines}\n\n[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n{crl}\n"
    )
}

fn serial(world: &World, product: &str) -> String {
    let der = &products(world, SEALED)[product];
    let certificate = Certificate::from_der(der).unwrap();
    certificate.fields.serial.to_string()
}

fn out(world: &World, folder: &str, name: &str) -> Vec<u8> {
    world.bytes(&format!("{folder}/out/{name}"))
}

fn root(world: &World) -> Certificate {
    Certificate::from_der(&products(world, SEALED)["root"]).unwrap()
}

fn verified(world: &mut World) {
    let root = root(world);
    let report = world.verify_ledger(&root);
    assert_eq!(report.verdict, Verdict::Verified, "{report:#?}");
}

/// Runs a later ceremony to its end.
fn then(world: &mut World, id: &str, steps: &str, files: &[(&str, Vec<u8>)]) -> String {
    let source = later(id, steps);
    let job = job_with(&source, world.view(), files, 1);
    let session = world.plain(&job, false);
    match session.result {
        Ok(done) => done.folder,
        Err(failure) => panic!("{}", failure.error),
    }
}

fn refusals(world: &mut World, source: &str, files: &[(&str, Vec<u8>)]) -> Vec<String> {
    match try_prepare_with(source, world.view(), files) {
        Ok(_) => Vec::new(),
        Err(PrepareError::Refused(list)) => list.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_is_revoked_stays_so_and_nothing_else_is() {
    let mut world = whole(FIRST);
    let etcd = serial(&world, "etcd");
    let crl1 = out(&world, SEALED, "root.crl");
    let steps = revoke(
        &format!(
            "serial = \"{etcd}\"\nreason = \"keyCompromise\"\ninvalidity_date = \"2026-10-03T09:00:20Z\""
        ),
        "previous = \"last.crl\"",
    );
    let folder = then(&mut world, "gone", &steps, &[("last.crl", crl1.clone())]);
    verified(&mut world);
    let crl2 = Crl::from_der(&out(&world, &folder, "root.crl.der")).unwrap();
    assert_eq!(crl2.fields.revoked, Some(1));
    assert_eq!(crl2.fields.number(), Some(2));
    // The next one lists it again, byte for byte, and one more beside it.
    let apps = serial(&world, "apps");
    let pem = out(&world, SEALED, "apps/a/intermediate.pem");
    let steps = revoke(
        "certificate = \"apps.pem\"\nreason = \"superseded\"",
        "previous = \"last.crl\"",
    );
    let last = out(&world, &folder, "root.crl");
    let files = [("apps.pem", pem), ("last.crl", last)];
    let folder = then(&mut world, "also", &steps, &files);
    verified(&mut world);
    let crl3 = Crl::from_der(&out(&world, &folder, "root.crl.der")).unwrap();
    let entries = |crl: &Crl| -> Vec<Vec<u8>> {
        let raw = RawCrl::from_tbs(&crl.tbs).unwrap();
        raw.entries().map(|one| one.unwrap().raw.to_vec()).collect()
    };
    assert_eq!(entries(&crl3).len(), 2);
    assert!(entries(&crl3).contains(&entries(&crl2)[0]));
    let states = states(&mut world);
    assert_eq!(states[&etcd], Some(RevocationReason::KeyCompromise));
    assert_eq!(states[&apps], Some(RevocationReason::Superseded));
    // A stale CRL, and a second revocation of the same.
    let again = later("again", &steps.replace("apps.pem", "other.pem"));
    let files = [
        ("other.pem", out(&world, SEALED, "etcd/intermediate.pem")),
        ("last.crl", crl1),
    ];
    let said = refusals(&mut world, &again, &files).join("\n");
    assert!(
        said.contains("CRL-PREVIOUS-STALE: number 1 is stale"),
        "{said}"
    );
    let files = [
        ("other.pem", out(&world, SEALED, "etcd/intermediate.pem")),
        ("last.crl", out(&world, &folder, "root.crl")),
    ];
    let said = refusals(&mut world, &again, &files).join("\n");
    assert!(said.contains("REVOKE-TWICE"), "{said}");
}

/// What `verify` tells of each certificate's revocation.
fn states(world: &mut World) -> BTreeMap<String, Option<RevocationReason>> {
    let now = UtcTime::parse("2026-10-04T00:00:00Z").unwrap();
    let root = world.view().root.unwrap();
    let report = audit::whole_life(&mut world.store, &root, None, now, &[]);
    let certificates = report.life.unwrap().certificates.into_iter();
    certificates
        .map(|one| {
            let reason = one.revoked.and_then(|revoked| revoked.reason);
            let reason = reason.map(|word| RevocationReason::parse(&word).unwrap());
            (one.serial, reason)
        })
        .collect()
}

#[test]
fn under_webtrust_the_published_crl_must_be_given() {
    let mut world = whole(&webtrust(FIRST));
    let etcd = serial(&world, "etcd");
    let steps = revoke(
        &format!("serial = \"{etcd}\"\nreason = \"cessationOfOperation\""),
        "",
    );
    let source = webtrust(&later("gone", &steps));
    let said = refusals(&mut world, &source, &[]).join("\n");
    assert!(
        said.starts_with("CRL-PREVIOUS-GIVEN: CRL number 1"),
        "{said}"
    );
    let private = later("gone", &steps);
    assert_eq!(refusals(&mut world, &private, &[]), [""; 0]);
}

#[test]
fn nothing_comes_after_the_final_crl() {
    let mut world = whole(FIRST);
    let etcd = serial(&world, "etcd");
    let steps = revoke(
        &format!("serial = \"{etcd}\"\nreason = \"cessationOfOperation\""),
        "final = true",
    );
    let folder = then(&mut world, "end", &steps, &[]);
    verified(&mut world);
    let crl = Crl::from_der(&out(&world, &folder, "root.crl.der")).unwrap();
    assert_eq!(crl.fields.next_update, UtcTime::NO_END);
    assert!(world.view().register.is_closed());
    let source = later("more", "[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n");
    let said = refusals(&mut world, &source, &[]).join("\n");
    assert!(said.starts_with("CRL-AFTER-FINAL"), "{said}");
}
