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
