//! The same with ceremonies of a root's later life, and with one that was given up.

use std::fs;

use anchorite::digest::Digest;

use super::provoked::{CLOSE, Deed, replaced};
use crate::GONE;
use crate::later_life::{ADOPT, CHANGED, END};
use crate::ledger::copy_tree;
use crate::lines::{changed, find, moved, without};
use crate::tamper::{ONE, Scene};

const AFTER: &str = "post-seal.jsonl";
const FILE: &str = "script/ceremony.toml";
const PROOF: &[&str] = &["\"type\":\"sign-intended\"", "\"kind\":\"possession\""];

/// What stands after the seal, changed and chained anew: nothing covers it.
fn after(s: &Scene<'_>, change: impl FnOnce(&mut Vec<String>)) {
    let text = s.text(AFTER);
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    let mut prev = s.seal().digest();
    for (at, line) in lines.iter_mut().enumerate() {
        let rest = &line[line.find(",\"time\":").unwrap()..];
        *line = format!("{{\"n\":{},\"prev\":\"{prev}\"{rest}", at + 1);
        prev = Digest::of(line.as_bytes());
    }
    s.write(AFTER, lines.concat());
}

fn changed_after(s: &Scene<'_>, marks: &[&str], from: &str, to: &str) {
    after(s, |lines| {
        let at = find(lines, marks);
        lines[at] = lines[at].replacen(from, to, 1);
    });
}

fn dropped_after(s: &Scene<'_>, marks: &[&str]) {
    after(s, |lines| drop(lines.remove(find(lines, marks))));
}

/// What is done to a root's later life.
pub(crate) const LIVED_ON: &[Deed] = &[
    (END, true, |s| {
        without(s, &["\"type\":\"signed\"", "\"product\":\"crl\""])
    }),
    (END, false, |s| {
        changed_after(
            s,
            &["\"type\":\"answer\""],
            "\"accepted\":true",
            "\"accepted\":false",
        )
    }),
    (END, false, |s| {
        dropped_after(s, &["\"type\":\"destruction-intended\""])
    }),
    (CHANGED, false, |s| {
        fs::copy(s.path(END).join(AFTER), s.one(AFTER)).unwrap();
        after(s, |_| {});
    }),
    (END, false, |s| {
        changed_after(
            s,
            &["\"type\":\"key-destroyed\""],
            "\"label\":\"acme",
            "\"label\":\"acne",
        );
    }),
    (END, false, |s| {
        let mut bytes = s.read(AFTER);
        bytes.push(b'x');
        s.write(AFTER, bytes);
    }),
    (END, false, |s| dropped_after(s, &["\"type\":\"answer\""])),
    (END, false, |s| {
        after(s, |lines| {
            let head = lines[0].split_once(",\"type\":").unwrap().0.to_owned();
            lines.insert(
                0,
                format!(
                    "{head},\"type\":\"interrupted\",\"step\":null,\"actor\":\"operator\",\"data\":{{\"at\":\"x\"}}}}\n"
                ),
            );
        });
    }),
    (END, false, |s| {
        s.write(AFTER, s.text(AFTER).replacen("\"answer\"", "\"Answer\"", 1))
    }),
    (END, false, |s| {
        copy_tree(&s.path(CHANGED), &s.path("0004-acme-changed"))
    }),
    // Proofs of possession.
    (CHANGED, true, |s| {
        replaced(s, PROOF, "\"product\":\"copy\"", "\"product\":\"cope\"")
    }),
    (CHANGED, true, |s| {
        s.write("evidence/possession-copy.txt", "x")
    }),
    (CHANGED, true, |s| {
        s.write("evidence/possession-copy.p7s", "x")
    }),
    (CHANGED, true, |s| {
        without(s, &["\"type\":\"signed\"", "\"product\":\"copy\""])
    }),
];

/// What is done to a revocation.
pub(crate) const REVOKED: &[Deed] = &[
    (GONE, true, |s| moved(s, &["\"type\":\"revoked\""], CLOSE)),
    (GONE, true, |s| without(s, &["\"type\":\"revoked\""])),
    (GONE, true, |s| without(s, &["\"what\":\"revocation of "])),
];

/// What is done to a root that was taken over.
pub(crate) const TAKEN_OVER: &[Deed] = &[
    (ADOPT, true, |s| s.write("in/one.pem", "x")),
    (ADOPT, true, |s| {
        let adopted = &["\"type\":\"adopted\""];
        changed(s, adopted, |line| {
            let start = line.find("\"root\":{").unwrap();
            let end = start + line[start..].find('}').unwrap() + 1;
            format!("{}\"root\":null{}", &line[..start], &line[end..])
        });
    }),
    (ADOPT, false, |s| {
        copy_tree(&s.path(ADOPT), &s.path("0002-acme-adopt"))
    }),
    (ADOPT, true, |s| {
        // Of another ceremony file, which adopts nothing.
        let text = s.text(FILE);
        let start = text.find("[[step]]\nid = \"adopt\"").unwrap();
        let end = start + 1 + text[start + 1..].find("[[step]]").unwrap();
        s.write(FILE, [&text[..start], &text[end..]].concat());
        s.relock();
    }),
];

/// What is done to a ceremony that was given up before its root was.
pub(crate) const GIVEN_UP: &[Deed] = &[
    (ONE, false, |s| {
        let intent = &["\"type\":\"sign-intended\""];
        replaced(
            s,
            intent,
            "\"product\":\"root\"",
            "\"product\":\"clusters/pki\"",
        );
        s.reseal();
    }),
    (ONE, false, |s| {
        replaced(
            s,
            &["\"type\":\"aborted\""],
            "\"possibly_signed\":[\"root\"]",
            "\"possibly_signed\":[]",
        );
        s.reseal();
    }),
];
