//! `confirm-copy`: a second token shows the root's key and proves that it holds it.

use super::sign::Signer;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::run::Course;
use crate::check::Finding;
use crate::check::copy::{CopyContext, SUBJECT, key, token};
use crate::digest::hex;
use crate::ledger::entry::Event;
use crate::plan::Step;
use crate::ports::{PinTries, TokenError};

impl Course<'_, '_> {
    /// `confirm-copy`
    pub(in crate::ceremony) fn confirm_copy(
        &mut self,
        step: &Step,
        label: &str,
    ) -> Result<(), CeremonyError> {
        if !self.journal.progress.copies.is_empty() {
            return Ok(());
        }
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("a copy is due before the root is".to_owned())
        })?;
        let (_, public, algorithm) = self.root_key()?;
        let mut second = self.desk.tokens.open(label)?;
        let identity = second.identity().clone();
        let context = CopyContext {
            first: &self.desk.token.identity().clone(),
            second: &identity,
            root: &public,
        };
        let tries = second.pin_tries()?;
        self.show(&pages::second_token(&identity));
        token(&context)?;
        if tries == PinTries::Locked {
            return Err(TokenError::PinLocked.into());
        }
        let pin = self.desk.operator.ask_pin("PIN of the second token:")?;
        second.login(&pin)?;
        let keys = second.find_keys(&crate::ports::KeyQuery::All)?;
        let (key, findings) = key(keys, &context)?;
        let key = key.into_inner();
        let checked = Event::Checked {
            what: SUBJECT.to_owned(),
            sha256: public.digest(),
            findings: findings.iter().map(Finding::record).collect(),
        };
        self.record(Some(&step.id), &checked)?;
        let signer = Signer {
            token: Some(second.as_mut()),
            id: &key.id,
            public: &public,
            algorithm,
        };
        let files = self.prove_possession(step, &root, signer)?;
        let confirmed = Event::CopyConfirmed {
            token: identity,
            id: hex(&key.id.0),
            label: key.label.clone(),
            spki_sha256: public.digest(),
            attributes: key.attributes.clone(),
            files,
        };
        self.record(Some(&step.id), &confirmed)?;
        self.sync()?;
        second.logout()?;
        self.show(&pages::copy_confirmed(&key));
        self.deeds.undelivered.retain(|one| *one != step.id);
        Ok(())
    }
}
