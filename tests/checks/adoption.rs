//! Roots that are taken over: what they issued before, how the token holds their keys, and the
//! proof that it does.

use std::collections::BTreeMap;

use anchorite::ceremony::prepare::{Ingredients, PrepareError, prepare};
use anchorite::check::adopted_key::{Moment, adopted_key};
use anchorite::check::possession::{PossessionContext, attributes};
use anchorite::check::{CheckId as Id, Finding, Outcome, adoption};
use anchorite::issue;
use anchorite::ledger::register::Register;
use anchorite::plan::LedgerState;
use anchorite::plan::adoption::AdoptionFiles;
use anchorite::ports::{KeyId, TokenKey};
use anchorite::x509::pem;
use anchorite::x509::possession::Challenge;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::tbs::SignedAttributes;

use crate::made::{CrlDraft, Draft, Signer, entry, time};
use crate::play::token::good_attributes;
use crate::{Case, findings};

const PASS: Outcome = Outcome::Pass;
const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;

const FILE: &str = r#"format = "anchorite/ceremony/0"
id = "adopt"
title = "Take over"
[token]
label = "old"
[root]
certificate = "root.pem"
[[step]]
do = "adopt-root"
certificates = ["issued.pem"]
index = "index.txt"
previous = "root.crl"
"#;

const REVOKED: &str =
    "R\t20600101000000Z\t250601000000Z,keyCompromise\t4105\tunknown\t/CN=Issuing CA\n";
const OTHER: &str = "R\t20600101000000Z\t250601000000Z\t4109\tunknown\t/CN=Other CA\n";

/// What an old root left behind: one intermediate, which is revoked.
fn inputs(signer: &Signer, issued_by: &Signer) -> BTreeMap<String, Vec<u8>> {
    let root = Draft::root(signer).sign(signer);
    let mut below = Draft::below(signer, &Signer::p256());
    below.serial = vec![2, 2, 0x41, 5];
    let below = pem::encode("CERTIFICATE", &below.sign(issued_by));
    let mut crl = CrlDraft::of(signer);
    crl.entries = Some(vec![entry(5, &[])]);
    [
        ("root.pem", pem::encode("CERTIFICATE", &root).into_bytes()),
        ("issued.pem", below.into_bytes()),
        ("index.txt", REVOKED.as_bytes().to_vec()),
        ("root.crl", crl.sign(signer)),
    ]
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .into()
}

fn found(source: &str, inputs: &BTreeMap<String, Vec<u8>>) -> Vec<Finding> {
    let named = |path: &&String| source.contains(path.as_str());
    let inputs = inputs
        .keys()
        .filter(named)
        .map(|path| (path.clone(), inputs[path].clone()));
    let prepared = prepare(Ingredients {
        file_name: "adopt.toml",
        source,
        inputs: inputs.collect(),
        ledger: LedgerState::EMPTY,
        register: Register::default(),
    });
    match prepared {
        Ok(prepared) => {
            let planned = prepared.planned.into_iter();
            planned.flat_map(|one| one.found.unwrap()).collect()
        }
        Err(PrepareError::Refused(list)) => list.into_iter().flat_map(|one| one.findings).collect(),
        Err(other) => panic!("{other}"),
    }
}

pub fn cases() -> Vec<Case> {
    let signer = Signer::p256();
    let good = inputs(&signer, &signer);
    let with_index = |text: String| {
        let mut changed = good.clone();
        changed.insert("index.txt".to_owned(), text.into_bytes());
        found(FILE, &changed)
    };
    let mut cases = Vec::new();
    for id in [
        Id::AdoptCertificates,
        Id::AdoptAgrees,
        Id::AdoptKnown,
        Id::AdoptCrl,
        Id::AdoptListed,
    ] {
        cases.push(Case::new(
            id,
            PASS,
            "all of it, and it agrees",
            found(FILE, &good),
        ));
    }
    let strange = found(FILE, &inputs(&signer, &Signer::p256()));
    cases.push(Case::new(
        Id::AdoptCertificates,
        FAIL,
        "another key signed it",
        strange,
    ));
    let renamed = with_index(REVOKED.replace("Issuing", "Another"));
    cases.push(Case::new(
        Id::AdoptAgrees,
        FAIL,
        "another subject in the index",
        renamed,
    ));
    let later = with_index(REVOKED.replace("20600101", "20600102"));
    cases.push(Case::new(
        Id::AdoptAgrees,
        FAIL,
        "another expiry in the index",
        later,
    ));
    let more = with_index(format!("{REVOKED}{OTHER}"));
    cases.push(Case::new(
        Id::AdoptKnown,
        NOTICE,
        "one in the index alone",
        more.clone(),
    ));
    cases.push(Case::new(
        Id::AdoptListed,
        NOTICE,
        "revoked and not on the CRL",
        more,
    ));
    let valid = with_index(REVOKED.replace(
        "R\t20600101000000Z\t250601000000Z,keyCompromise",
        "V\t20600101000000Z\t",
    ));
    cases.push(Case::new(
        Id::AdoptListed,
        NOTICE,
        "on the CRL, valid in the index",
        valid,
    ));
    let bare = FILE.replace(
        "certificates = [\"issued.pem\"]\nindex = \"index.txt\"\n",
        "",
    );
    cases.push(Case::new(
        Id::AdoptKnown,
        NOTICE,
        "nothing is given",
        found(&bare, &good),
    ));
    let without = FILE.replace("previous = \"root.crl\"\n", "");
    cases.push(Case::new(
        Id::AdoptCrl,
        FAIL,
        "no CRL",
        found(&without, &good),
    ));
    cases.extend(ledgers(&good));
    cases.extend(keys(&signer));
    cases.extend(proofs());
    cases
}

fn ledgers(good: &BTreeMap<String, Vec<u8>>) -> Vec<Case> {
    let files = AdoptionFiles {
        root: ("root.pem".to_owned(), good["root.pem"].clone()),
        certificates: Vec::new(),
        index: None,
        previous: None,
    };
    let mut taken = Register::default();
    taken.adopt(("x", "x"), &files.read().unwrap()).unwrap();
    let judge = |register: &Register| match adoption::ledger(register) {
        Ok(()) => vec![Finding {
            id: Id::AdoptLedger,
            outcome: PASS,
            words: String::new(),
        }],
        Err(refusal) => refusal.findings,
    };
    vec![
        Case::new(
            Id::AdoptLedger,
            PASS,
            "an empty ledger",
            judge(&Register::default()),
        ),
        Case::new(Id::AdoptLedger, FAIL, "a ledger with a root", judge(&taken)),
    ]
}

fn keys(signer: &Signer) -> Vec<Case> {
    let public = signer.pair.public();
    let judge = |name: &str, value: &str, moment: &Moment<'_>| {
        let mut attributes = good_attributes();
        attributes.insert(name.to_owned(), value.to_owned());
        let key = TokenKey {
            id: KeyId(vec![1]),
            label: "old".to_owned(),
            public_key: public.clone(),
            attributes,
        };
        findings(adopted_key(vec![key], &public, moment))
    };
    let now = Moment::Adoption(&[]);
    let mut cases = Vec::new();
    for (id, wanted, name, value, moment) in [
        (Id::AdoptKeyHeld, PASS, "CKA_SIGN", "true", &now),
        (Id::AdoptKeyHeld, FAIL, "CKA_SENSITIVE", "false", &now),
        (Id::AdoptKeyHeld, FAIL, "CKA_EXTRACTABLE", "true", &now),
        (
            Id::AdoptKeyHeld,
            FAIL,
            "CKA_PRIVATE_EXPONENT",
            "READABLE",
            &now,
        ),
        (
            Id::AdoptKeyHeld,
            NOTICE,
            "CKA_EXTRACTABLE",
            "true",
            &Moment::Later,
        ),
        (Id::AdoptKeyOrigin, PASS, "CKA_SIGN", "true", &now),
        (Id::AdoptKeyOrigin, NOTICE, "CKA_LOCAL", "false", &now),
        (
            Id::AdoptKeyOrigin,
            NOTICE,
            "CKA_NEVER_EXTRACTABLE",
            "false",
            &now,
        ),
        (Id::AdoptKeyUses, PASS, "CKA_SIGN", "true", &now),
        (Id::AdoptKeyUses, NOTICE, "CKA_DECRYPT", "true", &now),
        (Id::AdoptKeyUses, NOTICE, "CKA_MODIFIABLE", "true", &now),
        (Id::KeySignOnly, FAIL, "CKA_SIGN", "false", &now),
    ] {
        cases.push(Case::new(id, wanted, name, judge(name, value, moment)));
    }
    cases
}

fn proofs() -> Vec<Case> {
    let algorithm = SignatureAlgorithm::EcdsaSha384;
    let challenge = Challenge::from_random(&[1; 32], &[2; 32]);
    let now = time("2026-10-03T09:00:00Z");
    let judge = |tbs: SignedAttributes| {
        let context = PossessionContext {
            challenge: &challenge,
            algorithm,
            now,
            subject: "adopt",
        };
        findings(attributes(tbs, &context))
    };
    let made = |at| issue::possession(&challenge, algorithm, at);
    let other = Challenge::from_random(&[3; 32], &[2; 32]);
    let mut longer = made(now);
    longer.0.push(0);
    use Id::{PossessionAttributes, PossessionTime};
    vec![
        Case::new(PossessionAttributes, PASS, "ours", judge(made(now))),
        Case::new(
            PossessionAttributes,
            FAIL,
            "another number",
            judge(issue::possession(&other, algorithm, now)),
        ),
        Case::new(
            PossessionAttributes,
            FAIL,
            "another hash",
            judge(issue::possession(
                &challenge,
                SignatureAlgorithm::EcdsaSha256,
                now,
            )),
        ),
        Case::new(PossessionAttributes, FAIL, "one octet more", judge(longer)),
        Case::new(
            PossessionTime,
            PASS,
            "24 hours old",
            judge(made(now.offset(-86_400))),
        ),
        Case::new(
            PossessionTime,
            FAIL,
            "a second older",
            judge(made(now.offset(-86_401))),
        ),
        Case::new(
            PossessionTime,
            FAIL,
            "a second ahead",
            judge(made(now.offset(1))),
        ),
    ]
}
