//! What a ledger took over from a root's life before it: the entries of the transcript that say
//! so, and the register's part that is read from the files they name.

use std::sync::Arc;

use super::entry::{AdoptedRecord, Entry, Event, FileRecord};
use super::register::{Certainty, Issued, IssuedCrl, Register};
use crate::digest::Digest;
use crate::plan::adopt::AdoptPlan;
use crate::plan::adoption::{Adopted, Adoption, AdoptionFiles, Given};
use crate::x509::index_txt::Revocation;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// The most octets of records in one entry: a line has 64 KiB, and the files' names stand in
/// the first.
const PART: usize = 24 * 1024;

/// A certificate that was revoked before the ledger knew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedRevocation {
    /// Its serial number.
    pub serial: Serial,
    /// Since when and why.
    pub revocation: Revocation,
}

/// The entries of an adoption, in their order: the files first, then every certificate.
pub fn events(plan: &AdoptPlan, proof: &[FileRecord]) -> Vec<Event> {
    let input = |(path, bytes): &Given| FileRecord {
        path: format!("in/{path}"),
        sha256: Digest::of(bytes),
    };
    let files = &plan.files;
    let groups = groups(&plan.adoption);
    let parts = groups.len();
    let mut events: Vec<Event> = Vec::new();
    for (at, issued) in groups.into_iter().enumerate() {
        let first = at == 0;
        let one = |given: Option<&Given>| given.filter(|_| first).map(input);
        let certificates = files.certificates.iter().filter(|_| first);
        events.push(Event::Adopted {
            part: at + 1,
            parts,
            root: one(Some(&files.root)),
            certificates: certificates.map(input).collect(),
            index: one(files.index.as_ref()),
            crl: one(files.previous.as_ref()),
            crl_number: plan
                .adoption
                .crl
                .as_ref()
                .filter(|_| first)
                .map(|crl| crl.number),
            lost_ledger: plan.lost_ledger.clone().filter(|_| first),
            proof: if first { proof.to_vec() } else { Vec::new() },
            issued,
        });
    }
    events
}

/// The records, as many to a group as a line holds; at least one group.
fn groups(adoption: &Adoption) -> Vec<Vec<AdoptedRecord>> {
    let mut groups = vec![Vec::new()];
    let mut size = 0;
    for one in &adoption.certificates {
        let record = record(one);
        let length = serde_json::to_vec(&record).map_or(0, |json| json.len());
        if size + length > PART && size > 0 {
            groups.push(Vec::new());
            size = 0;
        }
        size += length;
        if let Some(last) = groups.last_mut() {
            last.push(record);
        }
    }
    groups
}

fn record(one: &Adopted) -> AdoptedRecord {
    AdoptedRecord {
        serial: one.serial.to_string(),
        subject: one.subject.to_string(),
        not_after: one.not_after.to_string(),
        spki_sha256: one.body.as_ref().map(|body| body.spki_sha256),
        revoked: one.revoked.map(|revoked| revoked.date.to_string()),
        reason: one
            .revoked
            .and_then(|revoked| Some(revoked.reason?.word().to_owned())),
        source: one.source.word().to_owned(),
    }
}

/// An adoption that came to its end.
pub(super) struct Told {
    /// Its last entry.
    pub entry: u64,
    /// Its step.
    pub step: String,
    /// What was adopted.
    pub adoption: Adoption,
}

/// The adoption that these entries tell, read from the files they name. `None` where there is
/// none, or it did not come to its end.
pub(super) fn told(
    entries: &[Entry],
    read_file: &mut impl FnMut(&str) -> Option<Vec<u8>>,
) -> Result<Option<Told>, (u64, String)> {
    let mut files = None;
    for entry in entries {
        let Ok(Event::Adopted {
            part,
            parts,
            root,
            certificates,
            index,
            crl,
            ..
        }) = &entry.event
        else {
            continue;
        };
        let fail = |why: String| (entry.n, why);
        let mut given = |file: &FileRecord| {
            let path = file.path.strip_prefix("in/").unwrap_or(&file.path);
            let bytes = read_file(&file.path).filter(|bytes| Digest::of(bytes) == file.sha256);
            let bytes = bytes.ok_or_else(|| {
                let path = crate::x509::escape::escape(&file.path);
                fail(format!("{path} is missing, or has another digest"))
            })?;
            Ok::<Given, (u64, String)>((path.to_owned(), bytes))
        };
        if let Some(root) = root {
            files = Some(AdoptionFiles {
                root: given(root)?,
                certificates: certificates
                    .iter()
                    .map(&mut given)
                    .collect::<Result<_, _>>()?,
                index: index.as_ref().map(&mut given).transpose()?,
                previous: crl.as_ref().map(&mut given).transpose()?,
            });
        }
        if part == parts {
            let files = files.take();
            let files = files.ok_or_else(|| fail("an adoption names no root".to_owned()))?;
            let adoption = files.read().map_err(|error| fail(error.to_string()))?;
            let step = entry.step.clone().unwrap_or_default();
            return Ok(Some(Told {
                entry: entry.n,
                step,
                adoption,
            }));
        }
    }
    Ok(None)
}

impl Register {
    /// Takes an adoption over: written down as adopted, for nobody saw it issued.
    pub fn adopt(
        &mut self,
        (ceremony, step): (&str, &str),
        adoption: &Adoption,
    ) -> Result<(), String> {
        if !self.issued.is_empty() || !self.crls.is_empty() {
            return Err("a root is adopted by a ledger that has one".to_owned());
        }
        // A certificate that the index alone lists began no earlier than its root.
        let root = adoption
            .certificates
            .iter()
            .find(|one| one.source == crate::plan::adoption::Source::Root);
        let begun = root.and_then(|root| Some(root.body.as_ref()?.not_before));
        let begun = begun.unwrap_or(UtcTime::from_unix(0));
        for one in &adoption.certificates {
            self.issued.push(issued(one, begun, (ceremony, step)));
            self.adopted_revocations
                .extend(one.revoked.map(|revocation| AdoptedRevocation {
                    serial: one.serial.clone(),
                    revocation,
                }));
        }
        self.crls.extend(adoption.crl.as_ref().map(|crl| IssuedCrl {
            number: crl.number,
            this_update: crl.this_update,
            next_update: crl.next_update,
            body: Arc::clone(&crl.body),
            certainty: Certainty::Adopted,
        }));
        Ok(())
    }

    /// Whether the root was taken over: what it issued before is believed, not witnessed.
    pub fn is_adopted(&self) -> bool {
        self.issued
            .iter()
            .any(|one| one.certainty == Certainty::Adopted)
    }
}

fn issued(one: &Adopted, begun: UtcTime, (ceremony, step): (&str, &str)) -> Issued {
    let body = one.body.as_ref();
    Issued {
        ceremony: ceremony.to_owned(),
        product: step.to_owned(),
        mount: None,
        crl_urls: Vec::new(),
        serial: one.serial.clone(),
        subject: one.subject.clone(),
        spki_sha256: body.map_or(Digest::ZERO, |body| body.spki_sha256),
        rsa_modulus: body.and_then(|body| body.rsa_modulus.clone()),
        key_identifier: body.and_then(|body| body.key_identifier.clone()),
        not_before: body.map_or(begun, |body| body.not_before),
        not_after: one.not_after,
        tbs_sha256: body.map_or(Digest::ZERO, |body| body.tbs_sha256),
        certainty: Certainty::Adopted,
    }
}
