//! Requests of every key and algorithm, as OpenSSL makes them: those that are taken, and the
//! words for each that is not.

use std::fs;
use std::path::Path;

use anchorite::check::{CheckId, Outcome};
use anchorite::x509::public_key::PublicKey;
use anchorite::x509::tlv::{bit_string, encode, sequence};
use der::Tag;
use der::oid::ObjectIdentifier;

use crate::Case;
use crate::requests::check;

/// The requests in `tests/fixtures/keys` whose names begin so, by name.
fn fixtures(refused: bool) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys");
    let mut found: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .filter(|(name, _)| name.starts_with("refused-") == refused)
        .collect();
    found.sort();
    found
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (_, bytes) in fixtures(false) {
        for id in [
            CheckId::RequestKeyType,
            CheckId::RequestAlgorithm,
            CheckId::RequestPossession,
        ] {
            cases.push(Case::new(id, Outcome::Pass, "taken", check(&bytes)));
        }
    }
    cases
}

#[test]
fn every_other_key_and_algorithm_is_refused_in_its_own_words() {
    let mut said = Vec::new();
    for (name, bytes) in fixtures(true) {
        let found = check(&bytes);
        let failed = found.iter().find(|one| one.outcome == Outcome::Fail);
        let failed = failed.unwrap_or_else(|| panic!("{name} is taken"));
        said.push(format!("{name}: {}: {}", failed.id.public(), failed.words));
    }
    // Keys that OpenSSL 3.0 cannot make.
    for oid in [
        "1.2.840.10040.4.1",
        "1.3.101.110",
        "2.16.840.1.101.3.4.3.18",
        "1.2.3.4",
    ] {
        let oid = ObjectIdentifier::new_unwrap(oid);
        let algorithm = sequence(&[&encode(Tag::ObjectIdentifier, &[oid.as_bytes()])]);
        let spki = sequence(&[&algorithm, &bit_string(&[7; 32])]);
        said.push(PublicKey::from_spki(&spki).unwrap_err().to_string());
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn an_ed25519_key_has_32_octets() {
    for length in [31, 33] {
        let error = PublicKey::from_ed25519(&vec![9; length]).unwrap_err();
        assert!(error.to_string().ends_with("an Ed25519 key has 32 octets"));
    }
    assert!(PublicKey::from_ed25519(&[9; 32]).is_ok());
}
