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
mod second;

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
    let third_etcd = life.newest(ETCD);
    life.lives(&third_etcd);

    // Another CA is cross-signed.
    life.other_ca("other-root.pem", "/O=Other/CN=Other Root");
    life.rehearse("cross-sign", &[]);
    let other = format!("{}/out/cross-signed/other.pem", life.last());
    life.lives(&other);

    // A second token holds the same key; the rehearsal makes it.
    life.rehearse(
        "next-crl",
        &[
            ("acme-crl-2027", "acme-copy"),
            ("previous", "# previous"),
            (
                "[[step]]",
                "[[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"acme-copy\"\n[[step]]",
            ),
        ],
    );
    assert_eq!(life.private_keys("rehearsal-acme-copy"), 1);
    life.lives(&other);

    // A second ledger takes the root over. As long as the first one is not given up, its token
    // does not let it.
    life.take(&life.crl(), "root.crl");
    life.gather(
        &[
            &first_etcd,
            &second_etcd,
            &third_etcd,
            &first_kubernetes,
            &second_kubernetes,
            &other,
        ],
        "issued.pem",
    );
    let adopt = [
        ("etcd.pem", "issued.pem"),
        ("# previous", "previous"),
        ("# lost_ledger", "lost_ledger"),
    ];
    life.write_site();
    life.goes_on_in_a_second_ledger();
    life.run("adopt-root", &adopt[..2])
        .exit(1)
        .says("LEDGER-NOTE: the token knows 8 ceremonies of this root");
    assert!(life.folders().is_empty());
    life.runs("adopt-root", &adopt);
    for certificate in [&third_etcd, &first_kubernetes, &second_kubernetes, &other] {
        life.lives(certificate);
    }
    for certificate in [&first_etcd, &second_etcd] {
        life.is_dead(certificate);
    }
    life.leaf_is_dead(&leaf);
    // It is the second one's now.
    life.refuses(
        "next-crl",
        &[("acme-crl-2027", "too-late"), ("previous", "# previous")],
        "LEDGER-NOTE",
    );

    // The end: a CRL that never ends, and no key any more, but for the copy.
    life.take(&life.crl(), "root.crl");
    life.runs(
        "end-of-root",
        &[(
            "[[step]]\nid       = \"last-crl\"",
            "[[step]]\nid = \"copy\"\ndo = \"confirm-copy\"\ntoken = \"rehearsal-acme-copy\"\n\n\
             [[step]]\nid       = \"last-crl\"",
        )],
    )
    .says("COPIES of this key were confirmed")
    .says("The root key is gone: the token shows it no more.");
    life.is_dead(&first_etcd);
    life.lives(&second_kubernetes);
    assert_eq!(life.private_keys("rehearsal-acme-root-g1"), 0);
    assert_eq!(life.private_keys("rehearsal-acme-copy"), 1);
    life.cannot_be_planned(
        "next-crl",
        "the root key was destroyed in ceremony 0002-acme-end",
    );
}
