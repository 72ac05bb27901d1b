//! Certificates: what we read, x509-parser or rustls-webpki reads too, with the same fields; and
//! x509-cert writes the same bytes again.
#![no_main]

use anchorite::x509::algorithm::algorithm_name;
use anchorite::x509::certificate::{Certificate, Issuer};
use anchorite::x509::public_key::{PublicKey, SignatureAlgorithm};
use anchorite::x509::show::{self, Stage};
use anchorite::x509::tbs::CertificateTbs;
use anchorite::x509::time::UtcTime;
use anchorite_fuzz::{assert_escaped, read_extensions, read_name};
use der::{Decode as _, Encode as _};
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(ours) = Certificate::from_file(bytes) {
        words(&ours);
        keys(&ours);
        second_readers(&ours);
    }
});

fn words(ours: &Certificate) {
    read_name(&ours.fields.issuer);
    read_name(&ours.fields.subject);
    read_extensions(&ours.fields.extensions);
    assert_escaped(&algorithm_name(&ours.algorithm));
    for stage in [Stage::Actual, Stage::Template] {
        let page = show::certificate(&CertificateTbs(ours.tbs.clone()), stage, "5y");
        page.expect("what is read can be shown")
            .iter()
            .for_each(|line| assert_escaped(line));
    }
    let _ = Issuer::of(ours);
    let _ = (ours.fields.basic_constraints(), ours.fields.key_usage());
    let _ = ours.fields.extended_key_usage();
}

/// Keys are taken apart and used; a certificate that signs itself does so for webpki too.
fn keys(ours: &Certificate) {
    let Ok(key) = PublicKey::from_spki(&ours.fields.spki) else {
        return;
    };
    assert_escaped(&key.kind().to_string());
    let _ = (key.rsa_numbers(), key.key_identifier());
    if let Some(algorithm) = SignatureAlgorithm::from_der(&ours.algorithm) {
        let _ = key.verifies(algorithm, &ours.tbs, &ours.signature);
    }
}

fn second_readers(ours: &Certificate) {
    let webpki = CertificateDer::from(ours.der.as_slice());
    let webpki = webpki::anchor_from_trusted_cert(&webpki);
    match X509Certificate::from_der(&ours.der) {
        Ok((rest, theirs)) => {
            assert!(rest.is_empty(), "x509-parser leaves bytes over");
            assert_eq!(
                theirs.issuer().as_raw(),
                ours.fields.issuer.as_der(),
                "another issuer"
            );
            assert_eq!(
                theirs.subject().as_raw(),
                ours.fields.subject.as_der(),
                "another subject"
            );
            assert_eq!(theirs.public_key().raw, ours.fields.spki, "another key");
            assert_eq!(theirs.raw_serial(), serial(ours), "another serial number");
            assert_eq!(theirs.extensions().len(), ours.fields.extensions.len());
            let dates = [theirs.validity().not_before, theirs.validity().not_after];
            let own = [ours.fields.not_before, ours.fields.not_after];
            for (theirs, own) in dates.iter().zip(own) {
                assert_eq!(UtcTime::from_unix(theirs.timestamp()), own, "another date");
            }
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
    let theirs = x509_cert::Certificate::from_der(&ours.der).expect("x509-cert reads it");
    assert_eq!(
        theirs.to_der().expect("it encodes"),
        ours.der,
        "x509-cert writes other bytes"
    );
}

/// The serial number's content octets.
fn serial(ours: &Certificate) -> Vec<u8> {
    ours.fields.serial.to_der()[2..].to_vec()
}
