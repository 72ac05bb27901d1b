//! `cross-sign`: another CA's certificate, certified anew by this root. Name, key and key
//! identifier are its own; the profile says the rest.

use std::collections::BTreeMap;

use toml::Spanned;

use super::error::PlanError;
use super::file::StepFile;
use super::make::{Draft, signature_algorithm};
use super::profile::Profile;
use super::step_kind::StepKind;
use super::{Product, RootPlan, SubjectKeyId, template};
use crate::digest::Digest;
use crate::x509::certificate::Certificate;
use crate::x509::extension::{ExtensionValue, NAME_CONSTRAINTS};
use crate::x509::key_usage::KeyUsage;
use crate::x509::name::Name;
use crate::x509::name_constraints::NameConstraints;
use crate::x509::public_key::PublicKey;

/// One certificate to be cross-signed.
#[derive(Clone, Debug)]
pub struct CrossPlan {
    /// The cross-certificate.
    pub product: Product,
    /// Path of the existing certificate below the ceremony file's folder.
    pub certificate: String,
    /// Path of its issuer's, where it did not sign itself.
    pub issuer: Option<String>,
    /// Mount path in Vault that holds its key.
    pub mount: Option<String>,
    /// The SPKI digest the file names.
    pub spki_sha256: Option<Digest>,
    /// What the cross-certificate says.
    pub profile: Profile,
    /// Its subject.
    pub subject: Name,
    /// Its key, SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
}

/// The name constraints that stand in a certificate.
pub fn constraints_of(certificate: &Certificate) -> NameConstraints {
    let mut extensions = certificate.fields.extensions.iter();
    let found = extensions.find(|one| one.oid == NAME_CONSTRAINTS);
    match found.map(|one| one.read()) {
        Some(Ok(ExtensionValue::NameConstraints(read))) => read,
        _ => NameConstraints::default(),
    }
}

impl Draft<'_> {
    fn cross_steps(&self) -> impl Iterator<Item = &StepFile> {
        let steps = self.file.step.iter().map(Spanned::get_ref);
        steps.filter(|step| *step.kind.get_ref() == StepKind::CrossSign)
    }

    /// Paths of the certificates that are cross-signed, in the order of the steps.
    pub fn cross_signed(&self) -> Vec<String> {
        let paths = self
            .cross_steps()
            .filter_map(|step| step.certificate.as_ref());
        paths.map(|path| path.get_ref().0.clone()).collect()
    }

    /// Paths of those certificates and of their issuers.
    pub(super) fn cross_inputs(&self) -> impl Iterator<Item = String> {
        let paths = self
            .cross_steps()
            .flat_map(|step| [&step.certificate, &step.issuer]);
        paths.flatten().map(|path| path.get_ref().0.clone())
    }

    pub(super) fn cross(
        &self,
        name: &str,
        step: &Spanned<StepFile>,
        root: &RootPlan,
        inputs: &BTreeMap<String, Vec<u8>>,
    ) -> Result<CrossPlan, PlanError> {
        let written = step.get_ref();
        let place = written
            .certificate
            .as_ref()
            .map_or(step.span(), Spanned::span)
            .start;
        let path = written
            .certificate
            .as_ref()
            .map(|path| path.get_ref().0.clone());
        let path = path.unwrap_or_default();
        let bytes = inputs.get(&path).map_or(&[][..], Vec::as_slice);
        let existing =
            Certificate::from_file(bytes).map_err(|error| self.at(place, &error.to_string()))?;
        let fields = &existing.fields;
        let key = PublicKey::from_spki(&fields.spki).map_err(|cause| PlanError::Key {
            path: path.clone(),
            cause,
        })?;
        let Some(key_identifier) = fields.subject_key_identifier() else {
            return Err(self.at(place, "it has no subject key identifier").into());
        };
        let profile = self.cross_profile(written, &existing)?;
        self.check_nested(place, &profile, root)?;
        self.check_room(place, &profile, root)?;
        let identifier = SubjectKeyId::Kept(key_identifier);
        let certified = (&fields.subject, &key, &identifier);
        let product = template::below(name, root, signature_algorithm(root), &profile, certified)
            .map_err(|cause| PlanError::Template {
            product: name.to_owned(),
            cause,
        })?;
        Ok(CrossPlan {
            product,
            certificate: path,
            issuer: written.issuer.as_ref().map(|path| path.get_ref().0.clone()),
            mount: written
                .mount
                .as_ref()
                .map(|mount| mount.get_ref().0.clone()),
            spki_sha256: written.spki_sha256.as_ref().map(|digest| *digest.get_ref()),
            profile,
            subject: fields.subject.clone(),
            spki: fields.spki.clone(),
        })
    }

    /// Without a profile, what the existing certificate says of its path length and purposes
    /// stays. Its name constraints are carried over unless the file writes narrower ones.
    fn cross_profile(
        &self,
        written: &StepFile,
        existing: &Certificate,
    ) -> Result<Profile, PlanError> {
        let mut profile = self.profile(written.profile.as_ref())?;
        let is_free = |field: &str| !profile.written.contains(field);
        let open = is_free("permitted") && is_free("excluded");
        if written.profile.is_none() {
            let fields = &existing.fields;
            if is_free("path_length") {
                let length = fields.basic_constraints().and_then(|(_, length)| length);
                profile.path_length = length.map(|length| u8::try_from(length).unwrap_or(u8::MAX));
            }
            if is_free("extended_key_usage") {
                profile.extended_key_usage = fields.extended_key_usage().unwrap_or_default();
            }
            if is_free("key_usage") {
                let signs = fields.key_usage().unwrap_or_default();
                profile
                    .key_usage
                    .retain(|usage| *usage != KeyUsage::DigitalSignature || signs.contains(usage));
            }
        }
        if open {
            profile.constraints = constraints_of(existing);
        }
        profile.subject = None;
        Ok(profile)
    }
}
