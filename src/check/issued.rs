//! Checks of what was signed: the signature, and the whole as another library reads it.

use x509_cert::certificate::Rfc5280;
use x509_cert::crl::CertificateList;

use super::body::is_rewritten;
use super::{CheckId, Cleared, Finding, Findings, Refusal, own_request, request};
use crate::x509::certificate::Certificate;
use crate::x509::crl::Crl;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::raw::RawCrl;
use crate::x509::request::{Request, RequestFields};
use crate::x509::tbs::{
    CertificateTbs, CertificationRequestInfo, CrlTbs, ToBeSigned, signed_object,
};

/// Checks that `signature` over the cleared bytes is by this key. Nothing is kept before.
pub fn signature<T: ToBeSigned>(
    body: &Cleared<T>,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    subject: &str,
) -> Result<Vec<Finding>, Refusal> {
    let mut findings = Findings::default();
    let verifies = key.verifies(algorithm, body.get().bytes(), signature);
    findings.require(
        CheckId::IssuedSignature,
        verifies,
        if verifies {
            "the signature verifies under the root's key"
        } else {
            "the token's signature does not verify under the root's key"
        },
    );
    findings.clear((), subject).map(|(_, findings)| findings)
}

/// Puts a certificate together and checks it.
pub fn certificate(
    body: &Cleared<CertificateTbs>,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    subject: &str,
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    let signed = (body.get().bytes(), signature);
    let (value, findings) = read_certificate(signed, key, algorithm, subject)?;
    findings.clear(value, subject)
}

/// The same of octets that were signed before: nothing is cleared.
pub fn certificate_again(
    signed: (&[u8], &[u8]),
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    subject: &str,
) -> Result<((), Vec<Finding>), Refusal> {
    let (_, findings) = read_certificate(signed, key, algorithm, subject)?;
    findings.clear((), subject).map(|(_, list)| ((), list))
}

fn read_certificate(
    (tbs, signature_octets): (&[u8], &[u8]),
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    subject: &str,
) -> Result<(Certificate, Findings), Refusal> {
    let mut findings = Findings::default();
    let der = signed_object(tbs, algorithm, signature_octets);
    let certificate = match Certificate::from_der(&der) {
        Ok(certificate) => certificate,
        Err(error) => return Err(findings.refuse(CheckId::IssuedSame, error.to_string(), subject)),
    };
    let same = certificate.tbs == tbs
        && certificate.algorithm == certificate.fields.algorithm
        && is_rewritten::<x509_cert::Certificate>(&der);
    let verifies = key.verifies(algorithm, &certificate.tbs, &certificate.signature);
    whole(&mut findings, same, verifies);
    Ok((certificate, findings))
}

/// Puts a CRL together and checks it.
pub fn crl(
    body: &Cleared<CrlTbs>,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    subject: &str,
) -> Result<(Cleared<Crl>, Vec<Finding>), Refusal> {
    let signed = (body.get().bytes(), signature);
    let (value, findings) = read_crl(signed, key, algorithm, subject)?;
    findings.clear(value, subject)
}

/// The same of octets that were signed before: nothing is cleared.
pub fn crl_again(
    signed: (&[u8], &[u8]),
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    subject: &str,
) -> Result<((), Vec<Finding>), Refusal> {
    let (_, findings) = read_crl(signed, key, algorithm, subject)?;
    findings.clear((), subject).map(|(_, list)| ((), list))
}

fn read_crl(
    (tbs, signature_octets): (&[u8], &[u8]),
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    subject: &str,
) -> Result<(Crl, Findings), Refusal> {
    let mut findings = Findings::default();
    let der = signed_object(tbs, algorithm, signature_octets);
    let crl = match Crl::from_der(&der) {
        Ok(crl) => crl,
        Err(error) => return Err(findings.refuse(CheckId::IssuedSame, error.to_string(), subject)),
    };
    let same = crl.tbs == tbs
        && crl.algorithm == crl.fields.algorithm
        && head_is_rewritten(tbs, algorithm, signature_octets);
    let verifies = key.verifies(algorithm, &crl.tbs, &crl.signature);
    whole(&mut findings, same, verifies);
    Ok((crl, findings))
}

/// Puts a request together and checks it, as another CA will too.
pub fn request(
    body: &Cleared<CertificationRequestInfo>,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    subject: &str,
) -> Result<(Cleared<Request>, Vec<Finding>), Refusal> {
    let signed = (body.get().bytes(), signature);
    let (value, findings) = read_request(signed, key, algorithm, subject)?;
    findings.clear(value, subject)
}

/// The same of octets that were signed before: nothing is cleared.
pub fn request_again(
    signed: (&[u8], &[u8]),
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    subject: &str,
) -> Result<((), Vec<Finding>), Refusal> {
    let (_, findings) = read_request(signed, key, algorithm, subject)?;
    findings.clear((), subject).map(|(_, list)| ((), list))
}

fn read_request(
    (info, signature_octets): (&[u8], &[u8]),
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    subject: &str,
) -> Result<(Request, Findings), Refusal> {
    let mut findings = Findings::default();
    let der = signed_object(info, algorithm, signature_octets);
    // As from a file: with the bounds that hold there.
    let read =
        Request::from_bytes(&der).and_then(|whole| Ok((whole, RequestFields::from_info(info)?)));
    let (whole, fields) = match read {
        Ok(read) => read,
        Err(error) => return Err(findings.refuse(CheckId::IssuedSame, error.to_string(), subject)),
    };
    let same = whole.info == info
        && whole.algorithm == algorithm.to_der()
        && is_rewritten::<x509_cert::request::CertReq>(&der)
        && own_request::second_reader_agrees(&whole.info, &fields);
    let verifies = key.verifies(algorithm, &whole.info, &whole.signature);
    self::whole(&mut findings, same, verifies);
    findings.extend(request::possession(&whole, key));
    Ok((whole, findings))
}

/// Of the whole without its entries, of which each was read and written before it was signed:
/// there may be a million.
fn head_is_rewritten(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> bool {
    RawCrl::from_tbs(tbs).is_ok_and(|raw| {
        let head = signed_object(&raw.without_entries(), algorithm, signature);
        is_rewritten::<CertificateList<Rfc5280>>(&head)
    })
}

/// What must hold of every whole that was put together.
fn whole(findings: &mut Findings, same: bool, verifies: bool) {
    let words = if same {
        "read and written alike"
    } else {
        "another library reads or writes it differently"
    };
    findings.require(CheckId::IssuedSame, same, words);
    findings.require(CheckId::IssuedSignature, verifies, "under the root's key");
}
