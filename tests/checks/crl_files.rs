//! CRLs of others, each with one thing about it.

use anchorite::check::CheckId as Id;
use anchorite::check::crl_file::{CrlFileContext, crl_file};
use anchorite::check::{Finding, Outcome};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl_file::CrlFile;
use anchorite::x509::extension_encode as extensions;
use anchorite::x509::key_usage::KeyUsage;
use anchorite::x509::pem;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::tlv::{context, encode, sequence};

use crate::made::{
    CrlDraft, Draft, Signer, entry, entry_at, extension, key_usage, name, reason, standard, time,
};
use crate::{Case, findings};

const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;
const PASS: Outcome = Outcome::Pass;

type Change = fn(&mut CrlDraft);

const NOW: &str = "2026-06-01T00:00:00Z";

fn judge(bytes: &[u8], issuer: Option<&Certificate>, now: &str) -> Vec<Finding> {
    let context = CrlFileContext {
        issuer,
        now: Some(time(now)),
        ..CrlFileContext::alone("root.crl")
    };
    findings(crl_file(bytes, &context))
}

pub fn cases() -> Vec<Case> {
    let signer = Signer::p256();
    let root = Draft::root(&signer).certificate(&signer);
    let mut cases = containers(&signer);
    for (id, wanted, name, change) in fields().iter().chain(entries()) {
        let mut draft = CrlDraft::of(&signer);
        change(&mut draft);
        let found = judge(&draft.sign(&signer), Some(&root), NOW);
        cases.push(Case::new(*id, *wanted, name, found));
    }
    cases.extend(issuers(&signer, &root));
    cases
}

fn containers(signer: &Signer) -> Vec<Case> {
    let der = CrlDraft::of(signer).sign(signer);
    let one = pem::encode("X509 CRL", &der);
    let key = pem::encode("EC PRIVATE KEY", &[0x30, 0]);
    let mut trailing = der.clone();
    trailing.push(0);
    let large = vec![b'A'; CrlFile::SIZE_LIMIT + 1];
    let case =
        |id, wanted, name, bytes: &[u8]| Case::new(id, wanted, name, judge(bytes, None, NOW));
    let private = format!("{one}{key}");
    vec![
        case(Id::CrlFileSize, PASS, "a small one", &der),
        case(Id::CrlFileSize, FAIL, "an octet more than 128 MiB", &large),
        case(Id::CrlFilePrivateKey, PASS, "PEM", one.as_bytes()),
        case(
            Id::CrlFilePrivateKey,
            FAIL,
            "with a key",
            private.as_bytes(),
        ),
        case(Id::CrlFileContainer, PASS, "PEM", one.as_bytes()),
        case(
            Id::CrlFileContainer,
            FAIL,
            "label CRL",
            pem::encode("CRL", &der).as_bytes(),
        ),
        case(
            Id::CrlFileContainer,
            FAIL,
            "two",
            format!("{one}{one}").as_bytes(),
        ),
        case(Id::CrlFileDer, PASS, "DER", &der),
        case(Id::CrlFileDer, FAIL, "an octet after it", &trailing),
        case(Id::CrlFileSignature, NOTICE, "no issuer given", &der),
    ]
}

fn issuers(signer: &Signer, root: &Certificate) -> Vec<Case> {
    let der = CrlDraft::of(signer).sign(signer);
    let other = Signer::p256();
    let stranger = Draft::root(&other).certificate(&other);
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::root(signer);
        change(&mut draft);
        judge(&der, Some(&draft.certificate(signer)), NOW)
    };
    let no_crl = |d: &mut Draft| d.replace(15, key_usage(&[KeyUsage::KeyCertSign]));
    let later = |d: &mut Draft| d.dates(b"\x17\x0d260101000001Z", b"\x17\x0d300101000000Z");
    let shorter = |d: &mut Draft| d.dates(b"\x17\x0d200101000000Z", b"\x17\x0d260801000000Z");
    let at = |now: &str| judge(&der, Some(root), now);
    let case = Case::new;
    vec![
        case(
            Id::CrlFileSignature,
            PASS,
            "the issuer's",
            judge(&der, Some(root), NOW),
        ),
        case(
            Id::CrlFileSignature,
            FAIL,
            "another key",
            judge(&der, Some(&stranger), NOW),
        ),
        case(
            Id::CrlFileKeyId,
            FAIL,
            "another key",
            judge(&der, Some(&stranger), NOW),
        ),
        case(
            Id::CrlFileIssuer,
            FAIL,
            "another name",
            with(&|d| d.subject = name("Else")),
        ),
        case(
            Id::CrlFileIssuer,
            FAIL,
            "case only",
            with(&|d| d.subject = name("old root")),
        ),
        case(Id::CrlFileIssuer, FAIL, "no cRLSign", with(&no_crl)),
        case(Id::CrlFileDates, FAIL, "before the issuer", with(&later)),
        case(Id::CrlFileDates, NOTICE, "after the issuer", with(&shorter)),
        case(
            Id::CrlFileDates,
            PASS,
            "of this second",
            at("2026-01-01T00:00:00Z"),
        ),
        case(
            Id::CrlFileDates,
            FAIL,
            "of the next second",
            at("2025-12-31T23:59:59Z"),
        ),
        case(
            Id::CrlFileDates,
            PASS,
            "its last second",
            at("2026-12-31T00:00:00Z"),
        ),
        case(
            Id::CrlFileDates,
            NOTICE,
            "stale",
            at("2026-12-31T00:00:01Z"),
        ),
    ]
}

fn fields() -> &'static [(Id, Outcome, &'static str, Change)] {
    &[
        (Id::CrlFileVersion, PASS, "version 2", |_| {}),
        (Id::CrlFileVersion, FAIL, "version 1", |d| d.version.clear()),
        (Id::CrlFileAlgorithm, PASS, "ECDSA, SHA-256", |_| {}),
        (Id::CrlFileAlgorithm, FAIL, "SHA-1", |d| {
            d.algorithm = sequence(&[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1]]);
            d.outer = d.algorithm.clone();
        }),
        (Id::CrlFileAlgorithm, FAIL, "two algorithms", |d| {
            d.outer = SignatureAlgorithm::EcdsaSha384.to_der();
        }),
        (Id::CrlFileIssuer, PASS, "the root", |_| {}),
        (Id::CrlFileIssuer, FAIL, "empty", |d| {
            d.issuer = vec![0x30, 0]
        }),
        (Id::CrlFileDates, FAIL, "no nextUpdate", |d| {
            d.next_update.clear()
        }),
        (Id::CrlFileDates, FAIL, "backwards", |d| {
            d.next_update = d.this_update.clone();
        }),
        (Id::CrlFileDates, FAIL, "GeneralizedTime for 2026", |d| {
            d.next_update = b"\x18\x0f20261231000000Z".to_vec();
        }),
        (Id::CrlFileNumber, PASS, "7", |_| {}),
        (Id::CrlFileNumber, FAIL, "none", |d| {
            d.extensions.pop();
        }),
        (Id::CrlFileNumber, FAIL, "critical", |d| {
            d.extensions[1] = standard(20, true, &[2, 1, 7]);
        }),
        (Id::CrlFileNumber, PASS, "20 octets", |d| {
            let value = [&[2, 20, 0x7f][..], &[0xff; 19]].concat();
            d.extensions[1] = standard(20, false, &value);
        }),
        (Id::CrlFileNumber, FAIL, "21 octets", |d| {
            let value = [&[2, 21, 0, 0x80][..], &[0; 19]].concat();
            d.extensions[1] = standard(20, false, &value);
        }),
        (Id::CrlFileNumber, FAIL, "negative", |d| {
            d.extensions[1] = standard(20, false, &[2, 1, 0x80]);
        }),
        (Id::CrlFileKeyId, PASS, "the root's", |_| {}),
        (Id::CrlFileKeyId, FAIL, "none", |d| {
            d.extensions.remove(0);
        }),
        (Id::CrlFileKeyId, FAIL, "another", |d| {
            d.extensions[0] = extensions::authority_key_identifier(&[7; 20]).unwrap();
        }),
        (Id::CrlFileScope, PASS, "full", |_| {}),
        (Id::CrlFileScope, FAIL, "delta", |d| {
            d.extensions.push(standard(27, true, &[2, 1, 3]));
        }),
        (Id::CrlFileScope, FAIL, "indirect", |d| {
            d.extensions
                .push(standard(28, true, &[0x30, 3, 0x84, 1, 0xff]));
        }),
        (Id::CrlFileScope, FAIL, "some reasons", |d| {
            d.extensions
                .push(standard(28, true, &[0x30, 4, 0x83, 2, 1, 6]));
        }),
        (Id::CrlFileScope, FAIL, "user certificates", |d| {
            d.extensions
                .push(standard(28, true, &[0x30, 3, 0x81, 1, 0xff]));
        }),
        (
            Id::CrlFileScope,
            NOTICE,
            "CA certificates, as Boulder writes",
            |d| {
                d.extensions
                    .push(standard(28, true, &[0x30, 3, 0x82, 1, 0xff]));
            },
        ),
        (Id::CrlFileExtensions, PASS, "ours", |_| {}),
        (Id::CrlFileExtensions, FAIL, "unknown and critical", |d| {
            d.extensions.push(extension(&[0x2a, 3, 4], true, &[5, 0]));
        }),
        (Id::CrlFileExtensions, NOTICE, "unknown", |d| {
            d.extensions.push(extension(&[0x2a, 3, 4], false, &[5, 0]));
        }),
        (Id::CrlFileExtensions, FAIL, "one twice", |d| {
            d.extensions.push(d.extensions[1].clone());
        }),
        (
            Id::CrlFileExtensions,
            FAIL,
            "a point that is not critical",
            |d| {
                d.extensions
                    .push(standard(28, false, &[0x30, 3, 0x82, 1, 0xff]));
            },
        ),
    ]
}

fn entries() -> &'static [(Id, Outcome, &'static str, Change)] {
    &[
        (Id::CrlFileEntries, PASS, "two", |_| {}),
        (Id::CrlFileEntries, PASS, "absent", |d| d.entries = None),
        (Id::CrlFileEntries, FAIL, "empty", |d| {
            d.entries = Some(Vec::new())
        }),
        (Id::CrlFileEntries, FAIL, "one twice", |d| {
            d.entries = Some(vec![entry(5, &[]), entry(9, &[]), entry(5, &[reason(1)])]);
        }),
        (Id::CrlFileEntries, NOTICE, "out of order", |d| {
            d.entries = Some(vec![entry(9, &[]), entry(5, &[])]);
        }),
        (Id::CrlFileEntries, PASS, "revoked with this CRL", |d| {
            d.entries = Some(vec![entry_at(&[2, 1, 5], "2026-01-01T00:00:00Z", &[])]);
        }),
        (Id::CrlFileEntries, FAIL, "revoked a second later", |d| {
            d.entries = Some(vec![entry_at(&[2, 1, 5], "2026-01-01T00:00:01Z", &[])]);
        }),
        (Id::CrlFileEntries, FAIL, "serial zero", |d| {
            d.entries = Some(vec![entry_at(&[2, 1, 0], "2025-01-01T00:00:00Z", &[])]);
        }),
        (Id::CrlFileReasons, PASS, "keyCompromise", |_| {}),
        (Id::CrlFileReasons, NOTICE, "unspecified", |d| {
            d.entries = Some(vec![entry(5, &[reason(0)])]);
        }),
        (Id::CrlFileReasons, NOTICE, "cACompromise", |d| {
            d.entries = Some(vec![entry(5, &[reason(2)])]);
        }),
        (Id::CrlFileReasons, FAIL, "a hold", |d| {
            d.entries = Some(vec![entry(5, &[reason(6)])]);
        }),
        (Id::CrlFileReasons, FAIL, "7", |d| {
            d.entries = Some(vec![entry(5, &[reason(7)])]);
        }),
        (Id::CrlFileReasons, FAIL, "removeFromCRL", |d| {
            d.entries = Some(vec![entry(5, &[reason(8)])]);
        }),
        (Id::CrlFileReasons, FAIL, "aACompromise", |d| {
            d.entries = Some(vec![entry(5, &[reason(10)])]);
        }),
        (Id::CrlFileReasons, FAIL, "11", |d| {
            d.entries = Some(vec![entry(5, &[reason(11)])]);
        }),
        (
            Id::CrlFileExtensions,
            FAIL,
            "an entry's unknown and critical",
            |d| {
                let unknown = extension(&[0x2a, 3, 4], true, &[5, 0]);
                d.entries = Some(vec![entry(5, &[unknown])]);
            },
        ),
        (Id::CrlFileExtensions, FAIL, "a critical reason", |d| {
            d.entries = Some(vec![entry(5, &[standard(21, true, &[10, 1, 1])])]);
        }),
        (Id::CrlFileExtensions, FAIL, "another issuer's entry", |d| {
            let names = sequence(&[&encode(context(4), &[&name("Other Root")])]);
            d.entries = Some(vec![entry(5, &[standard(29, true, &names)])]);
        }),
        (Id::CrlFileExtensions, PASS, "an invalidity date", |d| {
            let date = standard(24, false, b"\x18\x0f20250101000000Z");
            d.entries = Some(vec![entry(5, &[date])]);
        }),
    ]
}

/// Serials and reasons of a large CRL: one pass, and no copy of its entries.
#[test]
fn a_hundred_thousand_entries_are_read_in_one_pass() {
    let signer = Signer::p256();
    let root = Draft::root(&signer).certificate(&signer);
    let mut draft = CrlDraft::of(&signer);
    let serial = |number: u32| [&[2, 5, 0x41][..], &number.to_be_bytes()].concat();
    let one = |number| entry_at(&serial(number), "2025-06-01T00:00:00Z", &[reason(1)]);
    draft.entries = Some((0..100_000).map(one).collect());
    let found = judge(&draft.sign(&signer), Some(&root), NOW);
    let count = found.iter().find(|one| one.id == Id::CrlFileEntries);
    assert_eq!(count.map(|one| one.words.as_str()), Some("100000 revoked"));
    draft.entries.as_mut().unwrap().push(one(7));
    let found = judge(&draft.sign(&signer), Some(&root), NOW);
    let twice = found.iter().find(|one| one.id == Id::CrlFileEntries);
    assert_eq!(twice.unwrap().words, "4100000007 comes twice");
}
