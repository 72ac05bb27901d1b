//! A small matcher for the JSON Schemas in `docs/reference/schema/`: the words they use, and no
//! others, so that a schema cannot ask for what nobody checks.

use std::path::Path;

use serde_json::Value;

/// What does not match, with its place; empty where all of it does.
pub fn faults(schema: &str, value: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/reference/schema")
        .join(format!("{schema}.json"));
    let text = std::fs::read_to_string(path).unwrap();
    let root: Value = serde_json::from_str(&text).unwrap();
    let mut faults = Vec::new();
    check(&root, &root, value, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let mut fault = |words: &str| faults.push(format!("{place}: {words}: {value}"));
    let mut below: Vec<(&Value, &Value, String)> = Vec::new();
    for (word, wanted) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "$defs" | "title" => {}
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                let target = root.pointer(pointer).unwrap();
                below.push((target, value, place.to_owned()));
            }
            "const" if wanted != value => fault("not the one value"),
            "enum" if !wanted.as_array().unwrap().contains(value) => fault("not one of"),
            "const" | "enum" => {}
            "type" if !is_of_type(wanted, value) => fault("of another type"),
            "type" => {}
            "minimum" => {
                if value.as_i64().is_some_and(|n| n < wanted.as_i64().unwrap()) {
                    fault("too small");
                }
            }
            "pattern" => {
                assert_eq!(wanted, "^[0-9a-f]{64}$", "the only one that is known here");
                let is_digest = |text: &str| {
                    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                };
                if value.as_str().is_some_and(|text| !is_digest(text)) {
                    fault("no digest");
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    below.push((wanted, item, format!("{place}[{at}]")));
                }
            }
            "required" => {
                for key in wanted.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        fault(&format!("lacks {key}"));
                    }
                }
            }
            "properties" => {
                for (key, inner) in wanted.as_object().unwrap() {
                    if let Some(found) = value.get(key) {
                        below.push((inner, found, format!("{place}.{key}")));
                    }
                }
            }
            "additionalProperties" => {
                let known = schema.get("properties");
                for (key, found) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.get(key).is_some()) {
                        continue;
                    }
                    if wanted == false {
                        fault(&format!("has {key}, which the schema does not"));
                    } else {
                        below.push((wanted, found, format!("{place}.{key}")));
                    }
                }
            }
            "anyOf" => {
                let fits = |one: &Value| {
                    let mut inner = Vec::new();
                    check(root, one, value, place, &mut inner);
                    inner.is_empty()
                };
                if !wanted.as_array().unwrap().iter().any(fits) {
                    fault("fits none of anyOf");
                }
            }
            other => panic!("{place}: the schema word {other} is not checked here"),
        }
    }
    for (schema, value, place) in below {
        check(root, schema, value, &place, faults);
    }
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    if let Some(list) = wanted.as_array() {
        return list.iter().any(|one| is_of_type(one, value));
    }
    match wanted.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other}"),
    }
}
