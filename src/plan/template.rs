//! The templates of a plan: each product's body as it will be, with marks for what only the
//! day can tell.

use super::profile::{self, Profile};
use super::{NewRoot, Product, RootPlan, SubjectKeyId, Validity};
use crate::x509::crl_entry::{Carried, NewEntry, template_list};
use crate::x509::name::Name;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::serial::Serial;
use crate::x509::tbs::{CertificateParts, CrlParts};
use crate::x509::template::{self, Dates, KEY_IDENTIFIER_MARK, Template, Unknown};
use crate::x509::time::{Span, UtcTime};
use crate::x509::tlv::DerError;

/// The dates a template shows for a planned validity.
pub fn dates(validity: Validity, root: &RootPlan) -> Dates {
    let start = UtcTime::TEMPLATE_START;
    let end = match (validity, root) {
        (Validity::For(span), _) => last_second(start, span),
        (Validity::UntilIssuer, RootPlan::Existing(root)) => root.fields.not_after,
        (Validity::UntilIssuer, RootPlan::New(_)) | (Validity::NoEnd | Validity::Dateless, _) => {
            UtcTime::NO_END
        }
    };
    Dates { start, end }
}

/// The last second of something that starts then and lasts so long.
pub fn last_second(start: UtcTime, span: Span) -> UtcTime {
    start.plus(span).unwrap_or(UtcTime::NO_END).offset(-1)
}

/// The template of a root to be made.
pub fn root(name: &str, new: &NewRoot) -> Result<Product, DerError> {
    let spki = new.key.template_spki();
    let extensions = profile::root_extensions(&new.key_usage, &KEY_IDENTIFIER_MARK)?;
    let validity = Validity::For(new.validity);
    let dates = dates(validity, &RootPlan::New(new.clone()));
    let body = CertificateParts {
        serial: &Serial::template_mark(),
        algorithm: new.algorithm,
        issuer: &new.subject,
        not_before: dates.start,
        not_after: dates.end,
        subject: &new.subject,
        spki: &spki,
        extensions: &extensions,
    }
    .assemble();
    let unknown = Unknown::Own(spki.clone());
    Ok(Product {
        name: name.to_owned(),
        validity,
        template: template::of_certificate(&body, dates, &unknown)?,
        unknown,
        key_identifier: Some(SubjectKeyId::Method(new.key_identifier)),
    })
}

/// The template of a CA's certificate below the root.
pub fn below(
    name: &str,
    root: &RootPlan,
    algorithm: SignatureAlgorithm,
    profile: &Profile,
    (subject, key, key_identifier): (&Name, &PublicKey, &SubjectKeyId),
) -> Result<Product, DerError> {
    let dates = dates(profile.validity, root);
    let extensions = profile.extensions(&key_identifier.of(key), &authority_key_id(root)?)?;
    let body = CertificateParts {
        serial: &Serial::template_mark(),
        algorithm,
        issuer: root.subject(),
        not_before: dates.start,
        not_after: dates.end,
        subject,
        spki: key.spki(),
        extensions: &extensions,
    }
    .assemble();
    let unknown = root.unknown_issuer();
    Ok(Product {
        name: name.to_owned(),
        validity: profile.validity,
        template: template::of_certificate(&body, dates, &unknown)?,
        unknown,
        key_identifier: Some(key_identifier.clone()),
    })
}

/// The template of a CRL, with what it carries over and what it lists for the first time.
pub fn crl(
    name: &str,
    root: &RootPlan,
    algorithm: SignatureAlgorithm,
    validity: Validity,
    number: u64,
    (carried, revoked): (&Carried, &[NewEntry]),
) -> Result<Product, DerError> {
    let dates = dates(validity, root);
    let extensions = profile::crl_extensions(&authority_key_id(root)?, number)?;
    let body = CrlParts {
        algorithm,
        issuer: root.subject(),
        this_update: dates.start,
        next_update: dates.end,
        entries: &template_list(carried, revoked)?,
        extensions: &extensions,
    }
    .assemble();
    let unknown = root.unknown_issuer();
    Ok(Product {
        name: name.to_owned(),
        validity,
        // An unknown issuer's mark stands in it already.
        template: Template(body.0),
        unknown,
        key_identifier: None,
    })
}

fn authority_key_id(root: &RootPlan) -> Result<Vec<u8>, DerError> {
    match root {
        RootPlan::New(_) => Ok(KEY_IDENTIFIER_MARK.to_vec()),
        RootPlan::Existing(certificate) => certificate
            .fields
            .subject_key_identifier()
            .ok_or_else(|| DerError("the root has no subject key identifier".to_owned())),
    }
}
