//! Requests for the root's own key, each with one thing wrong.

use anchorite::check::own_request::{OwnRequestContext, own_request};
use anchorite::check::{CheckId, Outcome};
use anchorite::plan::request::product;
use anchorite::plan::{Product, RootPlan};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::extension_encode as encode;
use anchorite::x509::key_usage::KeyUsage;
use anchorite::x509::tbs::{CertificationRequestInfo, signed_object};
use anchorite::x509::tlv::{self, context, elements, sequence};
use anchorite::{check, issue};
use der::Tag;

use crate::bodies::rebuilt;
use crate::made::{Draft, Signer, key_usage, name};
use crate::{Case, findings};

/// An existing root and a good request of it.
struct Desk {
    signer: Signer,
    root: Certificate,
    product: Product,
    good: CertificationRequestInfo,
}

impl Desk {
    fn new() -> Self {
        let signer = Signer::p256();
        let root = Draft::root(&signer).certificate(&signer);
        let plan = RootPlan::Existing(Box::new(root.clone()));
        Self {
            product: product("ask", &plan).unwrap(),
            good: issue::own_request(&root).unwrap(),
            signer,
            root,
        }
    }

    fn found(&self, info: Vec<u8>) -> Vec<check::Finding> {
        let context = OwnRequestContext {
            product: &self.product,
            root: &self.root.fields,
        };
        findings(own_request(CertificationRequestInfo(info), &context))
    }

    fn field(&self, at: usize, with: Vec<u8>) -> Vec<u8> {
        rebuilt(&self.good.0, |fields| fields[at] = with)
    }

    /// The extensions that it asks for, changed.
    fn asking(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
        rebuilt(&self.good.0, |fields| {
            let attribute = elements(&fields[3]).unwrap()[0].value.to_vec();
            let parts = tlv::sequence_of(&attribute, "attribute").unwrap();
            let list = parts[1].value.to_vec();
            let values = tlv::encode(Tag::Set, &[&rebuilt(&list, change)]);
            let attribute = sequence(&[parts[0].raw, &values]);
            fields[3] = tlv::encode(context(0), &[&attribute]);
        })
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let desk = Desk::new();
    let other = Signer::p256();
    let good = desk.found(desk.good.0.clone());
    let mut cases: Vec<Case> = [
        CheckId::OwnRequestSubject,
        CheckId::OwnRequestKey,
        CheckId::OwnRequestWishes,
        CheckId::TbsDer,
        CheckId::TbsTemplate,
    ]
    .map(|id| Case::new(id, Outcome::Pass, "a good one", good.clone()))
    .into();
    let usage = |usages: &[KeyUsage]| key_usage(usages);
    let both = [KeyUsage::KeyCertSign, KeyUsage::CrlSign];
    let wishes: [(&'static str, Vec<u8>); 10] = [
        ("nothing", desk.asking(Vec::clear)),
        ("one wish fewer", desk.asking(|list| drop(list.pop()))),
        (
            "one wish more",
            desk.asking(|list| list.push(encode::crl_distribution_point("http://a").unwrap())),
        ),
        ("another order", desk.asking(|list| list.swap(0, 1))),
        (
            "one usage more",
            desk.asking(|list| {
                list[0] = usage(&[both[0], both[1], KeyUsage::DigitalSignature]);
            }),
        ),
        (
            "one usage fewer",
            desk.asking(|list| list[0] = usage(&both[..1])),
        ),
        (
            "usage not critical",
            desk.asking(|list| list[0] = crate::made::standard(15, false, &[3, 2, 1, 6])),
        ),
        (
            "another key identifier",
            desk.asking(|list| list[1] = encode::subject_key_identifier(&[7; 20]).unwrap()),
        ),
        (
            "a path length",
            desk.asking(|list| list[2] = encode::basic_constraints(Some(0)).unwrap()),
        ),
        (
            "no CA",
            desk.asking(|list| list[2] = crate::made::standard(19, true, &[0x30, 0])),
        ),
    ];
    let fails = |id, name, info: Vec<u8>| Case::new(id, Outcome::Fail, name, desk.found(info));
    for (name, info) in wishes {
        cases.push(fails(CheckId::OwnRequestWishes, name, info.clone()));
        // People approved the whole.
        cases.push(fails(CheckId::TbsTemplate, name, info));
    }
    let password = sequence(&[
        &[6, 9, 42, 0x86, 0x48, 0x86, 0xf7, 13, 1, 9, 7],
        &[0x31, 3, 0x0c, 1, b'x'],
    ]);
    let attributes = elements(tlv::sequence_of(&desk.good.0, "info").unwrap()[3].raw).unwrap()[0]
        .value
        .to_vec();
    let more = tlv::encode(context(0), &[&password, &attributes]);
    cases.extend([
        fails(
            CheckId::OwnRequestSubject,
            "another name",
            desk.field(1, name("Other")),
        ),
        fails(
            CheckId::OwnRequestKey,
            "another key",
            desk.field(2, other.pair.public().spki().to_vec()),
        ),
        fails(CheckId::OwnRequestWishes, "a password", desk.field(3, more)),
        fails(
            CheckId::TbsDer,
            "another version",
            desk.field(0, vec![2, 1, 1]),
        ),
        fails(
            CheckId::TbsDer,
            "no attributes",
            rebuilt(&desk.good.0, |fields| drop(fields.pop())),
        ),
        fails(
            CheckId::TbsDer,
            "octets after it",
            [&desk.good.0[..], &[0]].concat(),
        ),
        fails(
            CheckId::TbsDer,
            "a certificate's body",
            desk.root.tbs.clone(),
        ),
    ]);
    cases
}

/// Another key than the planned one is told by the key's own rule: a mark stands in the template,
/// for a rehearsal's stand-in has another key.
#[test]
fn the_template_is_the_same_under_a_stand_in() {
    let desk = Desk::new();
    let other = Signer::p256();
    let spki = other.pair.public().spki().to_vec();
    let found = desk.found(desk.field(2, spki));
    let outcome = |id| found.iter().find(|one| one.id == id).unwrap().outcome;
    assert_eq!(outcome(CheckId::OwnRequestKey), Outcome::Fail);
    assert_eq!(outcome(CheckId::TbsTemplate), Outcome::Pass);
}

#[test]
fn what_was_put_together_is_looked_at_again() {
    let desk = Desk::new();
    let context = OwnRequestContext {
        product: &desk.product,
        root: &desk.root.fields,
    };
    let (body, _) = own_request(desk.good.clone(), &context).unwrap();
    let (key, algorithm) = (desk.signer.pair.public(), desk.signer.algorithm);
    let good = desk.signer.pair.sign(algorithm, &desk.good.0);
    let issued =
        |signature: &[u8]| check::issued::request(&body, &key, algorithm, signature, "ask");
    let (request, found) = issued(&good).unwrap();
    let der = signed_object(&desk.good.0, algorithm, &good);
    assert_eq!(request.get().der, der);
    assert!(found.iter().all(|one| one.outcome == Outcome::Pass));
    assert!(found.iter().any(|one| one.id == CheckId::RequestPossession));
    let wrong = desk.signer.pair.sign(algorithm, b"something else");
    assert_eq!(issued(&wrong).unwrap_err().id, CheckId::IssuedSignature);
    assert_eq!(issued(b"").unwrap_err().id, CheckId::IssuedSignature);
    let stranger = Signer::p256().pair.sign(algorithm, &desk.good.0);
    assert_eq!(issued(&stranger).unwrap_err().id, CheckId::IssuedSignature);
}

/// It can never be taken for a certificate or a CRL, nor they for it.
#[test]
fn no_body_is_of_two_kinds() {
    use anchorite::x509::certificate::CertificateFields;
    use anchorite::x509::crl::CrlFields;
    use anchorite::x509::request::RequestFields;
    let desk = Desk::new();
    assert!(CertificateFields::from_tbs(&desk.good.0).is_err());
    assert!(CrlFields::from_tbs(&desk.good.0).is_err());
    assert!(RequestFields::from_info(&desk.root.tbs).is_err());
}
