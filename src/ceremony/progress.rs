//! How far a ceremony has come: a fold over its transcript.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet};

use super::destruction::AnnouncedKey;
use super::error::CeremonyError;
use crate::digest::{Digest, unhex};
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::register::KeyCopy;
use crate::ports::{Assurance, KeyId};
use crate::x509::certificate::{Certificate, CertificateFields};
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::serial::Serial;
use crate::x509::tbs::signed_object;
use crate::x509::time::UtcTime;

/// An intent to sign, and its result where there is one.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Its entry.
    pub n: u64,
    /// When its body was first intended.
    pub time: UtcTime,
    /// Digest of the body.
    pub tbs_sha256: Digest,
    /// The body, where it stands in the entry.
    pub tbs: Option<Vec<u8>>,
    /// Serial number of a certificate's body.
    pub serial: Option<Serial>,
    /// The file with the body, where it does not.
    pub tbs_file: Option<String>,
    /// Algorithm and signature.
    pub result: Option<(SignatureAlgorithm, Vec<u8>)>,
}

/// The root key as the transcript knows it.
#[derive(Clone, Debug)]
pub struct ReadyKey {
    /// `CKA_ID`
    pub id: KeyId,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
}

/// The fold.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Time of the first entry.
    pub started: Option<UtcTime>,
    /// Time of the last entry.
    pub last: Option<UtcTime>,
    /// The edition of the rules it was begun under.
    pub edition: u32,
    /// Name, version and digest of the program it was begun with.
    pub tool: Option<(String, Digest)>,
    /// Digest of the lock the ceremony was begun with.
    pub lock: Option<Digest>,
    /// It was begun as a rehearsal.
    pub rehearsal: Option<bool>,
    /// `CKA_ID` that the root key was to get.
    pub key_intended: Option<KeyId>,
    /// The root key.
    pub key: Option<ReadyKey>,
    /// Intents by product, in order.
    pub intents: BTreeMap<String, Vec<Intent>>,
    /// Products whose files were written.
    pub issued: Vec<String>,
    /// How many entries of an adoption are written.
    pub adopted: usize,
    /// Steps whose proof of possession is written down, with what it is for.
    pub proved: BTreeSet<String>,
    /// The module and assurance of the token.
    pub token: Option<(Digest, Assurance)>,
    /// Copies of the root key that were confirmed.
    pub copies: Vec<KeyCopy>,
    /// The key whose destruction is announced.
    pub destruction: Option<AnnouncedKey>,
    /// The ceremony's id.
    pub ceremony: String,
    /// Steps whose revocation a person has confirmed.
    pub revoked: BTreeSet<String>,
    /// The hand-over was written.
    pub handed_over: bool,
    /// The last entry was written.
    pub closed: Option<CeremonyOutcome>,
    /// How often the token was asked to sign.
    pub asked: u64,
    /// How many signatures were kept.
    pub kept: u64,
    /// Refusals put aside: what was checked, and the check.
    pub waived: BTreeSet<(String, String)>,
}

impl Progress {
    /// Folds a transcript.
    pub fn of(entries: &[Entry]) -> Result<Self, CeremonyError> {
        let mut progress = Self::default();
        for entry in entries {
            progress.add(entry)?;
        }
        Ok(progress)
    }

    /// Folds one entry more.
    pub fn add(&mut self, entry: &Entry) -> Result<(), CeremonyError> {
        let contradiction = |words: String| {
            Err(CeremonyError::Contradiction(format!(
                "entry {}: {words}",
                entry.n
            )))
        };
        if self.closed.is_some() {
            return contradiction("something follows the last entry".to_owned());
        }
        self.started.get_or_insert(entry.time);
        self.last = Some(entry.time);
        let Ok(event) = &entry.event else {
            return Ok(());
        };
        let waived = event.waived();
        self.waived
            .extend(waived.map(|(what, one)| (what.to_owned(), one.id.clone())));
        match event {
            Event::Begin {
                ceremony,
                kind,
                edition,
                tool,
                tool_sha256,
                lock_sha256,
                ..
            } => {
                self.ceremony.clone_from(ceremony);
                self.edition = *edition;
                self.lock = Some(*lock_sha256);
                self.rehearsal = Some(*kind == CeremonyKind::Rehearsal);
                self.tool = Some((tool.clone(), *tool_sha256));
            }
            Event::TokenOpened { token } => {
                self.token = Some((token.module_sha256, token.assurance));
            }
            Event::KeyIntended { id, .. } => self.key_intended = unhex(id).map(KeyId),
            Event::KeyReady { id, spki, .. } => {
                if let (Some(id), Some(spki)) = (unhex(id), unhex(spki)) {
                    self.key = Some(ReadyKey {
                        id: KeyId(id),
                        spki,
                    });
                }
            }
            Event::SignIntended {
                product,
                tbs,
                tbs_file,
                tbs_sha256,
                ..
            } => {
                self.asked += 1;
                let tbs = tbs.as_deref().and_then(unhex);
                let fields = tbs
                    .as_ref()
                    .and_then(|tbs| CertificateFields::from_tbs(tbs).ok());
                let intents = self.intents.entry(product.clone()).or_default();
                // A repeated body keeps the time it was first intended at: its dates are judged
                // by that, however late the token answers.
                let time = intents
                    .iter()
                    .find(|one| one.tbs_sha256 == *tbs_sha256)
                    .map_or(entry.time, |first| first.time);
                intents.push(Intent {
                    n: entry.n,
                    time,
                    tbs_sha256: *tbs_sha256,
                    serial: fields.map(|fields| fields.serial),
                    tbs,
                    tbs_file: tbs_file.clone(),
                    result: None,
                });
            }
            Event::Signed {
                product,
                intent,
                algorithm,
                signature,
            } => {
                self.kept += 1;
                let found = self
                    .intents
                    .get_mut(product)
                    .and_then(|intents| intents.iter_mut().find(|one| one.n == *intent));
                match (found, unhex(signature)) {
                    (Some(one), Some(signature)) if one.result.is_none() => {
                        one.result = Some((*algorithm, signature));
                    }
                    _ => return contradiction(format!("{product} was signed without an intent")),
                }
            }
            Event::Issued { product, .. } => self.issued.push(product.clone()),
            Event::CopyConfirmed { .. } => {
                self.copies.extend(KeyCopy::of(&self.ceremony, event));
            }
            Event::DestructionAnnounced { .. } => self.destruction = AnnouncedKey::of(event),
            Event::Revoked { .. } => self.revoked.extend(entry.step.clone()),
            Event::Adopted { part, parts, .. } => {
                self.adopted = *part;
                if part == parts {
                    self.proved.extend(entry.step.clone());
                }
            }
            Event::HandedOver { .. } => self.handed_over = true,
            Event::Close { outcome, .. } => self.closed = Some(*outcome),
            // What they say was seen and asked again in this session.
            Event::Resumed { .. }
            | Event::Environment { .. }
            | Event::StepBegun { .. }
            | Event::Checked { .. }
            | Event::Question { .. }
            | Event::Answer { .. }
            | Event::DestructionIntended { .. }
            | Event::KeyDestroyed { .. }
            | Event::Interrupted { .. }
            | Event::ClockBehind { .. }
            | Event::Aborted { .. } => {}
        }
        Ok(())
    }

    /// The intent of a product that has a result.
    pub fn signed(&self, product: &str) -> Option<&Intent> {
        self.intents
            .get(product)?
            .iter()
            .find(|intent| intent.result.is_some())
    }

    /// The newest intent of a product that has no result.
    pub fn pending(&self, product: &str) -> Option<&Intent> {
        if self.signed(product).is_some() {
            return None;
        }
        self.intents.get(product)?.last()
    }

    /// Products with a signature, in no order.
    pub fn signed_products(&self) -> Vec<String> {
        self.intents
            .keys()
            .filter(|product| self.signed(product).is_some())
            .cloned()
            .collect()
    }

    /// Products whose signing was intended, with an unknown end.
    pub fn possibly_signed(&self) -> Vec<String> {
        self.intents
            .keys()
            .filter(|product| self.signed(product).is_none())
            .cloned()
            .collect()
    }

    /// The certificate or CRL of a signed product, whose body stands in its entry.
    pub fn assembled(&self, product: &str) -> Option<Vec<u8>> {
        let intent = self.signed(product)?;
        let (algorithm, signature) = intent.result.as_ref()?;
        Some(signed_object(intent.tbs.as_ref()?, *algorithm, signature))
    }

    /// The root certificate that this ceremony signed: the one whose subject is its issuer.
    pub fn root_certificate(&self) -> Option<Certificate> {
        self.intents.keys().find_map(|product| {
            let certificate = Certificate::from_der(&self.assembled(product)?).ok()?;
            let fields = &certificate.fields;
            // A root that rolls over certifies another key under its own name.
            let own_key = self.key.as_ref().is_none_or(|key| key.spki == fields.spki);
            (fields.subject == fields.issuer && own_key).then_some(certificate)
        })
    }
}
