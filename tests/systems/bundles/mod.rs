//! What `set-signed` takes and refuses, row by row, with a real server asked; and what
//! `inspect --as bundle` says of the same bytes. Whatever the server refuses is refused; what it
//! takes in silence and cannot work with is told.

mod mount;
mod rows;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::common::bao::Bao;
use mount::Mount;

/// What the server answers to `set-signed`.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// One issuer with a key, and no word about it.
    Takes,
    /// Taken, with this in a warning.
    Warns(&'static str),
    /// Taken, and no issuer has a key: nothing can be issued.
    Keyless,
    /// An error with these words.
    Refuses(&'static str),
}
use Answer::{Keyless, Refuses, Takes, Warns};

/// The checks that must fail, and those that must tell; where none must fail, none does.
pub struct Told {
    pub fail: &'static [&'static str],
    pub notice: &'static [&'static str],
}

/// Puts a bundle together for a mount.
type Make = fn(&Mount) -> String;
/// Name, the server's answer, ours, and the bundle.
pub type Row = (&'static str, Answer, Told, Make);

/// Where HashiCorp Vault 1.13 answers otherwise.
const ON_VAULT: [(&str, Answer); 3] = [
    ("no key usage", Takes),
    ("no cRLSign", Takes),
    ("no SKI", Refuses("ebuilding the CRL failed")),
];
const VAULTS_BAD_PEM: &str = "provided PEM block contained no data";

/// What is wrong with a server's answer.
fn server_fault(bao: &Bao, mount: &Mount, bundle: &str, wanted: Answer) -> Option<String> {
    let path = format!("{}/intermediate/set-signed", mount.path);
    let answer = bao.post(&path, &json!({ "certificate": bundle }));
    let keyed = |answer: &Value| {
        let mapping = answer["data"]["mapping"].as_object();
        let keys = mapping.into_iter().flatten().map(|(_, key)| key.as_str());
        keys.filter(|key| key.is_some_and(|key| !key.is_empty()))
            .count()
    };
    let warned = |answer: &Value| answer["warnings"].to_string();
    let is_good = match (&answer, wanted) {
        // The mount may always say that it has no URLs: that is no word about the bundle.
        (Ok(answer), Takes) => keyed(answer) == 1 && !warned(answer).contains("CRL failed"),
        (Ok(answer), Warns(words)) => keyed(answer) >= 1 && warned(answer).contains(words),
        (Ok(answer), Keyless) => keyed(answer) == 0,
        (Err(said), Refuses(words)) => said.contains(words),
        _ => false,
    };
    (!is_good).then(|| format!("the server: {answer:?}, not {wanted:?}"))
}

/// What is wrong with what `inspect` says.
fn our_fault(mount: &Mount, bundle: &str, wanted: &Told) -> Option<String> {
    std::fs::write(mount.folder.path().join("bundle.pem"), bundle).unwrap();
    let output = inspect(mount.folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = |outcome: &str| -> Vec<String> {
        let all = report["findings"].as_array().into_iter().flatten();
        let those = all.filter(|one| one["outcome"] == outcome);
        those
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (failed, noticed) = (ids("fail"), ids("notice"));
    let has = |list: &[String], id: &&str| list.iter().any(|one| one == id);
    let is_good = wanted.fail.iter().all(|id| has(&failed, id))
        && wanted.notice.iter().all(|id| has(&noticed, id))
        && wanted.fail.is_empty() == failed.is_empty()
        && output.status.code() == Some(i32::from(!failed.is_empty()));
    (!is_good).then(|| format!("inspect: fails {failed:?}, tells {noticed:?}"))
}

fn inspect(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_anchorite"))
        .args([
            "inspect",
            "bundle.pem",
            "--as",
            "bundle",
            "--request",
            "mount.csr",
            "--json",
        ])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Asks both about every row.
fn judge(what: &str, rows: &[Row]) {
    let bao = Bao::shared();
    let mut faults = Vec::new();
    for (number, (name, answer, told, make)) in rows.iter().enumerate() {
        let mount = Mount::new(&bao, &format!("{what}-{number}"));
        let bundle = make(&mount);
        let answer = match answer {
            Refuses(rows::BAD_PEM) if bao.is_vault() => Refuses(VAULTS_BAD_PEM),
            _ if bao.is_vault() => {
                let other = ON_VAULT.iter().find(|(row, _)| row == name);
                other.map_or(*answer, |(_, answer)| *answer)
            }
            _ => *answer,
        };
        if matches!(answer, Refuses(_)) && told.fail.is_empty() {
            faults.push(format!("{name}: what the server refuses must be refused"));
        }
        let both = server_fault(&bao, &mount, &bundle, answer)
            .into_iter()
            .chain(our_fault(&mount, &bundle, told));
        faults.extend(both.map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_as_people_put_them_together() {
    judge("files", rows::FILES);
}

#[test]
fn certificates_with_one_thing_about_them() {
    judge("certificates", rows::CERTIFICATES);
}

#[test]
fn roots_of_every_kind() {
    judge("roots", rows::ROOTS);
}
