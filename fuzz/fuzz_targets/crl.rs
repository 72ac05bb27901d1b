//! CRLs: what we read, x509-parser or rustls-webpki reads too, with the same fields; and
//! x509-cert writes the same bytes again.
#![no_main]

use anchorite::x509::crl::Crl;
use anchorite::x509::show::{self, Stage};
use anchorite::x509::tbs::CrlTbs;
use anchorite::x509::time::UtcTime;
use anchorite::x509::{algorithm::algorithm_name, pem};
use anchorite_fuzz::{assert_escaped, read_extensions, read_name};
use der::{Decode as _, Encode as _};
use libfuzzer_sys::fuzz_target;
use webpki::BorrowedCertRevocationList;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::time::ASN1Time;

fuzz_target!(|bytes: &[u8]| {
    let Ok(der) = pem::decode_one(bytes, &["X509 CRL"]) else {
        return;
    };
    if let Ok(ours) = Crl::from_der(&der) {
        words(&ours);
        second_readers(&ours);
    }
});

fn words(ours: &Crl) {
    read_name(&ours.fields.issuer);
    read_extensions(&ours.fields.extensions);
    assert_escaped(&algorithm_name(&ours.algorithm));
    for stage in [Stage::Actual, Stage::Template] {
        let page = show::crl(&CrlTbs(ours.tbs.clone()), stage, "6mo");
        page.expect("what is read can be shown")
            .iter()
            .for_each(|line| assert_escaped(line));
    }
    for entry in ours.fields.revoked.iter().flatten() {
        assert_escaped(&entry.serial.to_string());
        read_extensions(&entry.extensions);
    }
    let _ = (ours.fields.number(), ours.fields.authority_key_identifier());
}

fn second_readers(ours: &Crl) {
    let webpki = BorrowedCertRevocationList::from_der(&ours.der);
    match CertificateRevocationList::from_der(&ours.der) {
        Ok((rest, theirs)) => {
            assert!(rest.is_empty(), "x509-parser leaves bytes over");
            assert_eq!(
                theirs.issuer().as_raw(),
                ours.fields.issuer.as_der(),
                "another issuer"
            );
            let unix = |time: ASN1Time| UtcTime::from_unix(time.timestamp());
            assert_eq!(
                unix(theirs.last_update()),
                ours.fields.this_update,
                "another date"
            );
            let next = theirs.next_update().map(unix);
            assert_eq!(next, Some(ours.fields.next_update), "another next update");
            let theirs: Vec<Vec<u8>> = theirs
                .iter_revoked_certificates()
                .map(|one| one.raw_serial().to_vec())
                .collect();
            let own = ours.fields.revoked.iter().flatten();
            let own: Vec<Vec<u8>> = own.map(|one| one.serial.to_der()[2..].to_vec()).collect();
            assert_eq!(theirs, own, "other serial numbers");
        }
        Err(error) => assert!(webpki.is_ok(), "neither other reader reads it: {error}"),
    }
    let theirs =
        x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(&ours.der)
            .expect("x509-cert reads it");
    assert_eq!(
        theirs.to_der().expect("it encodes"),
        ours.der,
        "x509-cert writes other bytes"
    );
}
