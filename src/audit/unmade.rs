//! A root that a ceremony was to make and did not: the ceremony was given up before the first
//! signature. Nothing of it is the given root's, which a later ceremony may have made, under
//! another name or with another key.

use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::CeremonyOutcome;
use crate::plan::document::PlanDocument;
use crate::x509::certificate::{CertificateFields, Issuer};
use crate::x509::key_identifier::KeyIdentifierMethod;
use crate::x509::name::Name;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};

/// What is known of it.
pub(super) struct Unmade {
    /// The key as it was first recorded; `None` where there is none, or it cannot be read.
    pub key: Option<PublicKey>,
}

impl Unmade {
    /// Whether these entries are of such a ceremony. One signature is enough to make it a
    /// ceremony of the given root.
    pub fn of(entries: &[Entry]) -> Option<Self> {
        let new = entries
            .iter()
            .any(|entry| matches!(entry.event, Ok(Event::Begin { root: None, .. })));
        let signed = entries
            .iter()
            .any(|entry| matches!(entry.event, Ok(Event::Signed { .. })));
        let aborted = matches!(
            entries.last().map(|entry| &entry.event),
            Some(Ok(Event::Close { outcome, .. })) if *outcome == CeremonyOutcome::Aborted
        );
        let key = entries.iter().find_map(|entry| match &entry.event {
            Ok(Event::KeyReady { spki, .. }) => Some(spki),
            _ => None,
        });
        (new && aborted && !signed).then(|| Self {
            key: key
                .and_then(|hex| crate::digest::unhex(hex))
                .and_then(|spki| PublicKey::from_spki(&spki).ok()),
        })
    }

    /// What the root would have been to itself: its name and algorithm from the plan, its key
    /// as recorded, its dates those of its body.
    pub fn issuer(
        &self,
        plan: &PlanDocument,
        fields: &CertificateFields,
    ) -> Option<(Issuer, &PublicKey, SignatureAlgorithm)> {
        let key = self.key.as_ref()?;
        let name = Name::from_der(&crate::digest::unhex(&plan.root.subject)?).ok()?;
        let algorithm = SignatureAlgorithm::from_name(&plan.root.algorithm)?;
        let method = KeyIdentifierMethod::parse(plan.root.key_identifier.as_deref()?)?;
        let issuer = Issuer {
            name,
            spki: key.spki().to_vec(),
            key_identifier: method.of(key),
            not_before: fields.not_before,
            not_after: fields.not_after,
            path_length: None,
            extended_key_usage: None,
        };
        Some((issuer, key, algorithm))
    }
}
