//! `issue-crl`: a root without a published CRL makes `-crl_check_all` fail from the first day.

use super::sign::Kept;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::run::Course;
use crate::check::crl::CrlContext;
use crate::check::{Cleared, Finding, issued};
use crate::digest::Digest;
use crate::handover;
use crate::issue;
use crate::ledger::entry::Event;
use crate::ledger::kinds::BodyKind;
use crate::plan::{CrlPlan, Step};
use crate::x509::certificate::Issuer;
use crate::x509::tbs::CrlTbs;
use crate::x509::time::UtcTime;

impl Course<'_, '_> {
    /// `issue-crl`
    pub(in crate::ceremony) fn issue_crl(
        &mut self,
        step: &Step,
        plan: &CrlPlan,
    ) -> Result<(), CeremonyError> {
        let name = &plan.product.name;
        if self.journal.progress.issued.contains(name) {
            return Ok(());
        }
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("a CRL is due before the root is".to_owned())
        })?;
        let issuer = Issuer::of(&root).map_err(|cause| CeremonyError::Encoding {
            what: "root".to_owned(),
            cause,
        })?;
        if self.journal.progress.signed(name).is_none() {
            self.sign_crl(step, plan, &issuer)?;
        }
        self.finish_crl(step, plan, &issuer)
    }

    fn sign_crl(
        &mut self,
        step: &Step,
        plan: &CrlPlan,
        issuer: &Issuer,
    ) -> Result<(), CeremonyError> {
        let name = &plan.product.name;
        let (_, _, algorithm) = self.root_key()?;
        // Also where the policy wants new serials: a CRL has none, and a second body under the
        // same number would contradict the first.
        let (tbs, now, again) = match self.unsigned_body(name)? {
            Some((bytes, time)) => (CrlTbs(bytes), time, true),
            None => {
                let now = self.later_than_last_crl(plan.after);
                let tbs = issue::crl(plan, issuer, algorithm, now).map_err(|cause| {
                    CeremonyError::Encoding {
                        what: name.clone(),
                        cause,
                    }
                })?;
                (tbs, now, false)
            }
        };
        let digest = Digest::of(&tbs.0);
        let (body, findings) = self.clear_crl(tbs, plan, issuer, now)?;
        self.record_checked(step, &format!("CRL {name}"), digest, &findings)?;
        let page = pages::crl(&plan.product, body.get(), again).map_err(|cause| {
            CeremonyError::Encoding {
                what: name.clone(),
                cause,
            }
        })?;
        self.show(&page);
        self.show(&pages::irreversible(1));
        let what = format!("step {}", step.id);
        let digest = plan.product.template.digest();
        self.approve(Some(&step.id), "approve", &what, digest)?;
        self.check_clock()?;
        if !again {
            crate::check::crl::still_fresh(&body, self.desk.clock.now(), name)?;
        }
        let intended = self.intend(&step.id, name, BodyKind::Crl, body, Kept::InFile)?;
        self.sync()?;
        self.sign_intended(&step.id, &intended)?;
        self.sync()
    }

    /// Now; or a moment later, where the last CRL is of this very second (a rehearsal is fast).
    fn later_than_last_crl(&mut self, after: Option<UtcTime>) -> UtcTime {
        let last = self.job.prepared.register.last_crl();
        let last = last.map(|crl| crl.this_update).max(after);
        let mut now = self.desk.clock.now();
        for _ in 0..100 {
            if last != Some(now) {
                break;
            }
            self.desk.clock.pause();
            now = self.desk.clock.now();
        }
        now
    }

    fn finish_crl(
        &mut self,
        step: &Step,
        plan: &CrlPlan,
        issuer: &Issuer,
    ) -> Result<(), CeremonyError> {
        let name = &plan.product.name;
        let Some(intent) = self.journal.progress.signed(name).cloned() else {
            return Err(CeremonyError::Contradiction(format!(
                "{name} has no signature"
            )));
        };
        let Some((algorithm, signature)) = &intent.result else {
            return Ok(());
        };
        let tbs = CrlTbs(self.body_of(&intent)?);
        let (body, _) = self.clear_crl(tbs, plan, issuer, intent.time)?;
        let (_, public, _) = self.root_key()?;
        let (crl, findings) = issued::crl(&body, &public, *algorithm, signature, name)?;
        let crl = crl.into_inner();
        let sha256 = Digest::of(&crl.der);
        self.record_checked(step, &format!("issued {name}"), sha256, &findings)?;
        let files = self.deliver_out(handover::crl_files(&crl.der, self.job.rehearsal))?;
        let event = Event::Issued {
            product: name.clone(),
            kind: BodyKind::Crl,
            subject: None,
            serial: None,
            crl_number: Some(plan.number),
            spki_sha256: None,
            request_sha256: None,
            sha256,
            files,
        };
        self.record(Some(&step.id), &event)?;
        self.deeds.undelivered.retain(|one| one != name);
        self.show(&pages::issued(name, &format!("number {}", plan.number)));
        Ok(())
    }

    fn clear_crl(
        &self,
        tbs: CrlTbs,
        plan: &CrlPlan,
        issuer: &Issuer,
        now: UtcTime,
    ) -> Result<(Cleared<CrlTbs>, Vec<Finding>), CeremonyError> {
        let (_, _, algorithm) = self.root_key()?;
        let register = &self.job.prepared.register;
        let context = CrlContext {
            plan,
            issuer,
            algorithm,
            now,
            register,
        };
        Ok(crate::check::crl::crl(tbs, &context)?)
    }
}
