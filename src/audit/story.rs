//! The transcript as a story: begin, sessions, steps, intents, results, close. What is out of
//! its order is a finding.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use super::findings::{AuditId, Findings};
use super::order;
use super::script::Script;
use crate::digest::{Digest, hex, unhex};
use crate::ledger::entry::{self, Entry, Event, FileRecord};
use crate::ledger::kinds::{BodyKind, CeremonyOutcome};
use crate::ledger::layout;
use crate::ports::TokenIdentity;
use crate::x509::certificate::CertificateFields;
use crate::x509::escape::escape;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// An intent to sign, with its result.
#[derive(Debug)]
pub(super) struct Signing<'e> {
    /// Its entry.
    pub n: u64,
    /// When this body was first intended to be signed.
    pub time: UtcTime,
    /// Its step.
    pub step: Option<&'e str>,
    /// The product.
    pub product: &'e str,
    /// What the body is of.
    pub kind: BodyKind,
    /// The body, if it is there with its digest.
    pub body: Option<Vec<u8>>,
    /// Serial number of a certificate's body.
    pub serial: Option<Serial>,
    /// Digest of the body.
    pub sha256: Digest,
    /// The intent it repeats.
    pub again_of: Option<u64>,
    /// Entry, algorithm and signature of the result.
    pub result: Option<(u64, SignatureAlgorithm, Option<Vec<u8>>)>,
}

/// The transcript, folded.
#[derive(Debug, Default)]
pub(super) struct Story<'e> {
    /// All entries.
    pub entries: &'e [Entry],
    /// The first entry.
    pub begin: Option<&'e Event>,
    /// How it ended.
    pub outcome: Option<CeremonyOutcome>,
    /// The token as opened last.
    pub token: Option<&'e TokenIdentity>,
    /// Every intent in order.
    pub signings: Vec<Signing<'e>>,
    /// Issued records: their entry and event.
    pub issued: Vec<(u64, &'e Event)>,
    /// What the entries right before the last one list as signed and as possibly signed.
    given_up: Option<(Vec<&'e str>, Vec<&'e str>)>,
    /// The hand-over's record.
    pub handed_over: Option<(u64, &'e [FileRecord])>,
}

fn has_not(n: u64, kind: &str, findings: &mut Findings) {
    let words = format!("a type that edition {} has not", findings.edition.number);
    let words = format!("{words}: {}", escape(kind));
    findings.fail(AuditId::Entries, at(n), words);
}

/// The place of an entry.
pub(super) fn at(n: u64) -> String {
    format!("{}, entry {n}", layout::TRANSCRIPT)
}

impl<'e> Story<'e> {
    /// Folds the entries.
    pub fn of(
        entries: &'e [Entry],
        script: &Script,
        files: &Files,
        findings: &mut Findings,
    ) -> Self {
        let mut story = Self {
            entries,
            ..Self::default()
        };
        findings.begun(AuditId::Entries);
        findings.begun(AuditId::Intent);
        for entry in entries {
            match &entry.event {
                Ok(event) => story.add(entry, event, files, findings),
                Err(kind) => has_not(entry.n, kind, findings),
            }
            // It came with edition 1.
            let behind = matches!(entry.event, Ok(Event::ClockBehind { .. }));
            if behind && findings.edition.number == 0 {
                has_not(entry.n, "clock-behind", findings);
            }
        }
        story.check_ends(findings);
        order::clocks(entries, findings);
        order::steps(entries, script, findings);
        story
    }

    /// The entry that begins the session of an entry.
    pub fn session_of(&self, n: u64) -> u64 {
        let begins = |entry: &&Entry| {
            entry.n <= n && matches!(entry.event, Ok(Event::Begin { .. } | Event::Resumed { .. }))
        };
        self.entries.iter().rfind(begins).map_or(0, |entry| entry.n)
    }

    /// The token as opened last before an entry.
    pub fn token_before(&self, n: u64) -> Option<&'e TokenIdentity> {
        let opened = |entry: &'e Entry| match &entry.event {
            Ok(Event::TokenOpened { token }) if entry.n < n => Some(token),
            _ => None,
        };
        self.entries.iter().filter_map(opened).next_back()
    }

    /// The evidence that holds what a token-opened entry says. It is written before its entry,
    /// so a crash may leave it without one, and the next session's beside it.
    pub fn token_file<'f>(files: &'f Files, token: &TokenIdentity) -> Option<&'f str> {
        let json = serde_json::to_vec_pretty(token).ok()?;
        let stem = layout::TOKEN.strip_suffix(".json")?;
        files.below(stem).find(|path| files.get(path) == json)
    }

    fn add(&mut self, entry: &'e Entry, event: &'e Event, files: &Files, findings: &mut Findings) {
        let mut require = |holds: bool, words: &str| {
            findings.require(AuditId::Entries, holds, at(entry.n), words);
        };
        require(
            matches!(event, Event::Begin { .. }) == (entry.n == 1),
            "a transcript begins once, in its first entry",
        );
        require(
            self.outcome.is_none(),
            "something follows the closing entry",
        );
        let written = |text: &&str| unhex(text).is_some_and(|octets| hex(&octets) == **text);
        require(
            event.hexes().iter().all(written),
            "octets are not in the one form that is written",
        );
        // Only what stands right before the end counts: an abort may itself have died, and the
        // ceremony gone on.
        let ends = matches!(
            event,
            Event::Aborted { .. } | Event::ClockBehind { .. } | Event::Close { .. }
        );
        if !ends && self.given_up.is_some() {
            self.check_given_up(entry.n - 1, findings);
            self.given_up = None;
        }
        let mut require = |holds: bool, words: &str| {
            findings.require(AuditId::Entries, holds, at(entry.n), words);
        };
        match event {
            Event::Begin { format, .. } => {
                require(
                    format == entry::FORMAT,
                    "a format this version does not know",
                );
                self.begin = Some(event);
            }
            Event::Environment { file, .. } => check_file(files, file, entry.n, findings),
            Event::Resumed {
                torn: Some(file), ..
            } => check_file(files, file, entry.n, findings),
            Event::TokenOpened { token } => {
                let kept = Self::token_file(files, token).is_some();
                require(kept, "no file of the evidence says this of the token");
                self.token = Some(token);
            }
            Event::SignIntended { .. } => self.intend(entry, event, files, findings),
            Event::Signed { .. } => self.sign(entry, event, findings),
            Event::Issued { files: list, .. } => {
                for file in list {
                    check_file(files, file, entry.n, findings);
                }
                self.issued.push((entry.n, event));
            }
            Event::HandedOver { files: list } => {
                require(self.handed_over.is_none(), "the hand-over comes twice");
                self.handed_over = Some((entry.n, list));
                for file in list {
                    check_file(files, file, entry.n, findings);
                }
            }
            Event::Aborted {
                signed,
                possibly_signed,
            } => {
                let (kept, open) = self.given_up.get_or_insert_default();
                kept.extend(signed.iter().map(String::as_str));
                open.extend(possibly_signed.iter().map(String::as_str));
            }
            Event::Close {
                outcome,
                signatures_asked,
                signatures_kept,
            } => {
                let (asked, kept) = self.counts();
                require(
                    (*signatures_asked, *signatures_kept) == (asked, kept),
                    &format!("counts signatures asked and kept; they are {asked} and {kept}"),
                );
                self.outcome = Some(*outcome);
            }
            Event::Resumed { .. }
            | Event::StepBegun { .. }
            | Event::Checked { .. }
            | Event::Question { .. }
            | Event::Answer { .. }
            | Event::KeyIntended { .. }
            | Event::KeyReady { .. }
            | Event::CopyConfirmed { .. }
            | Event::DestructionAnnounced { .. }
            | Event::DestructionIntended { .. }
            | Event::KeyDestroyed { .. }
            | Event::Revoked { .. }
            | Event::Adopted { .. }
            | Event::Interrupted { .. }
            | Event::ClockBehind { .. } => {}
        }
    }

    /// Refusals that were put aside, each once: what was checked, by which check, and what that
    /// found.
    pub fn waived(&self) -> BTreeMap<(&str, &str), &str> {
        let events = self.entries.iter().flat_map(|entry| &entry.event);
        let waived = events.flat_map(Event::waived);
        let told = waived.map(|(what, one)| ((what, one.id.as_str()), one.words.as_str()));
        told.collect()
    }

    /// How many signatures were asked for, and kept.
    pub fn counts(&self) -> (u64, u64) {
        let kept = self.signings.iter().filter(|one| one.result.is_some());
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        (number(self.signings.len()), number(kept.count()))
    }

    /// Names of products with a signature, and of those with an intent alone.
    fn signed_and_possibly(&self) -> (BTreeSet<&'e str>, BTreeSet<&'e str>) {
        let named = |one: &Signing<'e>| one.product;
        let signed = self.signings.iter().filter(|one| one.result.is_some());
        let signed: BTreeSet<&str> = signed.map(named).collect();
        let all: BTreeSet<&str> = self.signings.iter().map(named).collect();
        let open = all.difference(&signed).copied().collect();
        (signed, open)
    }

    fn intend(
        &mut self,
        entry: &'e Entry,
        event: &'e Event,
        files: &Files,
        findings: &mut Findings,
    ) {
        let Event::SignIntended {
            product,
            kind,
            tbs,
            tbs_file,
            tbs_sha256,
            again_of,
        } = event
        else {
            return;
        };
        // A CRL's body may be large: it stands in a file, and no other does.
        let body = match (tbs, tbs_file) {
            (Some(hex), None) if *kind != BodyKind::Crl => unhex(hex),
            (None, Some(path)) if *path == layout::body_file(tbs_sha256) => files
                .bytes
                .get(path)
                .cloned()
                .filter(|_| *kind == BodyKind::Crl),
            _ => None,
        }
        .filter(|body| Digest::of(body) == *tbs_sha256);
        findings.require(
            AuditId::Intent,
            body.is_some(),
            at(entry.n),
            "its body is missing or has another digest",
        );
        findings.require(
            AuditId::Entries,
            self.token.is_some(),
            at(entry.n),
            "a signature before the token was opened",
        );
        // The rules about dates count from the first intent of the same body.
        let time = self
            .signings
            .iter()
            .find(|one| one.product == product && one.sha256 == *tbs_sha256)
            .map_or(entry.time, |first| first.time);
        self.signings.push(Signing {
            n: entry.n,
            time,
            step: entry.step.as_deref(),
            product,
            kind: *kind,
            serial: body
                .as_ref()
                .and_then(|body| CertificateFields::from_tbs(body).ok())
                .map(|fields| fields.serial),
            body,
            sha256: *tbs_sha256,
            again_of: *again_of,
            result: None,
        });
    }

    fn sign(&mut self, entry: &'e Entry, event: &'e Event, findings: &mut Findings) {
        let Event::Signed {
            product,
            intent,
            algorithm,
            signature,
        } = event
        else {
            return;
        };
        let twice = self
            .signings
            .iter()
            .any(|one| one.product == product && one.result.is_some());
        findings.require(
            AuditId::Intent,
            !twice,
            at(entry.n),
            "this product is signed already",
        );
        let found = self.signings.iter_mut().find(|one| {
            one.n == *intent && one.product == product && one.step == entry.step.as_deref()
        });
        match found {
            Some(one) if one.result.is_none() => {
                one.result = Some((entry.n, *algorithm, unhex(signature)));
            }
            _ => {
                let words = "a signature without an intent of its product";
                findings.fail(AuditId::Intent, at(entry.n), words);
            }
        }
    }

    fn check_ends(&self, findings: &mut Findings) {
        let last = self.entries.last().map_or(0, |entry| entry.n);
        let known = self.outcome.is_some();
        findings.require(
            AuditId::Entries,
            known,
            at(last),
            "the transcript does not end with a closing entry",
        );
        findings.require(
            AuditId::Entries,
            !known || self.given_up.is_some() == (self.outcome == Some(CeremonyOutcome::Aborted)),
            at(last),
            "the outcome is not what the entry before says",
        );
        self.check_given_up(last, findings);
    }

    /// What an abort lists is what was signed, and what possibly was, when it was given up.
    fn check_given_up(&self, n: u64, findings: &mut Findings) {
        let Some((signed, possibly)) = &self.given_up else {
            return;
        };
        let (kept, open) = self.signed_and_possibly();
        let same = |listed: &[&str], wanted: &BTreeSet<&str>| {
            listed.len() == wanted.len()
                && listed.iter().copied().collect::<BTreeSet<_>>() == *wanted
        };
        findings.require(
            AuditId::Entries,
            same(signed, &kept) && same(possibly, &open),
            at(n),
            "the entries before do not list what was signed and what possibly was",
        );
    }
}

fn check_file(files: &Files, file: &FileRecord, n: u64, findings: &mut Findings) {
    let same = files
        .bytes
        .get(&file.path)
        .is_some_and(|bytes| Digest::of(bytes) == file.sha256);
    let words = format!("{} is missing or has another digest", escape(&file.path));
    findings.require(AuditId::Issued, same, at(n), words);
}
