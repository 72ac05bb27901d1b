//! Independent judges on what ceremonies make: every root over every request, and the ready
//! ceremonies. Each judge that knows the algorithms accepts the chain with the ceremony's CRL,
//! and says dead when the next CRL names the intermediate. `make judges` asks all of them,
//! `make test` those that every machine has.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::print_stdout,
    reason = "the table is what `make judges` is for"
)]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod kinds;
mod material;
mod panel;
mod report;
mod revoking;
mod webpki_judge;

use std::path::{Path, PathBuf};

use kinds::{REQUESTS, ROOTS};
use material::Workshop;
use panel::{Knows, judges, rule};

/// The files below `ceremonies/` that stand by themselves: the others go on from what an earlier
/// ceremony has issued.
fn ready() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("ceremonies");
    let mut files: Vec<PathBuf> = std::fs::read_dir(top)
        .unwrap()
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .filter(|path| stands_alone(&std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

fn stands_alone(text: &str) -> bool {
    let file: toml::Table = text.parse().unwrap();
    let later = |step: &toml::Value| {
        ["certificate", "certificates", "previous", "renew", "rekey"]
            .iter()
            .any(|field| step.get(field).is_some())
    };
    let steps = file["step"].as_array().unwrap();
    let requests = steps
        .iter()
        .filter_map(|step| step.get("request")?.as_array());
    let bundle = file.get("handover").and_then(|one| one.get("trust_bundle"));
    let beside = bundle.is_some_and(|bundle| bundle.get("also").is_some());
    let crl = toml::Value::from("issue-crl");
    let has_crl = steps.iter().any(|step| step.get("do") == Some(&crl));
    !beside && has_crl && !steps.iter().chain(requests.flatten()).any(later)
}

/// A profile for Linkerd takes two of the roots.
fn fits(path: &Path, root: &str) -> bool {
    let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let profiles = file.get("profile").and_then(toml::Value::as_table);
    let mut profiles = profiles.into_iter().flat_map(toml::Table::values);
    let for_linkerd = profiles.any(|one| {
        let base = one.get("base").and_then(toml::Value::as_str);
        base == Some("linkerd")
    });
    !for_linkerd || ["ec:P-256", "rsa:4096 sha256"].contains(&root)
}

#[test]
fn every_judge_that_knows_the_algorithms_agrees() {
    let all = std::env::var_os("ANCHORITE_ALL_JUDGES").is_some_and(|set| !set.is_empty());
    // RSA keys of 4096 bits take long to make; other tests have such roots in every run.
    let taken = |name: &str| all || !name.contains("4096");
    let workshop = Workshop::new(taken);
    let kinds: Vec<_> = REQUESTS.iter().filter(|kind| taken(kind.name)).collect();
    let mut chains = Vec::new();
    for root in ROOTS.iter().filter(|root| taken(root.name)) {
        chains.extend(workshop.every_request(root, &kinds));
        // In every run below one root, so that a file that cannot be judged is seen.
        let judged = all || root.name == "ec:P-256";
        let files = if judged { ready() } else { Vec::new() };
        for file in files.iter().filter(|file| fits(file, root.name)) {
            // A ceremony's requests differ by their names alone.
            chains.extend(workshop.ready(file, root).into_iter().take(2));
        }
    }
    let knows = Knows::read();
    let rulings = rule(&judges(all), &knows, &chains);
    if all {
        println!("{}", report::markdown(&rulings, &knows));
    }
    let wrong = report::wrong(&rulings);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
