//! Names of folders and files in a ledger. Nothing else knows them.

use crate::digest::Digest;

/// The transcript.
pub const TRANSCRIPT: &str = "transcript.jsonl";
/// The seal.
pub const SEAL: &str = "SEAL.txt";
/// The root's signature on the seal.
pub const ROOT_SIGNATURE: &str = "SEAL.txt.root.p7s";
/// What an Ed25519 root signed of the seal.
pub const ROOT_ATTRIBUTES: &str = "SEAL.txt.attrs";
/// An Ed25519 root's signature on that.
pub const ROOT_BARE_SIGNATURE: &str = "SEAL.txt.attrs.sig";
/// Digests of every file but the seal's own.
pub const SUMS: &str = "SHA256SUMS";
/// How to verify with stock tools.
pub const VERIFY: &str = "VERIFY.txt";
/// What happened after the seal.
pub const POST_SEAL: &str = "post-seal.jsonl";
/// The ceremony file as it was read.
pub const SCRIPT_FILE: &str = "script/ceremony.toml";
/// The plan.
pub const SCRIPT_PLAN: &str = "script/ceremony.plan";
/// The lock.
pub const SCRIPT_LOCK: &str = "script/ceremony.lock";
/// Reserved: a time stamp of the lock.
const LOCK_STAMP: &str = "script/ceremony.lock.tsr";
/// Reserved: scans of what was signed on paper.
const SCANS: &str = "scans/";
/// The page people read aloud.
pub const SCRIPT_PAGE: &str = "script/script.html";
/// What was observed of the laptop.
pub const ENVIRONMENT: &str = "evidence/environment.json";
/// What the screen showed, without its ending `.cast`.
pub const CONSOLE: &str = "evidence/console";
/// What the token said of itself.
pub const TOKEN: &str = "evidence/token.json";
/// The root certificate that this ceremony issued.
pub const ROOT_OUT: &str = "out/root.pem";

/// The folders made for every ceremony.
pub const FOLDERS: [&str; 4] = ["script", "in", "out", "evidence"];

/// A ceremony's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CeremonyFolder {
    /// From 1, without gaps.
    pub number: u32,
    /// Ceremony id.
    pub id: String,
    /// Interrupted or running.
    pub open: bool,
}

impl CeremonyFolder {
    /// `0001-acme-root-g1`, with `.open` while it is open.
    pub fn name(&self) -> String {
        let open = if self.open { ".open" } else { "" };
        format!("{:04}-{}{open}", self.number, self.id)
    }

    /// `0001-acme-root-g1.new`: its name while it is laid out, before it is a ceremony.
    pub fn staging_name(&self) -> String {
        format!("{:04}-{}.new", self.number, self.id)
    }

    /// Reads a folder's name.
    pub fn parse(name: &str) -> Option<Self> {
        let (rest, open) = name
            .strip_suffix(".open")
            .map_or((name, false), |rest| (rest, true));
        let (number, id) = rest.split_once('-')?;
        let digits = number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit());
        let folder = Self {
            number: number.parse().ok()?,
            id: id.to_owned(),
            open,
        };
        (digits && is_plain(id) && folder.name() == name).then_some(folder)
    }
}

/// Whether this folder of a ledger was left by a run that died before its ceremony began.
pub fn is_staging(name: &str) -> bool {
    name.strip_suffix(".new")
        .and_then(CeremonyFolder::parse)
        .is_some_and(|folder| !folder.open)
}

/// Whether a name in a ceremony's folder stands outside SHA256SUMS: the sums themselves, the
/// seal with its signatures, what came after it, and what is reserved. `docs/verify.sh` and
/// `docs/reference/formats.md` have the same list.
pub fn is_outside_sums(name: &str) -> bool {
    name == SUMS
        || name == SEAL
        || name == POST_SEAL
        || beside_seal(name).is_some_and(|(_, rest)| {
            ["root.p7s", "attrs"].contains(&rest) || rest.strip_suffix(".sig").is_some_and(is_plain)
        })
        || is_reserved(name)
}

/// Where a body stands that is too large for a line, named by its digest.
pub fn body_file(tbs_sha256: &Digest) -> String {
    format!("evidence/tbs-{tbs_sha256}.der")
}

/// Whether a path is none that a ceremony writes: in no folder of its own, and no file of its
/// top. The sums may cover it, and nothing tells of it.
pub fn is_elsewhere(path: &str) -> bool {
    let folder = path.split_once('/').map(|(folder, _)| folder);
    match folder {
        Some(folder) => !FOLDERS.contains(&folder) && !is_reserved(path),
        None => ![TRANSCRIPT, VERIFY].contains(&path) && !is_outside_sums(path),
    }
}

/// Whether a name is kept for later versions, and read by none so far: time stamps
/// (`SEAL.txt.tsr`, `SEAL.txt.alice.sig.tsr`, the lock's), proofs (`SEAL.txt.log.proof`), scans
/// of paper, and a root's signature on what came after the seal.
pub fn is_reserved(name: &str) -> bool {
    let file_below = |folder| {
        name.strip_prefix(folder)
            .is_some_and(|rest| !rest.is_empty())
    };
    name == LOCK_STAMP
        || file_below(SCANS)
        || beside_seal(name).is_some_and(|(of, rest)| {
            let last = rest.rsplit('.').next().unwrap_or(rest);
            (["tsr", "proof"].contains(&last) && rest.split('.').all(is_plain))
                || (of == POST_SEAL && ["root.p7s", "attrs"].contains(&rest))
        })
}

/// What a name adds to the seal's, or to that of what came after it.
fn beside_seal(name: &str) -> Option<(&'static str, &str)> {
    [SEAL, POST_SEAL]
        .into_iter()
        .find_map(|of| Some((of, name.strip_prefix(of)?.strip_prefix('.')?)))
}

/// Whether this is a person's id, or a word like one.
fn is_plain(word: &str) -> bool {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !word.is_empty() && word.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_read_back() {
        for name in ["0001-acme-root", "0042-x.open", "12345-y"] {
            assert_eq!(CeremonyFolder::parse(name).unwrap().name(), name);
        }
        for bad in [
            "1-x",
            "0001",
            "0001-",
            "0001-X",
            "00001-x",
            "0001-x.opened",
            "+001-x",
            "0001-x.y",
            "0001-x.new",
        ] {
            assert_eq!(CeremonyFolder::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_staging_folder_is_no_ceremony() {
        let folder = CeremonyFolder::parse("0042-x.open").unwrap();
        assert_eq!(folder.staging_name(), "0042-x.new");
        assert!(is_staging("0042-x.new"));
        for bad in [
            "x.new",
            ".new",
            "0042-x",
            "0042-x.open.new",
            "0042-x.new.new",
        ] {
            assert!(!is_staging(bad), "{bad}");
        }
    }

    #[test]
    fn only_seals_and_what_is_reserved_stand_outside_the_sums() {
        for name in [
            "SEAL.txt",
            "SEAL.txt.root.p7s",
            "SEAL.txt.alice.sig",
            "SEAL.txt.attrs",
            "SEAL.txt.attrs.sig",
            "SHA256SUMS",
            "post-seal.jsonl",
            "post-seal.jsonl.alice.sig",
        ] {
            assert!(is_outside_sums(name) && !is_reserved(name), "{name}");
        }
        for name in [
            "SEAL.txt.tsr",
            "SEAL.txt.x.tsr",
            "SEAL.txt.alice.sig.tsr",
            "SEAL.txt.root.p7s.tsr",
            "SEAL.txt.log.proof",
            "post-seal.jsonl.tsr",
            "post-seal.jsonl.root.p7s",
            "post-seal.jsonl.attrs",
            "script/ceremony.lock.tsr",
            "scans/page-1.pdf",
        ] {
            assert!(is_outside_sums(name) && is_reserved(name), "{name}");
        }
        for name in [
            "SEAL.txt.x",
            "SEAL.txt..sig",
            "SEAL.txt.A.sig",
            "transcript.jsonl",
            "out/SEAL.txt",
            "SEAL.txt.root.p7s.bak",
            "SEAL.txt.A.tsr",
            "SEAL.txt..tsr",
            "SEAL.txt.tsr.",
            "SEAL.txtx.tsr",
            "SEAL.txt.x/y.tsr",
            "script/ceremony.plan.tsr",
            "out/scans/x",
            "scans",
            "private/x",
        ] {
            assert!(!is_outside_sums(name), "{name}");
        }
    }
}
