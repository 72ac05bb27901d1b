//! What follows the first day, against a real OpenBao: an intermediate is compromised, revoked
//! and replaced under its own name; another is renewed; a second root certifies the same key.

use serde_json::json;

use crate::common::desk::Desk;

const SUBJECT: [(&str, &str); 2] = [
    ("common_name", "Kubernetes Intermediate Authority"),
    ("organization", "Kubernetes"),
];

/// The story of a cluster whose intermediate's key got out (vault.md 4b).
#[test]
fn a_compromised_intermediate_is_replaced_under_its_own_name() {
    let desk = Desk::new();
    let mount = desk.mount("k8s");
    desk.generate(&mount, "internal", &SUBJECT, "k8s.csr");
    let first = desk.first_root(&mount, "k8s.csr");
    desk.hand_over(&first);
    let old = desk.default_issuer(&mount);
    let old_leaf = desk.leaf(&mount, "old.pem");
    let old_issuer = format!("{mount}/issuer/{old}");
    let old_crl = desk.crls(&first, &old_issuer, "before.pem");
    desk.lives(&first, &mount, &old_leaf, &old_crl);

    desk.take(&first, &format!("{mount}/intermediate.pem"), "k8s-old.pem");
    desk.take(&first, "root.crl", "root.crl");
    desk.generate(&mount, "internal", &SUBJECT, "k8s-new.csr");
    let replaced = desk.ceremony(
        "replace",
        &format!(
            "[[step]]\nid = \"revoke-k8s\"\ndo = \"revoke\"\ncertificate = \"k8s-old.pem\"\nreason = \"keyCompromise\"\n\
             [[step]]\nid = \"k8s\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\nrequest = \"k8s-new.csr\"\nrekey = true\n\
             [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nprevious = \"root.crl\"\n"
        ),
    );
    let sheet = desk.read(&replaced, "HANDOVER.md");
    assert!(sheet.contains(&format!("{mount}/issuer/")), "{sheet}");
    assert!(sheet.contains("revoke"), "{sheet}");
    desk.bao
        .post(&format!("{mount}/issuer/{old}/revoke"), &json!({}))
        .unwrap();
    desk.hand_over(&replaced);
    assert_ne!(
        desk.default_issuer(&mount),
        old,
        "the default issuer is the new one"
    );
    let new_leaf = desk.leaf(&mount, "new.pem");

    let new_crl = desk.crls(&replaced, &format!("{mount}/issuer/default"), "after.pem");
    desk.lives(&replaced, &mount, &new_leaf, &new_crl);
    let dead = desk.crls(&replaced, &old_issuer, "dead.pem");
    desk.is_dead(&first, &mount, &old_leaf, &dead);
    // Whoever still has the CRL of before sees nothing: that is why it must be published.
    desk.lives(&first, &mount, &old_leaf, &old_crl);
}

#[test]
fn a_renewed_intermediate_takes_over_once_it_is_the_default() {
    let desk = Desk::new();
    let mount = desk.mount("apps");
    desk.generate(&mount, "internal", &SUBJECT, "apps.csr");
    let first = desk.first_root(&mount, "apps.csr");
    desk.hand_over(&first);
    let old = desk.default_issuer(&mount);
    let key = desk.key_of(&mount, &old);
    let mut existing = SUBJECT.to_vec();
    existing.push(("key_ref", &key));
    desk.generate(&mount, "existing", &existing, "again.csr");
    let renewed = desk.ceremony(
        "renewal",
        &format!(
            "[[step]]\nid = \"apps\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\nrequest = \"again.csr\"\nrenew = true\n\
             [[step]]\nid = \"crl\"\ndo = \"issue-crl\"\n"
        ),
    );
    desk.hand_over(&renewed);
    let new = desk.default_issuer(&mount);
    assert_ne!(new, old);
    assert_eq!(desk.key_of(&mount, &new), key, "the same key in the server");
    let leaf = desk.leaf(&mount, "leaf.pem");
    let crl = desk.crls(&renewed, &format!("{mount}/issuer/default"), "crls.pem");
    // One key and one name: a leaf verifies under either certificate.
    desk.lives(&renewed, &mount, &leaf, &crl);
    desk.lives(&first, &mount, &leaf, &crl);
}
