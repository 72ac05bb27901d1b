//! From a recorded signature to the files of a certificate: a pure function of the transcript,
//! the same after a crash as before it.

use super::certificates::{encoding, issuer_of_itself};
use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::prepare;
use crate::ceremony::progress::Intent;
use crate::ceremony::run::Course;
use crate::check::tbs::TbsContext;
use crate::check::{Cleared, issued};
use crate::digest::Digest;
use crate::handover::{self, OutputFile};
use crate::ledger::entry::{Event, FileRecord};
use crate::ledger::kinds::BodyKind;
use crate::plan::cross::CrossPlan;
use crate::plan::{IntermediatePlan, Product, RootPlan, Step};
use crate::x509::certificate::{Certificate, Issuer};
use crate::x509::public_key::PublicKey;
use crate::x509::tbs::CertificateTbs;

/// What a certificate is made of.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// The root itself.
    Root,
    /// A request, under this root.
    Request(&'a IntermediatePlan, &'a Certificate),
    /// Another CA's certificate, under this root.
    Cross(&'a CrossPlan, &'a Certificate),
}

impl Course<'_, '_> {
    /// From the recorded signature to the files: a pure function of the transcript.
    pub(super) fn finish_certificate(
        &mut self,
        step: &Step,
        product: &Product,
        of: Origin<'_>,
    ) -> Result<(), CeremonyError> {
        let name = &product.name;
        if self.journal.progress.issued.contains(name) {
            return Ok(());
        }
        let Some(intent) = self.journal.progress.signed(name).cloned() else {
            return Err(CeremonyError::Contradiction(format!(
                "{name} has no signature"
            )));
        };
        let (_, public, _) = self.root_key()?;
        let body = self.recleared(&intent, product, of)?;
        let Some((algorithm, signature)) = &intent.result else {
            return Ok(());
        };
        let (certificate, findings) =
            issued::certificate(&body, &public, *algorithm, signature, name)?;
        let certificate = certificate.into_inner();
        self.record_checked(
            step,
            &format!("issued {name}"),
            certificate.digest(),
            &findings,
        )?;
        let rehearsal = self.job.rehearsal;
        let files = match of {
            Origin::Root => handover::root_files(&certificate.der, rehearsal),
            Origin::Cross(plan, root) => {
                let of = (plan.mount.as_deref(), name.as_str());
                handover::cross_files(of, &certificate.der, &root.der, rehearsal)?
            }
            Origin::Request(plan, root) => {
                let to = (plan.mount.as_str(), plan.cert_manager.as_ref());
                handover::intermediate_files(to, &certificate.der, &root.der, rehearsal)?
            }
        };
        let input = match of {
            Origin::Root => None,
            Origin::Request(plan, _) => Some(&plan.request),
            Origin::Cross(plan, _) => Some(&plan.certificate),
        };
        let input = input.and_then(|path| self.job.prepared.inputs.get(path));
        let request_sha256 = input.map(|bytes| Digest::of(bytes));
        let files = self.deliver_out(files)?;
        let event = Event::Issued {
            product: name.clone(),
            kind: BodyKind::Certificate,
            subject: Some(certificate.fields.subject.to_string()),
            serial: Some(certificate.fields.serial.to_string()),
            crl_number: None,
            spki_sha256: Some(Digest::of(&certificate.fields.spki)),
            request_sha256,
            sha256: certificate.digest(),
            files,
        };
        self.record(Some(&step.id), &event)?;
        self.deeds.undelivered.retain(|one| one != name);
        self.show(&pages::issued(name, &certificate.fields.serial.to_string()));
        Ok(())
    }

    /// The signed body, cleared once more from the transcript's own bytes.
    fn recleared(
        &mut self,
        intent: &Intent,
        product: &Product,
        of: Origin<'_>,
    ) -> Result<Cleared<CertificateTbs>, CeremonyError> {
        let tbs = CertificateTbs(self.body_of(intent)?);
        let (_, public, algorithm) = self.root_key()?;
        let now = intent.time;
        let (issuer, key, self_signed) = match of {
            Origin::Root => {
                let RootPlan::New(new) = &self.job.prepared.plan.root else {
                    return Err(CeremonyError::Contradiction(
                        "a root in place of one".to_owned(),
                    ));
                };
                (issuer_of_itself(new, &public, &tbs)?, public, true)
            }
            Origin::Cross(plan, root) => {
                let (cleared, _) = prepare::recheck_cross(&self.job.prepared, plan, root, now)?;
                let key = PublicKey::from_spki(&cleared.get().fields.spki)
                    .map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
                let issuer = Issuer::of(root).map_err(|cause| encoding(&product.name, cause))?;
                (issuer, key, false)
            }
            Origin::Request(plan, root) => {
                let (cleared, _) = prepare::recheck(&self.job.prepared, plan, root)?;
                let key = PublicKey::from_spki(&cleared.get().spki)
                    .map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
                let issuer = Issuer::of(root).map_err(|cause| encoding(&product.name, cause))?;
                (issuer, key, false)
            }
        };
        let serials = self.other_serials(intent.tbs_sha256);
        let (body, _) = crate::check::tbs::certificate(
            tbs,
            &TbsContext {
                product,
                issuer: &issuer,
                self_signed,
                algorithm,
                key: &key,
                now,
                register: &self.job.prepared.register,
                serials: &serials,
            },
        )?;
        Ok(body)
    }

    /// Writes files below `out/`.
    pub(super) fn deliver_out(
        &mut self,
        files: Vec<OutputFile>,
    ) -> Result<Vec<FileRecord>, CeremonyError> {
        files
            .iter()
            .map(|file| self.deliver(&format!("out/{}", file.path), &file.bytes))
            .collect()
    }
}
