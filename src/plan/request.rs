//! `certificate-request`: a request for the root's own key, with which another CA can certify it
//! too. It says what the root's certificate says of itself, and nothing else.

use super::{Product, RootPlan, Validity};
use crate::x509::certificate::CertificateFields;
use crate::x509::extension_encode as encode;
use crate::x509::key_usage::KeyUsage;
use crate::x509::name::Name;
use crate::x509::tbs::{CertificationRequestInfo, RequestParts};
use crate::x509::template::{KEY_IDENTIFIER_MARK, Template, Unknown};
use crate::x509::tlv::DerError;

/// What a root says of itself, as its request asks for it.
#[derive(Clone, Debug)]
pub struct OwnRequest<'a> {
    /// The root's subject.
    pub subject: &'a Name,
    /// The root's SPKI.
    pub spki: &'a [u8],
    /// The root's key usage.
    pub key_usage: Vec<KeyUsage>,
    /// The root's subject key identifier.
    pub key_identifier: Vec<u8>,
}

impl<'a> OwnRequest<'a> {
    /// Of a root that exists; it needs a key usage and a key identifier.
    pub fn of(root: &'a CertificateFields) -> Result<Self, DerError> {
        let missing = |what: &str| DerError(format!("the root has no {what}"));
        Ok(Self {
            subject: &root.subject,
            spki: &root.spki,
            key_usage: root.key_usage().ok_or_else(|| missing("key usage"))?,
            key_identifier: root
                .subject_key_identifier()
                .ok_or_else(|| missing("subject key identifier"))?,
        })
    }

    /// What will be signed. No path length: how many tiers may follow is for the other CA to say.
    pub fn info(&self) -> Result<CertificationRequestInfo, DerError> {
        let extensions = [
            encode::key_usage(&self.key_usage)?,
            encode::subject_key_identifier(&self.key_identifier)?,
            encode::basic_constraints(None)?,
        ];
        Ok(RequestParts {
            subject: self.subject,
            spki: self.spki,
            extensions: &extensions,
        }
        .assemble())
    }
}

/// The request as it is planned. A mark stands for the key, also of a root that exists: in a
/// rehearsal another one stands in for it, and the words that people approve are the same.
pub fn product(name: &str, root: &RootPlan) -> Result<Product, DerError> {
    let mark = root
        .key()
        .map(|key| key.template_spki())
        .ok_or_else(|| DerError("the root's key has a strange type".to_owned()))?;
    let request = match root {
        RootPlan::New(new) => OwnRequest {
            subject: &new.subject,
            spki: &mark,
            key_usage: new.key_usage.clone(),
            key_identifier: KEY_IDENTIFIER_MARK.to_vec(),
        },
        RootPlan::Existing(root) => OwnRequest {
            spki: &mark,
            ..OwnRequest::of(&root.fields)?
        },
    };
    Ok(Product {
        name: name.to_owned(),
        validity: Validity::Dateless,
        template: Template(request.info()?.0),
        unknown: match root {
            RootPlan::New(_) => Unknown::Own(mark.clone()),
            RootPlan::Existing(_) => Unknown::Key(mark.clone()),
        },
        key_identifier: None,
    })
}
