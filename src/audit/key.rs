//! The root key as the transcript recorded it.

use std::collections::BTreeMap;

use super::authority::Authority;
use super::findings::{AuditId, Findings};
use super::story::at;
use super::unmade::Unmade;
use crate::check::adopted_key::{Moment, adopted_key};
use crate::check::key::{ExpectedKey, root_key};
use crate::digest::{Digest, unhex};
use crate::ledger::entry::{Entry, Event};
use crate::plan::Waiver;
use crate::ports::{KeyId, TokenKey};
use crate::x509::public_key::PublicKey;

/// Where the root's key comes from.
pub(super) enum Origin {
    /// A ceremony generated it.
    Generated,
    /// This ceremony takes it over, with what it waives.
    Adopted(Vec<Waiver>),
    /// An earlier ceremony took it over.
    AdoptedBefore,
    /// What was before this ceremony is not known.
    Unknown,
}

/// Checks every record of the key. `has_root`: this ceremony used or made a root; one that was
/// given up before that has a key of its own at most, the same in every record.
pub(super) fn check(
    entries: &[Entry],
    authority: &Authority<'_>,
    has_root: bool,
    (unmade, origin): (Option<&Unmade>, &Origin),
    findings: &mut Findings,
) {
    findings.begun(AuditId::Key);
    let mut ready = false;
    for entry in entries {
        match &entry.event {
            Ok(Event::KeyReady {
                id,
                label,
                spki,
                spki_sha256,
                attributes,
                ..
            }) => {
                ready = true;
                let Some(key) = recorded(id, label, spki, *spki_sha256, attributes) else {
                    findings.fail(AuditId::Key, at(entry.n), "the key cannot be read");
                    continue;
                };
                if !has_root {
                    findings.notice(format!(
                        "entry {}: a key was made for a root that never came to be",
                        entry.n
                    ));
                }
                let own = unmade.and_then(|unmade| unmade.key.as_ref());
                let expected = ExpectedKey::Same(own.unwrap_or(&authority.key));
                if !has_root && unmade.is_none() {
                    continue;
                }
                let strict = root_key(vec![key.clone()], &expected).err();
                let refused = match (strict, origin) {
                    (None, _) => None,
                    (strict, Origin::Generated) => strict,
                    (_, Origin::Adopted(waivers)) => {
                        let waivers: Vec<&Waiver> = waivers.iter().collect();
                        let moment = Moment::Adoption(&waivers);
                        adopted_key(vec![key], &authority.key, &moment).err()
                    }
                    (_, Origin::AdoptedBefore) => {
                        adopted_key(vec![key], &authority.key, &Moment::Later).err()
                    }
                    (_, Origin::Unknown) => {
                        findings.notice(format!(
                            "entry {}: the key is not as a generated one is; only the whole \
                             ledger can tell whether its root was taken over",
                            entry.n
                        ));
                        adopted_key(vec![key], &authority.key, &Moment::Later).err()
                    }
                };
                if let Some(refusal) = refused {
                    let words = format!("as recorded: {}: {}", refusal.id.public(), refusal.words);
                    findings.fail(AuditId::Key, at(entry.n), words);
                }
            }
            Ok(Event::SignIntended { .. }) => {
                let words = "a signature before the key was looked at";
                findings.require(AuditId::Key, ready, at(entry.n), words);
            }
            _ => {}
        }
    }
}

/// The key that an entry records; its digest must be that of its SPKI.
pub(super) fn recorded(
    id: &str,
    label: &str,
    spki: &str,
    digest: Digest,
    attributes: &BTreeMap<String, String>,
) -> Option<TokenKey> {
    let public_key = PublicKey::from_spki(&unhex(spki)?).ok()?;
    (public_key.digest() == digest).then_some(TokenKey {
        id: KeyId(unhex(id)?),
        label: label.to_owned(),
        public_key,
        attributes: attributes.clone(),
    })
}
