//! What holds of every signed file that is read, certificate or CRL.

use super::judged::Judged;
use super::{CheckId, Findings};
use crate::x509::certificate::Certificate;
use crate::x509::extension::Extension;
use crate::x509::key_usage::KeyUsage;
use crate::x509::name::Name;
use crate::x509::pem::PemError;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm, algorithm_name, algorithm_refusal};
use crate::x509::strict;
use crate::x509::time::UtcTime;
use crate::x509::tlv::{DerError, Element};

/// The ids of one kind of file's container.
pub(super) struct ContainerIds {
    pub size: CheckId,
    pub private_key: CheckId,
    pub container: CheckId,
}

impl ContainerIds {
    /// Which of them an error is about.
    pub(super) fn of(&self, error: &PemError) -> CheckId {
        match error {
            PemError::TooLarge(_) => self.size,
            PemError::PrivateKey => self.private_key,
            _ => self.container,
        }
    }
}

/// The whole is DER down to its leaves.
pub(super) fn strict(findings: &mut Findings, id: CheckId, der: &[u8]) {
    let words = match strict::check(der) {
        Ok(()) => None,
        Err(error) => Some(error.to_string()),
    };
    findings.require(id, words.is_none(), words.unwrap_or("DER".to_owned()));
}

/// The algorithm fields, inner and outer, and whether they fit the key that signed.
pub(super) fn algorithm(inner: &[u8], outer: &[u8], key: Option<&PublicKey>) -> Judged {
    let mut judged = Judged::default();
    let name = algorithm_name(inner);
    judged.must(
        inner == outer,
        format!(
            "signed with {name} inside, {} outside",
            algorithm_name(outer)
        ),
    );
    match (SignatureAlgorithm::from_der(inner), key) {
        (None, _) => judged.fault(format!("signed with {}", algorithm_refusal(inner))),
        (Some(algorithm), Some(key)) => judged.must(
            algorithm.fits(key.kind()),
            format!("{name} does not fit the issuer's key, {}", key.kind()),
        ),
        (Some(_), None) => {}
    }
    judged
}

/// Whether the signature is by this key.
pub(super) fn signature(
    (algorithm, tbs, signature): (&[u8], &[u8], &[u8]),
    key: &PublicKey,
) -> bool {
    SignatureAlgorithm::from_der(algorithm)
        .is_some_and(|algorithm| key.verifies(algorithm, tbs, signature))
}

/// The issuer's name, byte for byte: one that is equal for people only breaks Go, and with it
/// Vault.
pub(super) fn issuer_name(judged: &mut Judged, found: &Element<'_>, issuer: &Certificate) {
    let wanted = &issuer.fields.subject;
    if found.raw == wanted.as_der() {
        return;
    }
    let Ok(found) = Name::from_der(found.raw) else {
        return judged.fault("the issuer's name cannot be read");
    };
    if found.folded() == wanted.folded() {
        judged.fault(format!(
            "the issuer is {found}, and differs from the given one's subject in its bytes (string type, case, spaces or how a character is written): Go and Vault find no issuer then"
        ));
    } else {
        judged.fault(format!("the issuer is {found}, not {wanted}"));
    }
}

/// Whether a certificate may do this; one without key usage may do everything.
pub(super) fn may(certificate: &Certificate, usage: KeyUsage) -> bool {
    certificate
        .fields
        .key_usage()
        .is_none_or(|usages| usages.contains(&usage))
}

/// A date, or a fault.
pub(super) fn date(judged: &mut Judged, what: &str, element: &Element<'_>) -> Option<UtcTime> {
    UtcTime::from_der(element)
        .map_err(|error| judged.fault(format!("{what}: {error}")))
        .ok()
}

/// What verifiers know of an extension.
pub(super) enum Known {
    /// They refuse it where it is critical.
    NotCritical,
    /// They know it, critical or not.
    Either,
    /// They know it, and refuse it where it is not critical.
    Critical,
}

/// The extensions of one list: each readable, none twice, none critical that verifiers do not
/// know. `known` says what they know; `None` is an extension that they do not.
pub(super) fn extensions(
    judged: &mut Judged,
    list: &[Extension],
    known: impl Fn(&str) -> Option<Known>,
) {
    for (at, extension) in list.iter().enumerate() {
        let name = extension.name();
        judged.must(
            !list[..at].iter().any(|other| other.oid == extension.oid),
            format!("{name} comes twice"),
        );
        judged.must(
            !extension.writes_false(),
            format!("{name} says critical in another form than DER's TRUE"),
        );
        match known(&extension.oid) {
            None if extension.critical => judged.fault(format!(
                "{name} is critical and not known to common verifiers"
            )),
            None => judged.odd(format!("not known here: {}", extension.describe())),
            Some(Known::NotCritical) if extension.critical => {
                judged.fault(format!("{name} must not be critical"));
            }
            Some(Known::Critical) if !extension.critical => {
                judged.fault(format!("{name} must be critical"));
            }
            Some(_) => judged.must(is_readable(extension), format!("{name} cannot be read")),
        }
    }
}

/// Whether the value is what its type declares, in DER.
fn is_readable(extension: &Extension) -> bool {
    extension.check_value().is_ok()
        && extension.read().is_ok()
        && strict::check(&extension.value).is_ok()
}

/// The list in a certificate's or CRL's field.
pub(super) fn list(field: Option<&Element<'_>>) -> Result<Vec<Extension>, DerError> {
    field.map_or(Ok(Vec::new()), |field| Extension::as_found(field.value))
}
