//! What a CRL lists, in one pass over its entries.

use super::{Found, Judged, list};
use crate::check::signed_file::{self, Known};
use crate::check::{CheckId, Findings};
use crate::x509::crl::REASON;
use crate::x509::crl_entry::rank;
use crate::x509::extension::Extension;
use crate::x509::raw::RawEntry;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

const CERTIFICATE_ISSUER: &str = "2.5.29.29";

pub(super) fn judge(found: &Found<'_>, findings: &mut Findings) {
    let mut pass = Pass {
        this_update: UtcTime::from_der(&found.raw.this_update).ok(),
        ..Pass::default()
    };
    let mut count = 0usize;
    for entry in found.raw.entries() {
        match entry {
            Ok(entry) => pass.entry(&entry),
            Err(error) => pass.entries.fault(error.to_string()),
        }
        count += 1;
    }
    pass.order();
    let empty = found.raw.revoked.is_some() && count == 0;
    pass.entries.must(
        !empty,
        "the list of revoked certificates is empty, and must be absent then",
    );
    signed_file::extensions(&mut pass.extensions, &found.extensions, list::known);
    let words = match count {
        0 => "none revoked".to_owned(),
        count => format!("{count} revoked"),
    };
    findings.judged(CheckId::CrlFileEntries, pass.entries, words);
    findings.judged(
        CheckId::CrlFileReasons,
        pass.reasons,
        "each ends its certificate",
    );
    findings.judged(CheckId::CrlFileExtensions, pass.extensions, "all are known");
}

/// One walk through the entries.
#[derive(Default)]
struct Pass<'a> {
    this_update: Option<UtcTime>,
    /// Serials as they stand in the CRL.
    serials: Vec<&'a [u8]>,
    entries: Judged,
    reasons: Judged,
    extensions: Judged,
}

impl<'a> Pass<'a> {
    fn entry(&mut self, entry: &RawEntry<'a>) {
        let name = || crate::digest::hex(entry.serial.value);
        if let Err(error) = Serial::from_der(&entry.serial) {
            self.entries.fault(format!("{}: {error}", name()));
        }
        self.serials.push(entry.serial.value);
        match UtcTime::from_der(&entry.date) {
            Err(error) => self.entries.fault(format!("{}: {error}", name())),
            Ok(date) if self.this_update.is_some_and(|this| date > this) => {
                let words = format!("{}: revoked {date}, after this CRL was made", name());
                self.entries.fault(words);
            }
            Ok(_) => {}
        }
        if let Some(field) = &entry.extensions {
            self.extensions_of(&name(), field.raw);
        }
    }

    fn extensions_of(&mut self, name: &str, der: &[u8]) {
        let list = match Extension::as_found(der) {
            Ok(list) => list,
            Err(error) => return self.extensions.fault(format!("{name}: {error}")),
        };
        let mut judged = Judged::default();
        signed_file::extensions(&mut judged, &list, known);
        judged.must(
            !list.is_empty(),
            "a list of extensions is empty, and must be absent then",
        );
        let indirect = list.iter().any(|one| one.oid == CERTIFICATE_ISSUER);
        judged.must(
            !indirect,
            "certificateIssuer: the entry is of another issuer, as indirect CRLs have",
        );
        self.extensions.add(judged, name);
        if let Some(reason) = list.iter().find(|one| one.oid == REASON) {
            let mut judged = Judged::default();
            judge_reason(&mut judged, &reason.value);
            self.reasons.add(judged, name);
        }
    }

    /// No serial twice; in order where people look for them.
    fn order(&mut self) {
        let sorted = self.serials.is_sorted_by_key(rank);
        if !sorted {
            self.serials.sort_unstable_by_key(rank);
            self.entries
                .odd("the entries are not in the order of their serials");
        }
        let twice = self.serials.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some(pair) = twice {
            self.entries
                .fault(format!("{} comes twice", crate::digest::hex(pair[0])));
        }
    }
}

fn judge_reason(judged: &mut Judged, value: &[u8]) {
    // ENUMERATED of one octet (RFC 5280 5.3.1)
    let &[10, 1, code] = value else {
        return judged.fault("its reason cannot be read");
    };
    match code {
        1 | 3 | 4 | 5 | 9 => {}
        0 => judged.odd("reason 0 (unspecified) is written out, and should be left out"),
        2 => judged.odd("reason 2 (cACompromise): the public web takes 1 for a CA's key too"),
        6 => judged.fault("reason 6 (certificateHold): a hold is no end"),
        8 => judged.fault("reason 8 (removeFromCRL) belongs into a delta CRL"),
        10 => judged.fault("reason 10 (aACompromise) is for attribute certificates"),
        other => judged.fault(format!("reason {other} does not exist")),
    }
}

/// What common verifiers know of an entry's extensions (RFC 5280 5.3).
fn known(oid: &str) -> Option<Known> {
    match oid {
        // reasonCode, invalidityDate, and the old holdInstructionCode
        REASON | "2.5.29.24" | "2.5.29.23" => Some(Known::NotCritical),
        CERTIFICATE_ISSUER => Some(Known::Critical),
        _ => None,
    }
}
