//! A shell script that is put together: a fixed text, the parts that scripts have in common, and
//! values in place of its marker lines.

use super::MountError;

/// What scripts have in common, by the word in a line `#@part WORD`.
const PARTS: [(&str, &str); 7] = [
    ("part begin", include_str!("parts/begin.sh")),
    ("part words", include_str!("parts/words.sh")),
    ("part report", include_str!("parts/report.sh")),
    ("part sha256", include_str!("parts/sha256.sh")),
    ("part command", include_str!("parts/command.sh")),
    ("part traps", include_str!("parts/traps.sh")),
    ("part status", include_str!("parts/status.sh")),
];

/// The template with its markers replaced: by a part, or by what `fill` pushes for a marker that
/// it knows.
pub(super) fn filled(
    template: &str,
    mut fill: impl FnMut(&str, &mut String) -> Result<bool, MountError>,
) -> Result<String, MountError> {
    let mut script = String::with_capacity(template.len() * 2);
    // Line by line and once: text put in is never searched for markers.
    for line in template.lines() {
        let marker = line.trim_start().strip_prefix("#@");
        let part = PARTS.iter().find(|(word, _)| Some(*word) == marker);
        match (marker, part) {
            (_, Some((_, text))) => script.push_str(text),
            (Some(marker), None) if fill(marker, &mut script)? => {}
            _ => push(&mut script, line),
        }
    }
    Ok(script)
}

/// Adds a line.
pub(super) fn push(script: &mut String, line: &str) {
    script.push_str(line);
    script.push('\n');
}
