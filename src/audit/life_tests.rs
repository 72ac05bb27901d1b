//! The life of a small root, with one certificate in every state.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason as Reason, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

use super::*;
use crate::ledger::register::{Issued, IssuedCrl};
use crate::x509::crl::Crl;

const AT: &str = "2030-06-01T00:00:00Z";

fn time(text: &str) -> UtcTime {
    UtcTime::parse(text).unwrap()
}

fn params(name: &str, serial: u8, years: (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(vec![0x40, serial]));
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn issued(certificate: &Certificate, certainty: Certainty) -> Issued {
    let fields = certificate.fields.clone();
    Issued {
        ceremony: "acme".to_owned(),
        product: "one".to_owned(),
        mount: None,
        crl_urls: Vec::new(),
        spki_sha256: Digest::of(&fields.spki),
        rsa_modulus: None,
        key_identifier: None,
        not_before: fields.not_before,
        not_after: fields.not_after,
        serial: fields.serial,
        subject: fields.subject,
        tbs_sha256: Digest::of(&certificate.tbs),
        certainty,
    }
}

fn own_request(product: &str, at: &str, certainty: Certainty) -> OwnRequest {
    OwnRequest {
        ceremony: "acme".to_owned(),
        product: product.to_owned(),
        time: time(at),
        certainty,
    }
}

fn life() -> Life {
    let key = KeyPair::generate().unwrap();
    let root = params("Root", 1, (2026, 2046));
    let root_der = root.self_signed(&key).unwrap();
    let root_certificate = Certificate::from_der(root_der.der()).unwrap();
    let issuer = Issuer::from_params(&root, &key);
    let below = |name: &str, serial: u8, years| {
        let key = KeyPair::generate().unwrap();
        let made = params(name, serial, years)
            .signed_by(&key, &issuer)
            .unwrap();
        Certificate::from_der(made.der()).unwrap()
    };
    let (sure, maybe) = (Certainty::Signed, Certainty::PossiblySigned);
    let revoked = |serial: u8, reason| RevokedCertParams {
        serial_number: SerialNumber::from(vec![0x40, serial]),
        revocation_time: date_time_ymd(2029, 3, 1),
        reason_code: reason,
        invalidity_date: None,
    };
    let crl = CertificateRevocationListParams {
        this_update: date_time_ymd(2029, 3, 1),
        next_update: date_time_ymd(2030, 3, 1),
        crl_number: SerialNumber::from(vec![7]),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked(3, Some(Reason::Superseded)), revoked(9, None)],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let crl = crl.signed_by(&issuer).unwrap();
    let crl = Crl::from_der(crl.der()).unwrap();
    let register = Register {
        issued: vec![
            issued(&root_certificate, sure),
            issued(&below("In use", 2, (2028, 2033)), sure),
            issued(&below("Taken back", 3, (2028, 2033)), sure),
            issued(&below("Old", 4, (2026, 2028)), sure),
            issued(&below("Nobody knows", 5, (2028, 2033)), maybe),
            issued(&below("Tomorrow", 6, (2031, 2033)), sure),
        ],
        crls: vec![IssuedCrl {
            number: 7,
            this_update: crl.fields.this_update,
            next_update: crl.fields.next_update,
            body: crl.tbs.into(),
            certainty: sure,
        }],
        requests: vec![
            own_request("for-partner", "2029-01-01T00:00:00Z", sure),
            own_request("lost", "2029-02-01T00:00:00Z", maybe),
        ],
        ..Register::default()
    };
    Life::of(&root_certificate, &register, time(AT))
}

#[test]
fn every_certificate_has_its_state() {
    let life = life();
    let states: Vec<(State, bool)> = life
        .certificates
        .iter()
        .map(|one| (one.state, one.possibly_signed))
        .collect();
    let expected = [
        (State::Valid, false),
        (State::Valid, false),
        (State::Revoked, false),
        (State::Expired, false),
        (State::Valid, true),
        (State::NotYetValid, false),
    ];
    assert_eq!(states, expected);
    let revoked = life.certificates[2].revoked.as_ref().unwrap();
    assert_eq!(revoked.date, time("2029-03-01T00:00:00Z"));
    assert_eq!(revoked.reason.as_deref(), Some("superseded"));
    assert_eq!(life.crls[0].lists, 2);
    let due = life.next_crl.as_ref().unwrap();
    assert_eq!((due.by, due.overdue), (time("2030-03-01T00:00:00Z"), true));
    let words: Vec<String> = life.lines();
    let text = words.join(" ");
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    for words in [
        "OVERDUE since 2030-03-01T00:00:00Z",
        "CN=Taken back: revoked on 2029-03-01T00:00:00Z, superseded",
        "POSSIBLY signed",
        "number 7 of 2029-03-01T00:00:00Z",
        "request for-partner for the root's own key, of 2029-01-01T00:00:00Z, by ceremony acme r",
        "request lost for the root's own key, of 2029-02-01T00:00:00Z, by ceremony acme, POSSIBLY",
    ] {
        assert!(text.contains(words), "no {words}:\n{text}");
    }
}

#[test]
fn a_state_changes_at_its_very_second() {
    let (start, end) = (time("2028-01-01T00:00:00Z"), time("2033-01-01T00:00:00Z"));
    let at = |moment| State::of(start, end, moment);
    assert_eq!(at(start.offset(-1)), State::NotYetValid);
    assert_eq!(at(start), State::Valid);
    assert_eq!(at(end), State::Valid);
    assert_eq!(at(end.offset(1)), State::Expired);
}

#[test]
fn what_is_gone_is_not_in_the_calendar() {
    let text = crate::audit::calendar(&life(), false);
    let text = text.replace("\r\n ", "");
    for name in ["In use", "Nobody knows", "Tomorrow", "The root", "The CRL"] {
        assert!(text.contains(name), "{name}:\n{text}");
    }
    for name in ["Taken back", "Old"] {
        assert!(!text.contains(name), "{name}:\n{text}");
    }
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 5);
    assert!(text.contains("SEQUENCE:7\r\n"));
}
