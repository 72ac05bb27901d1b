//! The files in `out/`, made again from the transcript alone.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::Authority;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::products::{Bench, Made};
use super::story::at;
use crate::digest::Digest;
use crate::handover::{self, Handover, Intermediate, OutputFile, Revoked, Trust};
use crate::ledger::entry::Event;
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::layout;
use crate::x509::certificate::Certificate;
use crate::x509::crl::Crl;
use crate::x509::escape::escape;
use crate::x509::request::Request;

/// What else a hand-over holds: made for Vault's administrator.
const CLOSING: [&str; 2] = ["out/handover.sh", "out/HANDOVER.md"];

/// The files of one product, with their paths below the ceremony's folder. `None` where its
/// mount cannot be a path.
pub(super) fn files_of(
    made: &Made,
    authority: &Authority<'_>,
    rehearsal: bool,
) -> Option<Vec<(String, Vec<u8>)>> {
    let root = &authority.certificate.der;
    let files = match &made.mount {
        _ if made.is_crl => handover::crl_files(&made.der, rehearsal),
        _ if made.is_request => handover::request_files(&made.name, &made.der, rehearsal),
        _ if made.is_root => handover::root_files(&made.der, rehearsal),
        mount if made.is_cross => {
            let of = (mount.as_deref(), made.name.as_str());
            handover::cross_files(of, &made.der, root, rehearsal).ok()?
        }
        Some(mount) => {
            let to = (mount.as_str(), made.cert_manager.as_ref());
            handover::intermediate_files(to, &made.der, root, rehearsal).ok()?
        }
        None => return None,
    };
    Some(files.into_iter().map(below_out).collect())
}

fn below_out(file: OutputFile) -> (String, Vec<u8>) {
    (format!("out/{}", file.path), file.bytes)
}

/// Compares `out/` with what follows from the transcript.
pub(super) fn check(bench: &Bench<'_>, made: &[Made], findings: &mut Findings) {
    findings.begun(AuditId::Out);
    let story = bench.story;
    let (rehearsal, has_root) = match story.begin {
        Some(Event::Begin { kind, root, .. }) => (
            *kind == CeremonyKind::Rehearsal,
            root.is_some() || made.iter().any(|one| one.is_root),
        ),
        _ => (false, false),
    };
    let mut expected: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    if has_root {
        let root = handover::root_files(&bench.authority.certificate.der, rehearsal);
        expected.extend(root.into_iter().map(below_out));
    }
    for one in made {
        match files_of(one, bench.authority, rehearsal) {
            Some(files) => expected.extend(files),
            None => {
                let words = "its mount cannot be a path";
                findings.fail(AuditId::Out, escape(&one.name), words);
            }
        }
    }
    if let (Some(trust), true) = (trust(bench), story.handed_over.is_some()) {
        let root = &bench.authority.certificate.der;
        let files = handover::trust_files(&trust, root, rehearsal);
        expected.extend(files.into_iter().map(below_out));
    }
    let completed = story.outcome == Some(CeremonyOutcome::Completed);
    compare(bench.files, &expected, completed, has_root, findings);
    if has_root && story.handed_over.is_some() {
        check_closing(bench, made, rehearsal, findings);
    }
    check_record(bench, findings);
}

/// The trust bundle that the plan asks for, from the anchors in `in/`.
fn trust(bench: &Bench<'_>) -> Option<Trust> {
    let bundle = bench.script.plan.as_ref()?.trust_bundle.as_ref()?;
    Trust::of(bundle, |path| bench.files.get(&format!("in/{path}"))).ok()
}

/// Script and sheet are made again, where this program still has those of the ceremony's
/// edition; else that is told, and their digests are bound all the same.
fn check_closing(bench: &Bench<'_>, made: &[Made], rehearsal: bool, findings: &mut Findings) {
    let Some(Event::Begin { ceremony, .. }) = bench.story.begin else {
        return;
    };
    if !findings.edition.handover {
        for path in CLOSING {
            findings.told(path);
            let number = findings.edition.number;
            findings.notice(format!(
                "{path} is of edition {number} and is not made again: the seal binds its digest"
            ));
        }
        return;
    }
    let again = delivered(bench, made, ceremony, rehearsal)
        .and_then(|handover| handover::closing_files(&handover).ok())
        .unwrap_or_default();
    let again: BTreeMap<String, Vec<u8>> = again.into_iter().map(below_out).collect();
    for path in CLOSING {
        let same = again.get(path).map(Vec::as_slice) == Some(bench.files.get(path));
        let words = "is not what follows from the transcript";
        findings.require(AuditId::Out, same, path, words);
    }
}

/// The hand-over as the products tell it; `None` where one cannot be read.
fn delivered(
    bench: &Bench<'_>,
    made: &[Made],
    ceremony: &str,
    rehearsal: bool,
) -> Option<Handover> {
    let root = bench.authority.certificate;
    let mut handover = Handover {
        ceremony: ceremony.to_owned(),
        rehearsal,
        root_der: root.der.clone(),
        root_subject: root.fields.subject.to_string(),
        root_not_after: root.fields.not_after,
        crl: None,
        intermediates: Vec::new(),
        revoked: bench
            .script
            .plan
            .iter()
            .flat_map(|plan| &plan.steps)
            .filter_map(|step| step.revoke.as_ref())
            .map(Revoked::of)
            .collect(),
        crosses: Vec::new(),
        trust: trust(bench),
        requests: Vec::new(),
    };
    for one in made {
        if one.is_request {
            let request = Request::from_der(&one.der).ok()?;
            handover.requests.push(handover::OwnRequest {
                step: one.name.clone(),
                spki_sha256: Digest::of(&request.spki),
                der: request.der,
            });
        } else if one.is_cross {
            let certificate = Certificate::from_der(&one.der).ok()?;
            let fields = &certificate.fields;
            handover.crosses.push(handover::CrossSigned {
                step: one.name.clone(),
                mount: one.mount.clone(),
                subject: fields.subject.to_string(),
                serial: fields.serial.to_string(),
                not_after: fields.not_after,
                der: one.der.clone(),
            });
        } else if let Some(mount) = &one.mount {
            let certificate = Certificate::from_der(&one.der).ok()?;
            let fields = &certificate.fields;
            handover.intermediates.push(Intermediate {
                step: one.name.clone(),
                mount: mount.clone(),
                subject: fields.subject.to_string(),
                serial: fields.serial.to_string(),
                spki_sha256: Digest::of(&fields.spki),
                not_after: fields.not_after,
                succession: one.succession,
                cert_manager: one.cert_manager.clone(),
                der: one.der.clone(),
            });
        } else if one.is_crl {
            let fields = Crl::from_der(&one.der).ok()?.fields;
            handover.crl = Some(handover::Crl {
                der: one.der.clone(),
                number: fields.number().unwrap_or_default(),
                next_update: fields.next_update,
            });
        }
    }
    Some(handover)
}

fn compare(
    files: &Files,
    expected: &BTreeMap<String, Vec<u8>>,
    completed: bool,
    has_root: bool,
    findings: &mut Findings,
) {
    for (path, bytes) in expected {
        match files.bytes.get(path) {
            None if completed => {
                findings.fail(AuditId::Out, escape(path), "is not there");
            }
            Some(found) if found != bytes => {
                let words = "is not what follows from the transcript";
                findings.fail(AuditId::Out, escape(path), words);
            }
            _ => {}
        }
    }
    for path in CLOSING {
        let there = files.bytes.contains_key(path);
        findings.require(
            AuditId::Out,
            there || !completed || !has_root,
            path,
            "is not there",
        );
    }
    for path in files.below("out/") {
        let known = expected.contains_key(path) || CLOSING.contains(&path);
        findings.require(
            AuditId::Out,
            known,
            escape(path),
            "does not follow from the transcript",
        );
    }
}

/// Issued entries and the hand-over's record name VERIFY.txt and every file in `out/`; their
/// digests were compared when the records were read.
fn check_record(bench: &Bench<'_>, findings: &mut Findings) {
    let Some((n, records)) = &bench.story.handed_over else {
        return;
    };
    let issued: BTreeSet<&str> = bench
        .story
        .issued
        .iter()
        .flat_map(|(_, event)| {
            if let Event::Issued { files, .. } = event {
                files.as_slice()
            } else {
                &[]
            }
        })
        .map(|file| file.path.as_str())
        .collect();
    let own: Vec<&str> = records.iter().map(|file| file.path.as_str()).collect();
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Out, holds, at(*n), words);
    };
    let mut there: BTreeSet<&str> = bench.files.below("out/").collect();
    there.insert(layout::VERIFY);
    let named: BTreeSet<&str> = issued.iter().chain(&own).copied().collect();
    require(
        named == there,
        "issued entries and hand-over name other files than those in out/",
    );
    // A root is delivered with its ceremony, whether it was made there or before.
    let mut again = own.iter().filter(|path| **path != layout::ROOT_OUT);
    require(
        !again.any(|path| issued.contains(path)),
        "the hand-over names a file that is issued",
    );
    require(
        own == in_order(&own),
        "the hand-over names a file twice, or in another order",
    );
}

/// The files of a hand-over as they are recorded: what verifies, what is delivered, what explains.
fn in_order<'f>(own: &[&'f str]) -> Vec<&'f str> {
    let last = |path: &&str| CLOSING.contains(path);
    let named: BTreeSet<&str> = own.iter().copied().collect();
    let first = named.iter().filter(|path| **path == layout::VERIFY);
    let delivered = named
        .iter()
        .filter(|path| **path != layout::VERIFY && !last(path));
    let closing = CLOSING.iter().filter(|path| named.contains(*path));
    first.chain(delivered).chain(closing).copied().collect()
}
