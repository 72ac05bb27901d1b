//! What Linkerd makes of an identity issuer and its trust anchors: the rules of its packages
//! `issuercerts` and `tls`, said again, and what its proxies make of a whole chain. Where all
//! judges are asked, the packages themselves must say the same.

use std::path::Path;
use std::process::Command;

use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const RSA_SHA256: &str = "1.2.840.113549.1.1.11";

/// The Secret of the identity issuer, and the anchors that proxies are given. All PEM files.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    pub anchors: &'a Path,
    /// The issuer and what stands between it and an anchor: `tls.crt`.
    pub chain: &'a Path,
    /// `tls.key`
    pub key: &'a Path,
}

impl Identity<'_> {
    /// Whether Linkerd takes it.
    #[track_caller]
    pub fn verdict(&self) -> Result<(), String> {
        let ours = self.by_the_rules();
        if std::env::var_os("ANCHORITE_ALL_JUDGES").is_some_and(|set| !set.is_empty()) {
            let theirs = self.by_its_packages();
            assert_eq!(
                ours.is_ok(),
                theirs.is_ok(),
                "{ours:?}, Linkerd: {theirs:?}"
            );
        }
        ours
    }

    fn by_the_rules(&self) -> Result<(), String> {
        let anchors = certificates(self.anchors)?;
        let chain = certificates(self.chain)?;
        for der in &anchors {
            anchor(&parsed(der)?)?;
        }
        let issuer = parsed(&chain[0])?;
        is_p256(&issuer)?;
        let of_key = openssl(&["pkey", "-pubout", "-in"], &[self.key])?;
        let of_issuer = openssl(&["x509", "-noout", "-pubkey", "-in"], &[self.chain])?;
        if of_key != of_issuer {
            return Err("the key is another one".to_owned());
        }
        if !issuer.is_ca() {
            return Err("the issuer is no CA".to_owned());
        }
        let roots = ["verify", "-no-CApath", "-no-CAstore", "-CAfile"];
        let root = self.anchors.to_str().expect("a plain path");
        let verify = [&roots[..], &[root, "-untrusted"]].concat();
        openssl(&verify, &[self.chain, self.chain]).map(drop)
    }

    /// The program that `make judges` builds of Linkerd's own packages.
    fn by_its_packages(&self) -> Result<(), String> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/judges/bin");
        let output = Command::new(tools.join("judge-linkerd"))
            .args([self.anchors, self.chain, self.key])
            .output()
            .unwrap_or_else(|error| panic!("judge-linkerd: {error} (make judges builds it)"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let known = |line: &str| line.starts_with("PASS ") || line.starts_with("FAIL ");
        assert!(
            text.lines().count() >= 2 && text.lines().all(known),
            "{text}"
        );
        let failed = text.lines().find(|line| line.starts_with("FAIL "));
        failed.map_or(Ok(()), |line| Err(line.to_owned()))
    }
}

/// Whether proxies take each other: a leaf with its chain, under the anchors.
pub fn proxies_take(anchors: &Path, chain: &Path) -> Result<(), String> {
    let words = |error: webpki::Error| format!("{error:?}");
    let anchors = certificates(anchors)?;
    let chain = certificates(chain)?;
    let anchors: Result<Vec<_>, _> = anchors
        .iter()
        .map(webpki::anchor_from_trusted_cert)
        .collect();
    let anchors = anchors.map_err(words)?;
    let leaf = webpki::EndEntityCert::try_from(&chain[0]).map_err(words)?;
    for usage in [
        webpki::KeyUsage::server_auth(),
        webpki::KeyUsage::client_auth(),
    ] {
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        let now = UnixTime::now();
        leaf.verify_for_usage(algorithms, &anchors, &chain[1..], now, usage, None, None)
            .map_err(words)?;
    }
    Ok(())
}

/// Path length of the first certificate of a file.
pub fn path_length(path: &Path) -> Option<u32> {
    let list = certificates(path).unwrap();
    let first = parsed(&list[0]).unwrap();
    let constraints = first.basic_constraints().unwrap().expect("a CA");
    constraints.value.path_len_constraint
}

/// Every certificate of a PEM file. Linkerd takes text between blocks and none after the last.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    if !text.trim_end().ends_with("-----END CERTIFICATE-----") {
        return Err("text after the last block".to_owned());
    }
    let blocks = Pem::iter_from_buffer(text.as_bytes());
    let list: Result<Vec<Pem>, _> = blocks.collect();
    let list = list.map_err(|error| error.to_string())?;
    Ok(list
        .into_iter()
        .map(|block| CertificateDer::from(block.contents))
        .collect())
}

fn parsed(der: &[u8]) -> Result<X509Certificate<'_>, String> {
    let read = X509Certificate::from_der(der);
    read.map(|(_, read)| read)
        .map_err(|error| error.to_string())
}

/// `CheckTrustAnchorAlgoRequirements`
fn anchor(anchor: &X509Certificate<'_>) -> Result<(), String> {
    match anchor.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => match (key.key_size(), signed_with(anchor).as_str()) {
            (2048 | 4096, RSA_SHA256) => Ok(()),
            (bits, by) => Err(format!("an RSA anchor of {bits} bits, signed with {by}")),
        },
        _ => is_p256(anchor),
    }
}

/// `CheckIssuerCertAlgoRequirements`
fn is_p256(certificate: &X509Certificate<'_>) -> Result<(), String> {
    let curve = certificate.public_key().algorithm.parameters.as_ref();
    let curve = curve.and_then(|value| value.as_oid().ok());
    let by = signed_with(certificate);
    match (curve.map(|oid| oid.to_id_string()).as_deref(), by.as_str()) {
        (Some("1.2.840.10045.3.1.7"), ECDSA_SHA256 | RSA_SHA256) => Ok(()),
        (curve, by) => Err(format!("a key of {curve:?}, signed with {by}")),
    }
}

fn signed_with(certificate: &X509Certificate<'_>) -> String {
    certificate.signature_algorithm.algorithm.to_id_string()
}

fn openssl(arguments: &[&str], files: &[&Path]) -> Result<Vec<u8>, String> {
    let output = Command::new("openssl")
        .args(arguments)
        .args(files)
        .output()
        .expect("openssl runs");
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
