//! Deeds that put an entry out of its turn, one for each sentence that refuses it.

use super::provoked::{Deed, HANDED};
use crate::lines::{copied, moved};
use crate::tamper::ONE;

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
];
