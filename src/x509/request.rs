//! Certification requests (PKCS#10, RFC 2986) as Vault, OpenBao and others write them.

use der::Tag;

use super::certificate::SignedParts;
use super::extension::Extension;
use super::name::Name;
use super::oid;
use super::pem::{self, PemError};
use super::private_key;
use super::strict;
use super::tlv::{self, DerError, context, sequence_of};
use crate::digest::Digest;

/// `extensionRequest` (RFC 2985 5.4.2)
const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";

/// The most octets of DER in a request.
const DER_LIMIT: usize = 16 * 1024;
/// The most attributes and extensions in a request.
const WISHES: usize = 64;

/// Why a request file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not one object.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// More DER than any real request has.
    #[error("the request has {0} octets of DER, more than 16384")]
    TooLarge(usize),
    /// Three fields in place of four.
    #[error("the request has no attributes field: RFC 2986 wants it, even if it is empty")]
    NoAttributes,
    /// Not a request, or not DER.
    #[error("the request cannot be read: {0}")]
    Der(#[from] DerError),
}

/// A request, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// SHA-256 of the file it came in.
    pub file_digest: Digest,
    /// The whole, DER.
    pub der: Vec<u8>,
    /// CertificationRequestInfo, DER: what its signature covers.
    pub info: Vec<u8>,
    /// subject
    pub subject: Name,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// The extensions it asks for.
    pub extensions: Vec<Extension>,
    /// Other attributes, by name.
    pub other_attributes: Vec<String>,
    /// AlgorithmIdentifier of its own signature, DER.
    pub algorithm: Vec<u8>,
    /// Octets of its own signature.
    pub signature: Vec<u8>,
}

/// The fields of a CertificationRequestInfo (RFC 2986 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFields {
    /// subject
    pub subject: Name,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// The extensions it asks for.
    pub extensions: Vec<Extension>,
    /// Other attributes, by name.
    pub other_attributes: Vec<String>,
}

impl Request {
    /// Reads a file: DER, or PEM with one request in it and nothing after.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RequestError> {
        let der = pem::decode_one(bytes, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])?;
        if der.len() > DER_LIMIT {
            return Err(RequestError::TooLarge(der.len()));
        }
        if private_key::is_inside(&der) {
            return Err(PemError::PrivateKey.into());
        }
        let mut request = Self::from_der(&der)?;
        request.file_digest = Digest::of(bytes);
        Ok(request)
    }

    /// Reads a request in strict DER; nothing may follow it.
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        strict::check(der)?;
        let parts = SignedParts::from_der(der, "CertificationRequest")?;
        let RequestFields {
            subject,
            spki,
            extensions,
            other_attributes,
        } = RequestFields::read(parts.tbs)?;
        Ok(Self {
            file_digest: Digest::of(der),
            der: der.to_vec(),
            info: parts.tbs.to_vec(),
            subject,
            spki,
            extensions,
            other_attributes,
            algorithm: parts.algorithm.to_vec(),
            signature: parts.signature.to_vec(),
        })
    }
}

impl RequestFields {
    /// Reads what a request's signature covers, in strict DER.
    pub fn from_info(info: &[u8]) -> Result<Self, RequestError> {
        strict::check(info)?;
        Self::read(info)
    }

    fn read(info: &[u8]) -> Result<Self, RequestError> {
        let fields = sequence_of(info, "CertificationRequestInfo")?;
        let (version, subject, spki, attributes) = match fields.as_slice() {
            [version, subject, spki, attributes] => (version, subject, spki, attributes),
            [version, subject, spki] if are_first_three(version, subject, spki) => {
                return Err(RequestError::NoAttributes);
            }
            _ => return Err(DerError::new("CertificationRequestInfo: not four fields").into()),
        };
        if version.raw != [2, 1, 0] {
            return Err(DerError::new("CertificationRequestInfo: not version 1").into());
        }
        if attributes.tag != context(0) {
            return Err(DerError::new(
                "CertificationRequestInfo: the fourth field is not the attributes",
            )
            .into());
        }
        if spki.tag != tlv::SEQUENCE {
            return Err(DerError::new("CertificationRequestInfo: the key is no SEQUENCE").into());
        }
        let mut read = Self {
            subject: Name::from_der(subject.raw)?,
            spki: spki.raw.to_vec(),
            extensions: Vec::new(),
            other_attributes: Vec::new(),
        };
        read.read_attributes(attributes.value)?;
        Ok(read)
    }

    fn read_attributes(&mut self, attributes: &[u8]) -> Result<(), DerError> {
        let attributes = tlv::elements(attributes)?;
        if !strict::is_in_set_order(attributes.iter().map(|attribute| attribute.raw)) {
            return Err(DerError::new("the attributes, a SET OF, are out of order"));
        }
        let mut asked = false;
        for attribute in attributes {
            let (kind, values) = attribute_parts(&attribute)?;
            if kind != EXTENSION_REQUEST {
                strict::check_strings(attribute.raw)
                    .map_err(|error| DerError(format!("{}: {error}", oid::name(&kind))))?;
                self.other_attributes.push(oid::name(&kind).to_owned());
                continue;
            }
            let [list] = values.as_slice() else {
                return Err(DerError::new("extensionRequest: not exactly one value"));
            };
            if asked {
                return Err(DerError::new("extensionRequest: comes twice"));
            }
            asked = true;
            self.extensions = Extension::list(list.raw)?;
        }
        if self.extensions.len() + self.other_attributes.len() > WISHES {
            return Err(DerError::new(
                "CertificationRequestInfo: more than 64 attributes and extensions",
            ));
        }
        self.extensions.iter().try_for_each(Extension::check_value)
    }
}

/// Whether these look like version, subject and key, so that the attributes are what is missing.
fn are_first_three(
    version: &tlv::Element<'_>,
    subject: &tlv::Element<'_>,
    spki: &tlv::Element<'_>,
) -> bool {
    [version.tag, subject.tag, spki.tag] == [Tag::Integer, tlv::SEQUENCE, tlv::SEQUENCE]
}

/// Type and values of an attribute (RFC 2986 4.1); it has at least one value.
fn attribute_parts<'a>(
    attribute: &tlv::Element<'a>,
) -> Result<(String, Vec<tlv::Element<'a>>), DerError> {
    let fields = sequence_of(attribute.raw, "Attribute")?;
    let [kind, values] = fields.as_slice() else {
        return Err(DerError::new("Attribute: not a type and its values"));
    };
    if kind.tag != Tag::ObjectIdentifier || values.tag != Tag::Set {
        return Err(DerError::new("Attribute: not a type and its values"));
    }
    let kind = oid::dotted(kind.value);
    let values = tlv::elements(values.value)?;
    if values.is_empty() {
        return Err(DerError(format!("{}: no value", oid::name(&kind))));
    }
    Ok((kind, values))
}
