//! Deeds that provoke one refusing sentence each, beyond those that other tables do already.

use std::fs;

use anchorite::digest::Digest;
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::serial::Serial;

use crate::T;
use crate::later_life::cases::{Other, certified_otherwise};
use crate::lines::{changed, copied, field, line, without};
use crate::tamper::{ONE, Scene, TWO};

/// The ceremony that is changed, whether the root signs the result, and the deed.
pub(crate) type Deed = (&'static str, bool, fn(&Scene<'_>));

pub(super) const CLOSE: &[&str] = &["\"type\":\"close\""];
const OPENED: &[&str] = &["\"type\":\"token-opened\""];
const LAPTOP: &[&str] = &["\"type\":\"environment\""];
const READY: &[&str] = &["\"type\":\"key-ready\""];
pub(super) const HANDED: &[&str] = &["\"type\":\"handed-over\""];
const CRL_INTENT: &[&str] = &["\"type\":\"sign-intended\"", "\"kind\":\"crl\""];
const PKI: &[&str] = &["\"type\":\"signed\"", "\"product\":\"clusters/pki\""];

pub(super) fn replaced(s: &Scene<'_>, marks: &[&str], from: &str, to: &str) {
    changed(s, marks, |line| line.replacen(from, to, 1));
}

/// A line of this type in the place of a copy of another.
fn event(s: &Scene<'_>, before: &[&str], kind: &str, step: Option<&str>, data: &str) {
    copied(s, before, before, |line| {
        let head = line.split_once(",\"type\":").unwrap().0;
        let actor = field(line, "actor");
        let step = step.map_or("null".to_owned(), |step| format!("\"{step}\""));
        format!(
            "{head},\"type\":\"{kind}\",\"step\":{step},\"actor\":\"{actor}\",\"data\":{data}}}\n"
        )
    });
}

/// The CRL's body changed, its file and every digest of it with it.
fn listed(s: &Scene<'_>, change: impl FnOnce(&mut Vec<u8>)) {
    let path = field(&line(s, CRL_INTENT), "tbs_file");
    let old = s.read(&path);
    let mut new = old.clone();
    change(&mut new);
    assert_ne!(old, new);
    let [old, digest] = [&old, &new].map(|bytes| Digest::of(bytes).to_string());
    fs::remove_file(s.one(&path)).unwrap();
    s.write(&path.replace(&old, &digest), new);
    s.chained(|lines| {
        for line in lines {
            *line = line.replace(&old, &digest);
        }
    });
}

pub(super) fn place(bytes: &[u8], of: &[u8]) -> usize {
    bytes.windows(of.len()).position(|part| part == of).unwrap()
}

fn unasked(s: &Scene<'_>, id: &str) {
    let id = format!("\"id\":\"{id}\"");
    without(s, &["\"type\":\"question\"", &id]);
    without(s, &["\"type\":\"answer\"", &id]);
}

pub(super) fn signed(s: &Scene<'_>, change: impl FnOnce(&mut anchorite::ledger::seal::Seal)) {
    s.sealed(change);
    s.sign(s.seal().ended);
}

const INTENDED: &str = "{\"id\":\"00\",\"label\":\"acme-root\",\"spki_sha256\":\
    \"0000000000000000000000000000000000000000000000000000000000000000\"}";

/// What is done to the transcripts and seals of the first two ceremonies.
pub(crate) const OF_TRANSCRIPTS: &[Deed] = &[
    // Questions and answers.
    (ONE, true, |s| {
        let question = &["\"type\":\"question\"", "\"id\":\"begin\""];
        copied(s, question, question, str::to_owned);
    }),
    (ONE, true, |s| {
        for kind in ["question", "answer"] {
            let kind = format!("\"type\":\"{kind}\"");
            replaced(
                s,
                &[&kind, "\"id\":\"seal\""],
                "\"id\":\"seal\"",
                "\"id\":\"sea\"",
            );
        }
    }),
    (ONE, true, |s| {
        without(s, &["\"type\":\"question\"", "\"id\":\"seal\""])
    }),
    (ONE, true, |s| {
        replaced(
            s,
            &["\"type\":\"question\"", "\"id\":\"begin\""],
            "of the lock",
            "of the rock",
        )
    }),
    (ONE, true, |s| unasked(s, "date")),
    // Bodies.
    (ONE, true, |s| {
        s.write("in/k8s.csr", "no request");
        s.relock();
    }),
    (ONE, true, |s| {
        let subject = Some(Name::build(&[(AttributeType::CommonName, "Somebody else")]));
        let other = Other {
            subject,
            ..Other::default()
        };
        certified_otherwise(s, "clusters/pki", &other);
    }),
    (ONE, true, |s| {
        let serial = Some(Serial::parse("4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f").unwrap());
        let other = Other {
            serial,
            ..Other::default()
        };
        certified_otherwise(s, "root", &other);
    }),
    (ONE, true, |s| {
        replaced(s, CRL_INTENT, "\"time\":\"2026", "\"time\":\"2027")
    }),
    (ONE, true, |s| {
        replaced(s, CRL_INTENT, "\"time\":\"2026", "\"time\":\"2020")
    }),
    (ONE, true, |s| {
        replaced(s, PKI, "ecdsa-with-SHA384", "ecdsa-with-SHA256")
    }),
    (ONE, true, |s| copied(s, PKI, PKI, str::to_owned)),
    (TWO, true, |s| {
        // Dated before the CRL before it.
        listed(s, |body| {
            let at = place(body, &[0x17, 13]);
            body[at + 2] = b'1';
        });
    }),
    (TWO, true, |s| {
        listed(s, |body| {
            let at = place(body, &[0x55, 0x1d, 0x14, 4, 3, 2, 1]);
            body[at + 7] = 1;
        });
    }),
    (TWO, true, |s| {
        listed(s, |body| {
            let at = place(body, &[0x55, 0x1d, 0x14, 4, 3, 2, 1]);
            body[at + 2] = 0x1b;
        });
    }),
    (ONE, true, |s| {
        replaced(s, CRL_INTENT, "\"kind\":\"crl\"", "\"kind\":\"crls\"")
    }),
    // What was checked.
    (TWO, true, |s| {
        replaced(
            s,
            &["the token's note"],
            "\"LEDGER-NOTE\"",
            "\"LEDGER-NOT\"",
        )
    }),
    (ONE, true, |s| {
        replaced(
            s,
            &["\"what\":\"issued root\""],
            "\"outcome\":\"pass\"",
            "\"outcome\":\"fail\"",
        )
    }),
    (ONE, true, |s| without(s, &["\"what\":\"issued root\""])),
    (ONE, true, |s| without(s, &["\"what\":\"profile vault\""])),
    // The key.
    (ONE, true, |s| {
        replaced(s, READY, "\"how\":\"generated\"", "\"how\":\"found\"")
    }),
    (ONE, true, |s| {
        replaced(s, READY, "\"spki\":\"30", "\"spki\":\"31")
    }),
    (ONE, true, |s| copied(s, READY, READY, str::to_owned)),
    (ONE, true, |s| {
        replaced(s, &["\"type\":\"key-intended\""], "ec:P-384", "ec:P-256")
    }),
    // Times.
    (ONE, false, |s| {
        signed(s, |seal| seal.started = seal.ended.offset(1))
    }),
    (TWO, false, |s| {
        signed(s, |seal| seal.started = seal.started.offset(-3600))
    }),
    (ONE, true, |s| {
        let behind = "{\"clock\":\"2030-01-01T00:00:00Z\"}";
        event(s, &["\"id\":\"begin\""], "clock-behind", None, behind);
    }),
    // Sessions.
    (ONE, true, |s| {
        let two = fs::read_to_string(s.path(TWO).join(T)).unwrap();
        let note = two
            .lines()
            .find(|line| line.contains("the token's note"))
            .unwrap();
        let note = format!("{}\n", note.replace("\"operator\"", "\"alice\""));
        copied(s, &["\"step\":\"key\""], &["\"step\":\"key\""], |_| note);
    }),
    (ONE, true, |s| {
        fs::remove_file(s.one("evidence/console.cast")).unwrap()
    }),
    (ONE, true, |s| {
        changed(s, OPENED, |line| {
            let soft = line.replace("\"model\":\"soft\"", "\"model\":\"SoftHSM v2\"");
            soft.replace("\"software\"", "\"hardware\"")
        });
    }),
    (ONE, true, |s| {
        replaced(s, HANDED, "\"step\":null", "\"step\":\"crl\"")
    }),
    (ONE, true, |s| {
        let file = "{\"findings\":[{\"id\":\"X\",\"words\":\"a radio\"}]}\n";
        let old = Digest::of(&s.read("evidence/environment.json")).to_string();
        s.write("evidence/environment.json", file);
        replaced(s, LAPTOP, &old, &Digest::of(file.as_bytes()).to_string());
    }),
    (ONE, true, |s| without(s, LAPTOP)),
    (ONE, true, |s| copied(s, LAPTOP, LAPTOP, str::to_owned)),
    (TWO, true, |s| without(s, &["the token's note"])),
    (ONE, true, |s| {
        replaced(
            s,
            OPENED,
            "\"label\":\"acme-root\"",
            "\"label\":\"acme-boot\"",
        )
    }),
    (ONE, true, |s| copied(s, OPENED, OPENED, str::to_owned)),
    (ONE, true, |s| without(s, OPENED)),
    (ONE, true, |s| s.write("evidence/token.json", "{}")),
    (ONE, true, |s| {
        replaced(s, LAPTOP, "\"actor\":\"alice\"", "\"actor\":\"mallory\"")
    }),
    // The order of entries.
    (ONE, true, |s| {
        replaced(s, &["\"type\":\"begin\""], "transcript/0", "transcript/1")
    }),
    (ONE, true, |s| {
        let begin = &["\"type\":\"begin\""];
        copied(s, begin, LAPTOP, str::to_owned);
    }),
    (ONE, true, |s| {
        replaced(s, HANDED, "\"handed-over\"", "\"handed-off\"")
    }),
    (ONE, true, |s| {
        replaced(s, CLOSE, "\"signatures_kept\":4", "\"signatures_kept\":3")
    }),
    (ONE, true, |s| copied(s, HANDED, HANDED, str::to_owned)),
    (ONE, true, |s| {
        replaced(s, CLOSE, "\"completed\"", "\"aborted\"")
    }),
    (ONE, true, |s| {
        let none = "{\"signed\":[],\"possibly_signed\":[]}";
        event(s, CLOSE, "aborted", None, none);
        replaced(s, CLOSE, "\"completed\"", "\"aborted\"");
    }),
    (ONE, true, |s| without(s, CLOSE)),
    (ONE, true, |s| {
        s.chained(|lines| lines.push(lines[lines.len() - 2].clone()));
    }),
    (ONE, true, |s| {
        event(s, HANDED, "destruction-intended", None, INTENDED)
    }),
    // Lines that are none.
    (ONE, true, |s| {
        s.lines(|lines| {
            let last = lines.last_mut().unwrap();
            *last = last.replacen("{\"n\":51", "{\"n\":52", 1);
        })
    }),
];
