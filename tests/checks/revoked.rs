//! Revocations, the CRL that was published, and what a new CRL lists, each with one thing wrong.

use anchorite::check::crl::crl;
use anchorite::check::previous::{PreviousContext, previous};
use anchorite::check::revoke::{RevokeContext, on_the_day, revocation};
use anchorite::check::{CheckId as Id, Finding, Outcome, ending};
use anchorite::digest::Digest;
use anchorite::issue;
use anchorite::ledger::register::{Certainty, Issued, IssuedCrl, Register};
use anchorite::plan::past::{RevokePlan, WantedRevocation};
use anchorite::plan::{CrlPlan, Plan, Policy, StepPlan, Validity, template};
use anchorite::x509::certificate::{Certificate, SignedParts};
use anchorite::x509::crl_entry::{Carried, NewEntry};
use anchorite::x509::extension_encode as extensions;
use anchorite::x509::reason::RevocationReason;
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::CrlTbs;
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::sequence;

use crate::bodies::{ALGORITHM, Desk, crl_plan, rebuilt};
use crate::made::{CrlDraft, Draft, Signer, entry, reason, standard, time};
use crate::{Case, findings};

const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;
const PASS: Outcome = Outcome::Pass;

pub fn cases() -> Vec<Case> {
    let mut cases = revocations();
    cases.extend(days());
    cases.extend(published());
    cases.extend(lists());
    cases.extend(endings());
    cases
}

fn known(certificate: &Certificate) -> Issued {
    let fields = &certificate.fields;
    Issued {
        ceremony: "first".to_owned(),
        product: "etcd".to_owned(),
        mount: Some("etcd".to_owned()),
        crl_urls: Vec::new(),
        serial: fields.serial.clone(),
        subject: fields.subject.clone(),
        spki_sha256: Digest::of(&fields.spki),
        rsa_modulus: None,
        key_identifier: None,
        not_before: fields.not_before,
        not_after: fields.not_after,
        tbs_sha256: Digest::of(&certificate.tbs),
        certainty: Certainty::Signed,
    }
}

fn wanted(certificate: bool, serial: Option<&Serial>) -> WantedRevocation {
    WantedRevocation {
        step: "gone".to_owned(),
        certificate: certificate.then(|| "old.pem".to_owned()),
        serial: serial.cloned(),
        reason: RevocationReason::KeyCompromise,
        invalidity_date: None,
        foreign: false,
    }
}

fn revocations() -> Vec<Case> {
    let signer = Signer::p256();
    let root = Draft::root(&signer).certificate(&signer);
    let mut draft = Draft::below(&signer, &Signer::p256());
    draft.serial[5] = 1;
    let good = draft.certificate(&signer);
    let other = Signer::p256();
    let stranger = draft.sign(&other);
    let mut twin = draft.clone();
    twin.subject = crate::made::name("Twin");
    let register = Register {
        issued: vec![known(&good)],
        ..Register::default()
    };
    let empty = Register::default();
    let none = Carried::default();
    let judge = |file: Option<&[u8]>, wanted: &WantedRevocation, context: RevokeContext<'_>| {
        findings(revocation(wanted, file, &context))
    };
    let context = RevokeContext {
        root: &root,
        register: Some(&register),
        revoked: &none,
        earlier: &[],
    };
    let unknown = RevokeContext {
        register: Some(&empty),
        ..context
    };
    let file = wanted(true, None);
    let by_serial = wanted(false, Some(&good.fields.serial));
    let foreign = WantedRevocation {
        foreign: true,
        ..file.clone()
    };
    let list = Carried::default()
        .with(
            &[new_entry(&good.fields.serial)],
            time("2026-01-01T00:00:00Z"),
        )
        .unwrap();
    let mut crl = CrlDraft::of(&signer);
    crl.entries = Some(vec![list]);
    let listed = carried(&crl.sign(&signer));
    let own = [good.fields.serial.clone()];
    let der = good.der.as_slice();
    let by_file = |wanted: Outcome, id, name, der: &[u8], context| {
        Case::new(id, wanted, name, judge(Some(der), &file, context))
    };
    vec![
        by_file(PASS, Id::RevokeCertificate, "DER", der, context),
        by_file(FAIL, Id::RevokeCertificate, "no certificate", b"x", context),
        by_file(PASS, Id::RevokeIssuer, "the root's", der, context),
        by_file(FAIL, Id::RevokeIssuer, "of another key", &stranger, context),
        by_file(PASS, Id::RevokeRoot, "an intermediate", der, context),
        by_file(FAIL, Id::RevokeRoot, "the root", &root.der, context),
        by_file(PASS, Id::RevokeKnown, "in the register", der, context),
        by_file(FAIL, Id::RevokeKnown, "not there", der, unknown),
        by_file(
            FAIL,
            Id::RevokeKnown,
            "another of its serial",
            &twin.sign(&signer),
            context,
        ),
        Case::new(
            Id::RevokeKnown,
            PASS,
            "not there, and foreign",
            judge(Some(der), &foreign, unknown),
        ),
        Case::new(
            Id::RevokeKnown,
            PASS,
            "by serial",
            judge(None, &by_serial, context),
        ),
        Case::new(
            Id::RevokeKnown,
            FAIL,
            "by a serial not there",
            judge(None, &by_serial, unknown),
        ),
        by_file(PASS, Id::RevokeForeign, "not said", der, context),
        Case::new(
            Id::RevokeForeign,
            FAIL,
            "known, and foreign",
            judge(Some(der), &foreign, context),
        ),
        by_file(PASS, Id::RevokeTwice, "not yet", der, context),
        by_file(
            FAIL,
            Id::RevokeTwice,
            "listed",
            der,
            RevokeContext {
                revoked: &listed,
                ..context
            },
        ),
        by_file(PASS, Id::RevokeRepeated, "once", der, context),
        by_file(
            FAIL,
            Id::RevokeRepeated,
            "by a step before",
            der,
            RevokeContext {
                earlier: &own,
                ..context
            },
        ),
    ]
}

fn new_entry(serial: &Serial) -> NewEntry {
    NewEntry {
        serial: serial.clone(),
        reason: RevocationReason::KeyCompromise,
        invalidity_date: None,
    }
}

/// What a whole CRL lists.
fn carried(der: &[u8]) -> Carried {
    Carried::of(SignedParts::from_der(der, "CRL").unwrap().tbs).unwrap()
}

fn days() -> Vec<Case> {
    let begin = time("2026-01-01T00:00:00Z");
    let end = time("2027-01-01T00:00:00Z");
    let now = time("2026-06-01T00:00:00Z");
    let judge = |date: Option<UtcTime>, now: UtcTime| {
        let plan = RevokePlan {
            entry: NewEntry {
                invalidity_date: date,
                ..new_entry(&Serial::parse("41").unwrap())
            },
            foreign: false,
            subject: None,
            validity: Some((begin, end)),
            certificate_sha256: None,
            origin: None,
        };
        findings(on_the_day(&plan, now, "gone"))
    };
    vec![
        Case::new(Id::RevokeExpired, PASS, "its last second", judge(None, end)),
        Case::new(
            Id::RevokeExpired,
            NOTICE,
            "a second later",
            judge(None, end.offset(1)),
        ),
        Case::new(Id::RevokeDate, PASS, "now", judge(Some(now), now)),
        Case::new(
            Id::RevokeDate,
            FAIL,
            "a second ahead",
            judge(Some(now.offset(1)), now),
        ),
        Case::new(
            Id::RevokeDate,
            PASS,
            "its first second",
            judge(Some(begin), now),
        ),
        Case::new(
            Id::RevokeDate,
            FAIL,
            "a second before",
            judge(Some(begin.offset(-1)), now),
        ),
    ]
}

/// A register that has signed, or may have signed, a CRL.
fn signed(draft: &CrlDraft, signer: &Signer, number: u64, certainty: Certainty) -> Register {
    let der = draft.sign(signer);
    let tbs = SignedParts::from_der(&der, "CRL").unwrap().tbs;
    Register {
        crls: vec![IssuedCrl {
            number,
            this_update: time("2026-01-01T00:00:00Z"),
            next_update: time("2026-12-31T00:00:00Z"),
            body: tbs.into(),
            certainty,
        }],
        ..Register::default()
    }
}

fn numbered(signer: &Signer, number: u64) -> CrlDraft {
    let mut draft = CrlDraft::of(signer);
    draft.extensions[1] = extensions::crl_number(number);
    draft
}

fn published() -> Vec<Case> {
    let signer = Signer::p256();
    let root = Draft::root(&signer).certificate(&signer);
    let seven = CrlDraft::of(&signer);
    let register = signed(&seven, &signer, 7, Certainty::Signed);
    let empty = Register::default();
    let judge = |file: Option<&[u8]>, register: &Register, policy| {
        let file = file.map(|bytes| ("root.crl", bytes));
        let context = PreviousContext {
            root: &root,
            register: Some(register),
            policy,
            waivers: &[],
        };
        findings(previous(file, &context))
    };
    let given = |draft: &CrlDraft, register: &Register| {
        judge(Some(&draft.sign(&signer)), register, Policy::Private)
    };
    let mut other = CrlDraft::of(&signer);
    other.entries = Some(vec![entry(5, &[reason(1)])]);
    let mut differs = numbered(&signer, 8);
    differs.entries = Some(vec![entry(5, &[reason(3)]), entry(9, &[])]);
    let possibly = signed(&numbered(&signer, 8), &signer, 8, Certainty::PossiblySigned);
    let mut both = register.clone();
    both.crls.extend(possibly.crls);
    vec![
        Case::new(
            Id::CrlPreviousGiven,
            PASS,
            "given",
            given(&seven, &register),
        ),
        Case::new(
            Id::CrlPreviousGiven,
            PASS,
            "none was signed",
            judge(None, &empty, Policy::Webtrust),
        ),
        Case::new(
            Id::CrlPreviousGiven,
            NOTICE,
            "not given",
            judge(None, &register, Policy::Private),
        ),
        Case::new(
            Id::CrlPreviousGiven,
            FAIL,
            "not given, under webtrust",
            judge(None, &register, Policy::Webtrust),
        ),
        Case::new(
            Id::CrlPreviousNumber,
            PASS,
            "2^64 - 2",
            given(&numbered(&signer, u64::MAX - 1), &empty),
        ),
        Case::new(
            Id::CrlPreviousNumber,
            FAIL,
            "2^64 - 1",
            given(&numbered(&signer, u64::MAX), &empty),
        ),
        Case::new(
            Id::CrlPreviousFork,
            PASS,
            "the same",
            given(&seven, &register),
        ),
        Case::new(
            Id::CrlPreviousFork,
            FAIL,
            "its twin",
            given(&other, &register),
        ),
        Case::new(
            Id::CrlPreviousFork,
            FAIL,
            "another reason",
            given(&differs, &register),
        ),
        Case::new(
            Id::CrlPreviousStale,
            PASS,
            "the newest",
            given(&seven, &register),
        ),
        Case::new(
            Id::CrlPreviousStale,
            FAIL,
            "one before",
            given(&numbered(&signer, 6), &register),
        ),
        Case::new(
            Id::CrlPreviousNewer,
            PASS,
            "the newest",
            given(&seven, &register),
        ),
        Case::new(
            Id::CrlPreviousNewer,
            PASS,
            "possibly signed",
            given(&numbered(&signer, 8), &both),
        ),
        Case::new(
            Id::CrlPreviousNewer,
            FAIL,
            "one later",
            given(&numbered(&signer, 8), &register),
        ),
        Case::new(
            Id::CrlPreviousNewer,
            FAIL,
            "to an empty one",
            given(&seven, &empty),
        ),
    ]
}

/// A plan like the desk's that carries two entries and adds one.
fn listing(desk: &Desk) -> CrlPlan {
    let signer = Signer::p256();
    let carried = carried(&CrlDraft::of(&signer).sign(&signer));
    let plan = crl_plan(&desk.plan);
    let revoked = vec![new_entry(&Serial::parse("4107").unwrap())];
    let product = template::crl(
        &plan.product.name,
        &desk.plan.root,
        ALGORITHM,
        plan.product.validity,
        plan.number,
        (&carried, &revoked),
    );
    CrlPlan {
        product: product.unwrap(),
        number: plan.number,
        carried,
        revoked,
        after: None,
    }
}

fn lists() -> Vec<Case> {
    let desk = Desk::new();
    let plan = listing(&desk);
    let body = issue::crl(&plan, &desk.issuer, ALGORITHM, desk.now).unwrap();
    let empty = Register::default();
    let judge = |body: Vec<u8>, register: &Register| {
        let mut context = desk.crl_context(register);
        context.plan = &plan;
        findings(crl(CrlTbs(body), &context))
    };
    let edited = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let body = rebuilt(&body.0, |parts| {
            parts[5] = rebuilt(&parts[5], |list| change(list))
        });
        judge(body, &empty)
    };
    let now = desk.now.to_der();
    let added = |serial: u8, extension: Vec<u8>| {
        sequence(&[&[2, 2, 0x41, serial], &now, &sequence(&[&extension])])
    };
    let later = sequence(&[&[2, 2, 0x41, 8], &desk.now.offset(1).to_der()]);
    let signer = Signer::p256();
    let mut more = CrlDraft::of(&signer);
    more.entries = Some(vec![entry(5, &[reason(1)]), entry(6, &[])]);
    let before = signed(&more, &signer, 0, Certainty::Signed);
    let same = signed(&CrlDraft::of(&signer), &signer, 0, Certainty::Signed);
    let critical = standard(21, true, &[10, 1, 1]);
    vec![
        Case::new(Id::CrlEntries, PASS, "three", judge(body.0.clone(), &empty)),
        Case::new(
            Id::CrlEntries,
            FAIL,
            "not in order",
            edited(&|list| list.swap(0, 1)),
        ),
        Case::new(
            Id::CrlEntries,
            FAIL,
            "one twice",
            edited(&|list| list[1] = list[0].clone()),
        ),
        Case::new(
            Id::CrlEntries,
            FAIL,
            "of the future",
            edited(&|list| list.insert(2, later.clone())),
        ),
        Case::new(
            Id::CrlContinuity,
            PASS,
            "all of them",
            judge(body.0.clone(), &same),
        ),
        Case::new(
            Id::CrlContinuity,
            FAIL,
            "one less",
            edited(&|list| drop(list.remove(0))),
        ),
        Case::new(
            Id::CrlContinuity,
            FAIL,
            "another reason",
            edited(&|list| list[0] = entry(5, &[reason(3)])),
        ),
        Case::new(
            Id::CrlContinuity,
            FAIL,
            "one that the register has and the plan has not",
            judge(body.0.clone(), &before),
        ),
        Case::new(
            Id::CrlRevoked,
            PASS,
            "one new",
            judge(body.0.clone(), &empty),
        ),
        Case::new(
            Id::CrlRevoked,
            FAIL,
            "not the new one",
            edited(&|list| drop(list.remove(1))),
        ),
        Case::new(
            Id::CrlRevoked,
            FAIL,
            "one more",
            edited(&|list| list.insert(2, added(8, reason(1)))),
        ),
        Case::new(
            Id::CrlRevoked,
            FAIL,
            "with a hold",
            edited(&|list| list[1] = added(7, reason(6))),
        ),
        Case::new(
            Id::CrlRevoked,
            FAIL,
            "with a critical reason",
            edited(&|list| list[1] = added(7, critical.clone())),
        ),
    ]
}

fn endings() -> Vec<Case> {
    let desk = Desk::new();
    let signer = Signer::p256();
    let certificate = Draft::below(&signer, &Signer::p256()).certificate(&signer);
    let mut plan = desk.plan.clone();
    plan.steps
        .retain(|step| matches!(step.kind, StepPlan::IssueCrl(_)));
    let judge = |plan: &Plan, register: &Register| -> Vec<Finding> {
        let planned = ending::all(plan, register).into_iter();
        planned
            .flat_map(|one| match one.found {
                Ok(found) => found,
                Err(refusal) => refusal.findings,
            })
            .collect()
    };
    let mut last = plan.clone();
    if let StepPlan::IssueCrl(crl) = &mut last.steps[0].kind {
        crl.product.validity = Validity::NoEnd;
    }
    let open = signed(&CrlDraft::of(&signer), &signer, 7, Certainty::Signed);
    let mut closed = open.clone();
    closed.crls[0].next_update = UtcTime::NO_END;
    let alive = Register {
        issued: vec![known(&certificate)],
        ..Register::default()
    };
    let empty = Register::default();
    vec![
        Case::new(Id::CrlAfterFinal, PASS, "before it", judge(&plan, &open)),
        Case::new(Id::CrlAfterFinal, FAIL, "after it", judge(&plan, &closed)),
        Case::new(Id::CrlFinal, PASS, "nothing left", judge(&last, &empty)),
        Case::new(Id::CrlFinal, NOTICE, "one left", judge(&last, &alive)),
    ]
}
