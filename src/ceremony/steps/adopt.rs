//! `adopt-root`: a root whose key is in the token already, and what it issued before.

use super::key::public_key;
use super::sign::Signer;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::run::Course;
use crate::check::adopted_key::{Moment, adopted_key};
use crate::ledger::adopted;
use crate::ledger::kinds::KeySource;
use crate::plan::Step;
use crate::plan::adopt::AdoptPlan;
use crate::ports::KeyQuery;
use crate::x509::certificate::Certificate;

impl Course<'_, '_> {
    /// `adopt-root`
    pub(in crate::ceremony) fn adopt_root(
        &mut self,
        step: &Step,
        plan: &AdoptPlan,
    ) -> Result<(), CeremonyError> {
        if self.journal.progress.proved.contains(&step.id) {
            return Ok(());
        }
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("a root is adopted that nobody named".to_owned())
        })?;
        if self.key.is_none() {
            self.take_key_over(step, &root)?;
        }
        if self.journal.progress.signed(&step.id).is_none() {
            self.show(&pages::adoption(plan));
            let what = format!("step {}", step.id);
            self.approve(Some(&step.id), "approve", &what, plan.approval_digest())?;
        }
        let (id, public, algorithm) = self.root_key()?;
        let signer = Signer {
            token: None,
            id: &id,
            public: &public,
            algorithm,
        };
        let proof = self.prove_possession(step, &root, signer)?;
        let shown = proof.last().map_or("", |file| &file.path).to_owned();
        let written = self.journal.progress.adopted;
        for event in adopted::events(plan, &proof).iter().skip(written) {
            self.record(Some(&step.id), event)?;
        }
        self.sync()?;
        self.deeds.undelivered.retain(|one| *one != step.id);
        self.show(&pages::adopted(plan, &shown));
        Ok(())
    }

    /// Finds the root's key by its public half, and looks at how the token holds it.
    fn take_key_over(&mut self, step: &Step, root: &Certificate) -> Result<(), CeremonyError> {
        let expected = public_key(&root.fields.spki)?;
        let mut matches = self.desk.token.find_keys(&KeyQuery::All)?;
        matches.retain(|key| key.public_key == expected);
        let waivers = self.job.prepared.plan.waivers_in(&step.id);
        let (key, findings) = adopted_key(matches, &expected, &Moment::Adoption(&waivers))?;
        self.key_is_ready(
            KeySource::TakenOver,
            key.into_inner(),
            findings,
            Some(&step.id),
        )
    }
}
