//! Certificates and CRLs taken apart into their fields, none of which is judged here.
//!
//! What we sign is read strictly (`certificate`, `crl`), what others made is shown and checked
//! field by field: both stand on this.

use der::Tag;

use super::certificate::SignedParts;
use super::tlv::{
    DerError, Element, Elements, SEQUENCE, check_length, context, sequence, sequence_of, single,
};

/// The fields of a TBSCertificate as they stand there (RFC 5280 4.1).
#[derive(Clone, Copy, Debug)]
pub struct RawCertificate<'a> {
    /// version; absent for version 1.
    pub version: Option<Element<'a>>,
    /// serialNumber
    pub serial: Element<'a>,
    /// signature
    pub algorithm: Element<'a>,
    /// issuer
    pub issuer: Element<'a>,
    /// notBefore
    pub not_before: Element<'a>,
    /// notAfter
    pub not_after: Element<'a>,
    /// subject
    pub subject: Element<'a>,
    /// subjectPublicKeyInfo
    pub spki: Element<'a>,
    /// issuerUniqueID
    pub issuer_unique_id: Option<Element<'a>>,
    /// subjectUniqueID
    pub subject_unique_id: Option<Element<'a>>,
    /// extensions, in their `[3]`
    pub extensions: Option<Element<'a>>,
}

impl<'a> RawCertificate<'a> {
    /// Takes a TBSCertificate apart.
    pub fn from_tbs(tbs: &'a [u8]) -> Result<Self, DerError> {
        let elements = sequence_of(tbs, "TBSCertificate")?;
        let mut fields = Fields::new("TBSCertificate", &elements);
        let version = fields.optional(context(0));
        let serial = fields.required(Tag::Integer, "serialNumber")?;
        let algorithm = fields.required(SEQUENCE, "signature")?;
        let issuer = fields.required(SEQUENCE, "issuer")?;
        let validity = fields.required(SEQUENCE, "validity")?;
        let subject = fields.required(SEQUENCE, "subject")?;
        let spki = fields.required(SEQUENCE, "subjectPublicKeyInfo")?;
        let issuer_unique_id = fields.optional(primitive(1));
        let subject_unique_id = fields.optional(primitive(2));
        let extensions = fields.optional(context(3));
        fields.end()?;
        let dates = sequence_of(validity.raw, "validity")?;
        let [not_before, not_after] = dates.as_slice() else {
            return Err(DerError::new("validity: not two times"));
        };
        Ok(Self {
            version,
            serial,
            algorithm,
            issuer,
            not_before: *not_before,
            not_after: *not_after,
            subject,
            spki,
            issuer_unique_id,
            subject_unique_id,
            extensions,
        })
    }

    /// Takes the body of a whole certificate apart.
    pub fn from_der(der: &'a [u8]) -> Result<Self, DerError> {
        Self::from_tbs(SignedParts::from_der(der, "Certificate")?.tbs)
    }

    /// 1, 2 or 3, where the field says so.
    pub fn version(&self) -> Option<u8> {
        self.version.map_or(Some(1), |field| version(field.value))
    }
}

/// The fields of a TBSCertList as they stand there (RFC 5280 5.1).
#[derive(Clone, Copy, Debug)]
pub struct RawCrl<'a> {
    /// version; absent for version 1.
    pub version: Option<Element<'a>>,
    /// signature
    pub algorithm: Element<'a>,
    /// issuer
    pub issuer: Element<'a>,
    /// thisUpdate
    pub this_update: Element<'a>,
    /// nextUpdate
    pub next_update: Option<Element<'a>>,
    /// revokedCertificates
    pub revoked: Option<Element<'a>>,
    /// crlExtensions, in their `[0]`
    pub extensions: Option<Element<'a>>,
}

impl<'a> RawCrl<'a> {
    /// Takes a TBSCertList apart; its entries wait until they are asked for.
    pub fn from_tbs(tbs: &'a [u8]) -> Result<Self, DerError> {
        let elements = sequence_of(tbs, "TBSCertList")?;
        let mut fields = Fields::new("TBSCertList", &elements);
        let version = fields.optional(Tag::Integer);
        let algorithm = fields.required(SEQUENCE, "signature")?;
        let issuer = fields.required(SEQUENCE, "issuer")?;
        let this_update = fields.time().ok_or_else(|| {
            DerError::new("TBSCertList: thisUpdate is missing, or of another type")
        })?;
        let next_update = fields.time();
        let revoked = fields.optional(SEQUENCE);
        let extensions = fields.optional(context(0));
        fields.end()?;
        let entries = revoked.map_or(0, |list| list.raw.len());
        check_length(tbs.len() - entries, "TBSCertList without its entries")?;
        Ok(Self {
            version,
            algorithm,
            issuer,
            this_update,
            next_update,
            revoked,
            extensions,
        })
    }

    /// 1 or 2, where the field says so.
    pub fn version(&self) -> Option<u8> {
        self.version.map_or(Some(1), |field| version(field.raw))
    }

    /// Its entries, read one at a time: there may be a million.
    pub fn entries(&self) -> impl Iterator<Item = Result<RawEntry<'a>, DerError>> + use<'a> {
        RawEntry::list(self.revoked.map_or(&[], |list| list.value))
    }

    /// The body without revokedCertificates: what readers can be given that keep every entry.
    pub fn without_entries(&self) -> Vec<u8> {
        let fields = [
            self.version,
            Some(self.algorithm),
            Some(self.issuer),
            Some(self.this_update),
            self.next_update,
            self.extensions,
        ];
        let fields: Vec<&[u8]> = fields.iter().flatten().map(|field| field.raw).collect();
        sequence(&fields)
    }
}

/// One revoked certificate as it stands in its list.
#[derive(Clone, Copy, Debug)]
pub struct RawEntry<'a> {
    /// The whole, DER.
    pub raw: &'a [u8],
    /// userCertificate
    pub serial: Element<'a>,
    /// revocationDate
    pub date: Element<'a>,
    /// crlEntryExtensions, a SEQUENCE
    pub extensions: Option<Element<'a>>,
}

impl<'a> RawEntry<'a> {
    /// The entries that stand one after the other.
    pub fn list(der: &'a [u8]) -> impl Iterator<Item = Result<Self, DerError>> + use<'a> {
        Elements::of(der).map(|element| Self::from_element(&element?))
    }

    fn from_element(entry: &Element<'a>) -> Result<Self, DerError> {
        check_length(entry.raw.len(), "revokedCertificate")?;
        let elements = sequence_of(entry.raw, "revokedCertificate")?;
        let mut fields = Fields::new("revokedCertificate", &elements);
        let read = Self {
            raw: entry.raw,
            serial: fields.required(Tag::Integer, "userCertificate")?,
            date: fields.time().ok_or_else(|| {
                DerError::new("revokedCertificate: revocationDate is missing, or of another type")
            })?,
            extensions: fields.optional(SEQUENCE),
        };
        fields.end()?;
        Ok(read)
    }
}

/// One more than the INTEGER that a version field holds.
fn version(der: &[u8]) -> Option<u8> {
    match single(der, Tag::Integer, "version").ok()?.value {
        [number @ 0..=2] => Some(number + 1),
        _ => None,
    }
}

/// `[n] IMPLICIT` of a type that is not constructed.
fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: false,
        number: der::TagNumber(number),
    }
}

/// A SEQUENCE's fields, taken from the front.
struct Fields<'s, 'a> {
    what: &'static str,
    left: &'s [Element<'a>],
}

impl<'s, 'a> Fields<'s, 'a> {
    fn new(what: &'static str, left: &'s [Element<'a>]) -> Self {
        Self { what, left }
    }

    fn next_if(&mut self, fits: impl Fn(Tag) -> bool) -> Option<Element<'a>> {
        let (first, rest) = self.left.split_first()?;
        fits(first.tag).then(|| {
            self.left = rest;
            *first
        })
    }

    fn optional(&mut self, tag: Tag) -> Option<Element<'a>> {
        self.next_if(|found| found == tag)
    }

    fn time(&mut self) -> Option<Element<'a>> {
        self.next_if(|found| matches!(found, Tag::UtcTime | Tag::GeneralizedTime))
    }

    fn required(&mut self, tag: Tag, field: &str) -> Result<Element<'a>, DerError> {
        self.optional(tag).ok_or_else(|| {
            DerError(format!(
                "{}: {field} is missing, or of another type",
                self.what
            ))
        })
    }

    fn end(&self) -> Result<(), DerError> {
        match self.left.first() {
            None => Ok(()),
            Some(more) => Err(DerError(format!(
                "{}: {} where it should end",
                self.what, more.tag
            ))),
        }
    }
}
