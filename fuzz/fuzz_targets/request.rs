//! Requests: what we clear, two other readers take apart into the same bytes, and its
//! signature verifies for them too.
//!
//! A mutated request hardly ever verifies, so each input is tried twice: as it is, and with its
//! key replaced and its body signed again. The second way reaches what stands behind the
//! signature.
#![no_main]

use anchorite::check::request::{RequestContext, request};
use anchorite::ledger::register::Register;
use anchorite::x509::facts::RequestFacts;
use anchorite::x509::public_key::PublicKey;
use anchorite::x509::request::Request;
use anchorite::x509::show;
use anchorite_fuzz::{
    assert_lines, assert_same_again, cleared, keep_accepted, read_extensions, read_name,
    signed_again,
};
use libfuzzer_sys::fuzz_target;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer as _;

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    if let Some(again) = signed_again(bytes, 2, None) {
        judge(&again);
    }
});

fn judge(bytes: &[u8]) {
    if let Ok(read) = Request::from_bytes(bytes) {
        read_name(&read.subject);
        read_extensions(&read.extensions);
        assert_lines(&show::request(&RequestFacts::of(&read)));
    }
    let register = Register::default();
    let context = RequestContext::alone("fuzz.csr", &register);
    if let Some(ours) = cleared(request(bytes, &context)) {
        second_readers(&ours);
        keep_accepted(&ours.der);
    }
}

fn second_readers(ours: &Request) {
    let (rest, theirs) =
        X509CertificationRequest::from_der(&ours.der).expect("x509-parser reads it");
    assert!(rest.is_empty(), "x509-parser leaves bytes over");
    let info = &theirs.certification_request_info;
    assert_eq!(
        info.subject.as_raw(),
        ours.subject.as_der(),
        "another subject"
    );
    assert_eq!(info.subject_pki.raw, ours.spki, "another key");
    assert_eq!(
        theirs.signature_value.data.as_ref(),
        ours.signature,
        "another signature"
    );
    match theirs.verify_signature() {
        // x509-parser knows fewer algorithms than we do; it may not call one of ours wrong.
        Ok(()) | Err(X509Error::SignatureUnsupportedAlgorithm) => {}
        // Nor has it exponents beyond 33 bits: there openssl judges, see scripts/fuzz.sh.
        Err(_) if has_long_exponent(ours) => {}
        Err(error) => panic!("we take the signature, x509-parser does not: {error}"),
    }
    assert_same_again::<x509_cert::request::CertReq>(&ours.der);
}

fn has_long_exponent(ours: &Request) -> bool {
    let key = PublicKey::from_spki(&ours.spki).expect("a cleared key can be read");
    let exponent = key.rsa_numbers().map(|(_, exponent)| exponent);
    exponent.is_some_and(|exponent| exponent.len() > 4)
}
