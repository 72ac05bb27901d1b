//! Transcripts as lines: which one is meant, and what is done to it.

use crate::tamper::Scene;

/// The first line that holds all of these.
pub(crate) fn find(lines: &[String], marks: &[&str]) -> usize {
    let holds = |line: &String| marks.iter().all(|mark| line.contains(mark));
    let at = lines.iter().position(holds);
    at.unwrap_or_else(|| panic!("no line holds {marks:?}"))
}

/// Drops every line that holds all of these; there is one.
pub(crate) fn without(s: &Scene<'_>, marks: &[&str]) {
    s.chained(|lines| {
        let at = find(lines, marks);
        let holds = |line: &String| marks.iter().all(|mark| line.contains(mark));
        let mut rest = lines.split_off(at);
        rest.retain(|line| !holds(line));
        lines.append(&mut rest);
    });
}

/// Puts a line before another.
pub(crate) fn moved(s: &Scene<'_>, marks: &[&str], before: &[&str]) {
    s.chained(|lines| {
        let line = lines.remove(find(lines, marks));
        let at = find(lines, before);
        lines.insert(at, line);
    });
}

/// Puts a changed copy of a line before another.
pub(crate) fn copied(
    s: &Scene<'_>,
    marks: &[&str],
    before: &[&str],
    change: impl FnOnce(&str) -> String,
) {
    s.chained(|lines| {
        let copy = change(&lines[find(lines, marks)]);
        let at = find(lines, before);
        lines.insert(at, copy);
    });
}

/// Changes a line.
pub(crate) fn changed(s: &Scene<'_>, marks: &[&str], change: impl FnOnce(&str) -> String) {
    s.chained(|lines| {
        let at = find(lines, marks);
        let line = change(&lines[at]);
        assert_ne!(line, lines[at], "{marks:?}");
        lines[at] = line;
    });
}

/// The text of a field.
pub(crate) fn field(line: &str, name: &str) -> String {
    let rest = line.split_once(&format!("\"{name}\":\"")).unwrap().1;
    rest.split_once('"').unwrap().0.to_owned()
}

/// The first line that holds all of these, as it stands.
pub(crate) fn line(s: &Scene<'_>, marks: &[&str]) -> String {
    let text = s.text(crate::T);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[find(&lines, marks)].clone()
}
