//! Profiles as the ceremony file writes them: a built-in, with fields put over it.

use std::collections::BTreeSet;

use toml::Spanned;

use super::Validity;
use super::file::{self, FileError, ProfileFile, SubtreesFile};
use super::make::Draft;
use super::profile::{BuiltIn, Profile};
use crate::x509::certificate_policy::CertificatePolicy;
use crate::x509::escape::{escape_message, escape_quoted};
use crate::x509::key_usage::KeyUsage;
use crate::x509::name_constraints::Subtree;
use crate::x509::network::Network;

/// The most names of one list of constraints: more cannot be read on a screen.
const SUBTREES: usize = 64;

impl Draft<'_> {
    pub(super) fn profile(&self, name: Option<&Spanned<String>>) -> Result<Profile, FileError> {
        let mut profile = match name {
            None => self.named_profile("vault", self.file.root.span().start)?,
            Some(name) => self.named_profile(name.get_ref(), name.span().start)?,
        };
        let of_root = &self.file.root.get_ref().key_identifier;
        if let (Some(method), false) = (of_root, profile.written.contains("key_identifier")) {
            profile.key_identifier = method.get_ref().0;
            profile.written.insert("root.key_identifier");
        }
        Ok(profile)
    }

    fn named_profile(&self, name: &str, place: usize) -> Result<Profile, FileError> {
        if let Some(written) = self.file.profile.get(name) {
            return self.own_profile(name, written);
        }
        BuiltIn::parse(name).map(BuiltIn::profile).ok_or_else(|| {
            let mut known: Vec<&str> = BuiltIn::ALL.map(BuiltIn::word).to_vec();
            known.extend(self.file.profile.keys().map(String::as_str));
            let meant = file::nearest(name, &known)
                .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
            let words = format!(
                "no profile \"{}\"; there are {}{meant}",
                escape_quoted(name),
                escape_message(&known.join(", "))
            );
            self.at(place, &words)
        })
    }

    fn own_profile(
        &self,
        name: &str,
        written: &Spanned<ProfileFile>,
    ) -> Result<Profile, FileError> {
        let written = written.get_ref();
        let base = match &written.base {
            // A profile that has a built-in's name overrides fields of that built-in.
            None => BuiltIn::parse(name).unwrap_or(BuiltIn::Vault),
            Some(base) => BuiltIn::parse(base.get_ref()).ok_or_else(|| {
                let known = BuiltIn::ALL.map(BuiltIn::word).join(", ");
                self.at(base.span().start, &format!("base is one of {known}"))
            })?,
        };
        let mut profile = base.profile();
        profile.name = name.to_owned();
        profile.written = fields_of(written);
        if let Some(path_length) = written.path_length {
            profile.path_length = path_length.0;
        }
        match (&written.validity, &written.not_after) {
            (Some(_), Some(not_after)) => {
                return Err(self.at(
                    not_after.span().start,
                    "validity and not_after exclude each other",
                ));
            }
            (Some(length), None) => {
                let words = "an intermediate's validity is 1d to 99y";
                profile.validity =
                    Validity::For(self.bounded(length, 2 * 86_400, 99 * 366 * 86_400, words)?);
            }
            (None, Some(_)) => profile.validity = Validity::UntilIssuer,
            (None, None) => {}
        }
        if let Some(usages) = &written.key_usage {
            profile.key_usage = self.intermediate_usages(usages)?;
        }
        if let Some(usages) = &written.extended_key_usage {
            profile.extended_key_usage = self.extended_usages(usages)?;
        }
        self.read_constraints(written, &mut profile)?;
        if let Some(policies) = &written.policies {
            profile.policies = self.policies(policies)?;
        }
        if let Some(method) = &written.key_identifier {
            profile.key_identifier = method.0;
        }
        let urls = [
            (&written.crl_url, &mut profile.crl_url),
            (&written.issuer_url, &mut profile.issuer_url),
            (&written.ocsp_url, &mut profile.ocsp_url),
        ];
        for (from, to) in urls {
            if let Some(url) = from {
                *to = Some(url.0.clone());
            }
        }
        profile.subject = written.subject.as_ref().map(|subject| subject.0.clone());
        Ok(profile)
    }

    fn extended_usages(
        &self,
        usages: &Spanned<Vec<file::ExtendedUsage>>,
    ) -> Result<Vec<String>, FileError> {
        let list: Vec<String> = usages
            .get_ref()
            .iter()
            .map(|usage| usage.0.clone())
            .collect();
        if list.iter().collect::<BTreeSet<_>>().len() != list.len() {
            return Err(self.at(usages.span().start, "an extended key usage comes twice"));
        }
        Ok(list)
    }

    fn read_constraints(
        &self,
        written: &ProfileFile,
        profile: &mut Profile,
    ) -> Result<(), FileError> {
        let constraints = &mut profile.constraints;
        for (from, to) in [
            (&written.permitted, &mut constraints.permitted),
            (&written.excluded, &mut constraints.excluded),
        ] {
            let Some(from) = from else { continue };
            *to = subtrees(from.get_ref());
            if (1..to.len()).any(|at| to[..at].contains(&to[at])) {
                return Err(self.at(from.span().start, "a name comes twice"));
            }
            if to.len() > SUBTREES {
                let words = format!("more than {SUBTREES} names");
                return Err(self.at(from.span().start, &words));
            }
        }
        if profile.leaves_ip_free() && !profile.written.contains("excluded.ip") {
            let all = [Network::ALL_V4, Network::ALL_V6].map(Subtree::Ip);
            profile.constraints.excluded.extend(all);
        }
        Ok(())
    }

    fn policies(
        &self,
        policies: &Spanned<Vec<file::PolicyFile>>,
    ) -> Result<Vec<CertificatePolicy>, FileError> {
        let list = policies.get_ref().iter().map(|one| CertificatePolicy {
            oid: one.oid.0.clone(),
            cps: one.cps.as_ref().map(|url| url.0.clone()),
            more: false,
        });
        let list: Vec<CertificatePolicy> = list.collect();
        let oids: BTreeSet<&str> = list.iter().map(|one| one.oid.as_str()).collect();
        if oids.len() != list.len() || list.len() > 16 {
            let words = "a policy comes twice, or there are more than 16";
            return Err(self.at(policies.span().start, words));
        }
        Ok(list)
    }

    fn intermediate_usages(
        &self,
        usages: &Spanned<Vec<file::Usage>>,
    ) -> Result<Vec<KeyUsage>, FileError> {
        let mut list: Vec<KeyUsage> = usages.get_ref().iter().map(|usage| usage.0).collect();
        list.sort_unstable();
        list.dedup();
        let needed = [KeyUsage::KeyCertSign, KeyUsage::CrlSign];
        let allowed =
            |usage: &KeyUsage| needed.contains(usage) || *usage == KeyUsage::DigitalSignature;
        if !needed.iter().all(|usage| list.contains(usage)) || !list.iter().all(allowed) {
            let words =
                "an intermediate has keyCertSign and cRLSign, and may have digitalSignature";
            return Err(self.at(usages.span().start, words));
        }
        Ok(list)
    }
}

fn subtrees(file: &SubtreesFile) -> Vec<Subtree> {
    let dns = file.dns.iter().flatten().map(|one| &one.0);
    let ip = file.ip.iter().flatten().map(|one| &one.0);
    let email = file.email.iter().flatten().map(|one| &one.0);
    let uri = file.uri.iter().flatten().map(|one| &one.0);
    dns.chain(ip).chain(email).chain(uri).cloned().collect()
}

/// Names of the fields that stand in the file.
fn fields_of(written: &ProfileFile) -> BTreeSet<&'static str> {
    let ip = |list: &Option<Spanned<SubtreesFile>>| {
        list.as_ref()
            .is_some_and(|list| list.get_ref().ip.is_some())
    };
    [
        ("path_length", written.path_length.is_some()),
        ("validity", written.validity.is_some()),
        ("not_after", written.not_after.is_some()),
        ("key_usage", written.key_usage.is_some()),
        ("extended_key_usage", written.extended_key_usage.is_some()),
        ("permitted", written.permitted.is_some()),
        ("excluded", written.excluded.is_some()),
        ("excluded.ip", ip(&written.excluded)),
        ("policies", written.policies.is_some()),
        ("key_identifier", written.key_identifier.is_some()),
        ("crl_url", written.crl_url.is_some()),
        ("issuer_url", written.issuer_url.is_some()),
        ("ocsp_url", written.ocsp_url.is_some()),
        ("subject", written.subject.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, written)| written.then_some(name))
    .collect()
}
