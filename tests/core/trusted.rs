//! The trust bundle: what the hand-over writes of it, and that the verifier makes it again.

use std::collections::BTreeMap;

use anchorite::ceremony::prepare::{Ingredients, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::pem;

use crate::play::world::World;
use crate::{root_alone, whole};

/// The next root, which clients are to trust beside the one before it.
fn next_root(old: &[u8]) -> Job {
    let source = root_alone().replace("id = \"acme-root\"", "id = \"acme-root-g2\"");
    let source = format!(
        "{source}\n[handover.trust_bundle]\nname = \"roots\"\n\
         namespaces = {{ \"a.example/mesh\" = \"yes\" }}\nalso = [\"old.pem\"]\n"
    );
    let view = World::new().view();
    Job {
        prepared: prepare(Ingredients {
            file_name: "next.toml",
            source: &source,
            inputs: BTreeMap::from([("old.pem".to_owned(), old.to_vec())]),
            ledger: view.state(),
            register: view.register,
        })
        .unwrap(),
        rehearsal: false,
        root: None,
        tool_sha256: Digest::of(b"tool"),
        environment: b"{}\n".to_vec(),
        environment_findings: Vec::new(),
    }
}

#[test]
fn both_anchors_are_handed_over_and_verified() {
    let old = whole(&root_alone()).view().root.unwrap();
    let text = pem::encode("CERTIFICATE", &old.der);
    let mut world = World::new();
    let session = world.plain(&next_root(text.as_bytes()), false);
    assert!(session.result.is_ok(), "{:?}", session.result.err());
    let new = world.view().root.unwrap();
    assert_ne!(new.der, old.der);

    let read = |world: &World, name: &str| {
        let bytes = world.bytes(&format!("0001-acme-root-g2/out/{name}"));
        String::from_utf8(bytes).unwrap()
    };
    let bundle = read(&world, "trust-bundle.pem");
    let ders = pem::decode_several(bundle.as_bytes(), Certificate::LABELS).unwrap();
    assert_eq!(ders, [new.der.clone(), old.der.clone()]);
    assert!(bundle.ends_with("-----END CERTIFICATE-----\n"), "{bundle}");
    for anchor in [&new, &old] {
        assert!(bundle.contains(&anchor.digest().to_string()), "{bundle}");
    }
    // The keys of two runs differ; the form does not.
    let yaml: String = read(&world, "trust-bundle.yaml")
        .lines()
        .filter(|line| {
            !line.starts_with("        ") || line.contains("mesh") || line.contains("--")
        })
        .map(|line| format!("{line}\n"))
        .collect();
    insta::assert_snapshot!(yaml);

    let report = world.verify_ledger(&new);
    assert!(
        report.first_broken().is_none(),
        "{:?}",
        report.first_broken()
    );
}
