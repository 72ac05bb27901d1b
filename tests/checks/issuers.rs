//! CA certificates of others beside what they are taken for, their issuer, and the time.

use anchorite::check::CheckId as Id;
use anchorite::check::Outcome;
use anchorite::check::certificate::CertificateContext;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::extension::KeyUsage;
use anchorite::x509::extension_encode as extensions;
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm};

use crate::Case;
use crate::certificates::{CLIENT, SERVER, judge, purposes};
use crate::made::{Draft, Signer, key_usage, name, standard, time};

const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;
const PASS: Outcome = Outcome::Pass;

pub fn cases() -> Vec<Case> {
    let mut cases = roles();
    cases.extend(below());
    cases.extend(dates());
    cases
}

/// What the same certificate is taken for.
fn roles() -> Vec<Case> {
    let (root, own) = (Signer::p256(), Signer::p256());
    let child = Draft::below(&root, &own).sign(&root);
    let alone = judge(&child, &CertificateContext::alone("ca.pem"));
    let as_root = judge(&child, &CertificateContext::root("ca.pem"));
    let mut short = Draft::root(&root);
    short.replace(19, extensions::basic_constraints(Some(0)).unwrap());
    let short = judge(&short.sign(&root), &CertificateContext::root("root.pem"));
    let mut rollover = Draft::root(&root);
    let id = extensions::authority_key_identifier(&own.key_id());
    rollover.extensions.push(id.unwrap());
    let rollover = rollover.sign(&own);
    let rollover = judge(&rollover, &CertificateContext::alone("new-with-old.pem"));
    let mut cases = vec![
        Case::new(Id::CertificateSignature, NOTICE, "no issuer given", alone),
        Case::new(Id::CertificateIssuer, FAIL, "no root", as_root),
        Case::new(
            Id::CertificateConstraints,
            NOTICE,
            "a root without room",
            short,
        ),
        Case::new(
            Id::CertificateSignature,
            NOTICE,
            "self-issued by another key",
            rollover,
        ),
    ];
    let pss = Signer::new(RootKey::Rsa3072, SignatureAlgorithm::PssSha384);
    let found = judge(
        &Draft::root(&pss).sign(&pss),
        &CertificateContext::root("pss.pem"),
    );
    cases.push(Case::new(Id::CertificateSignature, PASS, "RSA-PSS", found));
    cases
}

/// An intermediate under a given issuer.
fn below() -> Vec<Case> {
    let (root, own) = (Signer::p256(), Signer::p256());
    let plain = Draft::root(&root);
    let good = Draft::below(&root, &own);
    let check = |draft: &Draft, issuer: &Certificate| {
        let context = CertificateContext {
            issuer: Some(issuer),
            ..CertificateContext::alone("ca.pem")
        };
        judge(&draft.sign(&root), &context)
    };
    let issuer = plain.certificate(&root);
    let with_issuer = |change: &dyn Fn(&mut Draft)| {
        let mut draft = plain.clone();
        change(&mut draft);
        check(&good, &draft.certificate(&root))
    };
    let with_own = |change: &dyn Fn(&mut Draft)| {
        let mut draft = good.clone();
        change(&mut draft);
        check(&draft, &issuer)
    };
    let id = Id::CertificateIssuer;
    let mut cases = vec![
        Case::new(id, PASS, "a good pair", check(&good, &issuer)),
        Case::new(
            Id::CertificateSignature,
            PASS,
            "by the issuer",
            check(&good, &issuer),
        ),
        Case::new(
            Id::CertificateKeyIds,
            PASS,
            "the issuer's",
            check(&good, &issuer),
        ),
    ];
    let stranger = Signer::p256();
    let other = Draft::root(&stranger).certificate(&stranger);
    for (id, name) in [
        (Id::CertificateSignature, "another key"),
        (Id::CertificateKeyIds, "another key's identifier"),
    ] {
        cases.push(Case::new(id, FAIL, name, check(&good, &other)));
    }
    let mut add = |id, wanted, name, found| cases.push(Case::new(id, wanted, name, found));
    add(
        id,
        FAIL,
        "another name",
        with_issuer(&|d| d.subject = name("New Root")),
    );
    add(
        id,
        FAIL,
        "case only",
        with_issuer(&|d| d.subject = name("old root")),
    );
    add(
        id,
        FAIL,
        "no CA",
        with_issuer(&|d| d.replace(19, standard(19, true, &[0x30, 0]))),
    );
    let crl_only = |d: &mut Draft| d.replace(15, key_usage(&[KeyUsage::CrlSign]));
    add(id, FAIL, "no keyCertSign", with_issuer(&crl_only));
    let length =
        |most| move |d: &mut Draft| d.replace(19, extensions::basic_constraints(most).unwrap());
    add(id, FAIL, "no room", with_issuer(&length(Some(0))));
    add(
        id,
        NOTICE,
        "more room than the issuer has",
        with_issuer(&length(Some(1))),
    );
    add(
        id,
        FAIL,
        "outlives it",
        with_own(&|d| {
            d.dates(b"\x17\x0d200101000000Z", b"\x18\x0f20600101000001Z");
        }),
    );
    add(
        id,
        NOTICE,
        "begins before it",
        with_own(&|d| {
            d.dates(b"\x17\x0d191231235959Z", b"\x18\x0f20600101000000Z");
        }),
    );
    add(
        Id::CertificateKeyIds,
        FAIL,
        "names no issuer's key",
        with_own(&|d| d.remove(35)),
    );
    let server = |d: &mut Draft| d.extensions.push(purposes(false, &[SERVER]));
    add(id, NOTICE, "the issuer's purposes", with_issuer(&server));
    let mut narrow = plain.clone();
    server(&mut narrow);
    let narrow = narrow.certificate(&root);
    let mut wide = good.clone();
    wide.extensions.push(purposes(false, &[SERVER, CLIENT]));
    add(id, FAIL, "a purpose more", check(&wide, &narrow));
    cases
}

fn dates() -> Vec<Case> {
    let signer = Signer::p256();
    let der = Draft::root(&signer).sign(&signer);
    let at = |now: &str| {
        let context = CertificateContext {
            now: Some(time(now)),
            ..CertificateContext::root("root.pem")
        };
        judge(&der, &context)
    };
    let id = Id::CertificateValidity;
    vec![
        Case::new(id, PASS, "its last second", at("2060-01-01T00:00:00Z")),
        Case::new(id, NOTICE, "expired", at("2060-01-01T00:00:01Z")),
        Case::new(id, PASS, "its first second", at("2020-01-01T00:00:00Z")),
        Case::new(id, NOTICE, "not valid yet", at("2019-12-31T23:59:59Z")),
    ]
}
