//! Profiles: what an intermediate certificate will say, from built-ins and the file's own.

use super::Validity;
use crate::x509::extension::KeyUsage;
use crate::x509::extension_encode as encode;
use crate::x509::name::Name;
use crate::x509::time::Span;
use crate::x509::tlv::DerError;

/// What a certificate will say besides names, key, serial and dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name in the file, or a built-in's.
    pub name: String,
    /// pathLenConstraint; `None` for none.
    pub path_length: Option<u8>,
    /// How long it is valid.
    pub validity: Validity,
    /// keyUsage, in the order of the bits.
    pub key_usage: Vec<KeyUsage>,
    /// extKeyUsage as dotted OIDs; empty leaves the extension out.
    pub extended_key_usage: Vec<String>,
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
pub const EXTENDED_KEY_USAGES: [(&str, &str); 6] = [
    ("serverAuth", "1.3.6.1.5.5.7.3.1"),
    ("clientAuth", "1.3.6.1.5.5.7.3.2"),
    ("codeSigning", "1.3.6.1.5.5.7.3.3"),
    ("emailProtection", "1.3.6.1.5.5.7.3.4"),
    ("timeStamping", "1.3.6.1.5.5.7.3.8"),
    ("OCSPSigning", "1.3.6.1.5.5.7.3.9"),
];

impl Profile {
    /// The names of the built-ins.
    pub const BUILT_IN: [&'static str; 2] = ["vault", "vault-issuing-cas"];

    /// A built-in by its name.
    ///
    /// `vault`: a mount that issues leaves. `vault-issuing-cas`: one that issues CAs too
    /// (Linkerd's identity issuer below it), so one tier of room. Both may sign OCSP answers,
    /// which Vault and OpenBao do with the issuer's own key.
    pub fn built_in(name: &str) -> Option<Self> {
        let path_length = match name {
            "vault" => 0,
            "vault-issuing-cas" => 1,
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            path_length: Some(path_length),
            validity: Validity::For(Span::Months(60)),
            key_usage: vec![
                KeyUsage::DigitalSignature,
                KeyUsage::KeyCertSign,
                KeyUsage::CrlSign,
            ],
            extended_key_usage: vec![
                EXTENDED_KEY_USAGES[0].1.to_owned(),
                EXTENDED_KEY_USAGES[1].1.to_owned(),
            ],
            crl_url: None,
            issuer_url: None,
            ocsp_url: None,
            subject: None,
        })
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
        if let Some(url) = &self.crl_url {
            list.push(encode::crl_distribution_point(url)?);
        }
        list.push(encode::subject_key_identifier(subject_key_id)?);
        list.push(encode::basic_constraints(self.path_length)?);
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
