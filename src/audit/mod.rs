//! The auditor: reads a ceremony or a whole ledger, recomputes everything, writes nothing.
//!
//! It believes the files and the root it was given, and shares parsers and rules with the
//! writer, never the writer itself.

#![deny(clippy::wildcard_enum_match_arm)]

mod adoption;
mod approvals;
mod authority;
mod bodies;
mod calendar;
mod checked;
mod copies;
mod destruction;
mod files;
mod findings;
mod key;
mod ledger;
mod life;
mod order;
mod out;
mod past;
mod people;
mod possession;
mod products;
mod report;
mod requests;
mod revoked;
mod script;
mod seal;
mod seen;
mod sessions;
mod story;
mod told;
mod turns;
mod unmade;

pub use calendar::calendar;
pub use findings::AuditId;
pub use ledger::{ledger, whole_life};
pub use life::{CertificateLife, CrlLife, Due, Life, RequestLife, Revoked, RootLife, State};
pub use people::{PersonFact, PersonSignature};
pub use report::{AuditFinding, Facts, LedgerReport, ProductFact, Report, Verdict};
pub use seen::{Is, Seen, Wild};

use crate::digest::Digest;
use crate::edition;
use crate::ledger::chain;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::layout::{self, CeremonyFolder};
use crate::ledger::register::Register;
use crate::ledger::seal::{Seal, SealError};
use crate::ledger::verify_text;
use crate::plan::SealMode;
use crate::ports::{Assurance, Store};
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;
use crate::x509::time::UtcTime;
use adoption::Adopting;
use authority::Authority;
use files::Files;
use findings::Findings;
use key::Origin;
use products::Bench;
use script::Script;
use story::Story;
use unmade::Unmade;

/// What the ledger was before a ceremony.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    /// Sealed ceremonies.
    pub ceremonies: u32,
    /// Digest of the newest SEAL.txt.
    pub head: Digest,
    /// When the newest completed one ended.
    pub ended: Option<UtcTime>,
    /// Everything issued.
    pub register: Register,
}

/// A ceremony as verified, with what the ledger needs of it.
struct Audited {
    report: Report,
    findings: Findings,
    seal: Option<Seal>,
    /// Of a format or an edition that this program does not know.
    unknown: Option<String>,
    register: Register,
}

/// Verifies one ceremony by itself.
pub fn ceremony(
    store: &mut dyn Store,
    folder: &str,
    root: &Certificate,
    expect: Option<Digest>,
) -> Report {
    alone(store, folder, root, expect).into_report()
}

/// The same, and what this ceremony alone signed, as it stands `at` a moment.
pub fn ceremony_life(
    store: &mut dyn Store,
    folder: &str,
    root: &Certificate,
    at: UtcTime,
) -> (Report, Life) {
    let audited = alone(store, folder, root, None);
    let life = Life::of(root, &audited.register, at);
    (audited.into_report(), life)
}

fn alone(
    store: &mut dyn Store,
    folder: &str,
    root: &Certificate,
    expect: Option<Digest>,
) -> Audited {
    let mut audited = audit(store, folder, root, None);
    audited.findings.notice(
        "verified by itself: what was before it and after it, only the whole ledger can tell",
    );
    if let Some(expect) = expect {
        expected(&mut audited, expect);
    }
    audited
}

/// The expected digest must be one that this ceremony has.
fn expected(audited: &mut Audited, expect: Digest) {
    let findings = &mut audited.findings;
    match audited.seal.as_ref().and_then(|seal| name_of(seal, expect)) {
        Some(name) => {
            findings.begun(AuditId::Expect);
            findings.notice(format!("the expected digest is the {name}'s"));
        }
        None => findings.fail(
            AuditId::Expect,
            layout::SEAL,
            format!("neither lock nor seal nor head has the digest {expect}"),
        ),
    }
}

/// Which of a ceremony's digests this is.
fn name_of(seal: &Seal, digest: Digest) -> Option<&'static str> {
    [
        ("lock", seal.lock),
        ("seal", seal.digest()),
        ("head", seal.head),
    ]
    .into_iter()
    .find_map(|(name, one)| (one == digest).then_some(name))
}

impl Audited {
    fn into_report(mut self) -> Report {
        self.report.checks = self.findings.list();
        self.report.notices = std::mem::take(&mut self.findings.notices);
        self.report.later = std::mem::take(&mut self.findings.later);
        self.report.told = std::mem::take(&mut self.findings.told)
            .into_iter()
            .collect();
        self.report.verdict = match &self.seal {
            _ if self.findings.any_broken() => Verdict::Refused,
            None if self.unknown.is_some() => {
                Verdict::NotChecked(self.unknown.take().unwrap_or_default())
            }
            None => Verdict::Refused,
            Some(seal) if seal.kind == CeremonyKind::Rehearsal => {
                Verdict::Consistent("a rehearsal".to_owned())
            }
            Some(seal) if seal.outcome == CeremonyOutcome::Aborted => {
                Verdict::Consistent("aborted, and signed by nobody".to_owned())
            }
            Some(seal) if seal.mode != SealMode::Direct => {
                Verdict::Consistent("not signed by the root".to_owned())
            }
            Some(_) => Verdict::Verified,
        };
        self.report
    }
}

fn audit(
    store: &mut dyn Store,
    folder: &str,
    root: &Certificate,
    before: Option<&Before>,
) -> Audited {
    let mut findings = Findings::default();
    let mut audited = Audited {
        report: Report {
            folder: escape(folder),
            ceremony: String::new(),
            facts: None,
            checks: Vec::new(),
            notices: Vec::new(),
            later: Vec::new(),
            told: Vec::new(),
            verdict: Verdict::Refused,
        },
        findings: Findings::default(),
        seal: None,
        unknown: None,
        register: before
            .map(|before| before.register.clone())
            .unwrap_or_default(),
    };
    findings.begun(AuditId::Root);
    match Authority::of(root) {
        Ok(authority) => look(
            store,
            folder,
            &authority,
            before,
            &mut audited,
            &mut findings,
        ),
        Err(why) => findings.fail(AuditId::Root, "the given root", why),
    }
    audited.findings = findings;
    audited
}

/// Every check, in the order of reading.
fn look(
    store: &mut dyn Store,
    folder: &str,
    authority: &Authority<'_>,
    before: Option<&Before>,
    audited: &mut Audited,
    findings: &mut Findings,
) {
    let Some(files) = Files::read(store, folder, findings) else {
        return;
    };
    files.check_sums(findings);
    let seal = match seal::parse(&files) {
        Ok(seal) => seal,
        Err(error @ SealError::Unknown(_)) => {
            audited.unknown = Some(format!("its seal is of {}", escape(&error.to_string())));
            return;
        }
        Err(SealError::Broken(why)) => {
            findings.fail(AuditId::Seal, layout::SEAL, why);
            None
        }
    };
    if let Some(edition) = seal.as_ref().and_then(|seal| edition::of(seal.edition)) {
        findings.edition = edition;
    }
    findings.begun(AuditId::Chain);
    let (entries, head) = match chain::read(files.get(layout::TRANSCRIPT)) {
        Ok((entries, head)) => (entries, Some(head)),
        Err(broken) => {
            let place = format!("{}, line {}", layout::TRANSCRIPT, broken.line);
            findings.fail(AuditId::Chain, place, escape(&broken.why));
            (Vec::new(), None)
        }
    };
    if let Some(seal) = &seal {
        seal::check_digests(seal, &files, head.as_ref(), findings);
        check_folder(folder, seal, findings);
        check_verify_text(seal, &files, findings);
        seal::check_signature(seal, &files, authority, findings);
        files.check_folders(seal.outcome == CeremonyOutcome::Completed, findings);
        audited.report.ceremony = escape(&seal.ceremony);
    }
    let unmade = Unmade::of(&entries);
    let adopting = Adopting::of(&files);
    let ceremony = seal.as_ref().map_or("", |seal| &seal.ceremony);
    let joined = adopting.as_ref().map(|one| one.joined(before, ceremony));
    let known = (before, joined.as_ref().or(before));
    let script = Script::read(&files, known, authority, unmade.as_ref(), findings);
    let mut products = Vec::new();
    // A transcript that is broken tells no story: what it would say is not to be believed.
    if let (Some(_), Some(seal)) = (head, &seal) {
        let story = Story::of(&entries, &script, &files, findings);
        sessions::check(&story, &script, &files, authority, findings);
        turns::check(&story, &script, findings);
        order::planned(&entries, &script, findings);
        approvals::check(&entries, &script, findings);
        let adopted = adoption::check(
            adopting.as_ref(),
            before,
            (&story, &files),
            authority,
            findings,
        );
        let bench = Bench {
            authority,
            script: &script,
            story: &story,
            files: &files,
            before: joined.as_ref().or(before),
            adopting: adopting.as_ref(),
            unmade: unmade.as_ref(),
        };
        requests::check(&bench, findings);
        let (made, facts) = products::check(&bench, findings);
        products = facts;
        let has_root = matches!(story.begin, Some(Event::Begin { root: Some(_), .. }))
            || made.iter().any(|one| one.is_root);
        let origin = match (&adopting, before, story.begin) {
            (Some(one), ..) => Origin::Adopted(script.waivers(&one.step)),
            (None, Some(before), _) if before.register.is_adopted() => Origin::AdoptedBefore,
            (None, None, Some(Event::Begin { root: Some(_), .. })) => Origin::Unknown,
            _ => Origin::Generated,
        };
        let unmade_key = (unmade.as_ref(), &origin);
        revoked::check(&bench, findings);
        key::check(&story, &script, authority, has_root, unmade_key, findings);
        copies::check(&bench, findings);
        out::check(&bench, &made, findings);
        // What was given up before its end adopted nothing.
        let counted = joined.as_ref().filter(|_| adopted && before.is_some());
        let known = counted.or(before);
        seal::check(seal, &story, &script, &made, authority, known, findings);
        let whole = before.is_some() || script.is_first();
        let input = |path: &str| files.input_digest(path);
        checked::before(&story, &script, &input, findings);
        checked::waived(&story, &script, findings);
        checked::compare(&story, &script, whole, findings);
        order::life(
            seal,
            &entries,
            has_root.then_some(authority.validity()),
            before.and_then(|before| before.ended),
            findings,
        );
        told::entries(&entries, findings);
        sessions::check_evidence(&story, &files, findings);
        people::tell(&script, &files, findings);
        files.tell_reserved(findings);
        fold(audited, &seal.ceremony, &entries, &files, findings);
        let known = (before, &audited.register);
        destruction::announcement(seal, &story, &script, authority, known, findings);
        destruction::after_seal(seal, &story, &files, findings);
    }
    if let Some(seal) = seal {
        audited.report.facts = Some(facts(&seal, &script, &files, products));
        audited.seal = Some(seal);
    }
}

fn check_folder(folder: &str, seal: &Seal, findings: &mut Findings) {
    let name = folder.rsplit('/').next().unwrap_or_default();
    match CeremonyFolder::parse(name) {
        Some(parsed) => {
            findings.require(
                AuditId::Seal,
                parsed.id == seal.ceremony,
                escape(folder),
                format!("the seal is of ceremony {}", escape(&seal.ceremony)),
            );
            findings.require(
                AuditId::Seal,
                !parsed.open,
                escape(folder),
                "the ceremony is open: not sealed yet",
            );
        }
        None => findings.notice("the folder does not have a ceremony's name"),
    }
}

fn check_verify_text(seal: &Seal, files: &Files, findings: &mut Findings) {
    let text = verify_text::of_edition(seal.edition, &seal.ceremony, seal.kind);
    let Some(text) = text else {
        findings.told("VERIFY.txt");
        return findings.notice(format!(
            "VERIFY.txt is of edition {} and is not made again: the seal binds its digest",
            seal.edition
        ));
    };
    let same = text.as_bytes() == files.get(layout::VERIFY);
    let words = "not the text of the ceremony's edition";
    findings.require(AuditId::Text, same, layout::VERIFY, words);
}

fn fold(
    audited: &mut Audited,
    ceremony: &str,
    entries: &[Entry],
    files: &Files,
    findings: &mut Findings,
) {
    findings.begun(AuditId::Register);
    let read = |path: &str| files.bytes.get(path).cloned();
    if let Err(error) = audited.register.fold(ceremony, entries, read) {
        let place = story::at(error.entry);
        findings.fail(AuditId::Register, place, escape(&error.why));
    }
    for pair in audited.register.crls.windows(2) {
        findings.require(
            AuditId::Register,
            pair[0].this_update < pair[1].this_update,
            format!("CRL number {}", pair[1].number),
            "thisUpdate is not later than the CRL's before",
        );
    }
}

fn facts(seal: &Seal, script: &Script, files: &Files, products: Vec<ProductFact>) -> Facts {
    Facts {
        kind: seal.kind,
        outcome: seal.outcome,
        seal_mode: seal.mode,
        entries: seal.entries,
        started: seal.started.to_string(),
        ended: seal.ended.to_string(),
        head: seal.head,
        seal: seal.digest(),
        lock: seal.lock,
        previous: seal.previous,
        tool: escape(&seal.tool),
        assurance: seal.assurance.map_or("none", Assurance::word).to_owned(),
        next_crl: seal
            .next_crl
            .map_or_else(|| "none".to_owned(), |time| time.to_string()),
        products,
        people: people::facts(script, files),
    }
}
