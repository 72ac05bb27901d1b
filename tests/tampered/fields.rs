//! The root's own key in hand: every field of every entry, every line of the seal and every file
//! is changed, one at a time, all digests are made anew and the seal is signed again. The verifier
//! refuses it, or lists that very thing as the tool's word alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anchorite::audit::{self, Verdict};
use anchorite::host::DiskStore;
use anchorite::ledger::chain;
use anchorite::ledger::entry::Event;
use anchorite::ledger::layout;
use serde_json::Value;

use crate::ledger::{How, World};
use crate::tamper::{ONE, Scene};
use crate::{later_life, revoked};

/// The word of an event's type. Without a wildcard: a new one is asked for here.
fn word(event: &Event) -> &'static str {
    match event {
        Event::Begin { .. } => "begin",
        Event::Resumed { .. } => "resumed",
        Event::Environment { .. } => "environment",
        Event::TokenOpened { .. } => "token-opened",
        Event::StepBegun { .. } => "step-begun",
        Event::Checked { .. } => "checked",
        Event::Question { .. } => "question",
        Event::Answer { .. } => "answer",
        Event::KeyIntended { .. } => "key-intended",
        Event::KeyReady { .. } => "key-ready",
        Event::SignIntended { .. } => "sign-intended",
        Event::Signed { .. } => "signed",
        Event::Issued { .. } => "issued",
        Event::CopyConfirmed { .. } => "copy-confirmed",
        Event::DestructionAnnounced { .. } => "destruction-announced",
        Event::DestructionIntended { .. } => "destruction-intended",
        Event::KeyDestroyed { .. } => "key-destroyed",
        Event::Revoked { .. } => "revoked",
        Event::Adopted { .. } => "adopted",
        Event::HandedOver { .. } => "handed-over",
        Event::Interrupted { .. } => "interrupted",
        Event::ClockBehind { .. } => "clock-behind",
        Event::Aborted { .. } => "aborted",
        Event::Close { .. } => "close",
    }
}

/// Every type that stands in a transcript; the other two come after the seal, which does not
/// cover them.
const IN_TRANSCRIPTS: usize = 22;

/// One change of one line: where, as `type.field`, and the line.
struct Change {
    path: String,
    at: usize,
    /// `None`: the line is dropped.
    line: Option<String>,
}

/// Another value of the same kind.
fn other(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![Value::from("x")],
        Value::Bool(yes) => vec![Value::from(!yes)],
        Value::Number(number) => vec![Value::from(number.as_u64().unwrap() + 1)],
        Value::String(text) => vec![Value::from(another(text))],
        Value::Array(list) => {
            let mut longer = list.clone();
            longer.push(list.first().cloned().unwrap_or_else(|| Value::from("x")));
            let shorter = list
                .split_last()
                .map(|(_, rest)| Value::from(rest.to_vec()));
            shorter.into_iter().chain([Value::from(longer)]).collect()
        }
        Value::Object(_) => Vec::new(),
    }
}

/// A digest stays one, a time stays one, everything else is a letter longer.
fn another(text: &str) -> String {
    let hex = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex {
        let last = if text.ends_with('0') { "1" } else { "0" };
        return format!("{}{last}", &text[..text.len() - 1]);
    }
    if text.len() == 20 && text.ends_with('Z') {
        let last = if text.ends_with("1Z") { "0Z" } else { "1Z" };
        return format!("{}{last}", &text[..18]);
    }
    format!("{text}x")
}

/// Every way in which one value below `value` is another, with its path.
fn changes(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    for one in other(value) {
        found.push((path.to_owned(), one));
    }
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let mut below = Vec::new();
                changes(inner, &format!("{path}.{name}"), &mut below);
                for (path, changed) in below {
                    let mut all = fields.clone();
                    all[name] = changed;
                    found.push((path, Value::from(all)));
                }
            }
        }
        Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                let mut below = Vec::new();
                changes(inner, path, &mut below);
                for (path, changed) in below {
                    let mut all = list.clone();
                    all[at] = changed;
                    found.push((path, Value::from(all)));
                }
            }
        }
        _ => {}
    }
}

/// All changes of a transcript, each path of each type once; of a check, for each thing that was
/// checked.
fn all_changes(transcript: &[u8]) -> Vec<Change> {
    let (entries, _) = chain::read(transcript).unwrap();
    let text = std::str::from_utf8(transcript).unwrap();
    let mut done: BTreeSet<(String, String)> = BTreeSet::new();
    let mut list = Vec::new();
    for (at, (entry, line)) in entries.iter().zip(text.lines()).enumerate() {
        let event = entry.event.as_ref().unwrap();
        let value: Value = serde_json::from_str(line).unwrap();
        let kind = match event {
            Event::Checked { what, .. } => format!("checked {what}"),
            Event::Question { id, .. } | Event::Answer { id, .. } => {
                format!("{} {id}", word(event))
            }
            _ => word(event).to_owned(),
        };
        let mut found = Vec::new();
        changes(&value["data"], word(event), &mut found);
        let data = found.into_iter().map(|(path, changed)| {
            let mut all = value.clone();
            all["data"] = changed;
            (path, Some(all.to_string()))
        });
        let outer = ["time", "mono_ms", "step", "actor"]
            .iter()
            .flat_map(|name| {
                let value = &value;
                other(&value[*name]).into_iter().map(move |changed| {
                    let mut all = value.clone();
                    all[*name] = changed;
                    ((*name).to_owned(), Some(all.to_string()))
                })
            });
        let nobody = value["step"].is_string().then(|| {
            let mut all = value.clone();
            all["step"] = Value::Null;
            ("step".to_owned(), Some(all.to_string()))
        });
        let answered = entries
            .get(at + 1)
            .is_some_and(|next| matches!(next.event, Ok(Event::Answer { .. })));
        let absence = match event {
            Event::Answer {
                accepted: false, ..
            } => "answer, wrong",
            Event::Question { .. } if !answered => "question, unanswered",
            event => word(event),
        };
        let dropped = (format!("absence:{absence}"), None);
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for (path, line) in data.chain(outer).chain(nobody).chain([dropped]) {
            let time = times.entry(path.clone()).or_default();
            *time += 1;
            let key = format!("{path} {time} {}", line.is_none());
            if *time <= 2 && done.insert((kind.clone(), key)) {
                list.push(Change { path, at, line });
            }
        }
    }
    list
}

/// Whether the list of what is told names this, or something that it is a part of.
fn is_told(told: &[String], path: &str) -> bool {
    let names = |one: &String| {
        path.strip_prefix(one.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    told.iter().any(names)
}

/// The verdict of the whole ledger, and what is told of one ceremony.
pub(crate) fn judged(scene: &Scene<'_>) -> (Verdict, Vec<String>) {
    let mut store = DiskStore::open_read_only(&scene.copy.path).unwrap();
    let report = audit::ledger(&mut store, &scene.world.root(), None);
    let own = report
        .ceremonies
        .iter()
        .find(|one| one.folder == scene.ceremony);
    (
        report.verdict,
        own.map(|one| one.told.clone()).unwrap_or_default(),
    )
}

/// A copy of the ledger that ends with this ceremony: no later seal names the one that is changed.
pub(crate) fn alone<'w>(world: &'w World, ceremony: &'static str) -> Scene<'w> {
    let scene = Scene::of(world, ceremony);
    for entry in fs::read_dir(&scene.copy.path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap() > ceremony {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    scene
}

/// Tries every change of a ceremony: what is believed all the same is told.
#[track_caller]
fn tried(world: &World, ceremony: &'static str) {
    let mut faults = Vec::new();
    let scene = alone(world, ceremony);
    let (verdict, _) = judged(&scene);
    assert_ne!(verdict, Verdict::Refused, "{ceremony}");
    let names = [
        layout::TRANSCRIPT,
        layout::SUMS,
        layout::SEAL,
        layout::ROOT_SIGNATURE,
    ];
    let good: Vec<(&str, Option<Vec<u8>>)> = names
        .iter()
        .map(|name| (*name, fs::read(scene.one(name)).ok()))
        .collect();
    let restore = || {
        for (name, bytes) in &good {
            match bytes {
                Some(bytes) => scene.write(name, bytes),
                None => drop(fs::remove_file(scene.one(name))),
            }
        }
    };
    let signed = good[3].1.is_some();
    let reseal = || {
        scene.reseal();
        if signed {
            scene.sign(scene.seal().ended);
        }
    };
    let mut count = 0;
    let mut judge = |path: &str, what: &str| {
        count += 1;
        let (verdict, told) = judged(&scene);
        let believed = !matches!(verdict, Verdict::Refused | Verdict::NotChecked(_));
        if believed && !is_told(&told, path) {
            faults.push(format!("{ceremony}: {path}: {what}"));
        }
    };
    for change in all_changes(&scene.read(layout::TRANSCRIPT)) {
        scene.chained(|lines| match &change.line {
            Some(line) => lines[change.at] = format!("{line}\n"),
            None => drop(lines.remove(change.at)),
        });
        reseal();
        let what = format!("entry {}: {:?}", change.at + 1, change.line);
        judge(&change.path, &what);
        restore();
    }
    // A space, and a character escaped otherwise, in each line that has one.
    for (from, to) in [
        (",\"data\":{", ",\"data\":{ "),
        ("\"kind\":\"p", "\"kind\":\"\\u0070"),
    ] {
        scene.chained(|lines| {
            let line = lines.iter_mut().find(|line| line.contains(from)).unwrap();
            *line = line.replacen(from, to, 1);
        });
        reseal();
        judge("form", to);
        restore();
    }
    let seal = scene.text(layout::SEAL);
    for (at, line) in seal.lines().enumerate() {
        let (name, value) = line.split_once(' ').unwrap();
        let changed = match value.parse::<u64>() {
            Ok(number) => (number + 1).to_string(),
            Err(_) => another(value),
        };
        let lines: Vec<String> = seal
            .lines()
            .enumerate()
            .map(|(row, line)| {
                if row == at {
                    format!("{name} {changed}\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        scene.write(layout::SEAL, lines.concat());
        if signed
            && let Ok(seal) = anchorite::ledger::seal::Seal::from_text(&scene.read(layout::SEAL))
        {
            scene.sign(seal.ended);
        }
        judge(&format!("SEAL.txt {name}"), &changed);
        restore();
    }
    let files = scene.files();
    for file in files.iter().filter(|file| !layout::is_outside_sums(file)) {
        if names.contains(&file.as_str()) {
            continue;
        }
        let bytes = scene.read(file);
        scene.write(file, [bytes.as_slice(), b"\n"].concat());
        reseal();
        judge(file, "a line more");
        // Without a lock no seal can be made.
        if file != layout::SCRIPT_LOCK {
            fs::remove_file(scene.one(file)).unwrap();
            reseal();
            judge(file, "gone");
        }
        scene.write(file, &bytes);
        restore();
    }
    assert!(
        faults.is_empty(),
        "{} of {count}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The first ceremony, stopped twice and gone on with; at the end its clock went back.
fn interrupted() -> World {
    let mut world = World::new();
    let leave = |question| How {
        leave_at: Some((question, 0)),
        ..How::default()
    };
    let resume = How {
        resume: true,
        ..How::default()
    };
    world
        .hold_first_as(crate::ledger::FIRST, leave("generate"))
        .unwrap_err();
    let left = How {
        resume: true,
        ..leave("seal")
    };
    world.hold_first_as(crate::ledger::FIRST, left).unwrap_err();
    let torn = world
        .path()
        .join("0001-acme-root.open")
        .join(layout::TRANSCRIPT);
    let mut bytes = fs::read(&torn).unwrap();
    bytes.extend(b"{\"n\":99,\"pr");
    fs::write(&torn, bytes).unwrap();
    world.hold_first_as(crate::ledger::FIRST, resume).unwrap();
    world
}

/// The first ceremony, given up.
fn given_up() -> World {
    let mut world = World::new();
    world.hold_first();
    let inputs = [
        ("root.pem", world.root_pem()),
        ("fra1.csr", crate::ledger::csr("fra1 CA")),
    ];
    let leave = How {
        leave_at: Some(("approve", 1)),
        ..How::default()
    };
    world
        .hold(crate::ledger::SECOND, &inputs, leave)
        .unwrap_err();
    world.abort("acme-more");
    world
}

/// Tells of a clock that went back in a ceremony that has no such entry.
fn with_a_clock_behind(scene: &Scene<'_>) {
    scene.chained(|lines| {
        let at = lines
            .iter()
            .rposition(|line| line.contains("\"question\""))
            .unwrap();
        let mut told: Value = serde_json::from_str(&lines[at]).unwrap();
        told["type"] = Value::from("clock-behind");
        told["data"] = serde_json::json!({ "clock": "2026-10-01T00:00:00Z" });
        lines.insert(at, format!("{told}\n"));
    });
    scene.insider();
}

/// The types of a ledger's entries.
fn types(world: &World, seen: &mut BTreeSet<&'static str>) {
    for entry in fs::read_dir(world.path()).unwrap() {
        let path = entry.unwrap().path().join(layout::TRANSCRIPT);
        if let Ok(bytes) = fs::read(path) {
            let (entries, _) = chain::read(&bytes).unwrap();
            seen.extend(entries.iter().flat_map(|one| &one.event).map(word));
        }
    }
}

#[test]
fn every_type_of_entry_is_tried() {
    let mut seen = BTreeSet::new();
    for world in [
        World::with_two(),
        interrupted(),
        given_up(),
        revoked(),
        later_life::lived(),
        later_life::adopted(),
    ] {
        types(&world, &mut seen);
    }
    // No ceremony here has a clock that goes back: one is told of it.
    let two = World::with_two();
    let scene = alone(&two, ONE);
    with_a_clock_behind(&scene);
    assert_eq!(judged(&scene).0, Verdict::Verified);
    seen.insert("clock-behind");
    assert_eq!(seen.len(), IN_TRANSCRIPTS, "{seen:?}");
}

#[test]
fn every_field_of_a_first_ceremony() {
    tried(&World::with_two(), ONE);
}

#[test]
fn every_field_of_a_second_ceremony() {
    tried(&World::with_two(), "0002-acme-more");
}

#[test]
fn every_field_of_a_ceremony_that_was_stopped() {
    tried(&interrupted(), ONE);
}

#[test]
fn every_field_of_a_ceremony_that_was_given_up() {
    tried(&given_up(), "0002-acme-more");
}

#[test]
fn every_field_of_a_revocation() {
    tried(&revoked(), crate::GONE);
}

#[test]
fn every_field_of_a_later_life_and_its_end() {
    let lived = later_life::lived();
    tried(&lived, later_life::CHANGED);
    tried(&lived, later_life::END);
}

#[test]
fn every_field_of_an_adoption() {
    tried(&later_life::adopted(), later_life::ADOPT);
}
