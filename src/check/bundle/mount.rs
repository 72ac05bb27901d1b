//! Whether a bundle answers a mount's request: `set-signed` takes any other without a word.

use super::super::judged::Judged;
use super::super::{CheckId, Findings};
use super::readable;
use crate::digest::Digest;
use crate::x509::raw::RawCertificate;
use crate::x509::request::Request;

pub(super) fn request(ders: &[Vec<u8>], request: Option<&Request>, findings: &mut Findings) {
    let Some(request) = request else { return };
    let mut judged = Judged::default();
    let key = Digest::of(&request.spki);
    let certificates: Vec<Option<RawCertificate<'_>>> = ders
        .iter()
        .map(|der| RawCertificate::from_der(der).ok())
        .collect();
    let is_over_it = |one: &RawCertificate<'_>| one.spki.raw == request.spki;
    match certificates.first() {
        Some(Some(first)) if is_over_it(first) => {
            judged.should(
                first.subject.raw == request.subject.as_der(),
                format!(
                    "certificate 1's subject is {}, not the request's, {}",
                    readable(first.subject.raw),
                    request.subject
                ),
            );
        }
        Some(Some(first)) => {
            let words = if certificates.iter().flatten().any(is_over_it) {
                "the certificate over the request's key does not stand first".to_owned()
            } else {
                format!(
                    "certificate 1 is over the key {}, the request over {key}",
                    Digest::of(first.spki.raw)
                )
            };
            judged.fault(words);
        }
        _ => judged.fault("certificate 1 cannot be read"),
    }
    findings.judged(CheckId::BundleRequest, judged, format!("key {key}"));
}
