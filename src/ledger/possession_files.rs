//! The evidence of a proof of possession: its content, and the signature on it in the form that
//! stock tools read under this key's algorithm, as for a seal.

use super::seal_signature::SealForm;
use crate::x509::certificate::Certificate;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::tbs::SignedAttributes;
use crate::x509::tlv::DerError;

/// Where the content of a step's proof stands, below the ceremony's folder.
pub fn content(step: &str) -> String {
    format!("evidence/possession-{step}.txt")
}

/// Whether a path is that of a proof's content.
pub fn is_content(path: &str) -> bool {
    path.starts_with("evidence/possession-") && path.ends_with(".txt")
}

/// The endings of a signature's files in this form.
fn endings(form: SealForm) -> &'static [&'static str] {
    match form {
        SealForm::Envelope => &["p7s"],
        SealForm::Bare => &["attrs", "attrs.sig"],
    }
}

/// Whether a path is that of the signature of a step's proof, in whatever form.
pub fn is_signature(step: &str, path: &str) -> bool {
    let mut all = SealForm::ALL.iter().flat_map(|form| endings(*form));
    all.any(|ending| path == signature_file(step, ending))
}

fn signature_file(step: &str, ending: &str) -> String {
    format!("evidence/possession-{step}.{ending}")
}

/// The signature's files: `.p7s` for `openssl cms -verify`; under Ed25519 the attributes
/// (`.attrs`) and the bare signature on them (`.attrs.sig`).
pub fn signature(
    step: &str,
    attributes: &SignedAttributes,
    signer: &Certificate,
    algorithm: SignatureAlgorithm,
    octets: &[u8],
) -> Result<Vec<(String, Vec<u8>)>, DerError> {
    let form = SealForm::of(algorithm);
    let files = form.files(attributes, signer, algorithm, octets)?;
    Ok(endings(form)
        .iter()
        .zip(files)
        .map(|(ending, (_, bytes))| (signature_file(step, ending), bytes))
        .collect())
}
