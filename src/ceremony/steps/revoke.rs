//! `revoke`: what is to be revoked is shown, and a person types its serial number's end back. It
//! signs nothing; the CRL of the same ceremony lists it.

use crate::ceremony::error::CeremonyError;
use crate::ceremony::run::Course;
use crate::check;
use crate::digest::Digest;
use crate::ledger::entry::Event;
use crate::plan::Step;
use crate::plan::document::RevokeDocument;
use crate::plan::past::{RevokePlan, question};
use crate::ports::Question;
use crate::x509::show::joined;
use crate::x509::time::UtcTime;

impl Course<'_, '_> {
    /// `revoke`
    pub(in crate::ceremony) fn revoke(
        &mut self,
        step: &Step,
        plan: &RevokePlan,
    ) -> Result<(), CeremonyError> {
        if self.journal.progress.revoked.contains(&step.id) {
            return Ok(());
        }
        let document = RevokeDocument::of(plan);
        let now = self.desk.clock.now();
        let (_, findings) = check::revoke::on_the_day(plan, now, &step.id)?;
        if !findings.is_empty() {
            let entry = plan.entry.to_der(UtcTime::TEMPLATE_START);
            let what = format!("revocation of {}", document.serial);
            self.record_checked(step, &what, Digest::of(&entry), &findings)?;
        }
        let mut page = crate::ceremony::script::revocation(&document.clone().escaped());
        page.extend(findings.iter().flat_map(crate::ceremony::script::told));
        page.push("IRREVERSIBLE: once a CRL lists it, it is listed for ever.".to_owned());
        self.show(&joined(&page));
        let (text, on_paper) = question(&document.serial);
        self.ask(
            Some(&step.id),
            &Question {
                id: "revoke",
                text,
                on_paper,
            },
        )?;
        self.record(Some(&step.id), &Event::revoked(&document))?;
        self.sync()
    }
}
