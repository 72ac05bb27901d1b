//! What a folder of a ledger is called, how its files are kept, and how large it is: a ceremony
//! that somebody renamed is not passed over, copies of hard links verify, and no folder costs
//! more than a limit.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ledger.rs"]
#[allow(dead_code)]
mod ledger;

use std::fs::{self, File};
use std::io::Read as _;
use std::io::Seek as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anchorite::audit::{self, LedgerReport, Verdict};
use anchorite::ceremony::abort::abort;
use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::mirror::standing;
use anchorite::host::{DiskStore, StoreRules};
use ledger::{Copy, FIRST, How, SECOND, Ticking, World, copy_tree, csr};
use wait4::Wait4 as _;

const ONE: &str = "0001-acme-root";
const TWO: &str = "0002-acme-more";
const OPEN: &str = "0002-acme-more.open";
const NEW: &str = "0002-acme-more.new";
const NO_LEFTOVER: &str = "and nothing lays that out before a ceremony begins";

fn verified(ledger: &Path, world: &World) -> LedgerReport {
    let mut store = DiskStore::open_read_only(ledger).unwrap();
    audit::ledger(&mut store, &world.root(), None)
}

/// Every file below a folder, with its bytes.
fn below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

/// One ceremony, and a second one that stops as it begins or at its signatures.
fn stopped_at(question: &'static str) -> World {
    let mut world = World::new();
    world.hold_first();
    let inputs = [("root.pem", world.root_pem()), ("fra1.csr", csr("fra1 CA"))];
    let how = How {
        leave_at: Some((question, 0)),
        ..How::default()
    };
    world.hold(SECOND, &inputs, how).unwrap_err();
    world
}

/// Refused by the auditor, and by everything that would write; and it all stays.
#[track_caller]
fn not_passed_over(copy: &Copy, world: &World, name: &str, what: &str) {
    let report = verified(&copy.path, world);
    assert_eq!(report.verdict, Verdict::Refused, "{}", report.to_text());
    let broken: Vec<_> = report.checks.iter().filter(|one| !one.passed).collect();
    let words = format!("it holds {what}, {NO_LEFTOVER}");
    assert!(
        broken.iter().any(|one| {
            one.id == "VERIFY-LEDGER" && one.place == name && one.words.starts_with(&words)
        }),
        "{broken:?}"
    );
    let before = below(&copy.path);
    let mut store = DiskStore::open(&copy.path, StoreRules::Rehearsal).unwrap();
    let refused = LedgerView::read(&mut store).unwrap_err().to_string();
    assert!(refused.contains(name), "{refused}");
    assert!(refused.contains(&words), "{refused}");
    let mut clock = Ticking(0);
    let aborted = abort(&mut store, &mut clock, "acme-more").unwrap_err();
    assert_eq!(aborted.to_string(), refused);
    drop(store);
    assert_eq!(below(&copy.path), before);
}

#[test]
fn a_ceremony_that_is_called_a_leftover_is_refused_and_stays() {
    let world = World::with_two();
    let copy = world.copy();
    fs::rename(copy.path.join(TWO), copy.path.join(NEW)).unwrap();
    not_passed_over(&copy, &world, NEW, "SEAL.txt");

    // What is left of a ceremony once its seal and sums are taken away.
    for gone in ["SEAL.txt", "SEAL.txt.root.p7s", "SHA256SUMS", "VERIFY.txt"] {
        fs::remove_file(copy.path.join(NEW).join(gone)).unwrap();
    }
    let kept = fs::read_dir(copy.path.join(NEW).join("evidence")).unwrap();
    assert!(kept.count() > 0);
    let report = verified(&copy.path, &world);
    assert_eq!(report.verdict, Verdict::Refused, "{}", report.to_text());
    for folder in ["evidence", "out"] {
        fs::remove_dir_all(copy.path.join(NEW).join(folder)).unwrap();
    }
    let what = "more than the first entry of a transcript";
    not_passed_over(&copy, &world, NEW, what);

    let open = stopped_at("approve");
    let copy = open.copy();
    fs::rename(copy.path.join(OPEN), copy.path.join(NEW)).unwrap();
    let report = verified(&copy.path, &open);
    assert_eq!(report.verdict, Verdict::Refused, "{}", report.to_text());
}

#[test]
fn anything_that_is_never_laid_out_is_told_by_its_name() {
    let world = World::with_two();
    for (path, what) in [
        ("SEAL.txt", "SEAL.txt"),
        ("SHA256SUMS", "SHA256SUMS"),
        ("notes", "notes"),
        ("SEAL.txt.part", "SEAL.txt.part"),
        ("out/root.pem", "out/root.pem"),
        ("evidence/token.json.part", "evidence/token.json.part"),
        ("private/scan", "private"),
        ("script/more", "script/more"),
        (
            "transcript.jsonl",
            "more than the first entry of a transcript",
        ),
    ] {
        let copy = world.copy();
        fs::remove_dir_all(copy.path.join(TWO)).unwrap();
        let path = copy.path.join(NEW).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"{\"n\":1}\n{").unwrap();
        not_passed_over(&copy, &world, NEW, what);
    }
}

#[test]
fn what_a_run_left_that_died_early_is_told_and_goes_with_the_next() {
    let mut world = World::new();
    world.hold_first();
    let new = world.path().join(NEW);
    for folder in ["script", "in/requests", "out", "evidence"] {
        fs::create_dir_all(new.join(folder)).unwrap();
    }
    for (path, text) in [
        ("script/ceremony.toml", "x"),
        ("script/ceremony.plan.part", "x"),
        ("in/requests/SEAL.txt", "x"),
        ("transcript.jsonl", "{\"n\":1}\n"),
    ] {
        fs::write(new.join(path), text).unwrap();
    }
    for text in ["{\"n\":1}\n", "{\"n\":1", ""] {
        fs::write(new.join("transcript.jsonl"), text).unwrap();
        let report = verified(&world.path(), &world);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        let words = format!("{NEW} was left by a run that died before its ceremony began");
        assert!(report.notices.contains(&words), "{}", report.to_text());
    }
    world.hold_second();
    assert!(!new.exists());
    let report = verified(&world.path(), &world);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
}

/// A mirror's copy that was cut short is made again; what only the mirror has is never removed.
#[test]
fn a_mirror_keeps_what_the_ledger_does_not_have() {
    let world = World::with_two();
    let (ours, theirs) = (world.copy(), world.copy());
    let stands = || {
        let [mut ledger, mut mirror] =
            [&ours, &theirs].map(|one| DiskStore::open_read_only(&one.path).unwrap());
        standing(&mut ledger, &mut mirror).map(|found| found.words())
    };
    let new = theirs.path.join(NEW);
    fs::rename(theirs.path.join(TWO), &new).unwrap();
    let lagging = format!("the mirror lagged, and was brought up to date: {TWO}");
    assert_eq!(stands().unwrap(), lagging);
    // Cut short within the transcript, or at a line that was torn in the ledger too.
    let transcript = new.join("transcript.jsonl");
    let whole = fs::read(&transcript).unwrap();
    for cut in [whole.len() - 1, whole.len() / 2] {
        fs::write(&transcript, &whole[..cut]).unwrap();
        assert_eq!(stands().unwrap(), lagging);
    }
    let refused = |path: &str, bytes: &[u8]| {
        fs::write(new.join(path), bytes).unwrap();
        let words = format!(
            "the mirror is ahead of the ledger: it holds {NEW}/{path}, and the ledger does not"
        );
        assert_eq!(stands().unwrap_err().to_string(), words);
    };
    refused("transcript.jsonl", &[&whole[..], b"{\"n\":99}\n"].concat());
    fs::write(&transcript, &whole).unwrap();
    refused("SEAL.txt.alice.sig", b"-----BEGIN SSH SIGNATURE-----\n");
    fs::remove_file(new.join("SEAL.txt.alice.sig")).unwrap();
    refused("SEAL.txt", b"another");
    // And a ceremony that the ledger has not at all.
    fs::remove_dir_all(ours.path.join(TWO)).unwrap();
    assert!(stands().unwrap_err().to_string().contains(NEW));
}

#[test]
fn copies_of_hard_links_verify_and_the_ledger_goes_on() {
    let mut world = World::new();
    world.hold_first();
    let copy = world.copy();
    let linked = copy.folder.path().join("linked");
    let made = Command::new("cp")
        .arg("-al")
        .arg(world.path())
        .arg(&linked)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let links = std::os::unix::fs::MetadataExt::nlink;
    let seal = linked.join(ONE).join("SEAL.txt");
    assert_eq!(links(&fs::metadata(&seal).unwrap()), 2);
    let before = below(&linked);
    let root = copy.root_pem();
    let root = root.to_str().unwrap();
    let ledger = linked.to_str().unwrap();
    let one = linked.join(ONE);
    let one = one.to_str().unwrap();
    let transcript = format!("{one}/transcript.jsonl");
    for arguments in [
        &["verify", ledger, "--root", root][..],
        &["verify", one, "--root", root],
        &["report", ledger, "--root", root, "--calendar"],
        &["inspect", &transcript],
    ] {
        let answer = run(arguments);
        assert_eq!(answer.exit, Some(0), "{arguments:?}: {}", answer.text);
    }
    let script = Command::new("dash")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.sh"))
        .args([one, root])
        .output()
        .unwrap();
    assert!(script.status.success(), "{script:?}");
    // The copy shares every file of the first ceremony with the ledger, and the lock.
    world.hold_second();
    let report = verified(&world.path(), &world);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    assert_eq!(below(&linked), before);
}

#[test]
fn an_open_ceremony_with_second_names_is_not_written() {
    let mut world = World::new();
    let left = How {
        leave_at: Some(("approve", 0)),
        ..How::default()
    };
    world.hold_first_as(FIRST, left).unwrap_err();
    let copy = tempfile::tempdir().unwrap();
    let linked = copy.path().join("linked");
    let made = Command::new("cp")
        .arg("-al")
        .arg(world.path())
        .arg(&linked)
        .status();
    assert!(made.unwrap().success());
    let before = below(&linked);
    let resume = How {
        resume: true,
        ..How::default()
    };
    let refused = world.hold_first_as(FIRST, resume).unwrap_err();
    let words = "transcript.jsonl has a second name (a hard link), and what is written to one is \
                 written to both";
    assert!(refused.ends_with(words), "{refused}");
    assert_eq!(below(&linked), before);
    drop(copy);
    world.hold_first_as(FIRST, resume).unwrap();
}

struct Answer {
    exit: Option<i32>,
    text: String,
    memory: u64,
}

/// The program, with what it said and the most memory it had.
fn run(arguments: &[&str]) -> Answer {
    let mut said = tempfile::tempfile().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_anchorite"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(said.try_clone().unwrap())
        .stderr(said.try_clone().unwrap())
        .spawn()
        .unwrap();
    let used = child.wait4().unwrap();
    let mut text = String::new();
    said.rewind().unwrap();
    said.read_to_string(&mut text).unwrap();
    Answer {
        exit: used.status.code(),
        text,
        memory: used.rusage.maxrss,
    }
}

const MIB: u64 = 1 << 20;

fn sparse(path: &Path, bytes: u64) {
    let file = File::create(path).unwrap();
    file.set_len(bytes).unwrap();
}

#[test]
fn a_folder_of_gigabytes_is_refused_before_it_is_read() {
    let world = World::with_two();
    let copy = world.copy();
    let root = copy.root_pem();
    let (root, ledger) = (root.to_str().unwrap(), copy.path.to_str().unwrap());
    let verify = |path: &str| run(&["verify", path, "--root", root]);
    let usual = verify(ledger);
    assert_eq!(usual.exit, Some(0), "{}", usual.text);
    let inside = copy.path.join(ONE).join("evidence");
    for n in 0..40 {
        sparse(&inside.join(format!("tbs-{n}.der")), 200 * MIB);
    }
    let one = format!("{ledger}/{ONE}");
    for path in [ledger, &one] {
        let answer = verify(path);
        assert_eq!(answer.exit, Some(1), "{}", answer.text);
        let text = answer.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = "VERIFY-FILES the folder: its files have more than 1073741824 bytes together";
        assert!(text.contains(words), "{}", answer.text);
        assert!(!text.contains("is not there"), "{}", answer.text);
        assert!(
            answer.memory < usual.memory + 32 * MIB,
            "{} MiB",
            answer.memory / MIB
        );
    }
    // A single file above the limit of one.
    for n in 0..40 {
        fs::remove_file(inside.join(format!("tbs-{n}.der"))).unwrap();
    }
    sparse(&inside.join("tbs.der"), 300 * MIB);
    let answer = verify(ledger);
    assert_eq!(answer.exit, Some(1), "{}", answer.text);
    assert!(answer.memory < usual.memory + 32 * MIB);
}

/// One folder is in memory at a time.
#[test]
fn a_ledger_costs_no_more_than_its_largest_folder() {
    let world = World::with_two();
    let copy = world.copy();
    for (n, name) in ["0003-c", "0004-d", "0005-e"].into_iter().enumerate() {
        copy_tree(&copy.path.join([ONE, TWO, ONE][n]), &copy.path.join(name));
    }
    for name in [ONE, TWO, "0003-c", "0004-d", "0005-e"] {
        sparse(&copy.path.join(name).join("evidence/more.bin"), 100 * MIB);
    }
    let root = copy.root_pem();
    let ledger = copy.path.to_str().unwrap();
    let answer = run(&["verify", ledger, "--root", root.to_str().unwrap()]);
    assert_eq!(answer.exit, Some(1), "{}", answer.text);
    let text = answer.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let read = text.matches("VERIFY-FILES evidence/more.bin: stands in no line");
    assert_eq!(read.count(), 5, "{text}");
    let most = answer.memory / MIB;
    assert!((100..250).contains(&most), "{most} MiB");
}

#[test]
fn a_folder_of_too_many_files_is_refused() {
    let world = World::with_two();
    let copy = world.copy();
    let inside = copy.path.join(TWO).join("in");
    let first = inside.join("first");
    fs::write(&first, b"").unwrap();
    // Names of one file are quicker made than files; ext4 gives one at most 65,000.
    for folder in ["a", "b", "c"] {
        fs::create_dir(inside.join(folder)).unwrap();
        for n in 0..22_000 {
            let name = inside.join(folder).join(n.to_string());
            let from = if folder == "c" {
                &inside.join("second")
            } else {
                &first
            };
            if !from.exists() {
                fs::write(from, b"").unwrap();
            }
            fs::hard_link(from, name).unwrap();
        }
    }
    let report = verified(&copy.path, &world);
    let text = report.to_text();
    assert_eq!(report.verdict, Verdict::Refused, "{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("VERIFY-FILES the folder: more than 65536 files and folders"),
        "{text}"
    );
}
