//! What the documentation claims to be proved has its proof.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read the sources must fail"
)]

use std::path::Path;

/// Every test that `docs/threats.md` names is there, in the file that it names.
#[test]
fn every_threat_has_its_test() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(home.join("docs/threats.md")).unwrap();
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .collect();
    assert_eq!(rows.len(), 20, "a threat is missing, or there is a new one");
    let mut missing = Vec::new();
    let mut named = 0;
    for row in rows {
        let cell = row.split(" | ").nth(3).unwrap();
        let mut source = String::new();
        let before = named;
        for quoted in cell.split('`').skip(1).step_by(2) {
            if quoted.ends_with(".rs") {
                source = std::fs::read_to_string(home.join(quoted)).unwrap_or_default();
                if source.is_empty() {
                    missing.push(quoted.to_owned());
                }
                continue;
            }
            named += 1;
            if !source.contains(&format!("fn {quoted}(")) {
                missing.push(quoted.to_owned());
            }
        }
        assert!(named > before, "no test stands beside: {row}");
    }
    assert_eq!(missing, [""; 0], "named in docs/threats.md, and not there");
}

/// The recorded demo is one of this program: each rule that its `verify` shows is a rule of ours,
/// and what it shows ends as a rehearsal ends. `make cast` records it again.
#[test]
fn the_demo_is_a_recording_of_this_program() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cast = std::fs::read_to_string(home.join("docs/demo.cast")).unwrap();
    let mut lines = cast.lines();
    let header: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(header["version"], 2);
    let mut at = 0.0;
    let mut screen = String::new();
    for line in lines {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let next = event[0].as_f64().unwrap();
        assert!(next >= at, "time goes back: {line}");
        at = next;
        screen.push_str(event[2].as_str().unwrap());
    }
    let shown = |line: &str| {
        Some(
            line.strip_prefix("ok ")?
                .split_whitespace()
                .next()?
                .to_owned(),
        )
    };
    let shown: Vec<String> = screen.lines().filter_map(shown).collect();
    let rules: Vec<&str> = anchorite::audit::AuditId::ALL
        .iter()
        .map(|rule| rule.public())
        .collect();
    assert!(shown.len() > 10, "{screen}");
    for rule in shown {
        assert!(rules.contains(&rule.as_str()), "{rule} is no rule any more");
    }
    assert!(screen.contains("CONSISTENT, NOT VERIFIED"), "{screen}");
}
