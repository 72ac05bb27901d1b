//! The commands of the pages, as people paste them.

use std::fs;
use std::process::Output;

use anchorite::x509::public_key::SignatureAlgorithm;

use crate::common::howto::{blocks, page};
use crate::held::{Folder, Held};

/// What each page says must be run in a ceremony's folder under a root of this type: name and
/// commands.
pub fn seals(held: &Held) -> Vec<(&'static str, String)> {
    let form = if held.algorithm == SignatureAlgorithm::Ed25519 {
        "sh ed25519"
    } else {
        "sh cms"
    };
    ["verify-years-later.md", "../reference/formats.md"]
        .into_iter()
        .map(|name| {
            let found = blocks(&page(name), form);
            assert_eq!(found.len(), 1, "{name}");
            (name, found[0].clone())
        })
        .collect()
}

/// The other half of `verify-years-later.md`.
pub fn sums() -> String {
    blocks(&page("verify-years-later.md"), "sh sums").concat()
}

/// What `adopt-an-existing-root.md` has openssl say of a proof of possession: here content and
/// signature of a seal stand in its place.
pub fn possession(held: &Held, folder: &Folder) -> Output {
    let place = tempfile::tempdir().unwrap();
    let evidence = place.path().join("ledger/0001-adopt-acme-root/evidence");
    fs::create_dir_all(&evidence).unwrap();
    for (from, to) in [("SEAL.txt", "txt"), ("SEAL.txt.root.p7s", "p7s")] {
        let to = evidence.join(format!("possession-adopt.{to}"));
        fs::write(to, folder.read(from)).unwrap();
    }
    fs::copy(held.root_pem(), place.path().join("root.pem")).unwrap();
    let block = blocks(&page("adopt-an-existing-root.md"), "sh after").concat();
    let (openssl, ours) = block.rsplit_once("\nanchorite verify").unwrap();
    assert!(openssl.contains("openssl cms -verify") && ours.lines().count() == 1);
    held.paste(openssl, place.path())
}
