//! The trust bundle: this root and the anchors that are trusted beside it, as one PEM file and as
//! a Bundle of trust-manager.

use super::{OutputFile, TRUST_BUNDLE, TRUST_MANAGER, certificate, mark, pem_text};
use crate::digest::Digest;
use crate::plan::trust::TrustBundle;
use crate::x509::certificate::Certificate;
use crate::x509::pem::{self, PemError};

/// A trust bundle with its anchors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// How it is called.
    pub bundle: TrustBundle,
    /// The anchors beside the ceremony's root, DER.
    pub also: Vec<Vec<u8>>,
}

impl Trust {
    /// Reads the anchors from the inputs.
    pub fn of<'a>(bundle: &TrustBundle, file: impl Fn(&str) -> &'a [u8]) -> Result<Self, PemError> {
        let anchors = bundle.also.iter();
        let also = anchors.map(|path| pem::decode_one(file(path), Certificate::LABELS));
        Ok(Self {
            bundle: bundle.clone(),
            also: also.collect::<Result<_, _>>()?,
        })
    }
}

/// `trust-bundle.pem` and `trust-bundle.yaml`.
pub fn trust_files(trust: &Trust, root_der: &[u8], rehearsal: bool) -> Vec<OutputFile> {
    // The root comes first: what reads one certificate of a file reads this ceremony's.
    let anchors = std::iter::once(root_der).chain(trust.also.iter().map(Vec::as_slice));
    let blocks: Vec<String> = anchors.map(block).collect();
    vec![
        OutputFile::new(TRUST_BUNDLE, pem_text(rehearsal, &blocks)),
        OutputFile::new(TRUST_MANAGER, yaml(&trust.bundle, &blocks, rehearsal)),
    ]
}

/// Anchors of one name are told apart by their digests: `openssl x509 -fingerprint -sha256`.
fn block(der: &[u8]) -> String {
    format!("# sha-256 {}\n{}", Digest::of(der), certificate(der))
}

/// One source for each anchor, so that an old one is taken out by its lines. Every word is of
/// letters that need no escape between quotes.
fn yaml(bundle: &TrustBundle, blocks: &[String], rehearsal: bool) -> String {
    let mut text = format!(
        "{}apiVersion: trust.cert-manager.io/v1alpha1\nkind: Bundle\nmetadata:\n  name: \"{}\"\n\
         spec:\n  sources:\n",
        mark(rehearsal),
        bundle.name
    );
    for block in blocks {
        text.push_str("    - inLine: |\n");
        for line in block.lines() {
            text.push_str(&format!("        {line}\n"));
        }
    }
    text.push_str(&format!(
        "  target:\n    configMap:\n      key: \"{}\"\n",
        bundle.key
    ));
    if !bundle.namespaces.is_empty() {
        text.push_str("    namespaceSelector:\n      matchLabels:\n");
    }
    for (label, value) in &bundle.namespaces {
        text.push_str(&format!("        \"{label}\": \"{value}\"\n"));
    }
    text
}
