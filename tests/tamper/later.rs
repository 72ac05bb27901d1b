//! The same for what comes after revocations: a renewal, a cross-certificate, a confirmed copy,
//! the announced end of the key, and a root that was taken over.

use std::fs;

use anchorite::digest::Digest;
use anchorite::ledger::register::Certainty;
use anchorite::x509::certificate::Certificate;

use crate::ledger::{How, World, csr};
use crate::tamper::{ONE, Scene};
use crate::{Case, broken, later, view};
use cases::{ADOPTED, ENDED, LIVED};

#[path = "cases.rs"]
pub(crate) mod cases;

pub(crate) const CHANGED: &str = "0002-acme-changed";
pub(crate) const END: &str = "0003-acme-end";
pub(crate) const ADOPT: &str = "0001-acme-adopt";

const RENEW: &str = "[[step]]\nid = \"again\"\ndo = \"issue-intermediate\"\nmount = \"pki\"\n\
     request = \"k8s.csr\"\nrenew = true\n";
const CROSS: &str = "[[step]]\nid = \"cross\"\ndo = \"cross-sign\"\ncertificate = \"other.pem\"\n";
const COPY: &str = "[[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"acme-copy\"\n";

/// A root with a renewal, a cross-certificate and a copy, and with its end.
pub(crate) fn lived() -> World {
    let mut world = World::new();
    world.hold_first();
    let mut other = World::new();
    other.hold_first();
    let inputs = [
        ("root.pem", world.root_pem()),
        ("k8s.csr", world.requests[1].clone()),
        ("other.pem", other.root_pem()),
    ];
    let source = later("acme-changed", &format!("{RENEW}{CROSS}{COPY}"));
    world.hold(&source, &inputs, How::default()).unwrap();
    let end = "do = \"issue-crl\"\nfinal = true\n[[step]]\nid = \"end\"\ndo = \"destroy-key\"\n";
    let source = later("acme-end", "").replace("do = \"issue-crl\"\n", end);
    // The key is still needed: by the forger.
    let token = world.second_ledger().token;
    world.hold(&source, &inputs[..1], How::default()).unwrap();
    world.token = token;
    world
}

/// A second ledger that takes over the root of the first.
pub(crate) fn adopted() -> World {
    let mut old = World::new();
    old.hold_first();
    let read = |path: &str| fs::read(old.path().join(ONE).join("out").join(path)).unwrap();
    let inputs = [
        ("root.pem", old.root_pem()),
        ("one.pem", read("pki/intermediate.pem")),
        ("two.pem", read("etcd/nyc3/pki/intermediate.pem")),
        ("root.crl", read("root.crl.der")),
    ];
    let step = "[[step]]\nid = \"adopt\"\ndo = \"adopt-root\"\ncertificates = [\"one.pem\", \"two.pem\"]\n\
         previous = \"root.crl\"\n";
    let mut world = old.second_ledger();
    let source = later("acme-adopt", step);
    world.hold(&source, &inputs, How::default()).unwrap();
    world
}

/// Each is refused in its own words where the root signed it anew, and as unsigned where not.
fn refused(world: &World, ceremony: &'static str, cases: &[Case], wrong: &mut String) {
    for (name, wanted, deed) in cases {
        let scene = Scene::of(world, ceremony);
        deed(&scene);
        scene.reseal();
        let found = broken(world, &scene.copy.path);
        if !found.iter().any(|one| one.starts_with("VERIFY-SIGNATURE")) {
            wrong.push_str(&format!("{name}, signed by nobody: {found:#?}\n"));
        }
        scene.insider();
        let found = broken(world, &scene.copy.path);
        if !found.iter().any(|one| one.starts_with(wanted)) {
            wrong.push_str(&format!("{name}, wanted {wanted}: {found:#?}\n"));
        }
    }
}

#[test]
fn every_change_to_a_later_life_is_refused() {
    let mut wrong = String::new();
    let world = lived();
    assert_eq!(broken(&world, &world.path()), [""; 0]);
    refused(&world, CHANGED, LIVED, &mut wrong);
    refused(&world, END, ENDED, &mut wrong);
    let world = adopted();
    assert_eq!(broken(&world, &world.path()), [""; 0]);
    refused(&world, ADOPT, ADOPTED, &mut wrong);
    assert!(wrong.is_empty(), "{wrong}");
}

/// A seal that keeps silent about the end, and one that announces what nobody planned.
#[test]
fn a_seal_says_what_is_announced() {
    let world = lived();
    for (ceremony, announces) in [(END, false), (CHANGED, true)] {
        let scene = Scene::of(&world, ceremony);
        scene.sealed(|seal| seal.destruction = announces);
        scene.sign(scene.seal().ended);
        let found = broken(&world, &scene.copy.path).join("\n");
        let words = "VERIFY-SEAL does not say what the transcript announces";
        assert!(found.contains(words), "{found}");
    }
}

/// A forger's program believes that another key was the intermediate's all along: it renews it,
/// with the old key identifier, and writes everything down as one does.
#[test]
fn a_renewal_of_a_key_that_never_was_is_refused() {
    let mut world = World::new();
    world.hold_first();
    let request = csr("k8s CA");
    let other = anchorite::x509::request::Request::from_bytes(&request).unwrap();
    let mut register = view(&world).register;
    let known = register.issued.iter_mut();
    for one in known.filter(|one| one.mount.as_deref() == Some("pki")) {
        assert_eq!(one.certainty, Certainty::Signed);
        one.spki_sha256 = Digest::of(&other.spki);
    }
    world.forged_register = Some(register);
    let inputs = [("root.pem", world.root_pem()), ("k8s.csr", request)];
    let source = later("acme-changed", RENEW);
    world.hold(&source, &inputs, How::default()).unwrap();
    let issued = fs::read(world.path().join(CHANGED).join("out/pki/intermediate.pem"));
    let issued = Certificate::from_file(&issued.unwrap()).unwrap().fields;
    assert_eq!(issued.spki, other.spki);
    let found = broken(&world, &world.path()).join("\n");
    for wanted in [
        "VERIFY-PRODUCT again: REQ-RENEW: other key",
        "VERIFY-PRODUCT the key identifier is not kept from the certificate that it renews",
    ] {
        assert!(found.contains(wanted), "{found}");
    }
}
