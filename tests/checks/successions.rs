//! Renewals and new keys: what a request may follow, and what it may not bring back.

use anchorite::check::CheckId as Id;
use anchorite::check::Outcome;
use anchorite::ledger::register::{Certainty, IssuedCrl, Register};
use anchorite::plan::Succession;
use anchorite::x509::name::Name;
use anchorite::x509::serial::Serial;
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::sequence;

use crate::Case;
use crate::made::{Signer, name};
use crate::requests::{Parts, Room, issued};

const FAIL: Outcome = Outcome::Fail;
const PASS: Outcome = Outcome::Pass;

/// A register whose newest CRL lists a serial.
pub(crate) fn revoking(mut register: Register, serial: &Serial) -> Register {
    let day = UtcTime::TEMPLATE_START;
    let entry = sequence(&[&serial.to_der(), &day.to_der()]);
    let algorithm = anchorite::x509::public_key::SignatureAlgorithm::EcdsaSha256;
    let body = sequence(&[
        &[2, 1, 1],
        &algorithm.to_der(),
        &name("Old Root"),
        &day.to_der(),
        &day.offset(60).to_der(),
        &sequence(&[&entry]),
    ]);
    register.crls.push(IssuedCrl {
        number: 1,
        this_update: day,
        next_update: day.offset(60),
        body: body.into(),
        certainty: Certainty::Signed,
    });
    register
}

pub fn cases() -> Vec<Case> {
    let good = Parts::good();
    let subject = Name::from_der(&good.subject).unwrap();
    let other_key = Signer::p256();
    let mine = || issued(subject.clone(), &good.spki);
    let same_name = || issued(subject.clone(), other_key.pair.public().spki());
    let same_key = || issued(Name::from_der(&name("Someone Else")).unwrap(), &good.spki);
    let other_serial = Serial::parse("41:00").unwrap();
    let serial = Serial::template_mark();
    let mut cases = Vec::new();
    let mut add = |id, wanted, words, succession, register| {
        let room = Room {
            register,
            succession,
            ..Room::empty()
        };
        cases.push(Case::new(id, wanted, words, room.check(&good.der())));
    };
    use Succession::{First, NewKey, Renewal};
    add(Id::RequestRenewal, PASS, "the same again", Renewal, mine());
    add(Id::RequestKeyTaken, PASS, "renewed", Renewal, mine());
    add(Id::RequestSubjectTaken, PASS, "renewed", Renewal, mine());
    add(Id::RequestKeyTaken, FAIL, "not said", First, mine());
    add(Id::RequestSubjectTaken, FAIL, "not said", First, mine());
    let none = Register::default;
    add(
        Id::RequestRenewal,
        FAIL,
        "nothing to renew",
        Renewal,
        none(),
    );
    add(Id::RequestRenewal, FAIL, "other key", Renewal, same_name());
    add(Id::RequestRenewal, FAIL, "other name", Renewal, same_key());
    let revoked = |serial| revoking(mine(), serial);
    let id = Id::RequestRenewalRevoked;
    add(
        id,
        PASS,
        "another is revoked",
        Renewal,
        revoked(&other_serial),
    );
    add(id, FAIL, "revoked", Renewal, revoked(&serial));
    add(Id::RequestNewKey, PASS, "a new key", NewKey, same_name());
    add(
        Id::RequestSubjectTaken,
        PASS,
        "taken over",
        NewKey,
        same_name(),
    );
    add(Id::RequestNewKey, FAIL, "nobody's name", NewKey, none());
    add(Id::RequestNewKey, FAIL, "other name", NewKey, same_key());
    add(Id::RequestKeyTaken, FAIL, "no new key", NewKey, mine());
    add(
        Id::RequestKeyTaken,
        FAIL,
        "revoked",
        NewKey,
        revoked(&serial),
    );
    cases
}
