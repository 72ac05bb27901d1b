//! What Linkerd takes, wherever a profile starts from `linkerd`.

use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::check::CheckId as Id;
use anchorite::check::{Finding, Outcome};
use anchorite::plan::profile::BuiltIn;
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm};

use crate::Case;
use crate::made::{Draft, Signer};
use crate::planned::{findings_of, found};
use crate::play::ceremony::{FIRST, LATER, try_prepare};
use crate::requests::{Room, rcgen_request};

const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;
const PASS: Outcome = Outcome::Pass;

/// A first ceremony with this root key, whose first intermediate has a profile of these lines.
fn first(key: &str, lines: &str) -> Vec<Finding> {
    let text = FIRST
        .replace("ec:P-384", key)
        .replace("\"etcd.csr\"", "\"etcd.csr\"\nprofile = \"mesh\"");
    found(&format!(
        "{text}\n[profile.mesh]\nbase = \"linkerd\"\n{lines}\n"
    ))
}

fn root(key: &str) -> Vec<Finding> {
    first(key, "")
}

fn own(lines: &str) -> Vec<Finding> {
    first("ec:P-256", lines)
}

/// A later ceremony under a root that exists.
fn under(key: RootKey, algorithm: SignatureAlgorithm, lines: &str) -> Vec<Finding> {
    let signer = Signer::new(key, algorithm);
    let view = LedgerView {
        root: Some(Draft::root(&signer).certificate(&signer)),
        ..LedgerView::default()
    };
    let text = LATER.replace("\"later.csr\"", "\"later.csr\"\nprofile = \"mesh\"");
    let text = format!("{text}\n[profile.mesh]\nbase = \"linkerd\"\n{lines}\n");
    findings_of(try_prepare(&text, view))
}

/// A request under one of the built-in profiles.
fn request(built_in: BuiltIn, algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<Finding> {
    let mut room = Room::empty();
    room.profile = Some(built_in.profile());
    room.check(&rcgen_request(algorithm, false))
}

pub fn cases() -> Vec<Case> {
    let case = Case::new;
    let anchor = |wanted, name, found| case(Id::LinkerdAnchor, wanted, name, found);
    let mut cases = vec![
        anchor(PASS, "a new P-256 root", root("ec:P-256")),
        anchor(
            PASS,
            "a new RSA-4096 root with SHA-256",
            root("rsa:4096\"\ndigest = \"sha256"),
        ),
        anchor(FAIL, "its own digest, SHA-512", root("rsa:4096")),
        anchor(
            FAIL,
            "PSS with SHA-256",
            root("rsa:4096\"\ndigest = \"sha256\"\nsignature = \"pss"),
        ),
        anchor(FAIL, "RSA-3072", root("rsa:3072\"\ndigest = \"sha256")),
        anchor(FAIL, "P-384", root("ec:P-384")),
        anchor(FAIL, "P-521", root("ec:P-521")),
        anchor(FAIL, "Ed25519", root("ed25519")),
        anchor(
            PASS,
            "an existing P-256 root",
            under(RootKey::P256, SignatureAlgorithm::EcdsaSha256, ""),
        ),
        anchor(
            FAIL,
            "an existing P-384 root",
            under(RootKey::P384, SignatureAlgorithm::EcdsaSha384, ""),
        ),
        anchor(
            FAIL,
            "an existing RSA root with SHA-384",
            under(RootKey::Rsa4096, SignatureAlgorithm::RsaSha384, ""),
        ),
    ];
    let length = |wanted, name, lines| case(Id::LinkerdPathLength, wanted, name, own(lines));
    cases.extend([
        length(PASS, "of 1", ""),
        length(PASS, "of 2", "path_length = 2"),
        length(PASS, "none", "path_length = \"none\""),
        length(FAIL, "of 0", "path_length = 0"),
    ]);
    let validity = |wanted, name, found| case(Id::LinkerdValidity, wanted, name, found);
    cases.extend([
        validity(PASS, "60 days", own("validity = \"60d\"")),
        validity(NOTICE, "an hour less", own("validity = \"1439h\"")),
        validity(PASS, "to a new root's end", own("not_after = \"issuer\"")),
        validity(
            NOTICE,
            "to an existing root's end",
            under(
                RootKey::P256,
                SignatureAlgorithm::EcdsaSha256,
                "not_after = \"issuer\"",
            ),
        ),
    ]);
    let key = |wanted, name, algorithm| {
        let found = request(BuiltIn::Linkerd, algorithm);
        case(Id::RequestLinkerd, wanted, name, found)
    };
    cases.extend([
        key(PASS, "P-256", &rcgen::PKCS_ECDSA_P256_SHA256),
        key(PASS, "RSA", &rcgen::PKCS_RSA_SHA256),
        key(FAIL, "P-384", &rcgen::PKCS_ECDSA_P384_SHA384),
        key(FAIL, "P-521", &rcgen::PKCS_ECDSA_P521_SHA512),
        key(FAIL, "Ed25519", &rcgen::PKCS_ED25519),
    ]);
    cases
}

/// Another profile under the same root has no word about Linkerd.
#[test]
fn other_profiles_are_not_asked() {
    let told = found(FIRST);
    let asked = |one: &Finding| one.id.public().contains("LINKERD");
    assert!(!told.iter().any(asked), "{told:?}");
    let told = request(BuiltIn::VaultIssuingCas, &rcgen::PKCS_ECDSA_P384_SHA384);
    assert!(!told.iter().any(asked), "{told:?}");
}
