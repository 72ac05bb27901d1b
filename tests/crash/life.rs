//! A root's later life, ceremony by ceremony, each with a crash at every call to the disk and
//! to the tokens: revoked and listed; re-keyed, renewed, cross-signed and copied; taken over by
//! a second ledger; ended.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anchorite::digest::Digest;
use anchorite::ledger::entry::Event;
use anchorite::ledger::post_seal::Destruction;
use anchorite::ledger::register::Register;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::request::{Request, RequestFields};
use anchorite::x509::serial::Serial;
use rcgen::{CertificateParams, KeyPair};

use super::every_call::{Act, at_every_call};
use crate::play::ceremony::{FIRST, first_job, later, listed, mounts, subject};
use crate::play::ports::TestStore;
use crate::play::products::signed;
use crate::play::world::World;

/// What the newest CRL lists.
fn listed_by(register: &Register) -> Vec<Serial> {
    let crl = register.published_crl().unwrap();
    crl.entries().map(|entry| entry.unwrap().serial).collect()
}

fn serial(register: &Register, product: &str) -> Serial {
    let mut issued = register.issued.iter();
    let found = issued.find(|one| one.product == product);
    found.unwrap().serial.clone()
}

fn root_alone(world: &mut World) -> BTreeMap<String, Vec<u8>> {
    let root = world.view().root.unwrap();
    BTreeMap::from([("root.pem".to_owned(), root.der)])
}

/// A ledger with a first ceremony in it.
fn begun() -> World {
    let mut world = World::new();
    let source = listed().replace("ec:P-384", "ec:P-256");
    assert!(world.plain(&first_job(&source, 1), false).result.is_ok());
    world
}

/// One is revoked, and the CRL lists it.
fn revoked() -> Act {
    let mut world = begun();
    let etcd = serial(&world.view().register, "clusters/etcd");
    let steps = format!(
        "[[step]]\nid = \"gone\"\ndo = \"revoke\"\nserial = \"{etcd}\"\nreason = \"superseded\"\n\
         [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n"
    );
    Act {
        inputs: root_alone(&mut world),
        world,
        id: "gone",
        source: later("gone", &steps),
        judge: |world, entries, spot| {
            let events = entries.iter().filter_map(|entry| match &entry.event {
                Ok(Event::Revoked { serial, .. }) => Serial::parse(serial),
                _ => None,
            });
            let events: Vec<Serial> = events.collect();
            assert_eq!(events.len(), 1, "{spot}");
            let register = world.view().register;
            assert_eq!(listed_by(&register), events, "{spot}");
            assert_eq!(register.published_crl().unwrap().number, 2, "{spot}");
        },
    }
}

/// A new key under the revoked one's name, the other renewed, another CA cross-signed, and the
/// root's key confirmed in a second token.
fn changed() -> Act {
    static AGAIN: OnceLock<String> = OnceLock::new();
    let again = AGAIN.get_or_init(|| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = subject(mounts()[0].name);
        let request = params.serialize_request(&KeyPair::generate().unwrap());
        request.unwrap().pem().unwrap()
    });
    let mut world = revoked().done();
    // Made by the same tool: any other's would do.
    let mut other = World::new();
    let source = FIRST.replace("Acme Root G1", "Other Root");
    let source = &source[..source.find("[[step]]\nid = \"etcd\"").unwrap()];
    assert!(other.plain(&first_job(source, 1), false).result.is_ok());
    world.copy = world.fork().hardware;
    let mut inputs = root_alone(&mut world);
    for (path, bytes) in [
        ("again.csr", again.as_bytes()),
        (mounts()[1].file, mounts()[1].request.as_bytes()),
        ("other.pem", &other.view().root.unwrap().der),
    ] {
        inputs.insert(path.to_owned(), bytes.to_vec());
    }
    let steps = "[[step]]\nid = \"etcd\"\ndo = \"issue-intermediate\"\nmount = \"etcd\"\nrequest = \"again.csr\"\nrekey = true\n\
         [[step]]\nid = \"apps\"\ndo = \"issue-intermediate\"\nmount = \"apps/a\"\nrequest = \"apps.csr\"\nrenew = true\n\
         [[step]]\nid = \"cross\"\ndo = \"cross-sign\"\ncertificate = \"other.pem\"\n\
         [[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"acme-copy\"\n";
    Act {
        world,
        id: "changed",
        source: later("changed", steps),
        inputs,
        judge: |world, _, spot| {
            let register = world.view().register;
            assert_eq!(register.copies.len(), 1, "{spot}");
            let products: Vec<&str> = register.issued[3..]
                .iter()
                .map(|one| one.product.as_str())
                .collect();
            assert_eq!(products, ["etcd", "apps", "cross"], "{spot}");
            let of = |product: &str| {
                let mut issued = register.issued.iter();
                issued.find(|one| one.product == product).unwrap()
            };
            assert_ne!(of("etcd").spki_sha256, of("clusters/etcd").spki_sha256);
            assert_eq!(of("apps").spki_sha256, of("clusters/apps/a").spki_sha256);
            assert_ne!(of("apps").serial, of("clusters/apps/a").serial, "{spot}");
        },
    }
}

/// A second ledger takes over all of it: the first one is lost.
fn adopted() -> Act {
    let mut old = changed().done();
    let mut inputs = root_alone(&mut old);
    let mut list = Vec::new();
    for folder in old.names() {
        let objects = signed(&old.entries(&folder), |path| {
            old.bytes(&format!("{folder}/{path}"))
        });
        for (name, object) in objects {
            if let Ok(certificate) = Certificate::from_der(&object)
                && name != "root"
            {
                let path = format!("{folder}-{}.der", name.replace('/', "-"));
                inputs.insert(path.clone(), certificate.der);
                list.push(format!("\"{path}\""));
            }
            if name == "crl" {
                inputs.insert("root.crl".to_owned(), object);
            }
        }
    }
    let mut world = old.fork();
    world.store = TestStore::new();
    let step = format!(
        "[[step]]\nid = \"adopt\"\ndo = \"adopt-root\"\ncertificates = [{}]\n\
         previous = \"root.crl\"\nlost_ledger = \"fire\"\n",
        list.join(", ")
    );
    Act {
        world,
        id: "adopt",
        source: later("adopt", &step),
        inputs,
        judge: |world, _, spot| {
            let register = world.view().register;
            // The root, and five below it.
            assert_eq!(register.issued.len(), 6, "{spot}");
            assert_eq!(listed_by(&register).len(), 1, "{spot}");
            assert_eq!(register.next_crl_number(), 3, "{spot}");
        },
    }
}

/// The last CRL, and the key destroyed after the seal.
fn ended() -> Act {
    let mut world = adopted().done();
    let steps = "[[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"acme-copy\"\n\
         [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nfinal = true\n\
         [[step]]\nid = \"end\"\ndo = \"destroy-key\"\n";
    Act {
        inputs: root_alone(&mut world),
        world,
        id: "end",
        source: later("end", steps),
        judge: |world, _, spot| {
            let view = world.view();
            assert_eq!(view.end.unwrap().state, Destruction::Done, "{spot}");
            assert!(view.register.is_closed(), "{spot}");
            assert_eq!(listed_by(&view.register).len(), 1, "{spot}");
            assert_eq!(world.hardware.borrow().keys.len(), 0, "{spot}");
            assert_eq!(world.copy.borrow().keys.len(), 1, "{spot}");
        },
    }
}

/// The root asks another CA: one request, of one body.
fn asked() -> Act {
    let mut world = begun();
    let step = "[[step]]\nid = \"ask\"\ndo = \"certificate-request\"\n";
    Act {
        inputs: root_alone(&mut world),
        world,
        id: "ask",
        source: later("ask", step),
        judge: |world, entries, spot| {
            let file = world.bytes("0002-ask/out/requests/ask.csr");
            let request = Request::from_bytes(&file).unwrap();
            let made = entries.iter().filter_map(|entry| match &entry.event {
                Ok(Event::Issued { sha256, .. }) => Some(*sha256),
                _ => None,
            });
            let made: Vec<Digest> = made.collect();
            assert_eq!(made, [Digest::of(&request.der)], "{spot}");
            let hardware = world.hardware.borrow();
            let bodies = hardware.signatures.iter();
            let mut bodies = bodies.filter(|one| RequestFields::from_info(&one.message).is_ok());
            assert!(bodies.all(|one| one.message == request.info), "{spot}");
            let approved = entries.iter().any(|entry| {
                matches!(&entry.event, Ok(Event::Answer { id, accepted: true, .. }) if id == "approve")
            });
            assert!(approved, "{spot}");
        },
    }
}

#[test]
fn a_request_dies_at_every_call() {
    at_every_call(&asked());
}

#[test]
fn a_revocation_dies_at_every_call() {
    at_every_call(&revoked());
}

#[test]
fn a_rekey_a_renewal_a_cross_certificate_and_a_copy_die_at_every_call() {
    at_every_call(&changed());
}

#[test]
fn a_second_ledger_s_adoption_dies_at_every_call() {
    at_every_call(&adopted());
}

#[test]
fn the_end_dies_at_every_call() {
    at_every_call(&ended());
}
