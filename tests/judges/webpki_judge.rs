//! rustls-webpki, with either of its cryptographies: what Linkerd's proxies verify with.

use std::fs;
use std::path::Path;

use anchorite::x509::certificate::Certificate;
use anchorite::x509::pem;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};

use crate::panel::Word;

const AWS_LC: &[&dyn SignatureVerificationAlgorithm] = &[
    webpki::aws_lc_rs::ECDSA_P256_SHA256,
    webpki::aws_lc_rs::ECDSA_P384_SHA384,
    webpki::aws_lc_rs::ECDSA_P521_SHA512,
    webpki::aws_lc_rs::ED25519,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA384,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA512,
    webpki::aws_lc_rs::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    webpki::aws_lc_rs::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    webpki::aws_lc_rs::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];
const RING: &[&dyn SignatureVerificationAlgorithm] = &[
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
    webpki::ring::ED25519,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA384,
    webpki::ring::RSA_PKCS1_2048_8192_SHA512,
    webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    webpki::ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    webpki::ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Both judges' words on a chain.
pub fn judge(root: &Path, intermediate: &Path, crl: &Path, leaf: &Path) -> Vec<Word> {
    let mut words = Vec::new();
    for (name, algorithms) in [("aws-lc-rs", AWS_LC), ("ring", RING)] {
        for (purpose, list) in [("chain", None), ("revocation", Some(crl))] {
            let verdict = verify(algorithms, root, intermediate, list, leaf);
            words.push(Word {
                name: format!("webpki-{name}-{purpose}"),
                accepts: verdict.is_ok(),
                words: verdict.err().unwrap_or_else(|| "accepted".to_owned()),
            });
        }
    }
    words
}

fn verify(
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    root: &Path,
    intermediate: &Path,
    crl: Option<&Path>,
    leaf: &Path,
) -> Result<(), String> {
    let words = |error: webpki::Error| format!("{error:?}");
    let [root, intermediate, leaf] = [root, intermediate, leaf].map(der);
    let anchor = webpki::anchor_from_trusted_cert(&root).map_err(words)?;
    let end = webpki::EndEntityCert::try_from(&leaf).map_err(words)?;
    let list = crl.map(|path| {
        let der = pem::decode_one(&fs::read(path).unwrap(), &["X509 CRL"]).unwrap();
        webpki::OwnedCertRevocationList::from_der(&der).map(webpki::CertRevocationList::from)
    });
    let list = list.transpose().map_err(words)?;
    let lists: Vec<&webpki::CertRevocationList<'_>> = list.iter().collect();
    // The leaf's own CRL is the mount's affair; the intermediate's is ours.
    let revocation = (!lists.is_empty())
        .then(|| webpki::RevocationOptionsBuilder::new(&lists).unwrap())
        .map(|options| {
            options
                .with_status_policy(webpki::UnknownStatusPolicy::Allow)
                .with_expiration_policy(webpki::ExpirationPolicy::Enforce)
                .build()
        });
    end.verify_for_usage(
        algorithms,
        &[anchor],
        &[intermediate],
        UnixTime::now(),
        webpki::KeyUsage::server_auth(),
        revocation,
        None,
    )
    .map(|_| ())
    .map_err(words)
}

fn der(path: &Path) -> CertificateDer<'static> {
    let certificate = Certificate::from_file(&fs::read(path).unwrap()).unwrap();
    CertificateDer::from(certificate.der)
}
