//! The root's own key in hand, and the transcript's lines in another order, twice, or several of
//! them gone: all that names a line's number follows, times stay in their order, everything is
//! made anew and signed again. The verifier refuses it but where the order is told to be a tool's
//! word.

use std::collections::BTreeMap;

use anchorite::audit::Verdict;
use anchorite::ledger::layout;
use serde_json::Value;

use crate::fields::{alone, judged};
use crate::ledger::World;
use crate::tamper::Scene;

/// Lines as an insider would write them: `order` names the old lines, each by its place.
fn in_order(old: &[String], order: &[usize]) -> Vec<String> {
    let values: Vec<Value> = old
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut number: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, line) in order.iter().enumerate() {
        number.entry(*line as u64 + 1).or_insert(at + 1);
    }
    let mut latest = (String::new(), 0);
    order
        .iter()
        .map(|line| {
            let mut value = values[*line].clone();
            let time = value["time"].as_str().unwrap().to_owned();
            let mono = value["mono_ms"].as_u64().unwrap();
            latest = (latest.0.clone().max(time), latest.1.max(mono));
            value["time"] = Value::from(latest.0.clone());
            value["mono_ms"] = Value::from(latest.1);
            for name in ["intent", "again_of"] {
                let told = value["data"].get(name).and_then(Value::as_u64);
                if let Some(now) = told.and_then(|told| number.get(&told)) {
                    value["data"][name] = Value::from(*now);
                }
            }
            format!("{value}\n")
        })
        .collect()
}

/// Whether the ledger is believed with the lines in this order.
fn believed(scene: &Scene<'_>, old: &[String], order: &[usize]) -> bool {
    scene.chained(|lines| *lines = in_order(old, order));
    scene.insider();
    let (verdict, _) = judged(scene);
    !matches!(verdict, Verdict::Refused | Verdict::NotChecked(_))
}

/// Types whose order among themselves is a tool's word: the checks before one question, and
/// whether what one approval allows is signed together.
fn are_alike(types: &[&str]) -> bool {
    types.iter().all(|one| *one == "checked")
        || types
            .iter()
            .all(|one| ["sign-intended", "signed"].contains(one))
}

/// All that one line can do, near its place and at each question.
fn orders(types: &[&str]) -> Vec<(String, Vec<usize>, bool)> {
    let count = types.len();
    let all: Vec<usize> = (0..count).collect();
    let question = |at: usize| types[at] == "question" || at == 1 || at + 1 == count;
    let mut list = Vec::new();
    for line in 0..count {
        for to in 0..count {
            let near = line.abs_diff(to) <= 4;
            if !near && !question(to) {
                continue;
            }
            let mut moved = all.clone();
            moved.remove(line);
            moved.insert(to, line);
            let passed = &types[line.min(to)..=line.max(to)];
            let what = format!("line {} to {}", line + 1, to + 1);
            list.push((what, moved, line == to || are_alike(passed)));
            let mut twice = all.clone();
            twice.insert(to, line);
            list.push((
                format!("line {} again at {}", line + 1, to + 1),
                twice,
                false,
            ));
            if line < to && near {
                let gone = all.iter().copied();
                let gone = gone.filter(|one| *one < line || *one > to);
                list.push((
                    format!("no line {} to {}", line + 1, to + 1),
                    gone.collect(),
                    false,
                ));
            }
        }
    }
    list
}

#[track_caller]
fn tried(world: &World, ceremony: &'static str) {
    let scene = alone(world, ceremony);
    let old: Vec<String> = scene
        .text(layout::TRANSCRIPT)
        .lines()
        .map(str::to_owned)
        .collect();
    let types: Vec<String> = old
        .iter()
        .map(|line| crate::lines::field(line, "type"))
        .collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let all: Vec<usize> = (0..old.len()).collect();
    assert!(believed(&scene, &old, &all), "{ceremony}");
    let mut wrong = Vec::new();
    for (what, order, may) in orders(&types) {
        if !may && believed(&scene, &old, &order) {
            wrong.push(what);
        }
    }
    assert!(wrong.is_empty(), "{ceremony}: {}", wrong.join("\n"));
}

#[test]
fn every_order_of_a_first_ceremony() {
    tried(&World::with_two(), crate::tamper::ONE);
}
