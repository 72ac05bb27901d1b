//! Bodies to be signed, each with one thing wrong.

use anchorite::check::crl::CrlContext;
use anchorite::check::request::{RequestContext, request};
use anchorite::check::tbs::{TbsContext, certificate, still_fresh};
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::issue;
use anchorite::ledger::register::{Certainty, Issued, Register};
use anchorite::plan::{CrlPlan, IntermediatePlan, NewRoot, Plan, Product, RootPlan, StepPlan};
use anchorite::x509::certificate::{CertificateFields, Issuer};
use anchorite::x509::public_key::{PublicKey, RootKey, SignatureAlgorithm};
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::{CertificateTbs, CrlTbs};
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{context, elements, encode, sequence, sequence_of};

use crate::play::ceremony::{FIRST, first_job};
use crate::play::token::Pair;
use crate::{Case, findings};

/// A planned ceremony with a root key, and good bodies of it.
pub struct Desk {
    pub plan: Plan,
    pub pair: Pair,
    pub public: PublicKey,
    pub issuer: Issuer,
    pub now: UtcTime,
    pub intermediate: CertificateTbs,
    pub crl: CrlTbs,
    request_key: PublicKey,
}

pub const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::EcdsaSha384;

impl Desk {
    pub fn new() -> Self {
        let prepared = first_job(FIRST, 1).prepared;
        let pair = Pair::generate(RootKey::P384);
        let public = pair.public();
        let now = UtcTime::parse("2026-10-03T09:00:00Z").unwrap();
        let issuer = issue::issuer_of_new_root(
            new_root(&prepared.plan),
            &public,
            now.offset(-issue::HEAD_START),
        );
        let one = prepared.plan.intermediates().next().unwrap();
        let context = RequestContext {
            root_subject: Some(&issuer.name),
            ..RequestContext::alone("etcd.csr", &prepared.register)
        };
        let (request, _) = request(&prepared.inputs["etcd.csr"], &context).unwrap();
        let serial = Serial::from_random(b"a", b"b");
        let body = issue::intermediate(&request, one, &issuer, ALGORITHM, &serial, now).unwrap();
        Self {
            request_key: PublicKey::from_spki(&request.get().spki).unwrap(),
            crl: issue::crl(crl_plan(&prepared.plan), &issuer, ALGORITHM, now).unwrap(),
            intermediate: body,
            plan: prepared.plan,
            pair,
            public,
            issuer,
            now,
        }
    }

    pub fn etcd(&self) -> &IntermediatePlan {
        self.plan.intermediates().next().unwrap()
    }

    pub fn context<'a>(&'a self, register: &'a Register) -> TbsContext<'a> {
        TbsContext {
            product: &self.etcd().product,
            issuer: &self.issuer,
            self_signed: false,
            algorithm: ALGORITHM,
            key: &self.request_key,
            now: self.now,
            register,
            serials: &[],
        }
    }

    pub fn crl_context<'a>(&'a self, register: &'a Register) -> CrlContext<'a> {
        CrlContext {
            plan: crl_plan(&self.plan),
            issuer: &self.issuer,
            algorithm: ALGORITHM,
            now: self.now,
            register,
        }
    }

    pub(crate) fn root_product(&self) -> &Product {
        match &self.plan.steps[1].kind {
            StepPlan::IssueRoot(product) => product,
            other => panic!("{other:?}"),
        }
    }
}

pub fn new_root(plan: &Plan) -> &NewRoot {
    match &plan.root {
        RootPlan::New(new) => new,
        RootPlan::Existing(_) => panic!("the root exists"),
    }
}

pub(crate) fn crl_plan(plan: &Plan) -> &CrlPlan {
    match &plan.steps.last().unwrap().kind {
        StepPlan::IssueCrl(crl) => crl,
        other => panic!("{other:?}"),
    }
}

/// The same SEQUENCE with its fields changed.
pub(crate) fn rebuilt(der: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut fields: Vec<Vec<u8>> = sequence_of(der, "body")
        .unwrap()
        .iter()
        .map(|field| field.raw.to_vec())
        .collect();
    change(&mut fields);
    sequence(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A body with its list of extensions changed.
pub(crate) fn with_extensions(body: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    rebuilt(body, |fields| {
        let outer = fields.last_mut().unwrap();
        let list = elements(outer).unwrap()[0].value.to_vec();
        *outer = encode(context(3), &[&rebuilt(&list, change)]);
    })
}

pub(crate) fn replace(oid: &'static [u8], with: Vec<u8>) -> impl FnOnce(&mut Vec<Vec<u8>>) {
    move |list| {
        let at = list
            .iter()
            .position(|one| one.windows(oid.len()).any(|part| part == oid));
        list[at.unwrap()] = with;
    }
}

pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[6, 3, 0x55, 0x1d, 19];
pub(crate) const KEY_USAGE: &[u8] = &[6, 3, 0x55, 0x1d, 15];

pub fn cases() -> Vec<Case> {
    let desk = Desk::new();
    let mut cases = fields(&desk);
    cases.extend(dates(&desk));
    cases
}

pub(crate) fn check(
    desk: &Desk,
    body: Vec<u8>,
    change: impl FnOnce(&mut TbsContext<'_>),
) -> Vec<Finding> {
    let register = Register::default();
    let mut context = desk.context(&register);
    change(&mut context);
    findings(certificate(CertificateTbs(body), &context))
}

fn fields(desk: &Desk) -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let good = || desk.intermediate.0.clone();
    let edited = |at: usize, with: Vec<u8>| {
        let body = rebuilt(&desk.intermediate.0, |fields| fields[at] = with);
        check(desk, body, |_| {})
    };
    let serial = |octets: &[u8]| {
        let octets = [&[2, u8::try_from(octets.len()).unwrap()], octets].concat();
        edited(1, octets)
    };
    let lead = |first: u8| [&[first][..], &[7; 15]].concat();
    let mine = CertificateFields::from_tbs(&good()).unwrap().serial;
    let mut list: Vec<Case> = [
        Id::TbsDer,
        Id::TbsSerial,
        Id::TbsAlgorithm,
        Id::TbsIssuer,
        Id::TbsValidity,
        Id::TbsNested,
        Id::TbsSpki,
        Id::TbsKeyIds,
        Id::TbsConstraints,
        Id::TbsKeyUsage,
        Id::TbsExtensions,
        Id::TbsTemplate,
    ]
    .into_iter()
    .map(|id| Case::new(id, Pass, "good", check(desk, good(), |_| {})))
    .collect();
    let cut = good()[..good().len() - 1].to_vec();
    list.push(Case::new(
        Id::TbsDer,
        Fail,
        "cut short",
        check(desk, cut, |_| {}),
    ));
    let more = [good(), vec![0]].concat();
    list.push(Case::new(
        Id::TbsDer,
        Fail,
        "bytes after",
        check(desk, more, |_| {}),
    ));
    list.push(Case::new(Id::TbsSerial, Pass, "0x40", serial(&lead(0x40))));
    list.push(Case::new(Id::TbsSerial, Pass, "0x7f", serial(&lead(0x7f))));
    list.push(Case::new(Id::TbsSerial, Fail, "0x3f", serial(&lead(0x3f))));
    let high = [&[0][..], &lead(0x80)].concat();
    list.push(Case::new(Id::TbsSerial, Fail, "0x80", serial(&high)));
    list.push(Case::new(
        Id::TbsSerial,
        Fail,
        "15 octets",
        serial(&lead(0x40)[..15]),
    ));
    let long = [&lead(0x40)[..], &[1]].concat();
    list.push(Case::new(Id::TbsSerial, Fail, "17 octets", serial(&long)));
    let known = Register {
        issued: vec![Issued {
            ceremony: "first".to_owned(),
            product: "x".to_owned(),
            serial: mine.clone(),
            subject: desk.issuer.name.clone(),
            spki_sha256: desk.public.digest(),
            mount: None,
            crl_urls: Vec::new(),
            rsa_modulus: None,
            key_identifier: None,
            not_before: desk.now,
            not_after: desk.now,
            tbs_sha256: desk.public.digest(),
            certainty: Certainty::PossiblySigned,
        }],
        ..Register::default()
    };
    let found = findings(certificate(
        desk.intermediate.clone(),
        &desk.context(&known),
    ));
    list.push(Case::new(Id::TbsSerial, Fail, "in the register", found));
    let siblings = [mine];
    let register = Register::default();
    let mut with_sibling = desk.context(&register);
    with_sibling.serials = &siblings;
    let found = findings(certificate(desk.intermediate.clone(), &with_sibling));
    list.push(Case::new(Id::TbsSerial, Fail, "a sibling's", found));
    let weaker = SignatureAlgorithm::EcdsaSha256.to_der();
    list.push(Case::new(
        Id::TbsAlgorithm,
        Fail,
        "another",
        edited(2, weaker),
    ));
    let issuer = desk.etcd().subject.as_der().to_vec();
    list.push(Case::new(Id::TbsIssuer, Fail, "another", edited(3, issuer)));
    let spki = desk.public.spki().to_vec();
    list.push(Case::new(Id::TbsSpki, Fail, "another", edited(6, spki)));
    let subject = desk.issuer.name.as_der().to_vec();
    list.push(Case::new(
        Id::TbsTemplate,
        Fail,
        "another subject",
        edited(5, subject),
    ));
    list
}

fn dates(desk: &Desk) -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let fields = CertificateFields::from_tbs(&desk.intermediate.0).unwrap();
    let good = || desk.intermediate.0.clone();
    let at = |start: UtcTime| check(desk, good(), |context| context.now = start);
    let start = fields.not_before;
    let day = 24 * 3600;
    let validity = |start: UtcTime, end: UtcTime| {
        let body = rebuilt(&desk.intermediate.0, |parts| {
            parts[4] = sequence(&[&start.to_der(), &end.to_der()]);
        });
        check(desk, body, |_| {})
    };
    let below = |not_before: UtcTime, not_after: UtcTime| {
        let issuer = Issuer {
            not_before,
            not_after,
            ..desk.issuer.clone()
        };
        let register = Register::default();
        let mut context = desk.context(&register);
        context.issuer = &issuer;
        findings(certificate(desk.intermediate.clone(), &context))
    };
    let end = fields.not_after;
    let cleared = |now: UtcTime| {
        let register = Register::default();
        let context = desk.context(&register);
        let (body, _) = certificate(desk.intermediate.clone(), &context).unwrap();
        match still_fresh(&body, now, "etcd") {
            Ok(()) => vec![],
            Err(refusal) => refusal.findings,
        }
    };
    assert!(cleared(start.offset(day)).is_empty());
    vec![
        Case::new(Id::TbsValidity, Pass, "from now", at(start)),
        Case::new(
            Id::TbsValidity,
            Fail,
            "from a second on",
            at(start.offset(-1)),
        ),
        Case::new(Id::TbsValidity, Pass, "24 hours old", at(start.offset(day))),
        Case::new(
            Id::TbsValidity,
            Fail,
            "a second older",
            at(start.offset(day + 1)),
        ),
        Case::new(
            Id::TbsValidity,
            Fail,
            "approved too late",
            cleared(start.offset(day + 1)),
        ),
        Case::new(
            Id::TbsValidity,
            Fail,
            "a second longer",
            validity(start, end.offset(1)),
        ),
        Case::new(
            Id::TbsValidity,
            Fail,
            "a second shorter",
            validity(start, end.offset(-1)),
        ),
        Case::new(
            Id::TbsValidity,
            Fail,
            "no time at all",
            validity(start, start),
        ),
        Case::new(
            Id::TbsNested,
            Pass,
            "as long as the root",
            below(start, end),
        ),
        Case::new(
            Id::TbsNested,
            Fail,
            "outlives it",
            below(start, end.offset(-1)),
        ),
        Case::new(
            Id::TbsNested,
            Fail,
            "older than it",
            below(start.offset(1), end),
        ),
    ]
}
