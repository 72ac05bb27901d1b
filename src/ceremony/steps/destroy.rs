//! `destroy-key`: within the ceremony it is only announced; the seal says so. The destruction
//! itself comes after the seal (`ceremony::destruction`).

use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::run::Course;
use crate::digest::hex;
use crate::ledger::entry::Event;
use crate::plan::Step;

impl Course<'_, '_> {
    /// `destroy-key`
    pub(in crate::ceremony) fn announce_destruction(
        &mut self,
        step: &Step,
    ) -> Result<(), CeremonyError> {
        if self.journal.progress.destruction.is_some() {
            return Ok(());
        }
        let (id, public, _) = self.root_key()?;
        let label = self.key_label(&id)?;
        let earlier = self.job.prepared.register.copies.iter();
        let own = self.journal.progress.copies.iter();
        let copies: Vec<String> = earlier.chain(own).map(ToString::to_string).collect();
        self.show(&pages::announced(&label, &public, &copies));
        let event = Event::DestructionAnnounced {
            id: hex(&id.0),
            label,
            spki_sha256: public.digest(),
            copies,
        };
        self.record(Some(&step.id), &event)?;
        self.sync()
    }
}
