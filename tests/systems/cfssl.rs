//! The Kubernetes CA of cfssl and Vault, from empty to its end state: made anew and attacked; and
//! a root that cfssl made, adopted with its running intermediate, then attacked. Both are the page
//! `leave-cfssl.md`, line by line, with keys of RSA-4096.

use std::path::Path;

use anchorite::x509::certificate::Certificate;
use serde_json::json;

use crate::common::bao::Bao;
use crate::common::howto::{Desk, blocks, page, run_beside};
use crate::common::real::{PIN, Stage};

const PAGE: &str = "leave-cfssl.md";
const MOUNT: &str = "pki/kubernetes";
/// The token's, in all three files.
const LABEL: &str = "kubernetes-ca";
const VERIFY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");

/// Each of these stands in what was said, after the one before.
#[track_caller]
fn in_this_order(said: &str, words: &[&str]) {
    let mut rest = said;
    for one in words {
        let Some((_, after)) = rest.split_once(one) else {
            panic!("no {one:?}, or not there:\n{said}");
        };
        rest = after;
    }
}

fn certificate(path: &Path) -> Certificate {
    Certificate::from_file(&std::fs::read(path).unwrap()).unwrap()
}

/// The page's block of this fence that holds these words.
#[track_caller]
fn block(page: &str, fence: &str, words: &str) -> String {
    let found = blocks(page, fence)
        .into_iter()
        .find(|one| one.contains(words));
    found.unwrap_or_else(|| panic!("no block {fence} has {words}"))
}

#[test]
fn anew_and_after_an_attack() {
    let desk = Desk::new();
    let said = desk.page(PAGE);
    in_this_order(
        &said,
        &[
            "leaf.pem: OK",
            "leaf-2.pem: OK",
            "certificate revoked",
            "leaf.pem: OK",
        ],
    );

    // The article's names, sizes, usages and times.
    let shown = desk.shell(
        "for name in root kubernetes-old; do
             openssl x509 -in $name.pem -noout -text -certopt no_sigdump -nameopt RFC2253
         done",
    );
    in_this_order(
        &shown,
        &[
            "Subject: CN=Kubernetes CA,OU=CA,O=Kubernetes,L=Wesel,ST=NW,C=DE",
            "Public-Key: (4096 bit)",
            "Digital Signature, Certificate Sign, CRL Sign",
            "Subject: CN=Kubernetes Intermediate Authority",
            "Public-Key: (4096 bit)",
            "CA:TRUE, pathlen:0",
        ],
    );
    for (name, hours) in [("root.pem", 87_600), ("kubernetes-old.pem", 43_800)] {
        let fields = certificate(&desk.path().join(name)).fields;
        let seconds = fields.not_after.unix() - fields.not_before.unix() + 1;
        assert_eq!(seconds, hours * 3600, "{name}");
    }

    // What the ledger says, by the tool and by stock tools: consistent, and a rehearsal.
    let life = desk.shell(&format!(
        "anchorite verify rehearsal/ledger --root root.pem || echo code $?
         for one in rehearsal/ledger/0*; do sh '{VERIFY}' $one root.pem || echo code $?; done
         cat rehearsal/ledger/0002-kubernetes-after-attack/out/HANDOVER.md"
    ));
    assert_eq!(life.matches("\ncode 8\n").count(), 3, "{life}");
    in_this_order(
        &life,
        &["revoked on", "code 8", "pki/kubernetes/issuer/OLD/revoke"],
    );

    // The hand-over once more changes nothing: the new intermediate is what the mount serves.
    let again = desk.shell(
        "sh rehearsal/ledger/0002-kubernetes-after-attack/out/handover.sh --rehearsal
         vault read -field=certificate pki/kubernetes/issuer/default > served.pem
         openssl verify -CAfile root.pem -CRLfile root-2.crl -crl_check served.pem",
    );
    assert!(again.contains("served.pem: OK"), "{again}");
    let out = "rehearsal/ledger/0002-kubernetes-after-attack/out/pki/kubernetes/intermediate.pem";
    let [served, new, old] =
        ["served.pem", out, "kubernetes-old.pem"].map(|name| certificate(&desk.path().join(name)));
    assert_eq!(served.der, new.der);
    assert_ne!(new.fields.spki, old.fields.spki);
    assert_eq!(new.fields.subject, old.fields.subject);
}

/// What `cfssl gencert -initca` and `cfssl sign` made: tests/fixtures/README.md.
fn of_cfssl(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cfssl");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_root_of_cfssl_is_adopted_and_goes_on() {
    let page = page(PAGE);
    let bao = Bao::start();
    bao.enable_pki(MOUNT, "8760h");
    // As the article leaves it: the intermediate alone, no root beside it.
    let running = of_cfssl("intermediate.pem") + &of_cfssl("intermediate-key.pem");
    bao.post(
        &format!("{MOUNT}/config/ca"),
        &json!({ "pem_bundle": running }),
    )
    .unwrap();
    let mut stage = Stage::empty("cfssl-adopt.toml");
    for name in ["ca.pem", "ca-key.pem"] {
        stage.write(name, &of_cfssl(name));
    }
    let shell = |stage: &Stage, text: &str| {
        let mut dash = stage.command("dash");
        dash.env("PIN", PIN).env("HOME", stage.root());
        run_beside(&bao, stage.root(), dash, text)
    };

    // A leaf of before.
    shell(&stage, &block(&page, "sh", "roles/server"));
    let adopt = blocks(&page, "sh adopt");
    let [what_it_issued, plan] = adopt.as_slice() else {
        panic!("{adopt:?}");
    };
    shell(&stage, what_it_issued);
    let import = self::page("adopt-an-existing-root.md");
    let import = block(&import, "sh", "softhsm2-util --import");
    stage.make_token(LABEL);
    shell(&stage, &import.replace("acme-root-g1", LABEL));
    shell(&stage, plan);
    stage.run().exit(0);
    let said = shell(&stage, &block(&page, "sh adopted", "root.crl"));
    in_this_order(&said, &["verify OK", "adopted"]);
    let transcript = stage.read("ledger/0001-adopt-kubernetes-ca/transcript.jsonl");
    assert!(transcript.contains("imported: anyone who had the file has the key"));

    // The running intermediate goes on: leaves of before and of now, under the first CRL.
    let said = shell(
        &stage,
        "vault write -field=certificate pki/kubernetes/sign/server \
             csr=@leaf.csr ttl=720h > leaf-now.pem
         vault read -field=crl pki/kubernetes/issuer/default/crl > kubernetes.crl
         cat root.crl kubernetes.crl > crls.pem
         openssl verify -x509_strict -crl_check_all -CAfile root.pem -CRLfile crls.pem \
             -untrusted issued.pem leaf.pem leaf-now.pem",
    );
    in_this_order(&said, &["leaf.pem: OK", "leaf-now.pem: OK"]);

    // An attack: the adopted intermediate is revoked, and its successor is handed over.
    shell(
        &stage,
        &block(&page, "sh", "anchorite requests cfssl-attack"),
    );
    shell(&stage, &block(&page, "sh attack", "--lock"));
    stage.file = "cfssl-attack.toml".to_owned();
    stage.run().exit(0);
    let said = shell(&stage, &block(&page, "sh attacked", "handover.sh"));
    assert!(
        said.contains("finished: all of kubernetes-after-attack"),
        "{said}"
    );
    let said = shell(
        &stage,
        "now=ledger/0002-kubernetes-after-attack/out
         vault write -field=certificate pki/kubernetes/sign/server \
             csr=@leaf.csr ttl=720h > leaf-2.pem
         vault read -field=crl pki/kubernetes/issuer/default/crl > kubernetes-2.crl
         cat $now/root.crl kubernetes-2.crl > crls-2.pem
         cat $now/root.crl kubernetes.crl > crls-dead.pem
         check='openssl verify -x509_strict -crl_check_all -CAfile root.pem'
         $check -CRLfile crls-2.pem -untrusted $now/pki/kubernetes/intermediate.pem leaf-2.pem
         $check -CRLfile crls-dead.pem -untrusted kubernetes-old.pem leaf.pem || echo dead
         $check -CRLfile crls.pem -untrusted kubernetes-old.pem leaf.pem",
    );
    in_this_order(
        &said,
        &[
            "leaf-2.pem: OK",
            "certificate revoked",
            "dead",
            "leaf.pem: OK",
        ],
    );
    let issuers = shell(
        &stage,
        "vault read -field=ca_chain pki/kubernetes/issuer/default",
    );
    assert_eq!(issuers.matches("BEGIN CERTIFICATE").count(), 2, "{issuers}");

    let life = shell(
        &stage,
        &format!(
            "anchorite verify ledger --root root.pem
             for one in ledger/0*; do sh '{VERIFY}' $one root.pem; done"
        ),
    );
    in_this_order(
        &life,
        &[
            "revoked on",
            "VERIFIED: this ceremony",
            "VERIFIED: this ceremony",
        ],
    );
}
