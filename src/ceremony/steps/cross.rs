//! `cross-sign`: another CA's name and key under this root.

use super::certificates::{Built, encoding};
use super::files::Origin;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::prepare;
use crate::ceremony::run::Course;
use crate::digest::Digest;
use crate::issue;
use crate::plan::Step;
use crate::plan::cross::CrossPlan;
use crate::x509::certificate::{Certificate, Issuer};
use crate::x509::public_key::PublicKey;
use crate::x509::tbs::CertificateTbs;

impl Course<'_, '_> {
    /// `cross-sign`
    pub(in crate::ceremony) fn cross_sign(
        &mut self,
        step: &Step,
        plan: &CrossPlan,
    ) -> Result<(), CeremonyError> {
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("a cross-certificate is due before the root is".to_owned())
        })?;
        let product = &plan.product;
        if self.journal.progress.signed(&product.name).is_none() {
            let built = self.build_cross(step, plan, &root)?;
            self.show_and_approve(step, &[(product, &built, &[])])?;
            self.sign_batch(step, vec![(product, built)])?;
        }
        self.finish_certificate(step, product, Origin::Cross(plan, &root))
    }

    fn build_cross(
        &mut self,
        step: &Step,
        plan: &CrossPlan,
        root: &Certificate,
    ) -> Result<Built, CeremonyError> {
        let name = &plan.product.name;
        let pending = self.pending_body(name)?;
        let now = match &pending {
            Some((_, time)) => *time,
            None => self.desk.clock.now(),
        };
        let (existing, findings) = prepare::recheck_cross(&self.job.prepared, plan, root, now)?;
        let input = self.job.prepared.inputs.get(&plan.certificate);
        self.record_checked(
            step,
            &format!("certificate {}", plan.certificate),
            input.map_or(Digest::ZERO, |bytes| Digest::of(bytes)),
            &findings,
        )?;
        let issuer = Issuer::of(root).map_err(|cause| encoding("root", cause))?;
        let key = PublicKey::from_spki(&existing.get().fields.spki)
            .map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
        let (_, _, algorithm) = self.root_key()?;
        let again = pending.is_some();
        let tbs = match pending {
            Some((bytes, _)) => CertificateTbs(bytes),
            None => {
                let serial = self.new_serial()?;
                issue::cross(&existing, plan, &issuer, algorithm, &serial, now)
                    .map_err(|cause| encoding(name, cause))?
            }
        };
        let body = self.clear(step, tbs, &plan.product, &issuer, false, &key, now, &[])?;
        Ok(Built { body, again })
    }
}
