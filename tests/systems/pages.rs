//! The how-to pages on a root's later life: every command on them, against a real OpenBao.

use crate::common::howto::Desk;

/// The first ceremony is rehearsed and handed over.
pub fn handed_over() -> Desk {
    let desk = Desk::new();
    desk.make("requests");
    for (name, common_name) in [
        ("etcd", "Acme etcd CA"),
        ("kubernetes", "Acme Kubernetes CA"),
    ] {
        let mount = format!("pki/{name}");
        desk.bao.enable_pki(&mount, "87600h");
        let fields = [
            ("common_name", common_name),
            ("key_type", "ec"),
            ("key_bits", "256"),
        ];
        let csr = desk.bao.generate_request(&mount, &fields);
        std::fs::write(desk.path().join(format!("requests/{name}.csr")), csr).unwrap();
    }
    desk.shell(
        "anchorite new first-root > first-root.toml
         anchorite rehearse first-root.toml --keep rehearsal
         out=rehearsal/ledger/0001-acme-root-g1/out
         cp $out/root.pem $out/root.crl .
         sh $out/handover.sh --rehearsal",
    );
    desk
}

#[test]
fn replace_a_compromised_intermediate() {
    let said = handed_over().page("replace-a-compromised-intermediate.md");
    assert!(said.contains("certificate revoked"), "{said}");
}

#[test]
fn renew_an_intermediate() {
    let said = handed_over().page("renew-an-intermediate.md");
    assert!(said.contains("renewed.pem: OK"), "{said}");
}
