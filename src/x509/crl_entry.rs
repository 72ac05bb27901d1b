//! What a CRL lists, as the bytes it is: new entries written, old ones carried over raw. There
//! may be a million, so none is kept in more than its own bytes.

use std::sync::Arc;

use der::Tag;
use sha2::Digest as _;

use super::crl::RevokedEntry;
use super::extension_encode;
use super::raw::{RawCrl, RawEntry};
use super::reason::RevocationReason;
use super::serial::Serial;
use super::time::UtcTime;
use super::tlv::{DerError, Elements, encode, sequence};
use crate::digest::Digest;

/// An entry that a CRL lists for the first time. Its date is the CRL's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// userCertificate
    pub serial: Serial,
    /// reasonCode (RFC 5280 5.3.1)
    pub reason: RevocationReason,
    /// invalidityDate (RFC 5280 5.3.2)
    pub invalidity_date: Option<UtcTime>,
}

impl NewEntry {
    /// The entry in a CRL of this moment.
    pub fn to_der(&self, date: UtcTime) -> Vec<u8> {
        entry(
            &self.serial,
            date,
            (Some(self.reason), self.invalidity_date),
        )
    }
}

/// An entry of a CRL; without extensions where there is nothing to say in them.
pub fn entry(
    serial: &Serial,
    date: UtcTime,
    (reason, invalidity_date): (Option<RevocationReason>, Option<UtcTime>),
) -> Vec<u8> {
    let mut extensions: Vec<Vec<u8>> = Vec::new();
    extensions.extend(reason.map(extension_encode::reason_code));
    extensions.extend(invalidity_date.map(extension_encode::invalidity_date));
    let list = super::tbs::list(&extensions);
    let list = if extensions.is_empty() {
        &[][..]
    } else {
        &list
    };
    sequence(&[&serial.to_der(), &date.to_der(), list])
}

/// Numbers in their order: content octets of positive INTEGERs, each in its one form.
pub fn rank<'a>(serial: &&'a [u8]) -> (usize, &'a [u8]) {
    (serial.len(), serial)
}

/// An entry's serial number and its whole bytes.
type Slices<'a> = (&'a [u8], &'a [u8]);

fn slices<'a>(entry: &RawEntry<'a>) -> Slices<'a> {
    (entry.serial.value, entry.raw)
}

/// The entries that a CRL carries over, in the order of their serial numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    der: Arc<[u8]>,
    count: u64,
    sha256: Digest,
}

impl Default for Carried {
    fn default() -> Self {
        Self::joined(&[])
    }
}

impl Carried {
    /// Everything that a CRL's body lists; it need not be in order.
    pub fn of(tbs: &[u8]) -> Result<Self, DerError> {
        Ok(Self::joined(&in_order(RawCrl::from_tbs(tbs)?.entries())?))
    }

    /// Entries as they are, one after the other; they need not be in order.
    pub fn of_entries(der: &[u8]) -> Result<Self, DerError> {
        Ok(Self::joined(&in_order(RawEntry::list(der))?))
    }

    /// What a CRL's body lists besides the entries of its own date: those are new.
    pub fn in_body(tbs: &[u8]) -> Result<Self, DerError> {
        let raw = RawCrl::from_tbs(tbs)?;
        let date = raw.this_update.raw;
        let old = raw
            .entries()
            .filter(|entry| entry.as_ref().map_or(true, |one| one.date.raw != date));
        Ok(Self::joined(&in_order(old)?))
    }

    /// Both lists as one. The second is a serial number that they list differently; what stands
    /// in the first stays.
    pub fn merged(&self, other: &Self) -> Result<(Self, Option<Serial>), DerError> {
        if other.count == 0 || self.sha256 == other.sha256 {
            return Ok((self.clone(), None));
        }
        let (mut first, second) = (in_order(self.entries())?, in_order(other.entries())?);
        let mut differs = None;
        let mut more = Vec::new();
        for one in second {
            let place = first.binary_search_by_key(&rank(&one.0), |known| rank(&known.0));
            match place {
                Ok(at) if first[at].1 != one.1 => {
                    differs = differs.or(serial_of(one.1));
                }
                Ok(_) => {}
                Err(_) => more.push(one),
            }
        }
        first.extend(more);
        first.sort_unstable_by_key(|one| rank(&one.0));
        Ok((Self::joined(&first), differs))
    }

    /// The first serial number that `before` lists and this does not, with the same bytes.
    pub fn lacks(&self, before: &Self) -> Result<Option<Serial>, DerError> {
        if self.sha256 == before.sha256 {
            return Ok(None);
        }
        let mut entries = self.entries();
        for old in before.entries() {
            let old = old?;
            let mut found = false;
            for entry in entries.by_ref() {
                let entry = entry?;
                if rank(&entry.serial.value) >= rank(&old.serial.value) {
                    found = entry.raw == old.raw;
                    break;
                }
            }
            if !found {
                return Ok(serial_of(old.raw));
            }
        }
        Ok(None)
    }

    /// What is known of a list without its bytes: how many, and their digest.
    pub fn claimed(count: u64, sha256: Digest) -> Self {
        Self {
            der: Arc::from([]),
            count,
            sha256,
        }
    }

    /// The raw DER of these and of new entries, as a CRL of this moment lists them.
    pub fn with(&self, new: &[NewEntry], date: UtcTime) -> Result<Vec<u8>, DerError> {
        let mut new: Vec<(Vec<u8>, Vec<u8>)> = new
            .iter()
            .map(|one| (content(&one.serial), one.to_der(date)))
            .collect();
        new.sort_by(|a, b| rank(&a.0.as_slice()).cmp(&rank(&b.0.as_slice())));
        let octets: usize = new.iter().map(|(_, der)| der.len()).sum();
        let mut list = Vec::with_capacity(self.der.len() + octets);
        let mut new = new.into_iter().peekable();
        for entry in self.entries() {
            let (serial, raw) = slices(&entry?);
            let before = |one: &(Vec<u8>, Vec<u8>)| rank(&one.0.as_slice()) < rank(&serial);
            while let Some((_, der)) = new.next_if(before) {
                list.extend_from_slice(&der);
            }
            list.extend_from_slice(raw);
        }
        new.for_each(|(_, der)| list.extend_from_slice(&der));
        Ok(list)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// SHA-256 over their raw DER, one after the other.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Their raw DER, one after the other.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// They themselves.
    pub fn entries(&self) -> impl Iterator<Item = Result<RawEntry<'_>, DerError>> {
        RawEntry::list(&self.der)
    }

    /// The entry of a serial number.
    pub fn find(&self, serial: &Serial) -> Option<RevokedEntry> {
        let content = content(serial);
        let found = self
            .entries()
            .filter_map(Result::ok)
            .find(|entry| entry.serial.value == content)?;
        RevokedEntry::read(&found).ok()
    }

    fn joined(entries: &[Slices<'_>]) -> Self {
        let octets = entries.iter().map(|(_, raw)| raw.len()).sum();
        let mut der = Vec::with_capacity(octets);
        for (_, raw) in entries {
            der.extend_from_slice(raw);
        }
        Self {
            sha256: Digest::of(&der),
            count: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            der: der.into(),
        }
    }
}

fn in_order<'a>(
    entries: impl Iterator<Item = Result<RawEntry<'a>, DerError>>,
) -> Result<Vec<Slices<'a>>, DerError> {
    let mut list = entries
        .map(|entry| entry.map(|entry| slices(&entry)))
        .collect::<Result<Vec<_>, _>>()?;
    if !list.is_sorted_by_key(|one| rank(&one.0)) {
        list.sort_unstable_by_key(|one| rank(&one.0));
    }
    Ok(list)
}

/// Content octets of a serial number's INTEGER.
fn content(serial: &Serial) -> Vec<u8> {
    let der = serial.to_der();
    // Tag and one octet of length: 20 octets at most.
    der.get(2..).unwrap_or_default().to_vec()
}

fn serial_of(raw: &[u8]) -> Option<Serial> {
    let entry = RawEntry::list(raw).next()?.ok()?;
    Serial::from_der(&entry.serial).ok()
}

/// What stands in a template in place of revokedCertificates' content: one OCTET STRING with the
/// SHA-256 of what is carried over, where anything is, and the new entries. Its length does not
/// depend on how many are carried.
pub fn template_list(carried: &Carried, new: &[NewEntry]) -> Result<Vec<u8>, DerError> {
    let new = Carried::default().with(new, UtcTime::TEMPLATE_START)?;
    Ok(marked(
        (carried.count > 0).then_some(carried.sha256),
        &[&new],
    ))
}

/// What a template says that its CRL carries over.
pub fn carried_in_template(template: &[u8], count: u64) -> Result<Carried, DerError> {
    let raw = RawCrl::from_tbs(template)?;
    let list = raw.revoked.map_or(&[][..], |list| list.value);
    match Elements::of(list).next().transpose()? {
        Some(mark) if mark.tag == Tag::OctetString => {
            let digest = mark.value.try_into().map(Digest::from_bytes);
            let digest = digest.map_err(|_| DerError::new("not the digest of what is carried"))?;
            Ok(Carried::claimed(count, digest))
        }
        _ => Ok(Carried::default()),
    }
}

/// The same of a body: entries of its own date are new, and show the template's.
pub(super) fn marked_list(raw: &RawCrl<'_>, start: UtcTime) -> Result<Vec<u8>, DerError> {
    let (mut hash, mut carried) = (sha2::Sha256::new(), false);
    let start = start.to_der();
    let mut new = Vec::new();
    for entry in raw.entries() {
        let entry = entry?;
        if entry.date.raw == raw.this_update.raw {
            let extensions = entry.extensions.map_or(&[][..], |list| list.raw);
            new.push(sequence(&[entry.serial.raw, &start, extensions]));
        } else {
            hash.update(entry.raw);
            carried = true;
        }
    }
    let digest = carried.then(|| Digest::from_bytes(hash.finalize().into()));
    let new: Vec<&[u8]> = new.iter().map(Vec::as_slice).collect();
    Ok(marked(digest, &new))
}

fn marked(carried: Option<Digest>, new: &[&[u8]]) -> Vec<u8> {
    let mark = carried.map(|digest| encode(Tag::OctetString, &[digest.as_bytes()]));
    let mut list = mark.unwrap_or_default();
    new.iter().for_each(|der| list.extend_from_slice(der));
    list
}
