//! The root's whole life as its ledger tells it: every certificate with its state at a given
//! moment, every CRL, and what is due next.
//!
//! What is revoked is what the newest signed CRL lists: a fold over signed bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::ledger::register::{Certainty, Issued, IssuedCrl, OwnRequest, Register};
use crate::x509::certificate::Certificate;
use crate::x509::crl::RevokedEntry;
use crate::x509::escape::escape;
use crate::x509::reason::RevocationReason;
use crate::x509::show::{line, wrapped};
use crate::x509::time::UtcTime;

/// The life of a root, up to the ledger's head, as it stands at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Life {
    /// The moment that the states are of.
    pub at: UtcTime,
    /// The root itself.
    pub root: RootLife,
    /// Every certificate in the order of signing, the root's own among them.
    pub certificates: Vec<CertificateLife>,
    /// Every CRL in the order of signing.
    pub crls: Vec<CrlLife>,
    /// Every request for the root's own key, in the order of signing: none is a certificate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestLife>,
    /// When the next CRL must be out; `None` where none was ever signed.
    pub next_crl: Option<Due>,
}

/// The root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootLife {
    /// Subject, escaped.
    pub subject: String,
    /// Serial number, hex.
    pub serial: String,
    /// SHA-256 of the certificate.
    pub sha256: Digest,
    /// First second.
    pub not_before: UtcTime,
    /// Last second.
    pub not_after: UtcTime,
    /// valid, expired or not-yet-valid
    pub state: State,
}

/// What a certificate is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Within its dates, and not revoked.
    Valid,
    /// Before its first second.
    NotYetValid,
    /// After its last second.
    Expired,
    /// Listed by the newest signed CRL.
    Revoked,
}

impl State {
    fn of(not_before: UtcTime, not_after: UtcTime, at: UtcTime) -> Self {
        if at > not_after {
            Self::Expired
        } else if at < not_before {
            Self::NotYetValid
        } else {
            Self::Valid
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotYetValid => "not yet valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// A certificate's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateLife {
    /// Serial number, hex.
    pub serial: String,
    /// Subject, escaped.
    pub subject: String,
    /// The ceremony that signed it.
    pub ceremony: String,
    /// Its name in that ceremony's plan.
    pub product: String,
    /// The mount it was made for.
    pub mount: Option<String>,
    /// First second.
    pub not_before: UtcTime,
    /// Last second.
    pub not_after: UtcTime,
    /// Its state.
    pub state: State,
    /// When and why it was revoked.
    pub revoked: Option<Revoked>,
    /// Its signing was intended, and no signature was kept: it may exist.
    pub possibly_signed: bool,
    /// It was taken over with the root: nobody of this ledger saw it signed.
    pub adopted: bool,
    /// SPKI digest.
    pub spki_sha256: Digest,
}

/// A revocation, as the CRL says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// revocationDate
    pub date: UtcTime,
    /// reasonCode; `None` where the entry has none.
    pub reason: Option<String>,
}

/// A CRL's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrlLife {
    /// cRLNumber
    pub number: u64,
    /// thisUpdate
    pub this_update: UtcTime,
    /// nextUpdate
    pub next_update: UtcTime,
    /// How many certificates it lists.
    pub lists: usize,
    /// Its signing was intended, and no signature was kept.
    pub possibly_signed: bool,
}

/// A request for the root's own key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestLife {
    /// The ceremony that signed it.
    pub ceremony: String,
    /// Its name in that ceremony's plan.
    pub product: String,
    /// When it was signed.
    pub time: UtcTime,
    /// Its signing was intended, and no signature was kept.
    pub possibly_signed: bool,
}

/// When the next CRL must be out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// nextUpdate of the newest signed CRL.
    pub by: UtcTime,
    /// It has passed.
    pub overdue: bool,
}

impl Life {
    /// Of a register.
    pub(super) fn of(root: &Certificate, register: &Register, at: UtcTime) -> Self {
        let revoked = revoked(register);
        let fields = &root.fields;
        Self {
            at,
            root: RootLife {
                subject: fields.subject.to_string(),
                serial: fields.serial.to_string(),
                sha256: root.digest(),
                not_before: fields.not_before,
                not_after: fields.not_after,
                state: State::of(fields.not_before, fields.not_after, at),
            },
            certificates: register
                .issued
                .iter()
                .map(|one| {
                    let entry = revoked.get(one.serial.octets());
                    CertificateLife::of(one, entry, at)
                })
                .collect(),
            crls: register.crls.iter().map(CrlLife::of).collect(),
            requests: register.requests.iter().map(RequestLife::of).collect(),
            next_crl: register.next_crl_due().map(|by| Due {
                by,
                overdue: at > by,
            }),
        }
    }

    /// The text for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut page = vec![format!("The root's life, at {}", self.at.readable())];
        let root = &self.root;
        page.extend(wrapped(
            "  root        ",
            &format!(
                "{}: {}, until {}",
                root.subject,
                root.state.word(),
                root.not_after
            ),
        ));
        for one in &self.certificates {
            page.extend(wrapped("  certificate ", &one.words()));
        }
        for one in &self.crls {
            page.extend(wrapped("  CRL         ", &one.words()));
        }
        for one in &self.requests {
            page.extend(wrapped("  request     ", &one.words()));
        }
        page.push(match &self.next_crl {
            None => line("next CRL", "none was signed yet"),
            Some(due) if due.overdue => line(
                "next CRL",
                &format!("OVERDUE since {}: the newest has expired", due.by),
            ),
            Some(due) => line("next CRL", &format!("before {}", due.by)),
        });
        page
    }
}

/// What the newest signed CRL lists, of the serials that the register knows.
pub(super) fn revoked(register: &Register) -> BTreeMap<Vec<u8>, Revoked> {
    let Some(crl) = register.published_crl() else {
        return BTreeMap::new();
    };
    crl.entries()
        .filter_map(Result::ok)
        .filter(|entry| register.has_serial(&entry.serial))
        .map(|entry| (entry.serial.octets().to_vec(), Revoked::of(&entry)))
        .collect()
}

impl Revoked {
    fn of(entry: &RevokedEntry) -> Self {
        let reason = entry.extensions.iter().find(|one| one.oid == "2.5.29.21");
        Self {
            date: entry.date,
            // ENUMERATED of one octet.
            reason: reason.map(|one| match one.value.as_slice() {
                [0x0a, 1, number] => RevocationReason::from_number(*number)
                    .map_or_else(|| format!("reason {number}"), |one| one.word().to_owned()),
                _ => "not readable".to_owned(),
            }),
        }
    }
}

impl CertificateLife {
    fn of(one: &Issued, revoked: Option<&Revoked>, at: UtcTime) -> Self {
        let state = match revoked {
            Some(_) => State::Revoked,
            None => State::of(one.not_before, one.not_after, at),
        };
        Self {
            serial: one.serial.to_string(),
            subject: one.subject.to_string(),
            ceremony: escape(&one.ceremony),
            product: escape(&one.product),
            mount: one.mount.as_deref().map(escape),
            not_before: one.not_before,
            not_after: one.not_after,
            state,
            revoked: revoked.cloned(),
            possibly_signed: one.certainty == Certainty::PossiblySigned,
            adopted: one.certainty == Certainty::Adopted,
            spki_sha256: one.spki_sha256,
        }
    }

    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        let mut words = format!("{}: {}", self.subject, self.state.word());
        if let Some(revoked) = &self.revoked {
            let reason = revoked.reason.as_deref().unwrap_or("no reason given");
            words.push_str(&format!(" on {}, {reason}", revoked.date));
        }
        if self.possibly_signed {
            words.push_str(", POSSIBLY signed: no signature was kept");
        }
        if self.adopted {
            words.push_str(", adopted, not witnessed");
        }
        words.push_str(&format!(", until {}", self.not_after));
        if let Some(mount) = &self.mount {
            words.push_str(&format!(", for {mount}"));
        }
        words.push_str(&format!(
            ", serial {}, by ceremony {}",
            self.serial, self.ceremony
        ));
        words
    }
}

impl CrlLife {
    fn of(crl: &IssuedCrl) -> Self {
        Self {
            number: crl.number,
            this_update: crl.this_update,
            next_update: crl.next_update,
            lists: crl.entries().count(),
            possibly_signed: crl.certainty == Certainty::PossiblySigned,
        }
    }

    fn words(&self) -> String {
        let lists = match self.lists {
            0 => "nothing".to_owned(),
            1 => "1 certificate".to_owned(),
            count => format!("{count} certificates"),
        };
        let sure = if self.possibly_signed {
            ", POSSIBLY signed: no signature was kept"
        } else {
            ""
        };
        format!(
            "number {} of {}, until {}, lists {lists}{sure}",
            self.number, self.this_update, self.next_update
        )
    }
}

impl RequestLife {
    fn of(request: &OwnRequest) -> Self {
        Self {
            ceremony: escape(&request.ceremony),
            product: escape(&request.product),
            time: request.time,
            possibly_signed: request.certainty == Certainty::PossiblySigned,
        }
    }

    fn words(&self) -> String {
        let sure = if self.possibly_signed {
            ", POSSIBLY signed: no signature was kept"
        } else {
            ""
        };
        format!(
            "{} for the root's own key, of {}, by ceremony {}{sure}",
            self.product, self.time, self.ceremony
        )
    }
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
