//! What follows the first day, against a real OpenBao: an intermediate is renewed. `cfssl.rs` has
//! the story of one that is compromised, and replaced under its own name.

use crate::common::desk::Desk;

const SUBJECT: [(&str, &str); 2] = [
    ("common_name", "Kubernetes Intermediate Authority"),
    ("organization", "Kubernetes"),
];

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
