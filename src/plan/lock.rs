//! The lock: one line of `sha256sum` for the ceremony file, the plan and every input. Its
//! digest is what people approve and read aloud.

use crate::digest::Digest;

/// One line of a lock, or of a SHA256SUMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumLine {
    /// Digest.
    pub sha256: Digest,
    /// Path as written.
    pub path: String,
}

/// The lines as `sha256sum` writes and checks them: digest, two spaces, path, LF.
///
/// Paths hold no backslash and no control character (the ceremony file and the output names
/// see to that), so that no line needs sha256sum's escaping.
pub fn write(lines: &[SumLine]) -> String {
    lines
        .iter()
        .map(|line| format!("{}  {}\n", line.sha256, line.path))
        .collect()
}

/// Reads lines back; `Err` tells the first line that is not of the form.
pub fn read(text: &str) -> Result<Vec<SumLine>, usize> {
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(text.lines().count());
    }
    text.lines()
        .enumerate()
        .map(|(at, line)| {
            let (digest, path) = line.split_once("  ").ok_or(at + 1)?;
            let sha256 = Digest::from_hex(digest).ok_or(at + 1)?;
            let bad = path.is_empty() || path.contains('\\') || path.chars().any(char::is_control);
            if bad {
                Err(at + 1)
            } else {
                Ok(SumLine {
                    sha256,
                    path: path.to_owned(),
                })
            }
        })
        .collect()
}

/// The lock over a ceremony file, its plan and its inputs, in this order.
pub fn lock(ceremony: (&str, &[u8]), plan: (&str, &[u8]), inputs: &[(String, Digest)]) -> String {
    let mut lines = vec![
        SumLine {
            sha256: Digest::of(ceremony.1),
            path: ceremony.0.to_owned(),
        },
        SumLine {
            sha256: Digest::of(plan.1),
            path: plan.0.to_owned(),
        },
    ];
    lines.extend(inputs.iter().map(|(path, sha256)| SumLine {
        sha256: *sha256,
        path: path.clone(),
    }));
    write(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let text = lock(
            ("a.toml", b"x"),
            ("a.plan", b"y"),
            &[("in/a b.csr".to_owned(), Digest::of(b"z"))],
        );
        let lines = read(&text).unwrap();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2].path, "in/a b.csr");
        assert_eq!(write(&lines), text);
        assert_eq!(read(text.trim_end()), Err(3));
        assert_eq!(read(&text.replace("  in", " in")), Err(3));
        assert_eq!(read(&text.to_uppercase()), Err(1));
    }
}
