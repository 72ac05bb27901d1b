//! What was signed, and the seal.

use anchorite::check::tbs::certificate;
use anchorite::check::{CheckId, Outcome, crl, issued, seal};
use anchorite::digest::Digest;
use anchorite::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use anchorite::ledger::register::Register;
use anchorite::ledger::seal::Seal;
use anchorite::plan::SealMode;
use anchorite::x509::cms;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::tbs::SignedAttributes;

use crate::bodies::{ALGORITHM, Desk};
use crate::{Case, findings};

pub fn cases() -> Vec<Case> {
    let mut cases = signed();
    cases.extend(sealed());
    cases
}

fn signed() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let desk = Desk::new();
    let register = Register::default();
    let (body, _) = certificate(desk.intermediate.clone(), &desk.context(&register)).unwrap();
    let (list, _) = crl::crl(desk.crl.clone(), &desk.crl_context(&register)).unwrap();
    let good = desk.pair.sign(ALGORITHM, &desk.intermediate.0);
    let wrong = desk.pair.sign(ALGORITHM, b"other bytes");
    let other = SignatureAlgorithm::EcdsaSha256;
    let put = |algorithm, octets: &[u8]| {
        findings(issued::certificate(
            &body,
            &desk.public,
            algorithm,
            octets,
            "etcd",
        ))
    };
    let put_crl =
        |octets: &[u8]| findings(issued::crl(&list, &desk.public, ALGORITHM, octets, "crl"));
    let alone = |octets: &[u8]| {
        let result = issued::signature(&body, &desk.public, ALGORITHM, octets, "etcd");
        findings(result.map(|found| ((), found)))
    };
    let mut flipped = good.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let over_list = desk.pair.sign(ALGORITHM, &desk.crl.0);
    vec![
        Case::new(Id::IssuedSame, Pass, "certificate", put(ALGORITHM, &good)),
        Case::new(
            Id::IssuedSame,
            Fail,
            "another outer algorithm",
            put(other, &good),
        ),
        Case::new(
            Id::IssuedSignature,
            Pass,
            "certificate",
            put(ALGORITHM, &good),
        ),
        Case::new(
            Id::IssuedSignature,
            Fail,
            "over other bytes",
            put(ALGORITHM, &wrong),
        ),
        Case::new(
            Id::IssuedSignature,
            Fail,
            "one bit",
            put(ALGORITHM, &flipped),
        ),
        Case::new(Id::IssuedSignature, Fail, "empty", put(ALGORITHM, &[])),
        Case::new(Id::IssuedSignature, Pass, "alone", alone(&good)),
        Case::new(
            Id::IssuedSignature,
            Fail,
            "alone, over other bytes",
            alone(&wrong),
        ),
        Case::new(Id::IssuedSame, Pass, "CRL", put_crl(&over_list)),
        Case::new(Id::IssuedSignature, Pass, "CRL", put_crl(&over_list)),
        Case::new(
            Id::IssuedSignature,
            Fail,
            "CRL, the certificate's",
            put_crl(&good),
        ),
    ]
}

fn sealed() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let desk = Desk::new();
    let sample = Seal {
        edition: 1,
        ceremony: "acme-root".to_owned(),
        kind: CeremonyKind::Production,
        outcome: CeremonyOutcome::Completed,
        mode: SealMode::Direct,
        started: desk.now,
        ended: desk.now,
        entries: 1,
        head: Digest::of(b"head"),
        sums: Digest::of(b"sums"),
        lock: Digest::of(b"lock"),
        tool: "anchorite".to_owned(),
        tool_sha256: Digest::ZERO,
        module: None,
        root: None,
        assurance: None,
        signatures_asked: 1,
        signatures_kept: 1,
        deviations: 0,
        previous: Digest::ZERO,
        next_crl: None,
        destruction: false,
    };
    let text = sample.to_text();
    let attributes = |bytes: SignedAttributes| match seal::attributes(&sample, bytes, ALGORITHM) {
        Ok(_) => vec![anchorite::check::Finding {
            id: Id::SealAttributes,
            outcome: Pass,
            words: String::new(),
        }],
        Err(refusal) => refusal.findings,
    };
    let good = cms::signed_attributes(text.as_bytes(), ALGORITHM, sample.ended);
    let late = cms::signed_attributes(text.as_bytes(), ALGORITHM, sample.ended.offset(1));
    let other = cms::signed_attributes(b"another seal", ALGORITHM, sample.ended);
    let mut sequence = good.clone();
    sequence.0[0] = 0x30;
    vec![
        Case::new(Id::SealAttributes, Pass, "good", attributes(good)),
        Case::new(Id::SealAttributes, Fail, "a second later", attributes(late)),
        Case::new(
            Id::SealAttributes,
            Fail,
            "of another text",
            attributes(other),
        ),
        Case::new(Id::SealAttributes, Fail, "a SEQUENCE", attributes(sequence)),
        Case::new(
            Id::SealAttributes,
            Fail,
            "a certificate's body",
            attributes(SignedAttributes(desk.intermediate.0)),
        ),
    ]
}
