//! The ledger as a ceremony finds it: its sealed ceremonies folded into the register, and
//! whether one is open.

use super::destruction::AnnouncedKey;
use super::error::CeremonyError;
use crate::digest::Digest;
use crate::ledger::chain;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::layout::{self, CeremonyFolder};
use crate::ledger::post_seal::{self, Destruction};
use crate::ledger::register::Register;
use crate::ledger::seal::Seal;
use crate::ledger::staging;
use crate::plan::LedgerState;
use crate::ports::{EntryKind, Store};
use crate::x509::certificate::Certificate;
use crate::x509::time::UtcTime;

/// What is in a ledger.
#[derive(Debug, Default)]
pub struct LedgerView {
    /// Sealed ceremonies, in order.
    pub sealed: Vec<CeremonyFolder>,
    /// The open one.
    pub open: Option<CeremonyFolder>,
    /// Folders of runs that died before their ceremony began; the next one takes them away.
    pub left_over: Vec<String>,
    /// Whether its ceremonies were rehearsals; `None` while it is empty.
    pub rehearsal: Option<bool>,
    /// Everything issued in the sealed ones.
    pub register: Register,
    /// SHA-256 of the newest SEAL.txt.
    pub head: Digest,
    /// Digests of all SEAL.txt, in order.
    pub seals: Vec<Digest>,
    /// How the ledger ends, where its newest ceremony announces that the root key is destroyed.
    pub end: Option<End>,
    /// Who acted in the newest sealed ceremony.
    pub actor: String,
    /// The end of the last completed ceremony, or the latest entry of the open one.
    pub last_entry: Option<UtcTime>,
    /// The root certificate that the open ceremony names or has signed.
    pub open_root: Option<Certificate>,
    /// The root certificate, once a sealed ceremony has issued or named one.
    pub root: Option<Certificate>,
}

/// The end of a root key.
#[derive(Clone, Debug)]
pub struct End {
    /// The ceremony that announces it.
    pub folder: CeremonyFolder,
    /// Digest of its SEAL.txt.
    pub seal: Digest,
    /// The key.
    pub key: AnnouncedKey,
    /// How far it has come.
    pub state: Destruction,
}

impl End {
    /// Refuses every other ceremony.
    pub fn refusal(&self) -> CeremonyError {
        let name = self.folder.name();
        match self.state {
            Destruction::Done => CeremonyError::KeyDestroyed(name),
            Destruction::Announced | Destruction::Asked => CeremonyError::DestructionDue(name),
        }
    }
}

impl LedgerView {
    /// Reads the ledger. Chains and heads are checked; signatures and products are for
    /// `verify`.
    pub fn read(store: &mut dyn Store) -> Result<Self, CeremonyError> {
        let mut view = Self::default();
        for entry in store.list("")? {
            let strange = || {
                let name = crate::x509::escape::escape(&entry.name);
                CeremonyError::Ledger(format!("{name} does not belong into a ledger"))
            };
            if entry.kind != EntryKind::Folder {
                return Err(strange());
            }
            if layout::is_staging(&entry.name) {
                if let Some(why) = staging::more_than_laid_out(store, &entry.name)? {
                    let words = format!("{}: {why}", entry.name);
                    return Err(CeremonyError::Ledger(words));
                }
                view.left_over.push(entry.name);
                continue;
            }
            let folder = CeremonyFolder::parse(&entry.name).ok_or_else(strange)?;
            if folder.open {
                if let Some(other) = &view.open {
                    let words = format!("{} and {} are both open", other.name(), folder.name());
                    return Err(CeremonyError::Ledger(words));
                }
                view.open = Some(folder);
            } else {
                view.sealed.push(folder);
            }
        }
        view.sealed.sort();
        for at in 0..view.sealed.len() {
            let folder = view.sealed[at].clone();
            view.add(store, &folder, at)?;
        }
        view.read_open(store)?;
        let next = view.next_number();
        match &view.open {
            Some(open) if open.number != next => {
                let words = format!("{} is open, but {next:04} comes next", open.name());
                Err(CeremonyError::Ledger(words))
            }
            _ => Ok(view),
        }
    }

    /// The open ceremony's root, as far as its transcript is whole.
    fn read_open(&mut self, store: &mut dyn Store) -> Result<(), CeremonyError> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        let path = format!("{}/{}", open.name(), layout::TRANSCRIPT);
        let bytes = match store.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let whole = chain::whole_length(&bytes).unwrap_or(0);
        if let Ok((entries, _)) = chain::read(&bytes[..whole]) {
            self.open_root = root_of(&entries);
            let last = entries.iter().map(|entry| entry.time).max();
            self.last_entry = last.max(self.last_entry);
        }
        Ok(())
    }

    /// What the sealed ceremony announces and what was written after its seal.
    fn read_end(
        &self,
        store: &mut dyn Store,
        folder: &CeremonyFolder,
        entries: &[Entry],
    ) -> Result<End, CeremonyError> {
        let name = folder.name();
        let wrong = |words: &str| CeremonyError::Ledger(format!("{name}: {words}"));
        let mut events = entries.iter().filter_map(|entry| entry.event.as_ref().ok());
        let key = events
            .find_map(AnnouncedKey::of)
            .ok_or_else(|| wrong("its seal announces what its transcript does not"))?;
        let bytes = match store.read(&format!("{name}/{}", layout::POST_SEAL)) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let (after, ..) = post_seal::read_torn(&bytes, self.head).map_err(|why| wrong(&why))?;
        Ok(End {
            folder: folder.clone(),
            seal: self.head,
            key,
            state: post_seal::destruction(&after),
        })
    }

    /// The state that plans are made for.
    pub fn state(&self) -> LedgerState {
        LedgerState {
            ceremonies: self.next_number() - 1,
            head: self.head,
            next_crl_number: self.register.next_crl_number(),
        }
    }

    /// The number of the next ceremony.
    pub fn next_number(&self) -> u32 {
        u32::try_from(self.sealed.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    fn add(
        &mut self,
        store: &mut dyn Store,
        folder: &CeremonyFolder,
        at: usize,
    ) -> Result<(), CeremonyError> {
        let name = folder.name();
        let wrong = |words: String| CeremonyError::Ledger(format!("{name}: {words}"));
        if usize::try_from(folder.number).ok() != Some(at + 1) {
            return Err(wrong(format!(
                "ceremony {:04} is missing before it",
                at + 1
            )));
        }
        let seal_bytes = store.read(&format!("{name}/{}", layout::SEAL))?;
        let seal = Seal::from_text(&seal_bytes).map_err(|why| wrong(format!("SEAL.txt: {why}")))?;
        let rehearsal = seal.kind == CeremonyKind::Rehearsal;
        if self.rehearsal.is_some_and(|before| before != rehearsal) {
            return Err(wrong("rehearsal and production are mixed".to_owned()));
        }
        self.rehearsal = Some(rehearsal);
        if seal.previous != self.head {
            return Err(wrong("its seal does not name the one before".to_owned()));
        }
        let transcript = store.read(&format!("{name}/{}", layout::TRANSCRIPT))?;
        let (entries, head) = chain::read(&transcript).map_err(|error| wrong(error.to_string()))?;
        if head.digest != seal.head || head.n != seal.entries {
            return Err(wrong(
                "the transcript does not end where its seal says".to_owned(),
            ));
        }
        self.register.fold(&folder.id, &entries, |path| {
            store.read(&format!("{name}/{path}")).ok()
        })?;
        if let Some(root) = root_of(&entries) {
            self.root = Some(root);
        }
        // One that was given up may have been because of its clock.
        if seal.outcome == CeremonyOutcome::Completed {
            self.last_entry = Some(seal.ended).max(self.last_entry);
        }
        self.head = seal.digest();
        self.seals.push(self.head);
        self.actor = entries
            .last()
            .map(|last| last.actor.clone())
            .unwrap_or_default();
        if seal.destruction {
            self.end = Some(self.read_end(store, folder, &entries)?);
        }
        Ok(())
    }
}

/// The root certificate that a ceremony names or issued.
pub fn root_of(entries: &[Entry]) -> Option<Certificate> {
    let named = entries.iter().find_map(|entry| match &entry.event {
        Ok(Event::Begin {
            root: Some(hex), ..
        }) => crate::digest::unhex(hex),
        _ => None,
    });
    if let Some(der) = named {
        return Certificate::from_der(&der).ok();
    }
    super::progress::Progress::of(entries)
        .ok()?
        .root_certificate()
}
