//! Mount paths: what we accept, the folder each one gets below `out/`, and how it is
//! written on a command line.

use std::collections::BTreeMap;

use crate::x509::escape::escape;

/// Names directly below `out/` that no mount may take.
const FIXED: [&str; 9] = [
    super::ROOT,
    super::CRL,
    super::CRL_DER,
    super::SCRIPT,
    super::SHEET,
    super::CROSS_SIGNED,
    super::REQUESTS,
    super::TRUST_BUNDLE,
    super::TRUST_MANAGER,
];

/// Names inside every mount's folder: `a/bundle.pem` may be a mount beside `a`.
const INSIDE: [&str; 4] = [
    "bundle.pem",
    "intermediate.pem",
    super::cert_manager::CA_BUNDLE,
    super::cert_manager::ISSUER,
];

/// Longest folder name; file systems stop at 255 octets.
const PART_LIMIT: usize = 240;

/// Why a mount path cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    /// Nothing, a slash at an end, or two in a row.
    #[error("the mount \"{0}\" has an empty part: write it without a slash at either end")]
    EmptyPart(String),
    /// Newlines and their like cannot be in a mount's path and never belong in a command.
    #[error("the mount \"{0}\" holds a control character")]
    Control(String),
    /// A part that makes no file name.
    #[error("the mount \"{0}\" has a part that is too long for a folder's name")]
    TooLong(String),
    /// Two mounts that would share a folder, if only on a disk that ignores case (FAT).
    #[error("the mounts \"{0}\" and \"{1}\" need two ceremonies: they would share one folder")]
    Shared(String, String),
    /// A mount below another one.
    #[error("the mounts \"{0}\" and \"{1}\" stand one inside the other, which Vault does not take")]
    Nested(String, String),
}

/// The folder of a mount below `out/`: slashes are folders, every other unsafe octet is `%XX`.
///
/// Percent-decoding gives the mount back, so two mounts never share a folder. Names that
/// are fixed below `out/` are escaped too, whatever their case.
///
/// ```
/// # use anchorite::handover::mount_folder;
/// assert_eq!(mount_folder("etcd/nyc3 c1/pki").as_deref(), Ok("etcd/nyc3%20c1/pki"));
/// assert_eq!(mount_folder("root.pem").as_deref(), Ok("%72oot.pem"));
/// ```
pub fn mount_folder(mount: &str) -> Result<String, MountError> {
    if mount.chars().any(char::is_control) {
        return Err(MountError::Control(escape(mount)));
    }
    let mut folder = String::with_capacity(mount.len());
    for (at, part) in mount.split('/').enumerate() {
        if part.is_empty() {
            return Err(MountError::EmptyPart(escape(mount)));
        }
        if at > 0 {
            folder.push('/');
        }
        let start = folder.len();
        push_part(&mut folder, part, at == 0);
        if folder.len() - start > PART_LIMIT {
            return Err(MountError::TooLong(escape(mount)));
        }
    }
    Ok(folder)
}

/// Refuses a list of mounts that cannot be handed over together.
pub fn check_mounts<'a>(mounts: impl IntoIterator<Item = &'a str>) -> Result<(), MountError> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for mount in mounts {
        let other = taken
            .values()
            .find(|other| is_inside(mount, other) || is_inside(other, mount));
        if let Some(other) = other {
            return Err(MountError::Nested(escape(other), escape(mount)));
        }
        let folder = mount_folder(mount)?.to_ascii_lowercase();
        if let Some(other) = taken.insert(folder, mount) {
            return Err(MountError::Shared(escape(other), escape(mount)));
        }
    }
    Ok(())
}

/// Whether a mount's path goes through another mount.
fn is_inside(inner: &str, outer: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn push_part(folder: &mut String, part: &str, first: bool) {
    let is = |name: &&str| name.eq_ignore_ascii_case(part);
    let reserved = INSIDE.iter().any(&is) || (first && FIXED.iter().any(is));
    let last = part.len() - 1;
    for (at, byte) in part.bytes().enumerate() {
        let safe = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' => true,
            b'-' => at > 0,
            // FAT drops a dot at the end of a name.
            b'.' => at > 0 && at < last,
            _ => false,
        };
        if safe && !(reserved && at == 0) {
            folder.push(char::from(byte));
        } else {
            folder.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// The mount as the command lines name it. A leading slash keeps a mount that begins with
/// a dash from being read as a flag; both servers strip it.
pub(super) fn path_of(mount: &str) -> String {
    if mount.starts_with('-') {
        format!("/{mount}")
    } else {
        mount.to_owned()
    }
}

/// One word of a POSIX shell command line whose value is exactly `text`.
///
/// The word holds printable ASCII and Latin letters alone: what [`escape`] would not let
/// through is written in octal, so that a command cannot look like another one.
/// `text` has no control characters (a shell would drop a newline at its end).
pub fn shell_quote(text: &str) -> String {
    let plain = |c: char| c == '\\' || escape(c.encode_utf8(&mut [0; 4])).chars().eq([c]);
    let mut word = String::with_capacity(text.len() + 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|c: char| plain(c) != plain(first))
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if plain(first) {
            word.push_str(&format!("'{}'", run.replace('\'', r"'\''")));
        } else {
            let octal: String = run.bytes().map(|b| format!("\\{b:03o}")).collect();
            word.push_str(&format!("\"$(printf '{octal}')\""));
        }
        rest = after;
    }
    if word.is_empty() {
        word.push_str("''");
    }
    word
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::disallowed_methods,
        reason = "a shell is the judge of its quoting"
    )]

    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn percent_decode(folder: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = folder.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        bytes
    }

    #[test]
    fn folders_of_usual_and_odd_mounts() {
        for (mount, folder) in [
            ("pki", "pki"),
            ("etcd/nyc3-c1/pki", "etcd/nyc3-c1/pki"),
            ("\u{dc}n\u{ef} pki/etcd x", "%C3%9Cn%C3%AF%20pki/etcd%20x"),
            ("../../etc", "%2E%2E/%2E%2E/etc"),
            (".", "%2E"),
            ("a/.b/-c/d.", "a/%2Eb/%2Dc/d%2E"),
            ("100%", "100%25"),
            ("Handover.SH", "%48andover.SH"),
            ("x/handover.sh", "x/handover.sh"),
            ("x/bundle.pem", "x/%62undle.pem"),
            ("x/ca-bundle.b64", "x/%63a-bundle.b64"),
        ] {
            assert_eq!(mount_folder(mount).as_deref(), Ok(folder));
        }
    }

    #[test]
    fn impossible_mounts_are_refused() {
        for mount in ["", "/", "a/", "/a", "a//b"] {
            assert!(matches!(mount_folder(mount), Err(MountError::EmptyPart(_))));
        }
        assert_eq!(
            mount_folder("a\nb"),
            Err(MountError::Control("a\\u{a}b".to_owned()))
        );
        assert!(matches!(
            mount_folder(&"\u{fc}".repeat(41)),
            Err(MountError::TooLong(_))
        ));
        assert!(check_mounts(["pki/x", "pki/xy", "kip"]).is_ok());
        for nested in [["pki", "pki/x"], ["pki/x", "pki"]] {
            assert!(matches!(
                check_mounts(nested),
                Err(MountError::Nested(_, _))
            ));
        }
        let shared = check_mounts(["pki", "PKI"]).unwrap_err();
        assert_eq!(shared, MountError::Shared("pki".into(), "PKI".into()));
        assert!(check_mounts(["pki", "pki"]).is_err());
    }

    #[test]
    fn quoted_text_cannot_look_like_another() {
        assert_eq!(shell_quote(""), "''");
        assert_eq!(shell_quote("it's $HOME `x`"), r"'it'\''s $HOME `x`'");
        assert_eq!(shell_quote("C:\\x"), "'C:\\x'");
        assert_eq!(
            shell_quote("a\u{202e}b"),
            "'a'\"$(printf '\\342\\200\\256')\"'b'"
        );
    }

    proptest! {
        #[test]
        fn a_folder_is_safe_and_names_its_mount(mount in "\\PC{1,12}(/[ -~\u{fc}.]{1,4}){0,2}") {
            if let Ok(folder) = mount_folder(&mount) {
                prop_assert_eq!(percent_decode(&folder), mount.as_bytes());
                for part in folder.split('/') {
                    prop_assert!(!part.is_empty() && !part.starts_with(['.', '-']));
                    prop_assert!(part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-%".contains(&b)));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_back_what_was_quoted(text in "[^\\p{Cc}]{0,20}|[ -~\u{fc}\u{202e}]{0,40}") {
            let word = shell_quote(&text);
            for shell in ["sh", "bash"] {
                let said = Command::new(shell)
                    .args(["-c", &format!("printf %s {word}")])
                    .output()
                    .unwrap();
                prop_assert!(said.status.success());
                prop_assert_eq!(&said.stdout, text.as_bytes());
            }
        }
    }
}
