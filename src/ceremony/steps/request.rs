//! `certificate-request`: the root asks for a certificate of its own key, which another CA gives.

use super::certificates::encoding;
use super::sign::Kept;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::run::Course;
use crate::check::own_request::{OwnRequestContext, own_request};
use crate::check::{Cleared, Finding, issued};
use crate::digest::Digest;
use crate::handover;
use crate::issue;
use crate::ledger::entry::Event;
use crate::ledger::kinds::BodyKind;
use crate::plan::{Product, Step};
use crate::x509::certificate::Certificate;
use crate::x509::tbs::CertificationRequestInfo;

impl Course<'_, '_> {
    /// `certificate-request`
    pub(in crate::ceremony) fn request_certificate(
        &mut self,
        step: &Step,
        product: &Product,
    ) -> Result<(), CeremonyError> {
        let name = &product.name;
        if self.journal.progress.issued.contains(name) {
            return Ok(());
        }
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("a request is due before the root is".to_owned())
        })?;
        if self.journal.progress.signed(name).is_none() {
            self.sign_request(step, product, &root)?;
        }
        self.finish_request(step, product, &root)
    }

    fn sign_request(
        &mut self,
        step: &Step,
        product: &Product,
        root: &Certificate,
    ) -> Result<(), CeremonyError> {
        let name = &product.name;
        let (_, _, algorithm) = self.root_key()?;
        // Also where the policy wants new serials: a request has none, and no date either.
        let (info, again) = match self.unsigned_body(name)? {
            Some((bytes, _)) => (CertificationRequestInfo(bytes), true),
            None => {
                let info = issue::own_request(root).map_err(|cause| encoding(name, cause))?;
                (info, false)
            }
        };
        let digest = Digest::of(&info.0);
        let (body, findings) = cleared(info, product, root)?;
        self.record_checked(step, &format!("request {name}"), digest, &findings)?;
        let page = pages::request(product, body.get(), algorithm, again)
            .map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
        self.show(&page);
        self.show(&pages::irreversible(1));
        if let Some((what, digest)) = self.approval_of(step, &[product]) {
            self.approve(Some(&step.id), "approve", &what, digest)?;
        }
        let intended = self.intend(&step.id, name, BodyKind::Request, body, Kept::InLine)?;
        self.sync()?;
        self.sign_intended(&step.id, &intended)?;
        self.sync()
    }

    /// From the recorded signature to the file: a pure function of the transcript.
    fn finish_request(
        &mut self,
        step: &Step,
        product: &Product,
        root: &Certificate,
    ) -> Result<(), CeremonyError> {
        let name = &product.name;
        let Some(intent) = self.journal.progress.signed(name).cloned() else {
            let words = format!("{name} has no signature");
            return Err(CeremonyError::Contradiction(words));
        };
        let Some((algorithm, signature)) = &intent.result else {
            return Ok(());
        };
        let info = CertificationRequestInfo(self.body_of(&intent)?);
        let (body, _) = cleared(info, product, root)?;
        let (_, public, _) = self.root_key()?;
        let (request, findings) = issued::request(&body, &public, *algorithm, signature, name)?;
        let request = request.into_inner();
        let sha256 = Digest::of(&request.der);
        self.record_checked(step, &format!("issued {name}"), sha256, &findings)?;
        let files = handover::request_files(name, &request.der, self.job.rehearsal);
        let files = self.deliver_out(files)?;
        let spki_sha256 = Digest::of(&request.spki);
        let event = Event::Issued {
            product: name.clone(),
            kind: BodyKind::Request,
            subject: Some(request.subject.to_string()),
            serial: None,
            crl_number: None,
            spki_sha256: Some(spki_sha256),
            request_sha256: None,
            sha256,
            files,
        };
        self.record(Some(&step.id), &event)?;
        self.deeds.undelivered.retain(|one| one != name);
        let words = format!("a request for the key {spki_sha256}");
        self.show(&pages::issued(name, &words));
        Ok(())
    }
}

fn cleared(
    info: CertificationRequestInfo,
    product: &Product,
    root: &Certificate,
) -> Result<(Cleared<CertificationRequestInfo>, Vec<Finding>), CeremonyError> {
    let root = &root.fields;
    Ok(own_request(info, &OwnRequestContext { product, root })?)
}
