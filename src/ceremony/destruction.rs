//! The destruction of a root key, after the seal that announces it: asked twice, intended,
//! done, looked for, each written down beside the seal.

use super::error::{CeremonyError, Deeds, Failure};
use super::ledger_view::{End, LedgerView};
use super::pages;
use crate::digest::{Digest, unhex};
use crate::ledger::chain::Head;
use crate::ledger::entry::{Event, NewEntry};
use crate::ledger::layout;
use crate::ledger::post_seal::{self, Destruction};
use crate::plan::document::TOOL;
use crate::ports::{Desk, KeyId, KeyQuery, PinTries, Question, StoreError, TokenError};
use crate::x509::time::UtcTime;

/// The key that is to be destroyed, as the sealed transcript announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedKey {
    /// `CKA_ID`, hex.
    pub id: String,
    /// `CKA_LABEL`
    pub label: String,
    /// Digest of its SPKI.
    pub spki_sha256: Digest,
    /// Copies that were confirmed and still exist.
    pub copies: Vec<String>,
}

impl AnnouncedKey {
    /// From its entry.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::DestructionAnnounced {
                id,
                label,
                spki_sha256,
                copies,
            } => Some(Self {
                id: id.clone(),
                label: label.clone(),
                spki_sha256: *spki_sha256,
                copies: copies.clone(),
            }),
            _ => None,
        }
    }

    fn id(&self) -> KeyId {
        KeyId(unhex(&self.id).unwrap_or_default())
    }

    /// What must be typed, twice.
    pub fn on_paper(&self) -> String {
        let digest = self.spki_sha256.to_string();
        format!("{} {}", self.label, &digest[digest.len() - 8..])
    }
}

/// Goes on with a destruction that a sealed ceremony of this ledger announces: the newest one.
pub fn resume(desk: &mut Desk<'_>, tool_sha256: Digest) -> Result<End, Box<Failure>> {
    let mut deeds = Deeds::default();
    go_on(desk, tool_sha256, &mut deeds).map_err(|error| Box::new(Failure { error, deeds }))
}

fn go_on(
    desk: &mut Desk<'_>,
    tool_sha256: Digest,
    deeds: &mut Deeds,
) -> Result<End, CeremonyError> {
    let view = LedgerView::read(desk.store)?;
    let end = match view.end {
        Some(end) if end.state != Destruction::Done => end,
        _ => return Err(CeremonyError::NothingOpen),
    };
    let tries = desk.token.pin_tries()?;
    if tries == PinTries::Locked {
        return Err(TokenError::PinLocked.into());
    }
    desk.operator.show(&pages::destruction_goes_on(
        &end.folder.name(),
        desk.token.identity(),
    ));
    let pin = desk.operator.ask_pin("PIN of the token:")?;
    desk.token.login(&pin)?;
    let event = Event::Resumed {
        tool: TOOL.to_owned(),
        tool_sha256,
        interface: desk.operator.interface(),
        torn: None,
    };
    destroy(desk, &end, &view.actor, Some(event), deeds)?;
    let _ = desk.token.logout();
    Ok(end)
}

/// Destroys the key. What was done before stands in the folder and is not done again.
pub(super) fn destroy(
    desk: &mut Desk<'_>,
    end: &End,
    actor: &str,
    resumed: Option<Event>,
    deeds: &mut Deeds,
) -> Result<(), CeremonyError> {
    let folder = end.folder.name();
    let result = Record::open(desk, end, actor)
        .and_then(|mut record| record.destroy(desk, &end.key, resumed, deeds));
    result.map_err(|cause| CeremonyError::NotDestroyed {
        folder,
        cause: Box::new(cause),
    })
}

/// `post-seal.jsonl`, open at its end. Every entry is safe before the next thing happens.
struct Record {
    folder: String,
    path: String,
    head: Head,
    state: Destruction,
    actor: String,
    /// The latest time of any entry.
    latest: Option<UtcTime>,
}

impl Record {
    fn open(desk: &mut Desk<'_>, end: &End, actor: &str) -> Result<Self, CeremonyError> {
        let folder = end.folder.name();
        let path = format!("{folder}/{}", layout::POST_SEAL);
        let bytes = match desk.store.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => {
                desk.store.create(&path, b"")?;
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        let (entries, head, whole) =
            post_seal::read_torn(&bytes, end.seal).map_err(CeremonyError::Ledger)?;
        if whole < bytes.len() {
            let length = u64::try_from(whole).unwrap_or(u64::MAX);
            desk.store.truncate(&path, length)?;
        }
        desk.store.sync_file(&path)?;
        desk.store.sync_folder(&folder)?;
        Ok(Self {
            state: post_seal::destruction(&entries),
            latest: entries.iter().map(|entry| entry.time).max(),
            folder,
            path,
            head,
            actor: actor.to_owned(),
        })
    }

    /// Its time is the clock's, but never before the entry before it.
    fn append(&mut self, desk: &mut Desk<'_>, event: &Event) -> Result<(), StoreError> {
        let now = desk.clock.now();
        let time = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(time);
        let new = NewEntry {
            time,
            mono_ms: desk.clock.monotonic_ms(),
            step: None,
            actor: &self.actor,
            event,
        };
        let (line, head) = self.head.next(&new);
        desk.store.append(&self.path, line.as_bytes())?;
        desk.store.sync_file(&self.path)?;
        self.head = head;
        Ok(())
    }

    fn destroy(
        &mut self,
        desk: &mut Desk<'_>,
        key: &AnnouncedKey,
        resumed: Option<Event>,
        deeds: &mut Deeds,
    ) -> Result<(), CeremonyError> {
        deeds.destruction = Some(KEPT);
        if let Some(event) = resumed {
            self.append(desk, &event)?;
        }
        let token = desk.token.identity().clone();
        self.append(desk, &Event::TokenOpened { token })?;
        let there = is_there(desk, key)?;
        match (self.state, there) {
            (Destruction::Done, _) | (Destruction::Asked, false) => {}
            // Not this token, or somebody else was there: nothing of it is our doing.
            (Destruction::Announced, false) => {
                return Err(TokenError::NoKey { id: key.id.clone() }.into());
            }
            (_, true) => {
                desk.operator.show(&pages::destroy(key));
                self.ask(desk, key, "once")?;
                self.ask(desk, key, "once more")?;
                let intended = Event::DestructionIntended {
                    id: key.id.clone(),
                    label: key.label.clone(),
                    spki_sha256: key.spki_sha256,
                };
                self.append(desk, &intended)?;
                deeds.destruction = Some(UNKNOWN);
                desk.token.destroy_key(&key.id())?;
                if is_there(desk, key)? {
                    let cause = "it is still there after C_DestroyObject".to_owned();
                    let id = key.id.clone();
                    return Err(TokenError::UnusableKey { id, cause }.into());
                }
            }
        }
        deeds.destruction = Some(GONE);
        let destroyed = Event::KeyDestroyed {
            id: key.id.clone(),
            label: key.label.clone(),
            spki_sha256: key.spki_sha256,
        };
        if self.state != Destruction::Done {
            self.append(desk, &destroyed)?;
        }
        desk.store.make_read_only(&self.folder)?;
        desk.operator.show(&pages::destroyed(key));
        Ok(())
    }

    /// Three times at most, as everywhere; what was typed is written down.
    fn ask(
        &mut self,
        desk: &mut Desk<'_>,
        key: &AnnouncedKey,
        how_often: &str,
    ) -> Result<(), CeremonyError> {
        let question = Question {
            id: "destroy",
            text: format!(
                "Type {how_often} the key's label and the last 8 digits of its SPKI's sha-256,\nto destroy the root key for ever:"
            ),
            on_paper: key.on_paper(),
        };
        for _ in 0..3 {
            let asked = Event::Question {
                id: question.id.to_owned(),
                text: question.text.clone(),
            };
            self.append(desk, &asked)?;
            let value = desk.operator.ask(&question)?;
            let accepted = value
                .split_whitespace()
                .eq(question.on_paper.split_whitespace());
            let answer = Event::Answer {
                id: question.id.to_owned(),
                value,
                accepted,
            };
            self.append(desk, &answer)?;
            if accepted {
                return Ok(());
            }
            desk.operator.show("That is not what the plan says.\n");
        }
        Err(CeremonyError::NotApproved("the destruction".to_owned()))
    }
}

const KEPT: &str = "the root key was not destroyed";
const UNKNOWN: &str = "the token was asked to destroy the root key, its answer is not known";
const GONE: &str = "the token destroyed the root key";

/// Whether the token shows the key, by its id or under any other.
fn is_there(desk: &mut Desk<'_>, key: &AnnouncedKey) -> Result<bool, TokenError> {
    let keys = desk.token.find_keys(&KeyQuery::All)?;
    let same = |id: &KeyId, digest| *id == key.id() || digest == key.spki_sha256;
    Ok(keys
        .iter()
        .any(|one| same(&one.id, one.public_key.digest())))
}
