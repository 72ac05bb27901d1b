//! Profiles as the ceremony file writes them: a built-in, with fields put over it.

use toml::Spanned;

use super::Validity;
use super::file::{self, FileError, ProfileFile};
use super::make::Draft;
use super::profile::Profile;
use crate::x509::extension::KeyUsage;

impl Draft<'_> {
    pub(super) fn profile(&self, name: Option<&Spanned<String>>) -> Result<Profile, FileError> {
        let Some(name) = name else {
            return self.named_profile("vault", self.file.root.span().start);
        };
        self.named_profile(name.get_ref(), name.span().start)
    }

    fn named_profile(&self, name: &str, place: usize) -> Result<Profile, FileError> {
        if let Some(written) = self.file.profile.get(name) {
            return self.own_profile(name, written);
        }
        Profile::built_in(name).ok_or_else(|| {
            let mut known: Vec<&str> = Profile::BUILT_IN.to_vec();
            known.extend(self.file.profile.keys().map(String::as_str));
            let meant = file::nearest(name, &known)
                .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
            let words = format!(
                "no profile \"{}\"; there are {}{meant}",
                crate::x509::escape::escape(name),
                known.join(", ")
            );
            self.at(place, &words)
        })
    }

    fn own_profile(
        &self,
        name: &str,
        written: &Spanned<ProfileFile>,
    ) -> Result<Profile, FileError> {
        let place = written.span().start;
        let written = written.get_ref();
        let base = match &written.base {
            // A profile that has a built-in's name overrides fields of that built-in.
            None => Profile::built_in(name).or_else(|| Profile::built_in("vault")),
            Some(base) => Some(Profile::built_in(base.get_ref()).ok_or_else(|| {
                self.at(
                    base.span().start,
                    &format!("base is one of {}", Profile::BUILT_IN.join(", ")),
                )
            })?),
        };
        let Some(mut profile) = base else {
            return Err(self.at(place, "no built-in profile to start from"));
        };
        profile.name = name.to_owned();
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
            profile.extended_key_usage = usages.iter().map(|usage| usage.0.clone()).collect();
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
