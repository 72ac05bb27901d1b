//! Certificates: what we clear, x509-parser or rustls-webpki reads too, with the same fields; and
//! x509-cert writes the same bytes again. What we do not clear can be shown all the same.
//!
//! Each input is tried a second time with its key replaced and its body signed by that key, so
//! that mutated roots verify.
#![no_main]

use anchorite::check::certificate::{CertificateContext, certificate};
use anchorite::x509::certificate::{Certificate, Issuer, SignedParts};
use anchorite::x509::facts::CertificateFacts;
use anchorite::x509::public_key::PublicKey;
use anchorite::x509::show;
use anchorite::x509::tbs::CertificateTbs;
use anchorite::x509::time::UtcTime;
use anchorite_fuzz::{
    assert_escaped, assert_lines, assert_same_again, before_1970, cleared, read_extensions,
    read_name, signed_again,
};
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    if let Some(again) = signed_again(bytes, 6, Some(2)) {
        judge(&again);
    }
});

fn judge(bytes: &[u8]) {
    show_any(bytes);
    for context in [
        CertificateContext::root("fuzz.pem"),
        CertificateContext::alone("fuzz.pem"),
    ] {
        if let Some(ours) = cleared(certificate(bytes, &context)) {
            read(&ours);
            second_readers(&ours);
        }
    }
}

/// What has the parts of a certificate is shown, whatever they hold.
fn show_any(bytes: &[u8]) {
    let Ok(parts) = SignedParts::from_der(bytes, "certificate") else {
        return;
    };
    let body = CertificateTbs(parts.tbs.to_vec());
    let facts = [
        CertificateFacts::of(&body),
        CertificateFacts::of_template(&body, "5y"),
    ];
    for facts in facts.into_iter().flatten() {
        assert_lines(&show::certificate(&facts));
    }
}

fn read(ours: &Certificate) {
    read_name(&ours.fields.issuer);
    read_name(&ours.fields.subject);
    read_extensions(&ours.fields.extensions);
    let _ = Issuer::of(ours);
    let key = PublicKey::from_spki(&ours.fields.spki).expect("a cleared key can be read");
    assert_escaped(&key.kind().to_string());
}

fn second_readers(ours: &Certificate) {
    let webpki = CertificateDer::from(ours.der.as_slice());
    let webpki = webpki::anchor_from_trusted_cert(&webpki);
    match X509Certificate::from_der(&ours.der) {
        Ok((rest, theirs)) => {
            assert!(rest.is_empty(), "x509-parser leaves bytes over");
            same_fields(ours, &theirs);
        }
        Err(error) => assert!(webpki.is_ok(), "neither other reader reads it: {error}"),
    }
    if let Ok(anchor) = webpki {
        // webpki keeps the contents, without the SEQUENCE around them.
        assert!(
            ours.fields.subject.as_der().ends_with(&anchor.subject),
            "another subject"
        );
        assert!(
            ours.fields.spki.ends_with(&anchor.subject_public_key_info),
            "another key"
        );
    }
    if [ours.fields.not_before, ours.fields.not_after]
        .into_iter()
        .any(before_1970)
    {
        return;
    }
    assert_same_again::<x509_cert::Certificate>(&ours.der);
}

fn same_fields(ours: &Certificate, theirs: &X509Certificate<'_>) {
    let fields = &ours.fields;
    assert_eq!(
        theirs.issuer().as_raw(),
        fields.issuer.as_der(),
        "another issuer"
    );
    assert_eq!(
        theirs.subject().as_raw(),
        fields.subject.as_der(),
        "another subject"
    );
    assert_eq!(theirs.public_key().raw, fields.spki, "another key");
    // Tag and length stand before the number's octets.
    assert_eq!(
        theirs.raw_serial(),
        &fields.serial.to_der()[2..],
        "another serial number"
    );
    assert_eq!(
        theirs.extensions().len(),
        fields.extensions.len(),
        "other extensions"
    );
    let dates = [theirs.validity().not_before, theirs.validity().not_after];
    assert_eq!(
        dates.map(|date| UtcTime::from_unix(date.timestamp())),
        [fields.not_before, fields.not_after],
        "other dates"
    );
}
