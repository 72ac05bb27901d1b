//! The open ceremony's transcript: entries are appended, folded at once, and synced where the
//! order of things depends on it.

use super::error::CeremonyError;
use super::folder::deliver_beside;
use super::progress::Progress;
use crate::ledger::chain::{self, Head};
use crate::ledger::entry::{self, Entry, Event, FileRecord, NewEntry};
use crate::ledger::layout;
use crate::ports::{Clock, Store, StoreError};
use crate::x509::time::UtcTime;

/// The transcript of an open ceremony.
pub struct Journal {
    /// The ceremony's folder.
    pub folder: String,
    /// How far it has come.
    pub progress: Progress,
    path: String,
    head: Head,
    actor: String,
    unsynced: bool,
    /// The latest time of any entry.
    latest: Option<UtcTime>,
    /// The last entry tells, or follows one that tells, that the clock is behind.
    told_behind: bool,
}

impl Journal {
    /// Makes an empty transcript in a folder that has none.
    pub fn create(store: &mut dyn Store, folder: &str, actor: &str) -> Result<Self, CeremonyError> {
        let path = format!("{folder}/{}", layout::TRANSCRIPT);
        store.create(&path, b"")?;
        store.sync_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            progress: Progress::default(),
            path,
            head: Head::START,
            actor: actor.to_owned(),
            unsynced: true,
            latest: None,
            told_behind: false,
        })
    }

    /// Opens the transcript in this folder; an open ceremony's has its first entry at least.
    /// What stands after its last whole line is returned.
    pub fn open(
        store: &mut dyn Store,
        folder: &str,
        actor: &str,
    ) -> Result<(Self, Vec<u8>), CeremonyError> {
        let path = format!("{folder}/{}", layout::TRANSCRIPT);
        let bytes = store.read(&path)?;
        let damaged = |cause| CeremonyError::Damaged {
            ceremony: folder.to_owned(),
            cause,
        };
        let whole = chain::whole_length(&bytes).map_err(damaged)?;
        let (entries, head) = chain::read(&bytes[..whole]).map_err(damaged)?;
        let progress = Progress::of(&entries)?;
        if progress.lock.is_none() {
            let words = format!("{folder} has no entry that begins it");
            return Err(CeremonyError::Contradiction(words));
        }
        let journal = Self {
            folder: folder.to_owned(),
            progress,
            path,
            head,
            actor: actor.to_owned(),
            unsynced: true,
            latest: entries.iter().map(|entry| entry.time).max(),
            told_behind: false,
        };
        Ok((journal, bytes[whole..].to_vec()))
    }

    /// Keeps a torn tail as evidence, then cuts it off.
    pub fn keep_torn(
        &mut self,
        store: &mut dyn Store,
        torn: &[u8],
    ) -> Result<Option<FileRecord>, StoreError> {
        if torn.is_empty() {
            return Ok(None);
        }
        let stem = format!("evidence/torn-{}", self.head.n);
        let record = deliver_beside(store, &self.folder, (&stem, "bin"), torn)?;
        let length = store.read(&self.path)?.len().saturating_sub(torn.len());
        store.truncate(&self.path, u64::try_from(length).unwrap_or(u64::MAX))?;
        store.sync_file(&self.path)?;
        Ok(Some(record))
    }

    /// The end of the chain.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The latest time of any entry so far.
    pub fn latest(&self) -> Option<UtcTime> {
        self.latest
    }

    /// Whether the clock is behind the latest entry.
    pub fn is_ahead_of(&self, clock: UtcTime) -> bool {
        self.latest.is_some_and(|latest| clock < latest)
    }

    /// Appends an entry. It is safe only after [`Self::sync`]. Its time is the clock's, but
    /// never before the entry before it: where the clock went back, an entry of its own tells
    /// what it says, once until it has caught up.
    pub fn append(
        &mut self,
        store: &mut dyn Store,
        clock: &mut dyn Clock,
        step: Option<&str>,
        event: &Event,
    ) -> Result<u64, CeremonyError> {
        let now = clock.now();
        let behind = self.is_ahead_of(now);
        if behind && !self.told_behind {
            let clock_behind = Event::ClockBehind {
                clock: now.to_string(),
            };
            self.add(store, (now, clock.monotonic_ms()), step, &clock_behind)?;
        }
        self.told_behind = behind;
        self.add(store, (now, clock.monotonic_ms()), step, event)
    }

    fn add(
        &mut self,
        store: &mut dyn Store,
        (now, mono_ms): (UtcTime, u64),
        step: Option<&str>,
        event: &Event,
    ) -> Result<u64, CeremonyError> {
        let new = NewEntry {
            time: self.latest.map_or(now, |latest| latest.max(now)),
            mono_ms,
            step,
            actor: &self.actor,
            event,
        };
        let (line, head) = self.head.next(&new);
        if line.len() > entry::LINE_LIMIT {
            return Err(CeremonyError::Contradiction(
                "an entry is longer than 64 KiB".to_owned(),
            ));
        }
        store.append(&self.path, line.as_bytes())?;
        self.unsynced = true;
        let added = Entry {
            n: head.n,
            prev: self.head.digest,
            time: new.time,
            mono_ms: new.mono_ms,
            step: step.map(str::to_owned),
            actor: self.actor.clone(),
            event: Ok(event.clone()),
        };
        self.latest = self.latest.max(Some(new.time));
        self.progress.add(&added)?;
        self.head = head;
        Ok(self.head.n)
    }

    /// Makes everything appended so far safe.
    pub fn sync(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        if self.unsynced {
            store.sync_file(&self.path)?;
            self.unsynced = false;
        }
        Ok(())
    }
}
