//! The rooms use only those below them, the edges are named in their rooms alone, and one line
//! signs.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read the sources must fail"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each room may import of this crate.
const ROOMS: [(&str, &[&str]); 16] = [
    ("rules", &[]),
    ("edition", &[]),
    ("digest", &[]),
    ("x509", &["digest"]),
    ("ssh", &["digest", "x509"]),
    ("ports", &["digest", "x509"]),
    ("plan", &["digest", "edition", "x509", "ssh", "ports"]),
    ("ledger", &["digest", "edition", "x509", "ports", "plan"]),
    (
        "check",
        &[
            "digest", "edition", "x509", "ssh", "ports", "plan", "ledger",
        ],
    ),
    (
        "issue",
        &["digest", "x509", "ports", "plan", "ledger", "check"],
    ),
    (
        "handover",
        &[
            "digest", "edition", "x509", "ssh", "ports", "plan", "ledger", "check", "issue",
        ],
    ),
    (
        "audit",
        &[
            "digest", "edition", "x509", "ssh", "ports", "plan", "ledger", "check", "issue",
            "handover",
        ],
    ),
    (
        "ceremony",
        &[
            "digest", "edition", "x509", "ssh", "ports", "plan", "ledger", "check", "issue",
            "handover",
        ],
    ),
    ("host", &["digest", "x509", "ports"]),
    ("token", &["digest", "x509", "ports"]),
    (
        "cli",
        &[
            "digest", "edition", "x509", "ssh", "ports", "plan", "ledger", "check", "issue",
            "handover", "audit", "ceremony", "host", "token",
        ],
    ),
];

/// What is named in some rooms only.
const EDGES: [(&str, &[&str]); 12] = [
    ("std::fs", &["host", "token"]),
    ("std::env", &["host"]),
    ("env::var", &["host"]),
    ("std::process", &["host"]),
    ("SystemTime", &["host"]),
    ("Instant", &["host"]),
    ("rustix::", &["host"]),
    ("signal_hook", &["host"]),
    ("indicatif", &["host"]),
    ("cryptoki", &["token"]),
    ("ssh_key::", &["ssh"]),
    ("clap::", &["cli"]),
];

/// The sources by path below `src`, without comments and without what is compiled for tests
/// alone.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                let code: Vec<&str> = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .collect();
                found.insert(name, code.join("\n"));
            }
        }
    }
    assert!(found.len() > 40, "the sources were not found");
    found
}

fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn each_room_uses_only_those_below_it() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let room = room_of(&path);
        if room == "lib" || room == "main" {
            continue;
        }
        let (_, allowed) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{path} is in no room: add it to the map"));
        for (other, _) in ROOMS.iter().filter(|(name, _)| *name != room) {
            if code.contains(&format!("crate::{other}")) && !allowed.contains(other) {
                wrong.push(format!("{path} uses {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn edges_are_named_in_their_rooms_alone() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let room = room_of(&path);
        for (edge, rooms) in EDGES {
            // main turns the exit code over and parses; that is its whole job.
            if code.contains(edge) && !rooms.contains(&room) && room != "main" {
                wrong.push(format!("{path} names {edge}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn one_line_signs() {
    let callers: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| room_of(path) != "token")
        .flat_map(|(path, code)| {
            let calls = code.matches("token.sign(").count() + code.matches("Token::sign(").count();
            std::iter::repeat_n(path, calls)
        })
        .collect();
    assert_eq!(callers, ["ceremony/steps/sign.rs"]);
}

#[test]
fn no_verb_but_rehearse_starts_a_process_or_opens_a_socket() {
    for (path, code) in sources() {
        let starts = code.contains("Command::new");
        assert!(
            !starts || path == "host/place.rs",
            "{path} starts a process"
        );
        for socket in ["TcpStream", "TcpListener", "UdpSocket", "UnixStream"] {
            assert!(!code.contains(socket), "{path} names {socket}");
        }
    }
}
