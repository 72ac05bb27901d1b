//! The register: everything the root has issued, and the next CRL number. Never stored; a
//! fold over the transcripts, and in them over the very bytes that were signed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::adopted::{self, AdoptedRevocation};
use super::entry::{Entry, Event};
use super::kinds::BodyKind;
use super::layout;
use crate::digest::{Digest, unhex};
use crate::plan::document::PlanDocument;
use crate::x509::certificate::CertificateFields;
use crate::x509::crl::{CrlFields, RevokedEntry};
use crate::x509::crl_entry::{Carried, entry};
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::public_key::rsa_modulus;
use crate::x509::raw::RawCrl;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;
use crate::x509::tlv::DerError;

/// How sure we are that a certificate exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Its signature is in a transcript.
    Signed,
    /// Its signing was intended, with an unknown end.
    PossiblySigned,
    /// It was taken over with the root: given to this ledger, and signed before it.
    Adopted,
}

/// A certificate that the root issued, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Ceremony id.
    pub ceremony: String,
    /// Product's name in that ceremony's plan.
    pub product: String,
    /// Mount of an intermediate, as that plan has it.
    pub mount: Option<String>,
    /// Where it says that its issuer's CRL is.
    pub crl_urls: Vec<String>,
    /// Serial number.
    pub serial: Serial,
    /// Subject.
    pub subject: Name,
    /// Digest of its SPKI; zeros where an adopted one is known by its index alone.
    pub spki_sha256: Digest,
    /// The modulus of an RSA key.
    pub rsa_modulus: Option<Vec<u8>>,
    /// subjectKeyIdentifier, as its bytes.
    pub key_identifier: Option<Vec<u8>>,
    /// First second.
    pub not_before: UtcTime,
    /// Last second.
    pub not_after: UtcTime,
    /// Digest of its body; zeros as above.
    pub tbs_sha256: Digest,
    /// Signed, possibly signed or adopted.
    pub certainty: Certainty,
}

/// A CRL that the root issued, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCrl {
    /// cRLNumber
    pub number: u64,
    /// thisUpdate
    pub this_update: UtcTime,
    /// nextUpdate
    pub next_update: UtcTime,
    /// Its body, DER: it may list a million certificates, and is shared, never copied.
    pub body: Arc<[u8]>,
    /// Signed or possibly signed.
    pub certainty: Certainty,
}

impl IssuedCrl {
    /// What it lists, in its order; read anew each time.
    pub fn entries(&self) -> impl Iterator<Item = Result<RevokedEntry, DerError>> + '_ {
        let (broken, raw) = match RawCrl::from_tbs(&self.body) {
            Ok(raw) => (None, Some(raw)),
            Err(error) => (Some(Err(error)), None),
        };
        let entries = raw.into_iter().flat_map(|raw| raw.entries());
        broken
            .into_iter()
            .chain(entries.map(|entry| RevokedEntry::read(&entry?)))
    }
}

/// A copy of the root key in another token, confirmed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCopy {
    /// Ceremony id.
    pub ceremony: String,
    /// Label of the token.
    pub label: String,
    /// Its serial.
    pub serial: String,
    /// Its manufacturer and model.
    pub model: String,
}

impl std::fmt::Display for KeyCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [label, serial, model] =
            [&self.label, &self.serial, &self.model].map(|one| escape(one));
        let ceremony = &self.ceremony;
        write!(
            f,
            "token {label}, serial {serial} ({model}), confirmed in {ceremony}"
        )
    }
}

impl KeyCopy {
    /// From its entry.
    pub fn of(ceremony: &str, event: &Event) -> Option<Self> {
        let Event::CopyConfirmed { token, .. } = event else {
            return None;
        };
        Some(Self {
            ceremony: ceremony.to_owned(),
            label: token.label.clone(),
            serial: token.serial.clone(),
            model: format!("{} {}", token.manufacturer, token.model),
        })
    }
}

/// A request for the root's own key: no certificate, and nothing that a CRL could list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRequest {
    /// Ceremony id.
    pub ceremony: String,
    /// Product's name in that ceremony's plan.
    pub product: String,
    /// When its signing was first intended.
    pub time: UtcTime,
    /// Signed or possibly signed.
    pub certainty: Certainty,
}

/// The register of one root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Certificates, the root's own among them, in the order of signing.
    pub issued: Vec<Issued>,
    /// CRLs in the order of signing.
    pub crls: Vec<IssuedCrl>,
    /// Copies of the root key, in the order of their confirmation.
    pub copies: Vec<KeyCopy>,
    /// Requests for the root's own key, in the order of signing.
    pub requests: Vec<OwnRequest>,
    /// What an adopted root had revoked, as its index told.
    pub adopted_revocations: Vec<AdoptedRevocation>,
}

/// A transcript whose signed bytes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ceremony {ceremony}, entry {entry}: {why}")]
pub struct RegisterError {
    /// Ceremony id.
    pub ceremony: String,
    /// Entry number.
    pub entry: u64,
    /// What is wrong.
    pub why: String,
}

/// Serial numbers whose revocation a ceremony confirmed, where it came to no CRL that lists
/// them: nothing is revoked by that.
pub fn unlisted(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let listed = entries
        .iter()
        .any(|entry| matches!(&entry.event, Ok(Event::SignIntended { kind, .. }) if *kind == BodyKind::Crl));
    let confirmed = entries.iter().filter(move |_| !listed);
    confirmed.filter_map(|entry| match &entry.event {
        Ok(Event::Revoked { serial, .. }) => Some(serial.as_str()),
        _ => None,
    })
}

impl Register {
    /// Adds a ceremony. `read_file` gives the bytes of a body that stands in a file.
    pub fn fold(
        &mut self,
        ceremony: &str,
        entries: &[Entry],
        mut read_file: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Result<(), RegisterError> {
        let events = entries.iter().filter_map(|entry| entry.event.as_ref().ok());
        self.copies
            .extend(events.filter_map(|event| KeyCopy::of(ceremony, event)));
        let mounts = mounts(entries, &mut read_file);
        let broken = |(entry, why)| RegisterError {
            ceremony: ceremony.to_owned(),
            entry,
            why,
        };
        if let Some(told) = adopted::told(entries, &mut read_file).map_err(broken)? {
            self.adopt((ceremony, &told.step), &told.adoption)
                .map_err(|why| broken((told.entry, why)))?;
        }
        for entry in entries {
            let Ok(Event::SignIntended {
                product,
                kind,
                tbs,
                tbs_file,
                tbs_sha256,
                ..
            }) = &entry.event
            else {
                continue;
            };
            let fail = |why: &str| RegisterError {
                ceremony: ceremony.to_owned(),
                entry: entry.n,
                why: why.to_owned(),
            };
            let body = match (tbs, tbs_file) {
                (Some(hex), None) => unhex(hex),
                (None, Some(path)) => read_file(path),
                _ => None,
            }
            .filter(|body| Digest::of(body) == *tbs_sha256)
            .ok_or_else(|| fail("the body is missing, or has another digest"))?;
            let certainty = certainty_of(entries, product, *tbs_sha256);
            match kind {
                BodyKind::Certificate => {
                    let fields = CertificateFields::from_tbs(&body)
                        .map_err(|error| fail(&error.to_string()))?;
                    let named = (ceremony, product.as_str(), mounts.get(product).cloned());
                    self.add_certificate(named, fields, *tbs_sha256, certainty)
                        .map_err(|why| fail(&why))?;
                }
                BodyKind::Crl => {
                    let fields =
                        CrlFields::from_tbs(&body).map_err(|error| fail(&error.to_string()))?;
                    self.add_crl(&fields, body, certainty)
                        .map_err(|why| fail(&why))?;
                }
                BodyKind::Request => self.add_request(OwnRequest {
                    ceremony: ceremony.to_owned(),
                    product: product.clone(),
                    time: entry.time,
                    certainty,
                }),
                // A proof of possession binds nothing.
                BodyKind::Possession => {}
            }
        }
        Ok(())
    }

    fn add_certificate(
        &mut self,
        (ceremony, product, mount): (&str, &str, Option<String>),
        fields: CertificateFields,
        tbs_sha256: Digest,
        certainty: Certainty,
    ) -> Result<(), String> {
        // The same body again is the same certificate; a serial is bound to one body for ever.
        if let Some(known) = self
            .issued
            .iter()
            .find(|known| known.serial == fields.serial)
        {
            return if known.tbs_sha256 == tbs_sha256 {
                Ok(())
            } else {
                Err(format!("serial {} has two bodies", fields.serial))
            };
        }
        self.issued.push(Issued {
            ceremony: ceremony.to_owned(),
            product: product.to_owned(),
            mount,
            crl_urls: fields.crl_urls(),
            spki_sha256: Digest::of(&fields.spki),
            rsa_modulus: rsa_modulus(&fields.spki),
            key_identifier: fields.subject_key_identifier(),
            not_before: fields.not_before,
            serial: fields.serial,
            subject: fields.subject,
            not_after: fields.not_after,
            tbs_sha256,
            certainty,
        });
        Ok(())
    }

    fn add_crl(
        &mut self,
        fields: &CrlFields,
        body: Vec<u8>,
        certainty: Certainty,
    ) -> Result<(), String> {
        let number = fields.number().ok_or("the CRL has no number")?;
        let crl = IssuedCrl {
            number,
            this_update: fields.this_update,
            next_update: fields.next_update,
            body: body.into(),
            certainty,
        };
        if self.crls.last() == Some(&crl) {
            return Ok(());
        }
        if self.crls.last().is_some_and(|last| last.number >= number) {
            return Err(format!("CRL number {number} does not grow"));
        }
        self.crls.push(crl);
        Ok(())
    }

    /// An intent that repeats another is of the same request.
    fn add_request(&mut self, request: OwnRequest) {
        let is_same =
            |one: &OwnRequest| one.ceremony == request.ceremony && one.product == request.product;
        if !self.requests.iter().any(is_same) {
            self.requests.push(request);
        }
    }

    /// The number that the next CRL gets.
    pub fn next_crl_number(&self) -> u64 {
        self.crls.last().map_or(1, |crl| crl.number + 1)
    }

    /// thisUpdate of the newest CRL.
    pub fn last_crl(&self) -> Option<&IssuedCrl> {
        self.crls.last()
    }

    /// The newest CRL that is signed: what it lists is revoked. One that was only possibly
    /// signed reached nobody.
    pub fn published_crl(&self) -> Option<&IssuedCrl> {
        self.crls
            .iter()
            .rfind(|crl| crl.certainty != Certainty::PossiblySigned)
    }

    /// What the next CRL lists again: what the newest signed one lists, and what an adopted
    /// root had revoked that no CRL tells yet.
    pub fn carried(&self) -> Result<Carried, DerError> {
        let listed = self.published_crl().map(|crl| Carried::of(&crl.body));
        let adopted: Vec<u8> = self
            .adopted_revocations
            .iter()
            .flat_map(|one| {
                let revoked = one.revocation;
                entry(
                    &one.serial,
                    revoked.date,
                    (revoked.reason, revoked.invalidity),
                )
            })
            .collect();
        // What a CRL lists already stands as it is listed there.
        let listed = listed.transpose()?.unwrap_or_default();
        Ok(listed.merged(&Carried::of_entries(&adopted)?)?.0)
    }

    /// When the next CRL is due.
    pub fn next_crl_due(&self) -> Option<UtcTime> {
        self.published_crl().map(|crl| crl.next_update)
    }

    /// The certificate of a serial number.
    pub fn by_serial(&self, serial: &Serial) -> Option<&Issued> {
        self.issued.iter().find(|known| known.serial == *serial)
    }

    /// Whether the last CRL of all is signed: nothing is issued after it.
    pub fn is_closed(&self) -> bool {
        self.published_crl()
            .is_some_and(|crl| crl.next_update == UtcTime::NO_END)
    }

    /// Whether a serial is revoked. An entry that cannot be read counts as any.
    pub fn is_revoked(&self, serial: &Serial) -> bool {
        self.published_crl().is_some_and(|crl| {
            crl.entries()
                .any(|entry| entry.map_or(true, |entry| entry.serial == *serial))
        })
    }

    /// Whether a serial is taken.
    pub fn has_serial(&self, serial: &Serial) -> bool {
        self.issued.iter().any(|known| known.serial == *serial)
    }

    /// The first certificate for a key.
    pub fn by_key(&self, spki_sha256: &Digest) -> Option<&Issued> {
        self.issued
            .iter()
            .find(|known| known.spki_sha256 == *spki_sha256)
    }

    /// The first certificate whose subject looks like this one.
    pub fn by_subject(&self, subject: &Name) -> Option<&Issued> {
        let folded = subject.folded();
        self.issued
            .iter()
            .find(|known| known.subject.folded() == folded)
    }
}

/// Mounts by product, as the ceremony's plan names them; none where it is not the plan that the
/// transcript begins with, or another version's.
fn mounts(
    entries: &[Entry],
    read_file: &mut impl FnMut(&str) -> Option<Vec<u8>>,
) -> BTreeMap<String, String> {
    let begun = entries.iter().find_map(|entry| match &entry.event {
        Ok(Event::Begin { plan_sha256, .. }) => Some(*plan_sha256),
        _ => None,
    });
    let bytes = read_file(layout::SCRIPT_PLAN).unwrap_or_default();
    let plan = PlanDocument::from_bytes(&bytes).ok();
    let same = begun == Some(Digest::of(&bytes));
    let plan = plan.filter(|_| same).into_iter();
    plan.flat_map(|plan| plan.steps)
        .flat_map(|step| step.products)
        .filter_map(|product| Some((product.name, product.mount?)))
        .collect()
}

/// A product's body is signed where any of its intents has a result.
fn certainty_of(entries: &[Entry], product: &str, tbs_sha256: Digest) -> Certainty {
    let intents: Vec<u64> = entries
        .iter()
        .filter(|entry| {
            matches!(&entry.event, Ok(Event::SignIntended { product: name, tbs_sha256: digest, .. })
                if name == product && *digest == tbs_sha256)
        })
        .map(|entry| entry.n)
        .collect();
    let signed = entries.iter().any(|entry| {
        matches!(&entry.event, Ok(Event::Signed { intent, .. }) if intents.contains(intent))
    });
    if signed {
        Certainty::Signed
    } else {
        Certainty::PossiblySigned
    }
}
