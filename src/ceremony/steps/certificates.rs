//! `issue-root` and `issue-intermediate`: bodies built, checked, shown, approved and signed.

use super::files::Origin;
use super::sign::{Intended, Kept};
use crate::ceremony::error::CeremonyError;
use crate::ceremony::pages;
use crate::ceremony::prepare;
use crate::ceremony::run::Course;
use crate::check::tbs::TbsContext;
use crate::check::{Cleared, Finding, request};
use crate::digest::Digest;
use crate::issue;
use crate::ledger::entry::Event;
use crate::ledger::kinds::BodyKind;
use crate::plan::{IntermediatePlan, NewRoot, Policy, Product, RootPlan, Step};
use crate::x509::certificate::{Certificate, CertificateFields, Issuer};
use crate::x509::public_key::PublicKey;
use crate::x509::serial::Serial;
use crate::x509::tbs::CertificateTbs;
use crate::x509::time::UtcTime;

/// The most intents that share one sync.
const BATCH: usize = 64;

/// A body on its way to the token.
pub(super) struct Built {
    pub(super) body: Cleared<CertificateTbs>,
    /// It repeats an intent, which was approved before.
    pub(super) again: bool,
}

impl Course<'_, '_> {
    /// `issue-root`
    pub(in crate::ceremony) fn issue_root(
        &mut self,
        step: &Step,
        product: &Product,
    ) -> Result<(), CeremonyError> {
        if self.journal.progress.signed(&product.name).is_none() {
            let RootPlan::New(new) = &self.job.prepared.plan.root else {
                return Ok(());
            };
            let (_, public, _) = self.root_key()?;
            let (tbs, now, again) = match self.pending_body(&product.name)? {
                Some((bytes, time)) => (CertificateTbs(bytes), time, true),
                None => {
                    let now = self.desk.clock.now();
                    let serial = self.new_serial()?;
                    let tbs = issue::root(new, &public, &serial, now)
                        .map_err(|cause| encoding(&product.name, cause))?;
                    (tbs, now, false)
                }
            };
            let issuer = issuer_of_itself(new, &public, &tbs)?;
            let body = self.clear(step, tbs, product, &issuer, true, &public, now, &[])?;
            let built = Built { body, again };
            self.show_and_approve(step, &[(product, &built, &[])])?;
            self.sign_batch(step, vec![(product, built)])?;
        }
        self.finish_certificate(step, product, Origin::Root)?;
        self.root = self.journal.progress.root_certificate();
        Ok(())
    }

    /// `issue-intermediate`
    pub(in crate::ceremony) fn issue_intermediates(
        &mut self,
        step: &Step,
        list: &[IntermediatePlan],
    ) -> Result<(), CeremonyError> {
        let one_by_one = self.job.prepared.plan.policy == Policy::Webtrust;
        let group = if one_by_one { 1 } else { list.len() };
        for group in list.chunks(group) {
            self.issue_group(step, group)?;
        }
        Ok(())
    }

    /// Intermediates that are approved together.
    fn issue_group(
        &mut self,
        step: &Step,
        group: &[IntermediatePlan],
    ) -> Result<(), CeremonyError> {
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("an intermediate is due before the root is".to_owned())
        })?;
        let issuer = Issuer::of(&root).map_err(|cause| encoding("root", cause))?;
        let mut built = Vec::new();
        let mut siblings = Vec::new();
        let mut dropped = Vec::new();
        for plan in group {
            if self.journal.progress.signed(&plan.product.name).is_none() {
                let (one, drops) =
                    self.build_intermediate(step, plan, &root, &issuer, &siblings)?;
                siblings.extend(serial_of(&one.body.get().0));
                built.push((&plan.product, one));
                dropped.push(drops);
            }
        }
        let shown: Vec<(&Product, &Built, &[String])> = built
            .iter()
            .zip(&dropped)
            .map(|((product, one), drops)| (*product, one, drops.as_slice()))
            .collect();
        self.show_and_approve(step, &shown)?;
        let mut rest = built;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(BATCH));
            self.sign_batch(step, rest)?;
            rest = later;
        }
        for plan in group {
            self.finish_certificate(step, &plan.product, Origin::Request(plan, &root))?;
        }
        Ok(())
    }

    fn build_intermediate(
        &mut self,
        step: &Step,
        plan: &IntermediatePlan,
        root: &Certificate,
        issuer: &Issuer,
        siblings: &[Serial],
    ) -> Result<(Built, Vec<String>), CeremonyError> {
        let (cleared, findings) = prepare::recheck(&self.job.prepared, plan, root)?;
        self.record_checked(
            step,
            &format!("request {}", plan.request),
            cleared.get().file_digest,
            &findings,
        )?;
        let public = PublicKey::from_spki(&cleared.get().spki)
            .map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
        let (_, _, algorithm) = self.root_key()?;
        let (tbs, now, again) = match self.pending_body(&plan.product.name)? {
            Some((bytes, time)) => (CertificateTbs(bytes), time, true),
            None => {
                let now = self.desk.clock.now();
                let serial = self.new_serial()?;
                let tbs = issue::intermediate(&cleared, plan, issuer, algorithm, &serial, now)
                    .map_err(|cause| encoding(&plan.product.name, cause))?;
                (tbs, now, false)
            }
        };
        let product = &plan.product;
        let body = self.clear(step, tbs, product, issuer, false, &public, now, siblings)?;
        Ok((Built { body, again }, request::dropped(cleared.get())))
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the facts a body is checked against"
    )]
    pub(super) fn clear(
        &mut self,
        step: &Step,
        tbs: CertificateTbs,
        product: &Product,
        issuer: &Issuer,
        self_signed: bool,
        key: &PublicKey,
        now: UtcTime,
        siblings: &[Serial],
    ) -> Result<Cleared<CertificateTbs>, CeremonyError> {
        let (_, _, algorithm) = self.root_key()?;
        let digest = Digest::of(&tbs.0);
        let mut serials = self.other_serials(digest);
        serials.extend_from_slice(siblings);
        let (body, findings) = crate::check::tbs::certificate(
            tbs,
            &TbsContext {
                product,
                issuer,
                self_signed,
                algorithm,
                key,
                now,
                register: &self.job.prepared.register,
                serials: &serials,
            },
        )?;
        self.record_checked(
            step,
            &format!("certificate {}", product.name),
            digest,
            &findings,
        )?;
        Ok(body)
    }

    pub(super) fn record_checked(
        &mut self,
        step: &Step,
        what: &str,
        sha256: Digest,
        findings: &[Finding],
    ) -> Result<(), CeremonyError> {
        let event = Event::Checked {
            what: what.to_owned(),
            sha256,
            findings: findings.iter().map(Finding::record).collect(),
        };
        self.record(Some(&step.id), &event)?;
        Ok(())
    }

    /// Shows each certificate from its body and asks for the words of the approval digest: also
    /// for what only repeats an intent, for the transcript lay on a medium meanwhile.
    pub(super) fn show_and_approve(
        &mut self,
        step: &Step,
        built: &[(&Product, &Built, &[String])],
    ) -> Result<(), CeremonyError> {
        for (at, (product, one, dropped)) in built.iter().enumerate() {
            let page = pages::certificate(
                (at + 1, built.len()),
                product,
                one.body.get(),
                dropped,
                one.again,
            )
            .map_err(|cause| encoding(&product.name, cause))?;
            self.show(&page);
        }
        if built.is_empty() {
            return Ok(());
        }
        let products: Vec<&Product> = built.iter().map(|(product, ..)| *product).collect();
        let Some((what, digest)) = self.approval_of(step, &products) else {
            return Ok(());
        };
        let irreversible = pages::irreversible(built.len());
        self.show(&irreversible);
        self.approve(Some(&step.id), "approve", &what, digest)?;
        self.check_clock()?;
        // Between the page and its approval a night may have passed.
        let now = self.desk.clock.now();
        for (product, one, _) in built.iter().filter(|(_, one, _)| !one.again) {
            crate::check::tbs::still_fresh(&one.body, now, &product.name)?;
        }
        Ok(())
    }

    /// What is approved before these are signed, as the script calls it, and its digest.
    pub(super) fn approval_of(&self, step: &Step, signed: &[&Product]) -> Option<(String, Digest)> {
        match (signed, self.job.prepared.plan.policy) {
            ([product], Policy::Webtrust) => {
                let what = format!("{}'s template", product.name);
                Some((what, product.template.digest()))
            }
            _ => Some((format!("step {}", step.id), step.approval_digest()?)),
        }
    }

    /// All intents, one sync, all signatures, one sync.
    pub(super) fn sign_batch(
        &mut self,
        step: &Step,
        batch: Vec<(&Product, Built)>,
    ) -> Result<(), CeremonyError> {
        let mut intended: Vec<Intended<CertificateTbs>> = Vec::new();
        for (product, built) in batch {
            let one = self.intend(
                &step.id,
                &product.name,
                BodyKind::Certificate,
                built.body,
                Kept::InLine,
            )?;
            intended.push(one);
        }
        self.sync()?;
        if intended.len() > 1 {
            let what = format!("the token signs {} certificates", intended.len());
            self.desk.operator.work_begins(&what);
        }
        let result = intended
            .iter()
            .try_for_each(|one| self.sign_intended(&step.id, one));
        self.desk.operator.work_ends();
        // What was signed before an error is made safe too.
        self.sync()?;
        result
    }

    /// A serial from laptop and token together. That it is new is for the check to say.
    pub(super) fn new_serial(&mut self) -> Result<Serial, CeremonyError> {
        let mut system = [0u8; 32];
        self.desk.entropy.fill(&mut system);
        let token = self.desk.token.random(32)?;
        Ok(Serial::from_random(&system, &token))
    }

    /// Serials of this ceremony's other bodies: a serial is bound to one body for ever, also
    /// where a product gets a second body.
    pub(super) fn other_serials(&self, body: Digest) -> Vec<Serial> {
        self.journal
            .progress
            .intents
            .values()
            .flatten()
            .filter(|intent| intent.tbs_sha256 != body)
            .filter_map(|intent| intent.serial.clone())
            .collect()
    }
}

/// What a new root is to itself, with the dates of its body.
pub(super) fn issuer_of_itself(
    new: &NewRoot,
    key: &PublicKey,
    body: &CertificateTbs,
) -> Result<Issuer, CeremonyError> {
    let fields = CertificateFields::from_tbs(&body.0).map_err(|cause| encoding("root", cause))?;
    Ok(issue::issuer_of_new_root(new, key, fields.not_before))
}

fn serial_of(tbs: &[u8]) -> Option<Serial> {
    Some(CertificateFields::from_tbs(tbs).ok()?.serial)
}

pub(super) fn encoding(what: &str, cause: crate::x509::tlv::DerError) -> CeremonyError {
    CeremonyError::Encoding {
        what: what.to_owned(),
        cause,
    }
}
