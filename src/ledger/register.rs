//! The register: everything the root has issued, and the next CRL number. Never stored; a
//! fold over the transcripts, and in them over the very bytes that were signed.

use std::sync::Arc;

use super::adopted::{self, AdoptedRevocation};
use super::entry::{Entry, Event};
use crate::digest::{Digest, unhex};
use crate::x509::certificate::CertificateFields;
use crate::x509::crl::{CrlFields, RevokedEntry};
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

/// The register of one root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Certificates, the root's own among them, in the order of signing.
    pub issued: Vec<Issued>,
    /// CRLs in the order of signing.
    pub crls: Vec<IssuedCrl>,
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

impl Register {
    /// Adds a ceremony. `read_file` gives the bytes of a body that stands in a file.
    pub fn fold(
        &mut self,
        ceremony: &str,
        entries: &[Entry],
        mut read_file: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Result<(), RegisterError> {
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
            match kind.as_str() {
                "certificate" => {
                    let fields = CertificateFields::from_tbs(&body)
                        .map_err(|error| fail(&error.to_string()))?;
                    self.add_certificate(ceremony, product, fields, *tbs_sha256, certainty)
                        .map_err(|why| fail(&why))?;
                }
                "crl" => {
                    let fields =
                        CrlFields::from_tbs(&body).map_err(|error| fail(&error.to_string()))?;
                    self.add_crl(&fields, body, certainty)
                        .map_err(|why| fail(&why))?;
                }
                // A proof of possession makes nothing that could be used.
                "possession" => {}
                _ => return Err(fail("neither certificate nor CRL")),
            }
        }
        Ok(())
    }

    fn add_certificate(
        &mut self,
        ceremony: &str,
        product: &str,
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

    /// When the next CRL is due.
    pub fn next_crl_due(&self) -> Option<UtcTime> {
        self.published_crl().map(|crl| crl.next_update)
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
