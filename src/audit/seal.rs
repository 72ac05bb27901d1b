//! The seal: its one form, its fields recomputed, and the root's signature on it rebuilt.

use super::Before;
use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::products::Made;
use super::script::Script;
use super::story::Story;
use crate::digest::Digest;
use crate::ledger::chain::Head;
use crate::ledger::entry::Event;
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::layout;
use crate::ledger::seal::{Seal, SealError};
use crate::ledger::seal_signature::SealForm;
use crate::plan::SealMode;
use crate::ports::Assurance;
use crate::x509::cms;
use crate::x509::escape::escape;
use crate::x509::time::UtcTime;

/// Reads SEAL.txt; `None` where it is not there, which is a finding already.
pub(super) fn parse(files: &Files) -> Result<Option<Seal>, SealError> {
    files
        .bytes
        .get(layout::SEAL)
        .map(|bytes| Seal::from_text(bytes))
        .transpose()
}

/// Compares what follows from the files alone.
pub(super) fn check_digests(
    seal: &Seal,
    files: &Files,
    head: Option<&Head>,
    findings: &mut Findings,
) {
    findings.begun(AuditId::Seal);
    let mut same = |holds: bool, field: &str, found: String| {
        field_is(holds, field, &found, findings);
    };
    let sums = Digest::of(files.get(layout::SUMS));
    same(seal.sums == sums, "sha256sums", sums.to_string());
    let lock = Digest::of(files.get(layout::SCRIPT_LOCK));
    same(seal.lock == lock, "lock", lock.to_string());
    if let Some(head) = head {
        same(seal.head == head.digest, "head", head.digest.to_string());
        same(seal.entries == head.n, "entries", head.n.to_string());
    }
}

fn field_is(holds: bool, field: &str, found: &str, findings: &mut Findings) {
    let place = format!("{}, {field}", layout::SEAL);
    let words = format!("must be {}", escape(found));
    findings.require(AuditId::Seal, holds, place, words);
}

/// Compares every field that follows from transcript, plan and ledger.
pub(super) fn check(
    seal: &Seal,
    story: &Story<'_>,
    script: &Script,
    made: &[Made],
    authority: &Authority<'_>,
    before: Option<&Before>,
    findings: &mut Findings,
) {
    check_begin(seal, story, script, before, authority, findings);
    let mut same = |holds: bool, field: &str, found: String| {
        field_is(holds, field, &found, findings);
    };
    if let (Some(first), Some(last)) = (story.entries.first(), story.entries.last()) {
        same(
            seal.started == first.time,
            "started",
            first.time.to_string(),
        );
        same(seal.ended == last.time, "ended", last.time.to_string());
    }
    let completed = story.outcome == Some(CeremonyOutcome::Completed);
    let outcome = story
        .outcome
        .map_or("in the transcript's last entry", CeremonyOutcome::word);
    same(
        Some(seal.outcome) == story.outcome,
        "outcome",
        outcome.to_owned(),
    );
    let mode = match &script.plan {
        Some(plan) if completed => plan.seal,
        _ => SealMode::None,
    };
    same(seal.mode == mode, "seal", mode.word().to_owned());
    let module = story.token.map(|token| token.module_sha256);
    same(seal.module == module, "module", words(module));
    let assurance = story.token.map(|token| token.assurance);
    same(
        seal.assurance == assurance,
        "assurance",
        assurance.map_or("none", Assurance::word).to_owned(),
    );
    let (asked, kept) = story.counts();
    same(
        (seal.signatures_asked, seal.signatures_kept) == (asked, kept),
        "signatures",
        format!("asked {asked} kept {kept}"),
    );
    let waived = story.waived();
    same(
        seal.deviations == waived.len() as u64,
        "deviations",
        waived.len().to_string(),
    );
    let named = matches!(story.begin, Some(Event::Begin { root: Some(_), .. }));
    let has_root = named || made.iter().any(|one| one.is_root);
    let root = has_root.then(|| authority.certificate.digest());
    same(seal.root == root, "root", words(root));
    check_next_crl(seal, made, before, findings);
    for ((what, id), words) in waived {
        let told = [what, id, words].map(escape).join(": ");
        findings.notice(format!("put aside: {told}"));
    }
}

fn check_begin(
    seal: &Seal,
    story: &Story<'_>,
    script: &Script,
    before: Option<&Before>,
    authority: &Authority<'_>,
    findings: &mut Findings,
) {
    let Some(Event::Begin {
        ceremony,
        kind,
        edition,
        tool,
        tool_sha256,
        lock_sha256,
        plan_sha256,
        previous_seal,
        root,
        ..
    }) = story.begin
    else {
        return;
    };
    let mut same = |holds: bool, field: &str, found: String| {
        field_is(holds, field, &found, findings);
    };
    same(seal.ceremony == *ceremony, "ceremony", ceremony.clone());
    same(seal.edition == *edition, "edition", edition.to_string());
    same(seal.kind == *kind, "kind", kind.to_string());
    same(
        seal.tool == *tool && seal.tool_sha256 == *tool_sha256,
        "tool",
        format!("{tool_sha256} {tool}"),
    );
    same(seal.lock == *lock_sha256, "lock", lock_sha256.to_string());
    same(
        seal.previous == *previous_seal,
        "previous",
        previous_seal.to_string(),
    );
    if let Some(before) = before {
        same(
            seal.previous == before.head,
            "previous",
            before.head.to_string(),
        );
    }
    let Some(plan) = &script.plan else { return };
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Plan, holds, layout::SCRIPT_PLAN, words);
    };
    require(plan.id == *ceremony, "it is of another ceremony");
    require(
        plan.edition == *edition,
        "it was made under another edition of the rules",
    );
    require(
        plan.ledger.head == *previous_seal,
        "it was made for another state of the ledger",
    );
    require(
        plan.root.new == root.is_none(),
        "its root is new, and the ceremony's is not, or the other way",
    );
    // A rehearsal puts a stand-in in the place of the root that the plan names.
    let certificate = authority.certificate.digest();
    let named = plan.root.certificate_sha256.unwrap_or(certificate);
    require(
        seal.kind == CeremonyKind::Rehearsal || named == certificate,
        "it names another root than the given one",
    );
    require(
        Digest::of(&plan.to_bytes()) == *plan_sha256,
        "it is not the plan that the ceremony began with",
    );
}

fn check_next_crl(seal: &Seal, made: &[Made], before: Option<&Before>, findings: &mut Findings) {
    let own = made.iter().rev().find_map(|one| one.next_update);
    let earlier = before.map(|before| before.register.next_crl_due());
    let expected: Option<Option<UtcTime>> = match (own, earlier) {
        (Some(own), _) => Some(Some(own)),
        (None, known) => known,
    };
    match expected {
        Some(expected) => field_is(
            seal.next_crl == expected,
            "next-crl",
            &expected.map_or_else(|| "none".to_owned(), |time| time.to_string()),
            findings,
        ),
        None if seal.next_crl.is_some() => findings.notice(
            "next-crl comes from an earlier ceremony; only the whole ledger can tell that it is right",
        ),
        None => {}
    }
}

fn words(digest: Option<Digest>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string())
}

/// The signature's octets are taken out of their file; all else is rebuilt from the seal and
/// the given root, and must be the same bytes. A file of another form than the root's must not
/// be there: nobody may choose what is looked at.
pub(super) fn check_signature(
    seal: &Seal,
    files: &Files,
    authority: &Authority<'_>,
    findings: &mut Findings,
) {
    findings.begun(AuditId::Signature);
    let form = SealForm::of(authority.algorithm);
    let signed = seal.mode == SealMode::Direct;
    for name in SealForm::ALL.iter().flat_map(|form| form.names()) {
        let words = match (files.bytes.contains_key(*name), signed) {
            (true, false) => "is there, though the seal says that nobody signed it",
            (true, true) if !form.names().contains(name) => {
                "is there, though the given root does not sign in this form"
            }
            (false, true) if form.names().contains(name) => {
                "is not there, though the seal says that the root signed it"
            }
            _ => continue,
        };
        findings.fail(AuditId::Signature, *name, words);
    }
    let Some(holder) = files.bytes.get(form.holder()).filter(|_| signed) else {
        return;
    };
    let mut fail = |name: &str, words: &str| findings.fail(AuditId::Signature, name, words);
    let Ok(signature) = form.signature_in(holder) else {
        return fail(form.holder(), "is not the CMS that a seal has");
    };
    let algorithm = authority.algorithm;
    let attributes = cms::signed_attributes(files.get(layout::SEAL), algorithm, seal.ended);
    if !authority.signed(&attributes.0, &signature) {
        let words = "the signature does not verify under the given root";
        return fail(form.holder(), words);
    }
    let words = "is not what follows from SEAL.txt and the given root";
    match form.files(&attributes, authority.certificate, algorithm, &signature) {
        Ok(again) => {
            for (name, bytes) in again {
                // What is not there was told above.
                if files.bytes.get(name).is_some_and(|found| *found != bytes) {
                    fail(name, words);
                }
            }
        }
        Err(_) => fail(form.holder(), words),
    }
}
