//! Bundles for `set-signed`, each with one thing about it.

use anchorite::check::CheckId as Id;
use anchorite::check::bundle::{BundleContext, bundle};
use anchorite::check::{Finding, Outcome};
use anchorite::x509::pem;

use crate::made::{Draft, Signer};
use crate::{Case, findings};

const FAIL: Outcome = Outcome::Fail;
const PASS: Outcome = Outcome::Pass;

pub fn cases() -> Vec<Case> {
    let (root, own, other) = (Signer::p256(), Signer::p256(), Signer::p256());
    let draft = Draft::root(&root);
    let real = draft.certificate(&root);
    let stranger = Draft::root(&other).certificate(&other);
    let root_pem = pem::encode("CERTIFICATE", &real.der);
    let below = Draft::below(&root, &own);
    let child = pem::encode("CERTIFICATE", &below.sign(&root));
    // The right names, another key's signature: set-signed takes it.
    let forged = pem::encode("CERTIFICATE", &below.sign(&other));
    let mut broken = below.sign(&root);
    if let Some(last) = broken.last_mut() {
        *last ^= 1;
    }
    let broken = pem::encode("CERTIFICATE", &broken);
    let key = pem::encode("PRIVATE KEY", &[0x30, 0]);
    let request = pem::encode("CERTIFICATE REQUEST", &real.der);
    let judge = |text: &str, root| -> Vec<Finding> {
        let context = BundleContext {
            path: "bundle.pem",
            root,
            now: None,
        };
        findings(bundle(text.as_bytes(), &context))
    };
    let good = format!("{child}{root_pem}");
    let alone = |id, wanted, name, text: String| Case::new(id, wanted, name, judge(&text, None));
    let mut cases: Vec<Case> = [
        Id::BundleContainer,
        Id::BundleOrder,
        Id::BundleLink,
        Id::BundleRoot,
    ]
    .into_iter()
    .map(|id| Case::new(id, PASS, "a good pair", judge(&good, Some(&real))))
    .collect();
    let words = format!("child\n{child}root\n{root_pem}\n");
    cases.extend([
        alone(Id::BundleContainer, PASS, "words between", words),
        alone(Id::BundleContainer, FAIL, "nothing", String::new()),
        alone(Id::BundleContainer, FAIL, "after", format!("{good}# end\n")),
        alone(Id::BundleContainer, FAIL, "a key", format!("{good}{key}")),
        alone(
            Id::BundleContainer,
            FAIL,
            "a request",
            format!("{request}{good}"),
        ),
        alone(Id::BundleContainer, FAIL, "twice", format!("{child}{good}")),
        alone(Id::BundleContainer, FAIL, "64 KiB", "a".repeat(65_537)),
        alone(
            Id::BundleOrder,
            FAIL,
            "root first",
            format!("{root_pem}{child}"),
        ),
        alone(Id::BundleOrder, FAIL, "a root alone", root_pem.clone()),
        alone(
            Id::BundleLink,
            FAIL,
            "another key",
            format!("{forged}{root_pem}"),
        ),
        alone(
            Id::BundleLink,
            FAIL,
            "damaged",
            format!("{broken}{root_pem}"),
        ),
        alone(Id::BundleRoot, FAIL, "no root", child.clone()),
        alone(Id::BundleRoot, PASS, "any root", good.clone()),
        Case::new(
            Id::BundleRoot,
            FAIL,
            "another root than the given one",
            judge(&good, Some(&stranger)),
        ),
    ]);
    cases
}
