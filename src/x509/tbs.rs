//! What gets signed, put together: certificate, CRL and request bodies from their fields, and
//! the signed object from a body and its signature.

use der::Tag;
use der::oid::ObjectIdentifier;

use super::name::Name;
use super::oid;
use super::public_key::SignatureAlgorithm;
use super::serial::Serial;
use super::time::UtcTime;
use super::tlv::{bit_string, context, encode, sequence};

/// `extensionRequest` (RFC 2985 5.4.2)
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

/// A TBSCertificate, DER (RFC 5280 4.1.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateTbs(pub Vec<u8>);

/// A TBSCertList, DER (RFC 5280 5.1.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrlTbs(pub Vec<u8>);

/// A CertificationRequestInfo, DER (RFC 2986 4.1): four fields, of which the last is `[0]` and
/// none is a time, so that it can never be read as a certificate or CRL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificationRequestInfo(pub Vec<u8>);

/// The signed attributes of a CMS SignerInfo as they are hashed, of a seal or of a proof of
/// possession: a SET OF, tag 0x31
/// (RFC 5652 5.4), which can never be read as a certificate or CRL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedAttributes(pub Vec<u8>);

/// Bytes that a root key may be asked to sign. Sealed: these four and no others.
pub trait ToBeSigned: sealed::Sealed {
    /// The very bytes.
    fn bytes(&self) -> &[u8];
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::CertificateTbs {}
    impl Sealed for super::CrlTbs {}
    impl Sealed for super::CertificationRequestInfo {}
    impl Sealed for super::SignedAttributes {}
}

impl ToBeSigned for CertificateTbs {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ToBeSigned for CrlTbs {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ToBeSigned for CertificationRequestInfo {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ToBeSigned for SignedAttributes {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The fields of a certificate, each already in the bytes it will have.
#[derive(Clone, Debug)]
pub struct CertificateParts<'a> {
    /// serialNumber
    pub serial: &'a Serial,
    /// signature
    pub algorithm: SignatureAlgorithm,
    /// issuer
    pub issuer: &'a Name,
    /// notBefore
    pub not_before: UtcTime,
    /// notAfter
    pub not_after: UtcTime,
    /// subject
    pub subject: &'a Name,
    /// subjectPublicKeyInfo
    pub spki: &'a [u8],
    /// Extensions in their order, each a whole Extension.
    pub extensions: &'a [Vec<u8>],
}

impl CertificateParts<'_> {
    /// Version 3, with extensions.
    pub fn assemble(&self) -> CertificateTbs {
        CertificateTbs(sequence(&[
            &encode(context(0), &[&[2, 1, 2]]),
            &self.serial.to_der(),
            &self.algorithm.to_der(),
            self.issuer.as_der(),
            &validity(self.not_before, self.not_after),
            self.subject.as_der(),
            self.spki,
            &encode(context(3), &[&list(self.extensions)]),
        ]))
    }
}

/// The fields of a CRL.
#[derive(Clone, Debug)]
pub struct CrlParts<'a> {
    /// signature
    pub algorithm: SignatureAlgorithm,
    /// issuer
    pub issuer: &'a Name,
    /// thisUpdate
    pub this_update: UtcTime,
    /// nextUpdate
    pub next_update: UtcTime,
    /// What revokedCertificates holds, DER; empty where nothing is revoked.
    pub entries: &'a [u8],
    /// crlExtensions in their order, each a whole Extension.
    pub extensions: &'a [Vec<u8>],
}

impl CrlParts<'_> {
    /// Version 2; revokedCertificates is absent, never an empty SEQUENCE.
    pub fn assemble(&self) -> CrlTbs {
        let revoked = match self.entries {
            [] => Vec::new(),
            entries => sequence(&[entries]),
        };
        CrlTbs(sequence(&[
            &[2, 1, 1],
            &self.algorithm.to_der(),
            self.issuer.as_der(),
            &self.this_update.to_der(),
            &self.next_update.to_der(),
            &revoked,
            &encode(context(0), &[&list(self.extensions)]),
        ]))
    }
}

/// The fields of a request.
#[derive(Clone, Debug)]
pub struct RequestParts<'a> {
    /// subject
    pub subject: &'a Name,
    /// subjectPKInfo
    pub spki: &'a [u8],
    /// The extensions it asks for in their order, each a whole Extension.
    pub extensions: &'a [Vec<u8>],
}

impl RequestParts<'_> {
    /// Version 1, with one attribute: extensionRequest.
    pub fn assemble(&self) -> CertificationRequestInfo {
        let values = encode(Tag::Set, &[&list(self.extensions)]);
        let attribute = sequence(&[&oid::der(EXTENSION_REQUEST), &values]);
        CertificationRequestInfo(sequence(&[
            &[2, 1, 0],
            self.subject.as_der(),
            self.spki,
            &encode(context(0), &[&attribute]),
        ]))
    }
}

/// Certificate, CertificateList or CertificationRequest: body, algorithm, signature.
pub fn signed_object(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    sequence(&[tbs, &algorithm.to_der(), &bit_string(signature)])
}

pub(super) fn validity(not_before: UtcTime, not_after: UtcTime) -> Vec<u8> {
    sequence(&[&not_before.to_der(), &not_after.to_der()])
}

pub(super) fn list(extensions: &[Vec<u8>]) -> Vec<u8> {
    sequence(&extensions.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::super::extension_encode as extension;
    use super::super::name::AttributeType;
    use super::super::public_key::RootKey;
    use super::super::request::{Request, RequestFields};
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_put_together() {
        let subject = Name::build(&[(AttributeType::CommonName, "Acme Root G1")]);
        let spki = RootKey::P256.template_spki();
        let asked = [
            extension::subject_key_identifier(&[7; 20]).unwrap(),
            extension::basic_constraints(None).unwrap(),
        ];
        let parts = RequestParts {
            subject: &subject,
            spki: &spki,
            extensions: &asked,
        };
        let info = parts.assemble();
        let fields = RequestFields::from_info(&info.0).unwrap();
        assert_eq!((fields.subject, fields.spki), (subject, spki));
        let raw: Vec<_> = fields.extensions.into_iter().map(|one| one.raw).collect();
        assert_eq!(raw, asked);
        assert_eq!(fields.other_attributes, [""; 0]);
        let whole = signed_object(&info.0, SignatureAlgorithm::EcdsaSha256, &[1]);
        assert_eq!(Request::from_der(&whole).unwrap().info, info.0);
        // Cut anywhere, or with an octet after it, it is none.
        for at in 0..info.0.len() {
            assert!(RequestFields::from_info(&info.0[..at]).is_err(), "{at}");
        }
        let more = [&info.0[..], &[0]].concat();
        assert!(RequestFields::from_info(&more).is_err());
    }
}
