//! A root's whole life in one rehearsal folder, from the ready ceremonies: made, its
//! intermediates revoked, replaced and renewed, another CA cross-signed, its key copied, its
//! ledger rebuilt, and its end. At each stage the tool, the script that needs no tool of ours,
//! and openssl say the same.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod life;
mod request;

use life::Life;

const ETCD: &str = "pki/etcd";
const KUBERNETES: &str = "pki/kubernetes";

#[test]
fn a_whole_life() {
    let mut life = Life::new();
    life.request("etcd", "/O=Acme/CN=Acme etcd CA");
    life.request("kubernetes", "/O=Acme/CN=Acme Kubernetes CA");

    life.rehearse("first-root", &[]);
    let first_etcd = life.newest(ETCD);
    let first_kubernetes = life.newest(KUBERNETES);
    let first_crl = life.crl();
    life.lives(&first_etcd);
    life.lives(&first_kubernetes);
    let leaf = life.leaf("etcd", &first_etcd);
    life.leaf_lives(&leaf);

    // One is revoked.
    life.take(&first_etcd, "etcd.pem");
    life.take(&first_crl, "root.crl");
    life.rehearse("revoke", &[]);
    life.is_dead(&first_etcd);
    life.leaf_is_dead(&leaf);
    life.lives(&first_kubernetes);

    // The CRL as it was before is no base for the next one.
    life.refuses("next-crl", &[], "CRL-PREVIOUS");
    life.take(&life.crl(), "root.crl");
    life.rehearse("next-crl", &[]);
    life.is_dead(&first_etcd);

    // It gets a new key under its old name.
    life.request("etcd", "/O=Acme/CN=Acme etcd CA");
    life.rehearse(
        "renew",
        &[
            ("acme-renew-kubernetes", "acme-rekey-etcd"),
            ("\"kubernetes\"", "\"etcd\""),
            ("pki/kubernetes", ETCD),
            ("requests/kubernetes.csr", "requests/etcd.csr"),
            ("renew   = true", "rekey   = true"),
        ],
    );
    let second_etcd = life.newest(ETCD);
    life.lives(&second_etcd);
    life.is_dead(&first_etcd);

    // The other is renewed: both its certificates live, under one key.
    life.rehearse("renew", &[]);
    let second_kubernetes = life.newest(KUBERNETES);
    life.lives(&first_kubernetes);
    life.lives(&second_kubernetes);
    life.have_one_key(&first_kubernetes, &second_kubernetes);

    // Its key is lost after all: revoked and replaced in one ceremony.
    life.take(&second_etcd, "etcd.pem");
    life.take(&life.crl(), "root.crl");
    life.request("etcd", "/O=Acme/CN=Acme etcd CA");
    life.rehearse("replace-after-compromise", &[]);
    life.is_dead(&first_etcd);
    life.is_dead(&second_etcd);
    life.lives(&life.newest(ETCD));

    // Another CA is cross-signed.
    life.other_ca("other-root.pem", "/O=Other/CN=Other Root");
    life.rehearse("cross-sign", &[]);
    life.lives("out/cross-signed/other.pem");

    // And it asks another one to certify its own key.
    life.rehearse("request-for-our-root", &[]);

    // The end: a CRL that never ends, and no key any more.
    life.take(&life.crl(), "root.crl");
    life.rehearse("end-of-root", &[]);
    life.is_dead(&first_etcd);
    assert_eq!(life.private_keys(), 0);
    life.refuses(
        "next-crl",
        &[("acme-crl-2027", "after-the-end")],
        "destroyed",
    );
}
