//! What stands in a folder beside what its seal covers: `verify` and `verify.sh` say the same.

use std::fs;

use anchorite::ledger::layout;
use anchorite::plan::SealMode;

use crate::held::{Folder, NAME};

/// Name, deed, and what both must name.
type Case = (&'static str, fn(&mut Folder), &'static str);

/// Both refuse these.
pub const REFUSED: &[Case] = &[
    ("an empty folder", |f| folder(f, "more"), "more"),
    (
        "an empty folder in a folder that may be",
        |f| folder(f, "evidence/more"),
        "evidence/more",
    ),
    ("empty folders in out/", |f| folder(f, "out/a/b"), "out/a"),
    (
        "a folder like a person's signature",
        |f| folder(f, "SEAL.txt.alice.sig"),
        "SEAL.txt.alice.sig",
    ),
    (
        "a folder like the root's signature",
        |f| {
            f.remove(layout::ROOT_SIGNATURE);
            folder(f, layout::ROOT_SIGNATURE);
        },
        layout::ROOT_SIGNATURE,
    ),
    (
        "a folder like the other form's signature",
        |f| folder(f, layout::ROOT_ATTRIBUTES),
        layout::ROOT_ATTRIBUTES,
    ),
    (
        "a folder like what came after the seal",
        |f| folder(f, layout::POST_SEAL),
        layout::POST_SEAL,
    ),
    (
        "a file in a folder like a signature",
        |f| f.write("SEAL.txt.alice.sig/x", "x"),
        "SEAL.txt.alice.sig/x",
    ),
    ("an empty folder for scans", |f| folder(f, "scans"), "scans"),
    (
        "a file that may be withheld one day",
        |f| f.write("private/x", "x"),
        "private/x",
    ),
    (
        "a time stamp of the plan",
        |f| f.write("script/ceremony.plan.tsr", "x"),
        "script/ceremony.plan.tsr",
    ),
    (
        "a proof in a folder below",
        |f| f.write("out/SEAL.txt.log.proof", "x"),
        "out/SEAL.txt.log.proof",
    ),
    (
        "a name in capital letters",
        |f| f.write("SEAL.txt.Alice.sig", "x"),
        "SEAL.txt.Alice.sig",
    ),
    ("a link", |f| link(f, "evidence/link"), "evidence/link"),
    (
        "a link like a time stamp",
        |f| link(f, "SEAL.txt.tsr"),
        "SEAL.txt.tsr",
    ),
    (
        "a half-written file that is listed",
        |f| {
            f.write("evidence/x.part", "x");
            f.reseal();
        },
        "evidence/x.part",
    ),
    ("a signature that was taken away", stripped, "SEAL.txt"),
    ("an open ceremony's name", |f| named(f, ".open"), "open"),
    ("another ceremony's name", |f| named(f, "-2"), "root-2"),
];

/// Both take these, and say that nothing covers them.
pub const RESERVED: [&str; 8] = [
    "SEAL.txt.tsr",
    "SEAL.txt.alice.sig.tsr",
    "SEAL.txt.root.p7s.tsr",
    "SEAL.txt.log.proof",
    "post-seal.jsonl.tsr",
    "post-seal.jsonl.root.p7s",
    "script/ceremony.lock.tsr",
    "scans/page 1.jpg",
];

fn folder(folder: &Folder, path: &str) {
    fs::create_dir_all(folder.place.join(path)).unwrap();
}

fn link(folder: &Folder, path: &str) {
    std::os::unix::fs::symlink("../transcript.jsonl", folder.place.join(path)).unwrap();
}

fn named(folder: &mut Folder, more: &str) {
    let to = folder.place.with_file_name(format!("{NAME}{more}"));
    fs::rename(&folder.place, &to).unwrap();
    folder.place = to;
}

/// The seal says that nobody signed, though the plan wants the root to.
fn stripped(folder: &mut Folder) {
    folder.remove(layout::ROOT_SIGNATURE);
    let mut seal = folder.seal();
    seal.mode = SealMode::None;
    folder.write(layout::SEAL, seal.to_text());
}
