//! The corpus: every file in `tests/corpus/` goes through the program as a person would put it
//! there, and comes out as `manifest.json` says: taken, or refused by the named check.
//!
//! Beside the verdict each item shows that no byte of it reaches a screen as it is, and that it
//! costs little time and memory.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anchorite::check::{CheckId, Level};
use anchorite::digest::Digest;
use anchorite::x509::pem;
use serde::Deserialize;
use serde_json::Value;
use wait4::Wait4;

/// What an item may cost, of processor and of memory.
const TIME: Duration = Duration::from_secs(1);
const MEMORY: u64 = 64 << 20;

/// Checks without an item, and why.
const ELSEWHERE: [(&str, &str); 5] = [
    (
        "CRL-FILE-SIZE",
        "a file of 128 MiB is not kept here; tests/checks/ makes one",
    ),
    (
        "PROFILE-EKU-NESTED",
        "it needs a ceremony after the root's first; tests/checks/ makes one",
    ),
    (
        "REQ-RENEW",
        "it needs a ledger that issued before; tests/checks/ has both sides",
    ),
    (
        "REQ-RENEW-REVOKED",
        "it needs a ledger that revoked before; tests/checks/ has both sides",
    ),
    (
        "REQ-REKEY",
        "it needs a ledger that issued before; tests/checks/ has both sides",
    ),
];

/// One line of the manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    path: String,
    kind: String,
    verdict: String,
    /// The check that refuses it.
    check: Option<String>,
    /// The check that tells something of it, though it is taken.
    notice: Option<String>,
    /// The certificate it is held against.
    issuer: Option<String>,
    /// The request that it answers.
    request: Option<String>,
    /// Who reads it besides Vault.
    #[serde(rename = "for")]
    consumer: Option<String>,
    /// A ceremony file's exit code.
    exit: Option<i32>,
    /// What must stand in the answer.
    says: Option<String>,
    why: String,
    sha256: String,
}

/// What a run of the program gave.
struct Answer {
    exit: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    time: Duration,
    memory: u64,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn manifest() -> Vec<Item> {
    let text = fs::read_to_string(corpus().join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

impl Item {
    fn taken(&self) -> bool {
        self.verdict == "take"
    }

    fn arguments(&self) -> Vec<&str> {
        if self.kind == "ceremony" {
            return vec!["plan", &self.path];
        }
        let mut arguments = vec!["inspect", &self.path, "--as", &self.kind];
        for (option, value) in [
            ("--issuer", &self.issuer),
            ("--request", &self.request),
            ("--for", &self.consumer),
        ] {
            arguments.extend(value.iter().flat_map(|value| [option, value]));
        }
        arguments
    }

    /// Everything that is wrong with how the program took it.
    fn faults(&self) -> Vec<String> {
        let text = run(&self.arguments());
        let json = run(&[self.arguments(), vec!["--json"]].concat());
        let mut faults = Vec::new();
        for (form, answer) in [("text", &text), ("json", &json)] {
            faults.extend(answer.costs().into_iter().chain(answer.raw_bytes()));
            let wanted = self.exit.unwrap_or(if self.taken() { 0 } else { 1 });
            if answer.exit != Some(wanted) {
                faults.push(format!("{form}: exit {:?}, not {wanted}", answer.exit));
            }
        }
        faults.extend(self.fault_of_words(&text));
        if self.kind != "ceremony" {
            faults.extend(self.fault_of_findings(&json));
        }
        faults
    }

    fn fault_of_words(&self, answer: &Answer) -> Option<String> {
        let said = [&answer.stdout[..], &answer.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let notice = self.notice.as_ref().map(|id| format!("NOTICE {id} "));
        let mut wanted = self.says.iter().chain(&notice);
        wanted
            .find(|words| !said.contains(*words))
            .map(|words| format!("{words:?} is not in {said:?}"))
    }

    fn fault_of_findings(&self, answer: &Answer) -> Option<String> {
        let Ok(report) = serde_json::from_slice::<Value>(&answer.stdout) else {
            return Some(format!(
                "no JSON: {}",
                String::from_utf8_lossy(&answer.stderr)
            ));
        };
        let verdict = if self.taken() { "accepted" } else { "refused" };
        if report["verdict"] != verdict {
            return Some(format!(
                "{}, not {verdict}: {:?}",
                report["verdict"],
                failed(&report)
            ));
        }
        let has = |id: &Option<String>, outcome: &str| {
            let found = outcomes(&report, outcome);
            id.as_ref().is_none_or(|id| found.contains(&id.as_str()))
        };
        if !has(&self.check, "fail") {
            return Some(format!("refused by {:?}", failed(&report)));
        }
        (!has(&self.notice, "notice")).then(|| "the notice is missing".to_owned())
    }
}

fn findings<'a>(report: &'a Value, outcome: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = report["findings"].as_array().into_iter().flatten();
    all.filter(move |finding| finding["outcome"] == outcome)
}

fn outcomes<'a>(report: &'a Value, outcome: &'a str) -> Vec<&'a str> {
    findings(report, outcome)
        .filter_map(|one| one["id"].as_str())
        .collect()
}

fn failed(report: &Value) -> Vec<String> {
    let words = |one: &Value| format!("{}: {}", one["id"], one["words"]);
    findings(report, "fail").map(words).collect()
}

fn run(arguments: &[&str]) -> Answer {
    let mut files = [tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap()];
    let mut child = Command::new(env!("CARGO_BIN_EXE_anchorite"))
        .args(arguments)
        .current_dir(corpus())
        .stdin(Stdio::null())
        .stdout(files[0].try_clone().unwrap())
        .stderr(files[1].try_clone().unwrap())
        .spawn()
        .unwrap();
    let used = child.wait4().unwrap();
    let [stdout, stderr] = files.each_mut().map(written);
    Answer {
        exit: used.status.code(),
        stdout,
        stderr,
        time: used.rusage.utime + used.rusage.stime,
        memory: used.rusage.maxrss,
    }
}

fn written(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The most memory that this process has had.
fn own_peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap() * 1024
}

impl Answer {
    fn costs(&self) -> Vec<String> {
        let mut costs = Vec::new();
        if self.time >= TIME {
            costs.push(format!("took {:?}", self.time));
        }
        // A child's peak begins with what its parent had when it was started.
        if self.memory >= MEMORY && self.memory > own_peak() {
            costs.push(format!("took {} KiB", self.memory / 1024));
        }
        costs
    }

    /// Only printable ASCII, line feeds and the Latin letters of the escape function.
    fn raw_bytes(&self) -> Option<String> {
        let text = [&self.stdout[..], &self.stderr].concat();
        let Ok(text) = std::str::from_utf8(&text) else {
            return Some("the answer is not UTF-8".to_owned());
        };
        let wrong = text.chars().find(|&c| {
            !matches!(c, '\n' | ' '..='~' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}')
        });
        let marker = text.contains("MARKER").then_some('M');
        wrong
            .or(marker)
            .map(|c| format!("{c:?} stands in the answer"))
    }
}

#[test]
fn every_item_is_judged_as_the_manifest_says() {
    let items = manifest();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut faults = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            for fault in item.faults() {
                faults.push(format!("{} ({}): {fault}", item.path, item.why));
            }
        }
        faults
    };
    let mut faults: Vec<String> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    faults.sort();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn the_files_are_those_of_the_manifest() {
    let items = manifest();
    for item in &items {
        let bytes = fs::read(corpus().join(&item.path)).unwrap();
        assert_eq!(Digest::of(&bytes).to_string(), item.sha256, "{}", item.path);
        assert_eq!(item.taken(), item.check.is_none(), "{}", item.path);
    }
    let listed: BTreeSet<PathBuf> = items.iter().map(|one| corpus().join(&one.path)).collect();
    assert_eq!(listed.len(), items.len(), "a path twice");
    let mut found = BTreeSet::new();
    for kind in [
        "request",
        "certificate",
        "crl",
        "bundle",
        "transcript",
        "ceremony",
    ] {
        walk(&corpus().join(kind), &mut found);
    }
    found.retain(|path| !path.starts_with(corpus().join("ceremony/inputs")));
    assert_eq!(found, listed, "make corpus writes files and manifest");
    assert!(items.len() >= 250 && items.iter().filter(|one| one.taken()).count() >= 60);
}

fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.insert(path);
        }
    }
}

/// A check that never refused an item does not count as present; one that only tells must have
/// told something of an item that is taken.
#[test]
fn every_check_of_what_is_read_has_an_item() {
    let items = manifest();
    let named = |pick: fn(&Item) -> Option<&String>| -> BTreeSet<&str> {
        items.iter().filter_map(pick).map(String::as_str).collect()
    };
    let (checks, notices) = (
        named(|one| one.check.as_ref()),
        named(|one| one.notice.as_ref()),
    );
    let missing: Vec<&str> = CheckId::ALL
        .iter()
        .filter(|id| {
            let known = match id.level() {
                Level::Default => &notices,
                Level::Must | Level::Waivable => &checks,
            };
            let read = [
                "REQ-",
                "CERT-",
                "CRL-FILE-",
                "CRL-NEXT-",
                "ROOT-",
                "PROFILE-",
                "BUNDLE-",
            ];
            read.iter().any(|room| id.public().starts_with(room))
                && !known.contains(id.public())
                && !ELSEWHERE.iter().any(|(name, _)| *name == id.public())
        })
        .map(|id| id.public())
        .collect();
    assert!(missing.is_empty(), "no item for {missing:?}");
}

/// We may refuse more than others, and never take what all of them refuse. What stands inside
/// is compared: openssl does not know every label that RFC 7468 does.
#[test]
fn nothing_is_taken_that_openssl_and_webpki_both_refuse() {
    let root = "certificate/good/root-p384.pem";
    for item in manifest().iter().filter(|one| one.taken()) {
        let (labels, command, wanted): (&[&str], &[&str], &str) = match item.kind.as_str() {
            "request" => (
                &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"],
                &["req", "-verify"],
                "verify OK",
            ),
            "certificate" => (&["CERTIFICATE"], &["x509", "-subject"], "subject="),
            "crl" => (&["X509 CRL"], &["crl", "-CAfile", root], "verify OK"),
            _ => continue,
        };
        let bytes = fs::read(corpus().join(&item.path)).unwrap();
        let der = pem::decode_one(&bytes, labels);
        // Only CRLs are larger than a PEM file may be.
        let der = der.unwrap_or_else(|_| pem::decode_of_any_size(&bytes, labels).unwrap());
        let said = openssl(&der, command);
        let known = said.contains(wanted) || item.kind == "certificate" && webpki_reads(der);
        assert!(known, "{}: {said}", item.path);
    }
}

/// What it writes: its exit code says little.
fn openssl(der: &[u8], arguments: &[&str]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(der).unwrap();
    let output = Command::new("openssl")
        .args(arguments)
        .args(["-noout", "-inform", "DER", "-in"])
        .arg(file.path())
        .current_dir(corpus())
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn webpki_reads(der: Vec<u8>) -> bool {
    webpki::anchor_from_trusted_cert(&rustls_pki_types::CertificateDer::from(der)).is_ok()
}
