//! Requests: what we clear, two other readers take apart into the same bytes, and its
//! signature verifies for them too.
//!
//! A mutated request hardly ever verifies, so each input is tried twice: as it is, and with its
//! key replaced and its body signed again. The second way reaches what stands behind the
//! signature.
#![no_main]

use anchorite::check::request::{RequestContext, dropped, request};
use anchorite::ledger::register::Register;
use anchorite::x509::certificate::SignedParts;
use anchorite::x509::public_key::{PublicKey, SignatureAlgorithm};
use anchorite::x509::request::Request;
use anchorite::x509::tlv::{bit_string, encode, sequence, sequence_of};
use anchorite_fuzz::{assert_escaped, keep_accepted, read_extensions, read_name};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use der::{Decode as _, Encode as _};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer as _;

/// The P-256 key whose private half is 1 and whose public half is the generator: no secret.
static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let mut private = [0; 32];
    private[31] = 1;
    EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &private,
        &GENERATOR,
    )
    .expect("1 and the generator are a key pair")
});

/// SEC 2, 2.4.2: the generator of P-256, uncompressed.
const GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    if let Some(again) = signed_again(bytes) {
        judge(&again);
    }
});

fn judge(bytes: &[u8]) {
    if let Ok(read) = Request::from_bytes(bytes) {
        read_name(&read.subject);
        read_extensions(&read.extensions);
        dropped(&read)
            .iter()
            .for_each(|words| assert_escaped(words));
    }
    let register = Register::default();
    match request(bytes, &RequestContext::alone("fuzz.csr", &register)) {
        Ok((cleared, findings)) => {
            findings.iter().for_each(|one| assert_escaped(&one.words));
            second_readers(cleared.get());
            keep_accepted(&cleared.get().der);
        }
        Err(refusal) => refusal
            .findings
            .iter()
            .for_each(|one| assert_escaped(&one.words)),
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
        Err(error) => panic!("we take the signature, x509-parser does not: {error}"),
    }
    let theirs = x509_cert::request::CertReq::from_der(&ours.der).expect("x509-cert reads it");
    assert_eq!(
        theirs.to_der().expect("it encodes"),
        ours.der,
        "x509-cert writes other bytes"
    );
}

/// The body of a request with our key in it, signed by that key.
fn signed_again(bytes: &[u8]) -> Option<Vec<u8>> {
    let parts = SignedParts::from_der(bytes, "request").ok()?;
    let fields = sequence_of(parts.tbs, "body").ok()?;
    let mut fields: Vec<&[u8]> = fields.iter().map(|field| field.raw).collect();
    let key = PublicKey::from_ec_point(
        anchorite::x509::public_key::Curve::P256,
        KEY.public_key().as_ref(),
    )
    .ok()?;
    *fields.get_mut(2)? = key.spki();
    let info = encode(der::Tag::Sequence, &fields);
    let signature = KEY.sign(&SystemRandom::new(), &info).ok()?;
    Some(sequence(&[
        &info,
        &SignatureAlgorithm::EcdsaSha256.to_der(),
        &bit_string(signature.as_ref()),
    ]))
}
