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
use anchorite::x509::tlv::{elements, sequence_of};
use anchorite_fuzz::{
    assert_lines, assert_same_again, cleared, keep_accepted, read_extensions, read_name,
    signed_again,
};
use der::Tag;
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
    assert_same_again::<x509_cert::request::CertReq>(&ours.der);
    let (rest, theirs) = match X509CertificationRequest::from_der(&ours.der) {
        Ok(read) => read,
        // It knows fewer string types there than OpenSSL writes: openssl judges.
        Err(_) if has_odd_password(ours) => return,
        Err(error) => panic!("x509-parser does not read it: {error}"),
    };
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
}

/// challengePassword (RFC 2985 5.4.1)
const CHALLENGE_PASSWORD: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7];

/// Whether the first value of a challengePassword, which we drop, is neither a UTF8String nor a
/// PrintableString.
fn has_odd_password(ours: &Request) -> bool {
    let fields = sequence_of(&ours.info, "info").expect("a cleared request has fields");
    let attributes = elements(fields[3].value).expect("a cleared request has attributes");
    attributes.iter().any(|attribute| {
        let parts = elements(attribute.value).expect("an attribute has parts");
        let values = elements(parts[1].value).expect("an attribute has values");
        parts[0].value == CHALLENGE_PASSWORD
            && !matches!(values[0].tag, Tag::Utf8String | Tag::PrintableString)
    })
}

fn has_long_exponent(ours: &Request) -> bool {
    let key = PublicKey::from_spki(&ours.spki).expect("a cleared key can be read");
    let exponent = key.rsa_numbers().map(|(_, exponent)| exponent);
    exponent.is_some_and(|exponent| exponent.len() > 4)
}
