//! Profiles: what an intermediate certificate will say, from built-ins and the file's own.

use std::collections::BTreeSet;

use super::Validity;
use crate::x509::certificate_policy::CertificatePolicy;
use crate::x509::extension::KeyUsage;
use crate::x509::extension_encode as encode;
use crate::x509::key_identifier::KeyIdentifierMethod;
use crate::x509::name::Name;
use crate::x509::name_constraints::{NameConstraints, Subtree};
use crate::x509::time::Span;
use crate::x509::tlv::DerError;

/// What a certificate will say besides names, key, serial and dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name in the file, or a built-in's.
    pub name: String,
    /// The built-in it starts from.
    pub base: BuiltIn,
    /// Names of the fields that the file gives, in place of the built-in's.
    pub written: BTreeSet<&'static str>,
    /// pathLenConstraint; `None` for none.
    pub path_length: Option<u8>,
    /// How long it is valid.
    pub validity: Validity,
    /// keyUsage, in the order of the bits.
    pub key_usage: Vec<KeyUsage>,
    /// extKeyUsage as dotted OIDs; empty leaves the extension out.
    pub extended_key_usage: Vec<String>,
    /// nameConstraints; empty leaves the extension out.
    pub constraints: NameConstraints,
    /// certificatePolicies; empty leaves the extension out.
    pub policies: Vec<CertificatePolicy>,
    /// How the subject key identifier follows from the key.
    pub key_identifier: KeyIdentifierMethod,
    /// Where the root's CRL is published.
    pub crl_url: Option<String>,
    /// Where the root's certificate is published (caIssuers).
    pub issuer_url: Option<String>,
    /// OCSP responder for the certificate.
    pub ocsp_url: Option<String>,
    /// Subject in place of the request's.
    pub subject: Option<Name>,
}

/// The extended key usages that a file can name, with their OIDs (RFC 5280 4.2.1.12).
pub const EXTENDED_KEY_USAGES: [(&str, &str); 7] = [
    ("serverAuth", SERVER_AUTH),
    ("clientAuth", CLIENT_AUTH),
    ("codeSigning", "1.3.6.1.5.5.7.3.3"),
    ("emailProtection", "1.3.6.1.5.5.7.3.4"),
    ("timeStamping", "1.3.6.1.5.5.7.3.8"),
    ("OCSPSigning", "1.3.6.1.5.5.7.3.9"),
    ("anyExtendedKeyUsage", ANY_EXTENDED_KEY_USAGE),
];

/// `id-kp-serverAuth`
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// `id-kp-clientAuth`
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
/// `anyExtendedKeyUsage`
pub const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";

/// A profile that needs no words in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// A Vault or OpenBao mount that issues leaves.
    Vault,
    /// One that issues CAs too.
    VaultIssuingCas,
    /// The CA of a Kubernetes or etcd cluster.
    Kubernetes,
    /// Vault above Linkerd's identity issuer.
    Linkerd,
}

impl BuiltIn {
    /// Every built-in.
    pub const ALL: [Self; 4] = [
        Self::Vault,
        Self::VaultIssuingCas,
        Self::Kubernetes,
        Self::Linkerd,
    ];

    /// Its name in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::VaultIssuingCas => "vault-issuing-cas",
            Self::Kubernetes => "kubernetes",
            Self::Linkerd => "linkerd",
        }
    }

    /// The built-in of this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What it is for.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Vault => "a Vault or OpenBao mount that issues leaves",
            Self::VaultIssuingCas => "a Vault or OpenBao mount that issues CAs too",
            Self::Kubernetes => "the CA of a Kubernetes or etcd cluster",
            Self::Linkerd => "a Vault or OpenBao mount above Linkerd's identity issuer",
        }
    }

    /// Its path length: the tiers of CAs below it.
    pub fn path_length(self) -> u8 {
        match self {
            Self::Vault | Self::Kubernetes => 0,
            Self::VaultIssuingCas | Self::Linkerd => 1,
        }
    }

    /// The profile.
    pub fn profile(self) -> Profile {
        Profile {
            name: self.word().to_owned(),
            base: self,
            written: BTreeSet::new(),
            path_length: Some(self.path_length()),
            validity: Validity::For(Span::Months(60)),
            key_usage: vec![
                KeyUsage::DigitalSignature,
                KeyUsage::KeyCertSign,
                KeyUsage::CrlSign,
            ],
            extended_key_usage: vec![SERVER_AUTH.to_owned(), CLIENT_AUTH.to_owned()],
            constraints: NameConstraints::default(),
            policies: Vec::new(),
            key_identifier: KeyIdentifierMethod::default(),
            crl_url: None,
            issuer_url: None,
            ocsp_url: None,
            subject: None,
        }
    }
}

impl Profile {
    /// DNS names are permitted and nothing is said of IP addresses, which would all be free
    /// (RFC 5280 4.2.1.10 constrains each form by itself).
    pub fn leaves_ip_free(&self) -> bool {
        let permitted = &self.constraints.permitted;
        permitted.iter().any(|one| matches!(one, Subtree::Dns(_)))
            && !self
                .constraints
                .subtrees()
                .any(|one| matches!(one, Subtree::Ip(_)))
    }

    /// All IP addresses were excluded by the tool, not by the file.
    pub fn excludes_ip_by_itself(&self) -> bool {
        !self.written.contains("excluded.ip")
            && self
                .constraints
                .excluded
                .iter()
                .any(|one| matches!(one, Subtree::Ip(_)))
    }

    /// The extensions of an intermediate, each whole, in the one fixed order.
    pub fn extensions(
        &self,
        subject_key_id: &[u8],
        authority_key_id: &[u8],
    ) -> Result<Vec<Vec<u8>>, DerError> {
        let mut list = vec![
            encode::authority_key_identifier(authority_key_id)?,
            encode::key_usage(&self.key_usage)?,
        ];
        if !self.extended_key_usage.is_empty() {
            list.push(encode::extended_key_usage(&self.extended_key_usage)?);
        }
        if !self.constraints.is_empty() {
            list.push(encode::name_constraints(&self.constraints)?);
        }
        if let Some(url) = &self.crl_url {
            list.push(encode::crl_distribution_point(url)?);
        }
        list.push(encode::subject_key_identifier(subject_key_id)?);
        list.push(encode::basic_constraints(self.path_length)?);
        if !self.policies.is_empty() {
            list.push(encode::certificate_policies(&self.policies)?);
        }
        if self.issuer_url.is_some() || self.ocsp_url.is_some() {
            list.push(encode::authority_info_access(
                self.issuer_url.as_deref(),
                self.ocsp_url.as_deref(),
            )?);
        }
        Ok(list)
    }
}

/// The extensions of a root: no path length, no extended key usage, no URLs.
pub fn root_extensions(
    key_usage: &[KeyUsage],
    key_identifier: &[u8],
) -> Result<Vec<Vec<u8>>, DerError> {
    Ok(vec![
        encode::authority_key_identifier(key_identifier)?,
        encode::key_usage(key_usage)?,
        encode::subject_key_identifier(key_identifier)?,
        encode::basic_constraints(None)?,
    ])
}

/// The extensions of a CRL.
pub fn crl_extensions(authority_key_id: &[u8], number: u64) -> Result<Vec<Vec<u8>>, DerError> {
    Ok(vec![
        encode::authority_key_identifier(authority_key_id)?,
        encode::crl_number(number),
    ])
}
