//! The same with files of a folder: sums, lock, plan, seal, and folders of a ledger.

use std::fs;

use anchorite::digest::Digest;
use anchorite::ledger::kinds::CeremonyKind;
use anchorite::plan::SealMode;
use anchorite::plan::document::PlanDocument;

use super::provoked::{Deed, HANDED, place, replaced, signed};
use crate::T;
use crate::ledger::copy_tree;
use crate::lines::{changed, field, line};
use crate::tamper::{ONE, Scene, TWO};

const FILE: &str = "script/ceremony.toml";
const PLAN: &str = "script/ceremony.plan";
const LOCK: &str = "script/ceremony.lock";

fn planned(s: &Scene<'_>, change: impl FnOnce(&mut PlanDocument)) {
    let mut plan = PlanDocument::from_bytes(&s.read(PLAN)).unwrap();
    change(&mut plan);
    s.write(PLAN, plan.to_bytes());
    s.relock();
}

/// What is done to the files of the first two ceremonies.
pub(crate) const OF_FILES: &[Deed] = &[
    (ONE, false, |s| {
        s.write("SHA256SUMS", s.text("SHA256SUMS").replacen('\n', "\r\n", 1))
    }),
    (ONE, false, |s| {
        s.write("SHA256SUMS", format!("{}{}", s.text("SHA256SUMS"), "x\n"))
    }),
    (ONE, false, |s| {
        let seal = format!("{}  SEAL.txt\n", Digest::of(&s.read("SEAL.txt")));
        s.write("SHA256SUMS", format!("{seal}{}", s.text("SHA256SUMS")));
    }),
    (ONE, false, |s| {
        fs::create_dir_all(s.one(&format!("evidence{}", "/x".repeat(40)))).unwrap()
    }),
    (ONE, true, |s| {
        fs::remove_file(s.one("out/pki/bundle.pem")).unwrap()
    }),
    (ONE, true, |s| {
        replaced(s, HANDED, "out/HANDOVER.md", "out/HANDOVER.mb")
    }),
    (ONE, true, |s| {
        changed(s, HANDED, |line| {
            let start = line.find("{\"path\"").unwrap();
            let end = start + line[start..].find('}').unwrap() + 1;
            line.replacen(&line[start..end], &format!("{0},{0}", &line[start..end]), 1)
        });
    }),
    // Lock and plan.
    (ONE, true, |s| s.write(LOCK, "x\n")),
    (ONE, true, |s| {
        let text = s.text(LOCK);
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.swap(2, 3);
        s.write(LOCK, lines.concat());
    }),
    (ONE, true, |s| s.write("in/more.csr", "x")),
    (ONE, true, |s| s.write(FILE, b"\xff\xfe")),
    (ONE, true, |s| s.write(FILE, "format = 1\n")),
    (ONE, true, |s| {
        planned(s, |plan| plan.root.subject = "3000".to_owned())
    }),
    (ONE, true, |s| {
        planned(s, |plan| plan.root.key = "rsa:4096".to_owned())
    }),
    (ONE, true, |s| {
        planned(s, |plan| {
            plan.root.algorithm = "ecdsa-with-SHA256".to_owned()
        })
    }),
    (ONE, true, |s| {
        planned(s, |plan| plan.steps[1].approval_sha256 = Some(Digest::ZERO))
    }),
    (ONE, true, |s| {
        planned(s, |plan| {
            plan.steps[2].products[1].mount = Some("../pki".to_owned())
        });
    }),
    (TWO, true, |s| {
        planned(s, |plan| plan.ledger.next_crl_number = 9)
    }),
    (TWO, true, |s| {
        planned(s, |plan| plan.ledger.head = Digest::ZERO)
    }),
    (TWO, true, |s| {
        planned(s, |plan| plan.root.certificate_sha256 = Some(Digest::ZERO))
    }),
    (ONE, true, |s| planned(s, |plan| plan.edition = 0)),
    (ONE, true, |s| {
        let begin = &["\"type\":\"begin\""];
        let plan = field(&line(s, begin), "plan_sha256");
        replaced(s, begin, &plan, &Digest::ZERO.to_string());
    }),
    (ONE, true, |s| {
        replaced(s, &["\"type\":\"begin\""], "\"acme-root\"", "\"acme-toor\"")
    }),
    (TWO, true, |s| {
        let begin = &["\"type\":\"begin\""];
        changed(s, begin, |line| {
            let root = field(line, "root");
            line.replace(&format!("\"root\":\"{root}\""), "\"root\":null")
        });
    }),
    (TWO, true, |s| {
        let begin = &["\"type\":\"begin\""];
        let root = field(&line(s, begin), "root");
        replaced(s, begin, &root, "3000");
    }),
    (ONE, true, |s| {
        let answer = &["\"type\":\"answer\"", "\"accepted\":true"];
        replaced(
            s,
            answer,
            "\"accepted\":true",
            "\"accepted\":true,\"more\":1",
        );
    }),
    // The seal.
    (ONE, false, |s| s.write("SEAL.txt.root.p7s", "no CMS")),
    (ONE, false, |s| {
        // SignedData of another version.
        let mut bytes = s.read("SEAL.txt.root.p7s");
        let at = place(&bytes, &[2, 1, 1, 0x31]);
        bytes[at + 2] = 3;
        s.write("SEAL.txt.root.p7s", bytes);
    }),
    (ONE, false, |s| s.write("SEAL.txt.attrs", "x")),
    (ONE, false, |s| {
        s.write(
            "SEAL.txt",
            s.text("SEAL.txt").replace("edition 1", "edition 7"),
        )
    }),
    (ONE, false, |s| {
        s.write("SEAL.txt", s.text("SEAL.txt").replace("seal/0", "seal/1"))
    }),
    // The ledger.
    (ONE, false, |s| {
        for folder in [ONE, TWO] {
            fs::remove_dir_all(s.path(folder)).unwrap();
        }
    }),
    (TWO, false, |s| {
        signed(s, |seal| seal.kind = CeremonyKind::Rehearsal)
    }),
    (TWO, false, |s| {
        signed(s, |seal| seal.mode = SealMode::None);
        fs::remove_file(s.one("SEAL.txt.root.p7s")).unwrap();
        planned(s, |plan| plan.seal = SealMode::None);
        s.sealed(|seal| seal.mode = SealMode::None);
    }),
    (TWO, false, |s| {
        copy_tree(&s.path(ONE), &s.path("0003-acme-more.new"))
    }),
    (TWO, false, |s| {
        fs::create_dir(s.path("0003-acme-more.new")).unwrap();
        fs::copy(s.one(T), s.path("0003-acme-more.new").join(T)).unwrap();
    }),
    (ONE, false, |s| {
        let sparse = fs::File::create(s.one("evidence/large")).unwrap();
        sparse.set_len(2 << 30).unwrap();
    }),
];
