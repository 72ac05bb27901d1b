//! Deeds that put an entry out of its turn, one for each sentence that refuses it.

use serde_json::Value;

use super::provoked::{Deed, HANDED, signed};
use crate::lines::{changed, copied, field, moved, without};
use crate::tamper::{ONE, Scene, TWO};

const DATE: &[&str] = &["\"type\":\"question\"", "\"id\":\"date\""];
const OPENED: &[&str] = &["\"type\":\"token-opened\""];
const APPROVE: &[&str] = &["\"type\":\"question\"", "\"id\":\"approve\""];
const BEGUN: &[&str] = &["\"type\":\"step-begun\""];
const ETCD: &[&str] = &["\"type\":\"sign-intended\"", "clusters/etcd/nyc3/pki"];
const ROOT_BODY: &[&str] = &["\"type\":\"checked\"", "\"what\":\"certificate root\""];
const ROOT_ISSUED: &[&str] = &["\"type\":\"checked\"", "\"what\":\"issued root\""];
const ROOT_INTENT: &[&str] = &["\"type\":\"sign-intended\"", "\"product\":\"root\""];
const PKI: &[&str] = &["\"type\":\"signed\"", "\"product\":\"clusters/pki\""];
const ETCD_SIGNED: &[&str] = &["\"type\":\"signed\"", "clusters/etcd/nyc3/pki"];

pub(super) const OUT_OF_TURN: &[Deed] = &[
    (ONE, true, |s| moved(s, DATE, OPENED)),
    (ONE, true, |s| moved(s, ROOT_BODY, ROOT_INTENT)),
    (ONE, true, |s| moved(s, ROOT_ISSUED, APPROVE)),
    (ONE, true, |s| moved(s, HANDED, BEGUN)),
    (ONE, true, |s| copied(s, BEGUN, BEGUN, str::to_owned)),
    (ONE, true, |s| copied(s, BEGUN, ETCD, str::to_owned)),
    (ONE, true, |s| {
        copied(s, ROOT_BODY, ROOT_BODY, str::to_owned)
    }),
    (ONE, true, |s| moved(s, PKI, ETCD_SIGNED)),
    (ONE, true, |s| without(s, BEGUN)),
    (ONE, true, |s| {
        changed(s, ETCD_SIGNED, |line| {
            let signature = field(line, "signature");
            line.replace(&signature, &signature.to_uppercase())
        });
    }),
    (ONE, true, |s| {
        handed(s, |files| {
            let mut more = files[0].clone();
            more["path"] = Value::from("out/root.crl");
            files.push(more);
        });
    }),
    (ONE, true, |s| handed(s, |files| files.swap(0, 1))),
    (TWO, false, |s| signed(s, |seal| seal.edition = 0)),
];

/// The files of the hand-over's record, changed.
fn handed(s: &Scene<'_>, change: impl FnOnce(&mut Vec<Value>)) {
    changed(s, HANDED, |line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        change(value["data"]["files"].as_array_mut().unwrap());
        format!("{value}\n")
    });
}
