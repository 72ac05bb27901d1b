//! The hand-over: what goes back to Vault, from what the transcript says was signed.

use crate::ceremony::error::CeremonyError;
use crate::ceremony::run::Course;
use crate::digest::Digest;
use crate::handover::{self, Crl, CrossSigned, Handover, Intermediate, OwnRequest, Revoked, Trust};
use crate::ledger::entry::Event;
use crate::ledger::kinds::CeremonyKind;
use crate::ledger::{layout, verify_text};
use crate::plan::StepPlan;
use crate::plan::document::RevokeDocument;
use crate::x509::certificate::Certificate;
use crate::x509::request::Request;

impl Course<'_, '_> {
    /// Writes the closing files, and every product's file that is not there yet.
    pub(in crate::ceremony) fn hand_over(&mut self) -> Result<(), CeremonyError> {
        if self.journal.progress.handed_over {
            return Ok(());
        }
        let plan = &self.job.prepared.plan;
        let edition = self.journal.progress.edition;
        let verify = verify_text::fill(edition, &plan.id, CeremonyKind::of(self.job.rehearsal));
        let mut files = vec![self.deliver(layout::VERIFY, verify.as_bytes())?];
        if let Some(handover) = self.handover()? {
            let mut products = self.deliver_out(handover::product_files(&handover)?)?;
            // The others stand in their issued entries; hundreds do not fit into one line.
            products.retain(|file| file.path == layout::ROOT_OUT);
            files.extend(products);
            files.extend(self.deliver_out(handover::closing_files(&handover)?)?);
        }
        self.record(None, &Event::HandedOver { files })?;
        self.sync()
    }

    fn handover(&mut self) -> Result<Option<Handover>, CeremonyError> {
        let Some(root) = self.root.clone() else {
            return Ok(None);
        };
        let plan = &self.job.prepared.plan;
        let mut intermediates = Vec::new();
        for one in plan.intermediates() {
            let certificate = self.signed(&one.product.name, Certificate::from_der)?;
            intermediates.push(Intermediate {
                step: one.product.name.clone(),
                mount: one.mount.clone(),
                subject: certificate.fields.subject.to_string(),
                serial: certificate.fields.serial.to_string(),
                spki_sha256: Digest::of(&certificate.fields.spki),
                not_after: certificate.fields.not_after,
                succession: one.succession,
                cert_manager: one.cert_manager.clone(),
                der: certificate.der,
            });
        }
        let crosses = self.cross_signed()?;
        let trust = self.trust()?;
        let requests = self.own_requests()?;
        let crls: Vec<String> = plan
            .steps
            .iter()
            .filter_map(|step| match &step.kind {
                StepPlan::IssueCrl(crl) => Some(crl.product.name.clone()),
                _ => None,
            })
            .collect();
        let mut crl = None;
        for name in crls {
            crl = self.signed_crl(&name)?;
        }
        Ok(Some(Handover {
            ceremony: plan.id.clone(),
            rehearsal: self.job.rehearsal,
            root_subject: root.fields.subject.to_string(),
            root_not_after: root.fields.not_after,
            root_der: root.der,
            crl,
            intermediates,
            revoked: plan
                .revocations()
                .map(|one| Revoked::of(&RevokeDocument::of(one)))
                .collect(),
            crosses,
            trust,
            requests,
        }))
    }

    fn trust(&self) -> Result<Option<Trust>, CeremonyError> {
        let prepared = &self.job.prepared;
        let file = |path: &str| prepared.inputs.get(path).map_or(&[][..], Vec::as_slice);
        let plan = prepared.plan.trust.as_ref();
        plan.map(|plan| Trust::of(&plan.bundle, file))
            .transpose()
            .map_err(|error| CeremonyError::Contradiction(format!("trust bundle: {error}")))
    }

    /// A product that must be signed by now.
    fn signed<T, E>(
        &self,
        name: &str,
        read: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<T, CeremonyError> {
        let der = self.journal.progress.assembled(name);
        der.and_then(|der| read(&der).ok())
            .ok_or_else(|| CeremonyError::Contradiction(format!("{name} was not signed")))
    }

    fn cross_signed(&self) -> Result<Vec<CrossSigned>, CeremonyError> {
        let plan = &self.job.prepared.plan;
        let signed = plan.crosses().map(|one| {
            let name = &one.product.name;
            let certificate = self.signed(name, Certificate::from_der)?;
            Ok(CrossSigned {
                step: name.clone(),
                mount: one.mount.clone(),
                subject: certificate.fields.subject.to_string(),
                serial: certificate.fields.serial.to_string(),
                not_after: certificate.fields.not_after,
                der: certificate.der,
            })
        });
        signed.collect()
    }

    fn own_requests(&self) -> Result<Vec<OwnRequest>, CeremonyError> {
        let plan = &self.job.prepared.plan;
        let signed = plan.own_requests().map(|product| {
            let name = &product.name;
            let request = self.signed(name, Request::from_der)?;
            Ok(OwnRequest {
                step: name.clone(),
                spki_sha256: Digest::of(&request.spki),
                der: request.der,
            })
        });
        signed.collect()
    }

    fn signed_crl(&mut self, name: &str) -> Result<Option<Crl>, CeremonyError> {
        let Some(intent) = self.journal.progress.signed(name).cloned() else {
            return Ok(None);
        };
        let Some((algorithm, signature)) = &intent.result else {
            return Ok(None);
        };
        let body = self.body_of(&intent)?;
        let der = crate::x509::tbs::signed_object(&body, *algorithm, signature);
        let fields = crate::x509::crl::CrlFields::from_tbs(&body).map_err(|cause| {
            CeremonyError::Encoding {
                what: name.to_owned(),
                cause,
            }
        })?;
        Ok(Some(Crl {
            der,
            number: fields.number().unwrap_or_default(),
            next_update: fields.next_update,
        }))
    }
}
