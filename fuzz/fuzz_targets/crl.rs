//! CRLs: what we clear, x509-parser or rustls-webpki reads too, with the same fields; and
//! x509-cert writes the same bytes again. What we do not clear can be shown all the same.
#![no_main]

use anchorite::check::crl_file::{CrlFileContext, crl_file};
use anchorite::x509::certificate::SignedParts;
use anchorite::x509::crl::Crl;
use anchorite::x509::crl_file::CrlFile;
use anchorite::x509::facts::CrlFacts;
use anchorite::x509::show;
use anchorite::x509::tbs::CrlTbs;
use anchorite::x509::time::UtcTime;
use anchorite_fuzz::{
    assert_lines, assert_same_again, before_1970, cleared, read_extensions, read_name,
};
use libfuzzer_sys::fuzz_target;
use webpki::BorrowedCertRevocationList;
use x509_cert::certificate::Rfc5280;
use x509_cert::crl::CertificateList;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::time::ASN1Time;

fuzz_target!(|bytes: &[u8]| {
    show_any(bytes);
    // Our own CRLs, as the ledger reads them.
    if let Ok(own) = Crl::from_der(bytes) {
        let _ = (own.fields.number(), own.fields.authority_key_identifier());
    }
    if let Some(ours) = cleared(crl_file(bytes, &CrlFileContext::alone("fuzz.crl"))) {
        read_name(&ours.issuer);
        second_readers(&ours);
    }
});

/// What has the parts of a CRL is shown, whatever they hold.
fn show_any(bytes: &[u8]) {
    let Ok(parts) = SignedParts::from_der(bytes, "CRL") else {
        return;
    };
    let body = CrlTbs(parts.tbs.to_vec());
    let facts = [CrlFacts::of(&body), CrlFacts::of_template(&body, "6mo", 0)];
    for facts in facts.into_iter().flatten() {
        assert_lines(&show::crl(&facts));
        assert_lines(&show::revoked(&facts));
    }
}

fn second_readers(ours: &CrlFile) {
    let webpki = BorrowedCertRevocationList::from_der(&ours.der);
    match CertificateRevocationList::from_der(&ours.der) {
        Ok((rest, theirs)) => {
            assert!(rest.is_empty(), "x509-parser leaves bytes over");
            same_fields(ours, &theirs);
        }
        Err(error) => assert!(webpki.is_ok(), "neither other reader reads it: {error}"),
    }
    if dates(ours).any(before_1970) {
        return;
    }
    assert_same_again::<CertificateList<Rfc5280>>(&ours.der);
}

fn dates(ours: &CrlFile) -> impl Iterator<Item = UtcTime> + '_ {
    let revoked = ours.entries().flatten().map(|entry| entry.date);
    [ours.this_update, ours.next_update]
        .into_iter()
        .chain(revoked)
}

fn same_fields(ours: &CrlFile, theirs: &CertificateRevocationList<'_>) {
    let unix = |time: ASN1Time| UtcTime::from_unix(time.timestamp());
    assert_eq!(
        theirs.issuer().as_raw(),
        ours.issuer.as_der(),
        "another issuer"
    );
    assert_eq!(
        unix(theirs.last_update()),
        ours.this_update,
        "another this update"
    );
    assert_eq!(
        theirs.next_update().map(unix),
        Some(ours.next_update),
        "another next update"
    );
    let mut own = ours.entries();
    for theirs in theirs.iter_revoked_certificates() {
        let own = own.next().expect("as many entries").expect("readable");
        read_extensions(&own.extensions);
        // Tag and length stand before the number's octets.
        assert_eq!(
            theirs.raw_serial(),
            &own.serial.to_der()[2..],
            "another serial"
        );
        assert_eq!(unix(theirs.revocation_date), own.date, "another date");
    }
    assert!(own.next().is_none(), "more entries than x509-parser sees");
}
