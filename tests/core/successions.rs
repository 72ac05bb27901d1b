//! Renewed and re-keyed intermediates: what they keep, and that the ledger verifies.

use anchorite::ceremony::prepare::PrepareError;
use anchorite::digest::Digest;
use anchorite::handover::mount_folder;
use anchorite::x509::certificate::Certificate;

use crate::play::ceremony::{FIRST, LATER, job, mounts, try_prepare};
use crate::play::products::judge_chain;
use crate::{products, whole};

/// A later ceremony with one request of the first one.
fn later(fields: &str) -> String {
    let head = &LATER[..LATER.find("[[step]]").unwrap()];
    format!("{head}[[step]]\nid = \"again\"\ndo = \"issue-intermediate\"\n{fields}\n")
}

const ETCD: &str = "mount = \"etcd\"\nrequest = \"etcd.csr\"\n";

/// A first ceremony whose key identifiers are made in another way than the profile's default.
fn first() -> String {
    FIRST.replace(
        "[root]\n",
        "[profile.vault]\nkey_identifier = \"sha1\"\n\n[root]\n",
    )
}

#[test]
fn a_renewal_keeps_key_subject_and_key_identifier() {
    for fields in [
        format!("{ETCD}renew = true"),
        format!("[[step.request]]\n{ETCD}renew = true"),
    ] {
        let mut world = whole(&first());
        let old = products(&world, "0001-acme-root")["etcd"].clone();
        let old = Certificate::from_der(&old).unwrap().fields;
        world.clock.0.set(world.clock.0.get() + 30 * 24 * 3600);
        let job = job(&later(&fields), world.view(), 2);
        let session = world.plain(&job, false);
        assert!(session.result.is_ok(), "{:?}", session.result.err());
        assert!(
            session
                .pages
                .concat()
                .contains("Renew the intermediate for etcd")
        );
        let objects = products(&world, "0002-later");
        let new = objects.values().next().unwrap();
        let root = world.view().root.unwrap();
        judge_chain(&root.der, new, &mounts()[0].key, None, world.clock.0.get());
        let new = Certificate::from_der(new).unwrap().fields;
        assert_eq!((&new.subject, &new.spki), (&old.subject, &old.spki));
        assert_eq!(new.subject_key_identifier(), old.subject_key_identifier());
        assert_ne!(new.serial, old.serial);
        assert!(new.not_before > old.not_before && new.not_after > old.not_after);
        let report = world.verify_ledger(&root);
        assert!(
            report.first_broken().is_none(),
            "{:?}",
            report.first_broken()
        );
        let sheet = world.bytes("0002-later/out/HANDOVER.md");
        let sheet = String::from_utf8(sheet).unwrap();
        assert!(
            sheet.contains("## After a renewal") && sheet.contains("default="),
            "{sheet}"
        );
    }
}

#[test]
fn what_cannot_be_renewed_is_refused_when_planning() {
    for (fields, id) in [
        (
            "mount = \"etcd\"\nrequest = \"etcd.csr\"\n",
            "REQ-SUBJECT-TAKEN",
        ),
        (
            "mount = \"etcd\"\nrequest = \"etcd.csr\"\nrekey = true\n",
            "REQ-KEY-TAKEN",
        ),
        (
            "mount = \"later\"\nrequest = \"later.csr\"\nrenew = true\n",
            "REQ-RENEW",
        ),
        (
            "mount = \"later\"\nrequest = \"later.csr\"\nrekey = true\n",
            "REQ-REKEY",
        ),
    ] {
        let mut world = whole(FIRST);
        let refused = try_prepare(&later(fields), world.view()).err().unwrap();
        let PrepareError::Refused(list) = refused else {
            panic!("{refused}");
        };
        assert_eq!(list[0].id.public(), id);
    }
    let both = later(&format!("{ETCD}renew = true\nrekey = true"));
    let refused = try_prepare(&both, whole(FIRST).view()).err().unwrap();
    assert!(
        refused.to_string().contains("exclude each other"),
        "{refused}"
    );
}

#[test]
fn a_new_key_takes_over_the_name() {
    let mut world = whole(FIRST);
    let source = later(
        "mount = \"etcd\"\nrequest = \"later.csr\"\nprofile = \"etcd\"\nrekey = true",
    )
    .replace(
        "[root]\n",
        "[profile.etcd]\nsubject = { C = \"DE\", O = \"Acme\", CN = \"Acme etcd\" }\n\n[root]\n",
    );
    let job = job(&source, world.view(), 2);
    assert!(world.plain(&job, false).result.is_ok());
    let new = products(&world, "0002-later")["again"].clone();
    let root = world.view().root.unwrap();
    assert!(world.verify_ledger(&root).first_broken().is_none());
    let folder = mount_folder("etcd").unwrap();
    assert!(
        world
            .file(&format!("0002-later/out/{folder}/bundle.pem"))
            .is_some()
    );
    let register = world.view().register;
    let spki = Certificate::from_der(&new).unwrap().fields.spki;
    assert_eq!(
        register.issued.last().unwrap().spki_sha256,
        Digest::of(&spki)
    );
}

#[test]
fn a_key_that_is_revoked_here_is_not_renewed_here() {
    let mut world = whole(FIRST);
    let objects = products(&world, "0001-acme-root");
    let etcd = Certificate::from_der(&objects["etcd"]).unwrap();
    let apps = Certificate::from_der(&objects["apps"]).unwrap();
    for (revoked, same) in [(&etcd, true), (&apps, false)] {
        let steps = format!(
            "[[step]]\nid = \"gone\"\ndo = \"revoke\"\nserial = \"{}\"\nreason = \"keyCompromise\"\n\
             [[step]]\nid = \"again\"\ndo = \"issue-intermediate\"\n{ETCD}renew = true\n\
             [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n",
            revoked.fields.serial
        );
        let source = crate::play::ceremony::later("both", &steps);
        match try_prepare(&source, world.view()) {
            Ok(_) => assert!(!same),
            Err(PrepareError::Refused(refusals)) => {
                assert!(same, "{refusals:?}");
                assert_eq!(refusals[0].id.public(), "REQ-RENEW-REVOKED");
                assert!(refusals[0].words.contains("this ceremony revokes"));
            }
            Err(other) => panic!("{other}"),
        }
    }
}
