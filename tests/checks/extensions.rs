//! Extensions of bodies to be signed, and CRLs, each with one thing wrong.

use anchorite::check::crl::crl;
use anchorite::check::tbs::certificate;
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::issue;
use anchorite::ledger::register::{Certainty, IssuedCrl, Register};
use anchorite::x509::certificate::Issuer;
use anchorite::x509::crl::CrlFields;
use anchorite::x509::extension_encode;
use anchorite::x509::key_identifier::KeyIdentifierMethod;
use anchorite::x509::key_usage::KeyUsage;
use anchorite::x509::name_constraints::{NameConstraints, Subtree};
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::{CertificateTbs, CrlTbs};
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{encode, sequence};

use crate::bodies::{
    BASIC_CONSTRAINTS, Desk, KEY_USAGE, check, new_root, rebuilt, replace, with_extensions,
};
use crate::{Case, findings};

pub fn cases() -> Vec<Case> {
    let desk = Desk::new();
    let mut cases = extensions(&desk);
    cases.extend(crls(&desk));
    cases
}

/// What is done to a list of extensions.
type Change = Box<dyn FnOnce(&mut Vec<Vec<u8>>)>;

fn extensions(desk: &Desk) -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let good = || desk.intermediate.0.clone();
    let edited = |change: Change| check(desk, with_extensions(&good(), change), |_| {});
    let room = |path_length: Option<u32>| {
        let issuer = Issuer {
            path_length,
            ..desk.issuer.clone()
        };
        let register = Register::default();
        let mut context = desk.context(&register);
        context.issuer = &issuer;
        findings(certificate(desk.intermediate.clone(), &context))
    };
    let other_issuer = Issuer {
        key_identifier: vec![1; 20],
        ..desk.issuer.clone()
    };
    let register = Register::default();
    let mut context = desk.context(&register);
    context.issuer = &other_issuer;
    let foreign = findings(certificate(desk.intermediate.clone(), &context));
    let subject_id = extension_encode::subject_key_identifier(&[1; 20]).unwrap();
    let ids: &[u8] = &[6, 3, 0x55, 0x1d, 14];
    let weak =
        extension_encode::key_usage(&[KeyUsage::DigitalSignature, KeyUsage::KeyCertSign]).unwrap();
    let critical = |value: &[u8]| {
        sequence(&[
            BASIC_CONSTRAINTS,
            &[1, 1, 0xff],
            &encode(der::Tag::OctetString, &[value]),
        ])
    };
    let not_critical = sequence(&[
        BASIC_CONSTRAINTS,
        &encode(der::Tag::OctetString, &[&[0x30, 6, 1, 1, 0xff, 2, 1, 0]]),
    ]);
    let unknown = sequence(&[
        &[6, 3, 0x2a, 3, 4],
        &encode(der::Tag::OctetString, &[&[5, 0]]),
    ]);
    let root = root_with_path_length(desk);
    let sha1 = extension_encode::subject_key_identifier(
        &KeyIdentifierMethod::Sha1.of(desk.context(&register).key),
    )
    .unwrap();
    let issuer_has = |usages: &[&str]| {
        let usages = usages.iter().map(|one| (*one).to_owned()).collect();
        let issuer = Issuer {
            extended_key_usage: Some(usages),
            ..desk.issuer.clone()
        };
        let mut context = desk.context(&register);
        context.issuer = &issuer;
        findings(certificate(desk.intermediate.clone(), &context))
    };
    let usages = sequence(&[&[6, 3, 0x55, 0x1d, 37], &[1, 1, 0xff], &{
        let list = sequence(&[&[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1]]);
        encode(der::Tag::OctetString, &[&list])
    }]);
    let added = |raw: Vec<u8>| edited(Box::new(move |list| list.push(raw)));
    let constraints = NameConstraints {
        permitted: vec![Subtree::Dns("svc.example".to_owned())],
        excluded: Vec::new(),
    };
    let names = extension_encode::name_constraints(&constraints).unwrap();
    let names_of = |critical: &[u8], subtree: &[&[u8]]| {
        let value = sequence(&[&encode(
            der::Tag::ContextSpecific {
                constructed: true,
                number: der::TagNumber(0),
            },
            &[&sequence(subtree)],
        )]);
        sequence(&[
            &[6, 3, 0x55, 0x1d, 30],
            critical,
            &encode(der::Tag::OctetString, &[&value]),
        ])
    };
    let name: &[u8] = &[0x82, 1, b'a'];
    let policy = |critical: &[u8], list: &[&[u8]]| {
        sequence(&[
            &[6, 3, 0x55, 0x1d, 32],
            critical,
            &encode(der::Tag::OctetString, &[&sequence(list)]),
        ])
    };
    let one: &[u8] = &[0x30, 4, 6, 2, 0x2a, 3];
    let yes: &[u8] = &[1, 1, 0xff];
    vec![
        Case::new(Id::TbsKeyIds, Fail, "another issuer's key", foreign),
        Case::new(
            Id::TbsKeyIds,
            Fail,
            "not of its own key",
            edited(Box::new(replace(ids, subject_id))),
        ),
        Case::new(
            Id::TbsKeyIds,
            Fail,
            "of its key, by the other method",
            edited(Box::new(replace(ids, sha1))),
        ),
        Case::new(
            Id::TbsExtendedUsage,
            Pass,
            "as the issuer's",
            issuer_has(&["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
        ),
        Case::new(
            Id::TbsExtendedUsage,
            Pass,
            "the issuer has any",
            issuer_has(&["2.5.29.37.0"]),
        ),
        Case::new(
            Id::TbsExtendedUsage,
            Fail,
            "one more than the issuer",
            issuer_has(&["1.3.6.1.5.5.7.3.1"]),
        ),
        Case::new(
            Id::TbsExtendedUsage,
            Fail,
            "critical",
            edited(Box::new(replace(&[6, 3, 0x55, 0x1d, 37], usages))),
        ),
        Case::new(Id::TbsNames, Pass, "DNS, critical", added(names)),
        Case::new(
            Id::TbsNames,
            Fail,
            "not critical",
            added(names_of(&[], &[name])),
        ),
        Case::new(
            Id::TbsNames,
            Fail,
            "a minimum written out",
            added(names_of(yes, &[name, &[0x80, 1, 0]])),
        ),
        Case::new(
            Id::TbsNames,
            Fail,
            "a registered id",
            added(names_of(yes, &[&[0x88, 2, 0x2a, 3]])),
        ),
        Case::new(
            Id::TbsNames,
            Fail,
            "a mask with a hole",
            added(names_of(yes, &[&[0x87, 8, 10, 0, 0, 0, 255, 0, 255, 0]])),
        ),
        Case::new(Id::TbsPolicies, Pass, "one", added(policy(&[], &[one]))),
        Case::new(
            Id::TbsPolicies,
            Fail,
            "critical",
            added(policy(yes, &[one])),
        ),
        Case::new(
            Id::TbsPolicies,
            Fail,
            "twice",
            added(policy(&[], &[one, one])),
        ),
        Case::new(Id::TbsConstraints, Pass, "room for one", room(Some(1))),
        Case::new(Id::TbsConstraints, Fail, "no room", room(Some(0))),
        Case::new(
            Id::TbsConstraints,
            Fail,
            "not a CA",
            edited(Box::new(replace(BASIC_CONSTRAINTS, critical(&[0x30, 0])))),
        ),
        Case::new(
            Id::TbsConstraints,
            Fail,
            "not critical",
            edited(Box::new(replace(BASIC_CONSTRAINTS, not_critical))),
        ),
        Case::new(Id::TbsConstraints, Pass, "a root", root.0),
        Case::new(
            Id::TbsConstraints,
            Fail,
            "a root with a path length",
            root.1,
        ),
        Case::new(
            Id::TbsKeyUsage,
            Fail,
            "no cRLSign",
            edited(Box::new(replace(KEY_USAGE, weak))),
        ),
        Case::new(
            Id::TbsExtensions,
            Fail,
            "one that is not ours",
            edited(Box::new(|list| list.push(unknown))),
        ),
        Case::new(
            Id::TbsTemplate,
            Fail,
            "one less",
            edited(Box::new(|list| {
                list.remove(2);
            })),
        ),
    ]
}

/// A good root, and one with a path length.
fn root_with_path_length(desk: &Desk) -> (Vec<Finding>, Vec<Finding>) {
    let serial = Serial::from_random(b"c", b"d");
    let body = issue::root(new_root(&desk.plan), &desk.public, &serial, desk.now).unwrap();
    let constrained = with_extensions(
        &body.0,
        replace(
            BASIC_CONSTRAINTS,
            extension_encode::basic_constraints(Some(3)).unwrap(),
        ),
    );
    let check = |body: Vec<u8>| {
        let register = Register::default();
        let mut context = desk.context(&register);
        context.product = desk.root_product();
        context.self_signed = true;
        context.key = &desk.public;
        findings(certificate(CertificateTbs(body), &context))
    };
    (check(body.0), check(constrained))
}

fn crls(desk: &Desk) -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let fields = CrlFields::from_tbs(&desk.crl.0).unwrap();
    let before = |number: u64, this_update: UtcTime| Register {
        crls: vec![IssuedCrl {
            number,
            this_update,
            next_update: fields.next_update,
            body: [].into(),
            certainty: Certainty::PossiblySigned,
        }],
        ..Register::default()
    };
    let with = |register: &Register, now: UtcTime| {
        let mut context = desk.crl_context(register);
        context.now = now;
        findings(crl(desk.crl.clone(), &context))
    };
    let empty = Register::default();
    let edited = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let body = rebuilt(&desk.crl.0, |parts| change(parts));
        findings(crl(CrlTbs(body), &desk.crl_context(&empty)))
    };
    let now = desk.now;
    let entry = sequence(&[&[2, 1, 5], &now.to_der()]);
    let none: Vec<u8> = sequence(&[]);
    let beyond = desk.issuer.not_after.offset(1);
    vec![
        Case::new(Id::CrlDates, Pass, "now", with(&empty, now)),
        Case::new(
            Id::CrlDates,
            Pass,
            "a day ago",
            with(&empty, now.offset(24 * 3600)),
        ),
        Case::new(
            Id::CrlDates,
            Fail,
            "a second over a day ago",
            with(&empty, now.offset(24 * 3600 + 1)),
        ),
        Case::new(
            Id::CrlDates,
            Fail,
            "a second ahead",
            with(&empty, now.offset(-1)),
        ),
        Case::new(
            Id::CrlDates,
            Pass,
            "after the last",
            with(&before(0, now.offset(-1)), now),
        ),
        Case::new(
            Id::CrlDates,
            Fail,
            "with the last",
            with(&before(0, now), now),
        ),
        Case::new(
            Id::CrlDates,
            Fail,
            "beyond the root's life",
            edited(&|parts| parts[4] = beyond.to_der()),
        ),
        Case::new(
            Id::CrlNumber,
            Pass,
            "the next",
            with(&before(0, now.offset(-9)), now),
        ),
        Case::new(
            Id::CrlNumber,
            Fail,
            "taken",
            with(&before(1, now.offset(-9)), now),
        ),
        Case::new(Id::CrlEntries, Pass, "absent", with(&empty, now)),
        Case::new(
            Id::CrlRevoked,
            Fail,
            "one entry",
            edited(&|parts| parts.insert(5, sequence(&[&entry]))),
        ),
        Case::new(
            Id::CrlEntries,
            Fail,
            "empty, not absent",
            edited(&|parts| parts.insert(5, none.clone())),
        ),
    ]
}
