//! What of a report is held for ever: everything but words that may be said better, and what
//! follows from the moment of reading.

use serde_json::{Map, Value, json};

/// A report of `verify --json`, without what may change. `script` is how `verify.sh` ended.
pub fn kept(exit: i32, mut report: Value, script: Option<i32>) -> Value {
    strip(&mut report);
    let whole = report.as_object_mut().expect("a report is an object");
    whole.insert("exit".to_owned(), json!(exit));
    if let Some(code) = script {
        whole.insert("script_exit".to_owned(), json!(code));
    }
    report
}

/// Checks become a map from id to outcome. Notices are words; of a life, what depends on the
/// moment is left out.
fn strip(report: &mut Value) {
    let whole = report.as_object_mut().expect("a report is an object");
    whole.remove("notices");
    let checks = whole.remove("checks").expect("checks");
    whole.insert("checks".to_owned(), outcomes(&checks));
    for one in whole
        .get_mut("ceremonies")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        strip(one);
    }
    if let Some(life) = whole.get_mut("life") {
        timeless(life);
    }
}

fn outcomes(checks: &Value) -> Value {
    let mut found = Map::new();
    for check in checks.as_array().expect("checks are a list") {
        let passed = check["passed"].as_bool().expect("passed");
        let id = check["id"].as_str().expect("id");
        let before = found.get(id).and_then(Value::as_bool).unwrap_or(true);
        found.insert(id.to_owned(), json!(before && passed));
    }
    Value::Object(found)
}

fn timeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["at", "state", "overdue"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(timeless);
        }
        Value::Array(values) => values.iter_mut().for_each(timeless),
        _ => {}
    }
}

/// Where a report lacks what was recorded. It may have more fields, and more checks that pass.
pub fn missing(recorded: &Value, found: &Value, path: &str, faults: &mut Vec<String>) {
    match (recorded, found) {
        (Value::Object(recorded), Value::Object(found)) => {
            for (name, value) in recorded {
                let path = format!("{path}.{name}");
                missing(
                    value,
                    found.get(name).unwrap_or(&Value::Null),
                    &path,
                    faults,
                );
            }
            for (name, value) in found {
                if path.ends_with(".checks") && !recorded.contains_key(name) && value == false {
                    faults.push(format!(
                        "{path}.{name}: it is broken, and was not recorded so"
                    ));
                }
            }
        }
        (Value::Array(recorded), Value::Array(found)) if recorded.len() == found.len() => {
            for (at, (recorded, found)) in recorded.iter().zip(found).enumerate() {
                missing(recorded, found, &format!("{path}[{at}]"), faults);
            }
        }
        _ if recorded == found => {}
        _ => faults.push(format!("{path}: recorded {recorded}, found {found}")),
    }
}

#[test]
fn more_may_come_and_nothing_may_go() {
    let recorded = json!({"exit": 0, "checks": {"A": true}, "list": [1], "none": null});
    let differs = |found: Value| {
        let mut faults = Vec::new();
        missing(&recorded, &found, "x", &mut faults);
        faults.len()
    };
    let more = json!({"exit": 0, "new": 1, "checks": {"A": true, "B": true}, "list": [1]});
    assert_eq!(differs(more), 0);
    for (name, value) in [
        ("exit", json!(8)),
        ("checks", json!({"B": true})),
        ("checks", json!({"A": false})),
        ("checks", json!({"A": true, "B": false})),
        ("list", json!([])),
        ("list", json!([1, 2])),
        ("none", json!(1)),
    ] {
        let mut found = recorded.clone();
        found[name] = value;
        assert_eq!(differs(found), 1, "{name}");
    }
}
