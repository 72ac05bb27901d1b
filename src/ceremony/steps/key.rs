//! The root key: generated once, adopted after a crash, found again in later ceremonies; its
//! attributes read back each time.

use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::run::{Course, RootKeyHandle};
use crate::check::key::{ExpectedKey, root_key};
use crate::check::{CheckId, Finding, Refusal};
use crate::digest::{Digest, hex};
use crate::ledger::entry::Event;
use crate::plan::{RootPlan, Step};
use crate::ports::{KeyId, KeyQuery, KeySpec, Question, TokenKey};
use crate::x509::public_key::{PublicKey, RootKey};

impl Course<'_, '_> {
    /// Finds the root key where it exists already: by the id this ceremony gave it, or by the
    /// public key in the root's certificate. Never by its label.
    pub(in crate::ceremony) fn find_key(&mut self) -> Result<(), CeremonyError> {
        if let Some(ready) = self.journal.progress.key.clone() {
            let expected = public_key(&ready.spki)?;
            let matches = self.desk.token.find_keys(&KeyQuery::Id(ready.id))?;
            let (key, _) = root_key(matches, &ExpectedKey::Same(&expected))?;
            self.hold(&key.into_inner());
            return Ok(());
        }
        let Some(root) = self.root.clone() else {
            return Ok(());
        };
        let expected = public_key(&root.fields.spki)?;
        let mut matches = self.desk.token.find_keys(&KeyQuery::All)?;
        matches.retain(|key| key.public_key == expected);
        let (key, findings) = root_key(matches, &ExpectedKey::Same(&expected))?;
        self.key_is_ready("found", key.into_inner(), findings, None)
    }

    /// `generate-root-key`
    pub(in crate::ceremony) fn generate_root_key(
        &mut self,
        step: &Step,
    ) -> Result<(), CeremonyError> {
        let (None, RootPlan::New(new)) = (&self.key, &self.job.prepared.plan.root) else {
            return Ok(());
        };
        let kind = new.key;
        if let Some(id) = self.journal.progress.key_intended.clone() {
            let found = self.desk.token.find_keys(&KeyQuery::Id(id.clone()))?;
            if found.is_empty() {
                return self.generate(step, kind, id);
            }
            let (key, findings) = root_key(found, &ExpectedKey::Kind(kind.kind()))?;
            return self.key_is_ready("adopted", key.into_inner(), findings, Some(&step.id));
        }
        self.refuse_taken_label()?;
        self.show(&pages::generate(kind, self.desk.token.identity()));
        let label = self.desk.token.identity().label.clone();
        let question = Question {
            id: "generate",
            text: "Type the token's label to generate the root key in it:".to_owned(),
            on_paper: label.clone(),
        };
        self.ask(Some(&step.id), &question)?;
        let id = KeyId(self.random_octets()?);
        let event = Event::KeyIntended {
            key: kind.word().to_owned(),
            label,
            id: hex(&id.0),
        };
        self.record(Some(&step.id), &event)?;
        self.sync()?;
        self.generate(step, kind, id)
    }

    fn generate(&mut self, step: &Step, kind: RootKey, id: KeyId) -> Result<(), CeremonyError> {
        let label = self.desk.token.identity().label.clone();
        let spec = KeySpec {
            key: kind,
            label,
            id: id.clone(),
        };
        self.desk
            .operator
            .work_begins("the token generates the root key");
        let generated = self.desk.token.generate_key(&spec);
        self.desk.operator.work_ends();
        generated?;
        self.deeds.generated = true;
        let found = self.desk.token.find_keys(&KeyQuery::Id(id))?;
        let (key, findings) = root_key(found, &ExpectedKey::Kind(kind.kind()))?;
        self.key_is_ready("generated", key.into_inner(), findings, Some(&step.id))
    }

    /// A key under this label would be taken for the root's by people, though not by us.
    fn refuse_taken_label(&mut self) -> Result<(), CeremonyError> {
        let label = self.desk.token.identity().label.clone();
        let taken = self
            .desk
            .token
            .find_keys(&KeyQuery::Label(label.clone()))?
            .len();
        if taken == 0 {
            return Ok(());
        }
        let words = format!(
            "the token already holds a key labelled {}",
            crate::x509::escape::escape(&label)
        );
        Err(Refusal {
            id: CheckId::KeyUnique,
            words,
            subject: "root key".to_owned(),
            findings: Vec::new(),
        }
        .into())
    }

    fn key_is_ready(
        &mut self,
        how: &str,
        key: TokenKey,
        findings: Vec<Finding>,
        step: Option<&str>,
    ) -> Result<(), CeremonyError> {
        let public = key.public_key.clone();
        let checked = Event::Checked {
            what: "root key".to_owned(),
            sha256: public.digest(),
            findings: findings.iter().map(Finding::record).collect(),
        };
        self.record(step, &checked)?;
        let ready = Event::KeyReady {
            how: how.to_owned(),
            id: hex(&key.id.0),
            label: key.label.clone(),
            spki: hex(public.spki()),
            spki_sha256: public.digest(),
            attributes: key.attributes.clone(),
        };
        self.record(step, &ready)?;
        self.sync()?;
        self.show(&pages::key_ready(how, &key));
        self.hold(&key);
        Ok(())
    }

    /// The label of the key in the token, as it stands there now.
    pub(super) fn key_label(&mut self, id: &KeyId) -> Result<String, CeremonyError> {
        let found = self.desk.token.find_keys(&KeyQuery::Id(id.clone()))?;
        Ok(found
            .first()
            .map(|key| key.label.clone())
            .unwrap_or_default())
    }

    fn hold(&mut self, key: &TokenKey) {
        self.key = Some(RootKeyHandle {
            id: key.id.clone(),
            public: key.public_key.clone(),
        });
    }

    /// 16 octets from laptop and token together.
    fn random_octets(&mut self) -> Result<Vec<u8>, CeremonyError> {
        let mut system = [0u8; 32];
        self.desk.entropy.fill(&mut system);
        let mut both = system.to_vec();
        both.extend(self.desk.token.random(32)?);
        Ok(Digest::of(&both).as_bytes()[..16].to_vec())
    }
}

fn public_key(spki: &[u8]) -> Result<PublicKey, CeremonyError> {
    PublicKey::from_spki(spki)
        .map_err(|error| CeremonyError::Contradiction(format!("the root's public key: {error}")))
}
