//! Every check on both sides of its bound, and a count that none was forgotten.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stand outside the rooms, and one that cannot go on has failed"
)]

#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "../play/mod.rs"]
mod play;

mod adoption;
mod after;
mod algorithms;
mod before;
mod bodies;
mod bundles;
mod certificates;
mod clocks;
mod crl_files;
mod crosses;
mod extensions;
mod issuers;
mod keys;
mod linkerd;
mod made;
mod own_requests;
mod planned;
mod requests;
mod revoked;
mod rsa;
mod subjects;
mod successions;
mod tokens;
mod wishes;

use std::collections::BTreeSet;

use anchorite::check::{CheckId, Finding, Level, Outcome, Refusal};

/// One thing checked, and the outcome that one of its checks must have.
pub(crate) struct Case {
    pub(crate) id: CheckId,
    pub(crate) name: &'static str,
    pub(crate) wanted: Outcome,
    pub(crate) findings: Vec<Finding>,
}

/// The findings of a check that passed or refused.
pub(crate) fn findings<T>(result: Result<(T, Vec<Finding>), Refusal>) -> Vec<Finding> {
    match result {
        Ok((_, findings)) => findings,
        Err(refusal) => {
            let failed = refusal
                .findings
                .iter()
                .find(|finding| finding.outcome == Outcome::Fail);
            // A refusal is named after its first failed check.
            assert_eq!(failed.unwrap().id, refusal.id);
            refusal.findings
        }
    }
}

impl Case {
    pub(crate) fn new(
        id: CheckId,
        wanted: Outcome,
        name: &'static str,
        findings: Vec<Finding>,
    ) -> Self {
        Self {
            id,
            name,
            wanted,
            findings,
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        self.findings
            .iter()
            .find(|finding| finding.id == self.id)
            .map(|finding| finding.outcome)
    }
}

#[test]
fn every_check_passes_and_fails_where_it_must() {
    let mut cases = requests::cases();
    cases.extend(keys::cases());
    cases.extend(rsa::cases());
    cases.extend(subjects::cases());
    cases.extend(wishes::cases());
    cases.extend(before::cases());
    cases.extend(bodies::cases());
    cases.extend(extensions::cases());
    cases.extend(after::cases());
    cases.extend(planned::cases());
    cases.extend(linkerd::cases());
    cases.extend(algorithms::cases());
    cases.extend(certificates::cases());
    cases.extend(bundles::cases());
    cases.extend(crl_files::cases());
    cases.extend(issuers::cases());
    cases.extend(adoption::cases());
    cases.extend(revoked::cases());
    cases.extend(tokens::cases());
    cases.extend(successions::cases());
    cases.extend(crosses::cases());
    cases.extend(clocks::cases());
    cases.extend(own_requests::cases());
    let mut seen: BTreeSet<(CheckId, &str)> = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in &cases {
        if case.outcome() != Some(case.wanted) {
            let (id, name) = (case.id.public(), case.name);
            wrong.push(format!("{id}, {name}: {:?}", case.outcome()));
        }
        seen.insert((case.id, case.wanted.word()));
    }
    assert_eq!(wrong, [""; 0]);
    for id in CheckId::ALL {
        // What is told and never refuses.
        let other = match id.level() {
            Level::Default => Outcome::Notice,
            _ => Outcome::Fail,
        };
        for wanted in [Outcome::Pass, other] {
            assert!(
                seen.contains(&(*id, wanted.word())),
                "no case where {} is {}",
                id.public(),
                wanted.word()
            );
        }
    }
}
