//! What a step `revoke` says in the plan's file.

use serde::{Deserialize, Serialize};

use super::past::{Origin, RevokePlan};
use crate::digest::Digest;
use crate::x509::crl_entry::NewEntry;
use crate::x509::escape::escape;
use crate::x509::reason::RevocationReason;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// A certificate to be revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeDocument {
    /// Serial number, hex.
    pub serial: String,
    /// Why.
    pub reason: RevocationReason,
    /// Since when its key is not to be trusted.
    pub invalidity_date: Option<String>,
    /// It is not in the register.
    pub foreign: bool,
    /// Subject, escaped.
    pub subject: Option<String>,
    /// First second.
    pub not_before: Option<String>,
    /// Last second.
    pub not_after: Option<String>,
    /// Digest of the certificate, where the file names it.
    pub certificate_sha256: Option<Digest>,
    /// Where it comes from.
    pub origin: Option<OriginDocument>,
}

/// Where a certificate of the register comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginDocument {
    /// Ceremony id.
    pub ceremony: String,
    /// The product's name there.
    pub product: String,
    /// Mount of an intermediate.
    pub mount: Option<String>,
    /// Where it says that its issuer's CRL is.
    pub crl_urls: Vec<String>,
}

impl RevokeDocument {
    /// The document of a plan.
    pub fn of(plan: &RevokePlan) -> Self {
        let entry = &plan.entry;
        Self {
            serial: entry.serial.to_string(),
            reason: entry.reason,
            invalidity_date: entry.invalidity_date.map(|date| date.to_string()),
            foreign: plan.foreign,
            subject: plan.subject.clone(),
            not_before: plan.validity.map(|(begin, _)| begin.to_string()),
            not_after: plan.validity.map(|(_, end)| end.to_string()),
            certificate_sha256: plan.certificate_sha256,
            origin: plan.origin.as_ref().map(|origin| OriginDocument {
                ceremony: origin.ceremony.clone(),
                product: origin.product.clone(),
                mount: origin.mount.clone(),
                crl_urls: origin.crl_urls.clone(),
            }),
        }
    }

    /// As people and programs read it: every text escaped. The subject is already.
    pub fn escaped(mut self) -> Self {
        if let Some(origin) = &mut self.origin {
            origin.ceremony = escape(&origin.ceremony);
            origin.product = escape(&origin.product);
            origin.mount = origin.mount.as_deref().map(escape);
            origin.crl_urls = origin.crl_urls.iter().map(|url| escape(url)).collect();
        }
        self
    }

    /// The plan that it is of; `None` where its words are none of ours.
    pub fn plan(&self) -> Option<RevokePlan> {
        let invalidity_date = match &self.invalidity_date {
            Some(text) => Some(UtcTime::parse(text)?),
            None => None,
        };
        let validity = match (&self.not_before, &self.not_after) {
            (Some(begin), Some(end)) => Some((UtcTime::parse(begin)?, UtcTime::parse(end)?)),
            _ => None,
        };
        Some(RevokePlan {
            entry: NewEntry {
                serial: Serial::parse(&self.serial)?,
                reason: self.reason,
                invalidity_date,
            },
            foreign: self.foreign,
            subject: self.subject.clone(),
            validity,
            certificate_sha256: self.certificate_sha256,
            origin: self.origin.as_ref().map(|origin| Origin {
                ceremony: origin.ceremony.clone(),
                product: origin.product.clone(),
                mount: origin.mount.clone(),
                crl_urls: origin.crl_urls.clone(),
            }),
        })
    }
}
