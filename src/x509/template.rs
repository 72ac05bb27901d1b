//! Templates: a body with what is not known before the day replaced by fixed marks, so that
//! what people approve exists on paper beforehand.
//!
//! Marks: the serial number, the dates (2000-01-01 and the planned length from there, so the
//! length is part of the template), and, where the root is made on the same day, its key and
//! key identifiers.

use super::certificate::CertificateFields;
use super::crl::CrlFields;
use super::crl_entry;
use super::extension::Extension;
use super::extension_encode::{authority_key_identifier, subject_key_identifier};
use super::raw::RawCrl;
use super::request::RequestFields;
use super::serial::Serial;
use super::tbs::{self, CertificateTbs, CertificationRequestInfo, CrlTbs, RequestParts};
use super::time::UtcTime;
use super::tlv::{DerError, context, encode, sequence};
use crate::digest::Digest;

/// The key identifier that stands for one not yet known.
pub const KEY_IDENTIFIER_MARK: [u8; 20] = [0; 20];

const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";

/// Which root fields are not known when the plan is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The root exists: nothing.
    Nothing,
    /// The root is made in this ceremony: the authority key identifier.
    Issuer,
    /// This is the root to be made: its key (replaced by this SPKI) and both identifiers.
    Own(Vec<u8>),
    /// This is a request for the key of a root that exists: the key alone (replaced by this
    /// SPKI), for a rehearsal's stand-in has another one.
    Key(Vec<u8>),
}

/// The dates that stand in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// notBefore or thisUpdate
    pub start: UtcTime,
    /// notAfter or nextUpdate
    pub end: UtcTime,
}

/// A template of a certificate or CRL body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template(pub Vec<u8>);

impl Template {
    /// What people approve.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

/// The template of a certificate body: every byte stays but the marks.
pub fn of_certificate(
    body: &CertificateTbs,
    dates: Dates,
    unknown: &Unknown,
) -> Result<Template, DerError> {
    let fields = CertificateFields::from_tbs(&body.0)?;
    let spki = match unknown {
        Unknown::Own(mark) | Unknown::Key(mark) => mark,
        Unknown::Nothing | Unknown::Issuer => &fields.spki,
    };
    Ok(Template(sequence(&[
        &encode(context(0), &[&[2, 1, 2]]),
        &Serial::template_mark().to_der(),
        &fields.algorithm,
        fields.issuer.as_der(),
        &tbs::validity(dates.start, dates.end),
        fields.subject.as_der(),
        spki,
        &encode(
            context(3),
            &[&tbs::list(&marked(&fields.extensions, unknown)?)],
        ),
    ])))
}

/// The template of a request for the root's own key.
pub fn of_request(
    body: &CertificationRequestInfo,
    unknown: &Unknown,
) -> Result<Template, DerError> {
    let fields = RequestFields::from_info(&body.0).map_err(|error| DerError(error.to_string()))?;
    let spki = match unknown {
        Unknown::Own(mark) | Unknown::Key(mark) => mark,
        Unknown::Nothing | Unknown::Issuer => &fields.spki,
    };
    let parts = RequestParts {
        subject: &fields.subject,
        spki,
        extensions: &marked(&fields.extensions, unknown)?,
    };
    Ok(Template(parts.assemble().0))
}

/// The template of a CRL body: what it carries over stands there as a digest, what it lists for
/// the first time shows the template's date.
pub fn of_crl(body: &CrlTbs, dates: Dates, unknown: &Unknown) -> Result<Template, DerError> {
    let raw = RawCrl::from_tbs(&body.0)?;
    let fields = CrlFields::head(&raw)?;
    let revoked = match raw.revoked {
        Some(_) => sequence(&[&crl_entry::marked_list(&raw, dates.start)?]),
        None => Vec::new(),
    };
    Ok(Template(sequence(&[
        &[2, 1, 1],
        &fields.algorithm,
        fields.issuer.as_der(),
        &dates.start.to_der(),
        &dates.end.to_der(),
        &revoked,
        &encode(
            context(0),
            &[&tbs::list(&marked(&fields.extensions, unknown)?)],
        ),
    ])))
}

fn marked(extensions: &[Extension], unknown: &Unknown) -> Result<Vec<Vec<u8>>, DerError> {
    extensions
        .iter()
        .map(|extension| match (extension.oid.as_str(), unknown) {
            (AUTHORITY_KEY_IDENTIFIER, Unknown::Issuer | Unknown::Own(_)) => {
                authority_key_identifier(&KEY_IDENTIFIER_MARK)
            }
            (SUBJECT_KEY_IDENTIFIER, Unknown::Own(_)) => {
                subject_key_identifier(&KEY_IDENTIFIER_MARK)
            }
            _ => Ok(extension.raw.clone()),
        })
        .collect()
}
