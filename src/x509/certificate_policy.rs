//! certificatePolicies (RFC 5280 4.2.1.4): those that a ceremony file asks for, and those that
//! stand in any certificate, read from their bytes.

use der::Tag;

use super::escape::escape;
use super::oid;
use super::tlv::{DerError, Element, elements, sequence_of};

/// `id-qt-cps` (RFC 5280 4.2.1.4)
pub const CPS: &str = "1.3.6.1.5.5.7.2.1";

/// A policy that a certificate is issued under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// Dotted OID.
    pub oid: String,
    /// Where its practice statement is published.
    pub cps: Option<String>,
    /// It has qualifiers that this tool does not write.
    pub more: bool,
}

impl CertificatePolicy {
    /// Reads the extension's value.
    pub fn list(value: &[u8]) -> Result<Vec<Self>, DerError> {
        sequence_of(value, "certificatePolicies")?
            .iter()
            .map(Self::from_element)
            .collect()
    }

    fn from_element(element: &Element<'_>) -> Result<Self, DerError> {
        let fields = sequence_of(element.raw, "PolicyInformation")?;
        let (id, qualifiers) = fields
            .split_first()
            .ok_or_else(|| DerError::new("PolicyInformation: empty"))?;
        let mut policy = Self {
            oid: oid::dotted(id.value),
            cps: None,
            more: false,
        };
        for list in qualifiers {
            let list = elements(list.value)?;
            // An empty list is not written either.
            policy.more |= list.is_empty();
            for qualifier in &list {
                match cps(qualifier)? {
                    Some(url) if policy.cps.is_none() => policy.cps = Some(url),
                    _ => policy.more = true,
                }
            }
        }
        Ok(policy)
    }

    /// `1.2.3 (CPS http://...)`, escaped.
    pub fn describe(&self) -> String {
        let mut words = oid::name(&self.oid).to_owned();
        if let Some(cps) = &self.cps {
            words.push_str(&format!(" (CPS {})", escape(cps)));
        }
        if self.more {
            words.push_str(" (other qualifiers)");
        }
        words
    }
}

/// The URL of a practice statement, where the qualifier is one.
fn cps(qualifier: &Element<'_>) -> Result<Option<String>, DerError> {
    let fields = sequence_of(qualifier.raw, "PolicyQualifierInfo")?;
    let [id, value] = fields.as_slice() else {
        return Err(DerError::new(
            "PolicyQualifierInfo: not an OID and a qualifier",
        ));
    };
    let is_cps = oid::dotted(id.value) == CPS && value.tag == Tag::Ia5String;
    let text = std::str::from_utf8(value.value).ok();
    let text = text.filter(|text| is_cps && text.is_ascii());
    Ok(text.map(str::to_owned))
}
