//! Inputs and small outputs outside the ledger: what `plan` and `run` read, what `new` and
//! `plan --lock` write.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};

use super::beneath::{self, Trouble};
use crate::x509::escape::{escape_bytes, escape_quoted};

/// Why a file outside the ledger could not be read or written. Paths are escaped already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is not there.
    #[error("{path} is not there")]
    Missing {
        /// Path.
        path: String,
    },
    /// The name is taken.
    #[error("{path} exists already and is never overwritten")]
    Exists {
        /// Path.
        path: String,
    },
    /// Something other than a regular file, or a link on the way to it.
    #[error("{path} is not a plain file, or is reached through a link")]
    NotPlain {
        /// Path.
        path: String,
    },
    /// A regular file with a second name.
    #[error("{path} has a second name (a hard link); copy it and use the copy")]
    HardLink {
        /// Path.
        path: String,
    },
    /// A path that leaves its folder, or is none.
    #[error("{path} cannot be used as a path: {why}")]
    Path {
        /// Path.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More bytes than such a file can have.
    #[error("{path} has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// Path.
        path: String,
        /// Size found (at least).
        size: u64,
        /// What is allowed.
        limit: u64,
    },
    /// Anything else the system said.
    #[error("{path}: cannot {doing}: {cause}")]
    Failed {
        /// Path.
        path: String,
        /// What was tried.
        doing: &'static str,
        /// The system's words.
        cause: String,
    },
}

fn told(trouble: Trouble, path: String, doing: &'static str, limit: u64) -> InputError {
    match trouble {
        Trouble::Missing => InputError::Missing { path },
        Trouble::Exists => InputError::Exists { path },
        Trouble::NotPlain => InputError::NotPlain { path },
        Trouble::HardLink => InputError::HardLink { path },
        Trouble::BadPath(why) => InputError::Path { path, why },
        Trouble::TooLarge(size) => InputError::TooLarge { path, size, limit },
        Trouble::System(cause) => InputError::Failed { path, doing, cause },
    }
}

/// Reads an input that a ceremony file names: below `folder` only, no link in any part, a
/// regular file with one name, of at most `limit` bytes. Opened and read once.
pub fn read_input(folder: &Path, relative: &str, limit: u64) -> Result<Vec<u8>, InputError> {
    let read = || {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // The path is judged before anything is touched.
        beneath::parts(relative)?;
        let root = rustix::fs::open(or_here(folder), flags, Mode::empty())?;
        let (parent, name) = beneath::open_parent(root.as_fd(), relative)?;
        // A second name may lead to any file of the laptop, and inputs are copied into ledgers.
        let (mut file, stat) = beneath::open_own(&parent, name, OFlags::RDONLY)?;
        beneath::read_limited(&mut file, beneath::size(&stat), limit)
    };
    read().map_err(|trouble| told(trouble, escape_quoted(relative), "read", limit))
}

/// The path without links and dots.
pub fn canonical(path: &Path) -> Result<PathBuf, InputError> {
    let shown = shown(path);
    std::fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => InputError::Missing { path: shown },
        _ => InputError::Failed {
            path: shown,
            doing: "find",
            cause: error.to_string(),
        },
    })
}

/// Whether something is at this path.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Reads a file that a person named on the command line. Links are followed, as the person
/// chose them; it must lead to a regular file of at most `limit` bytes.
pub fn read_named(path: &Path, limit: u64) -> Result<Vec<u8>, InputError> {
    let read = || {
        // O_NONBLOCK: a FIFO is found out instead of waited for.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(Trouble::NotPlain);
        }
        beneath::read_limited(&mut file, about.len(), limit)
    };
    read().map_err(|trouble| told(trouble, shown(path), "read", limit))
}

/// Writes a file that must not exist, and syncs it and its folder. What could not be written
/// whole is taken away again.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), InputError> {
    let write = || {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or(Trouble::BadPath("it does not end in a file's name"))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let above = or_here(path.parent().unwrap_or(Path::new("")));
        let folder = rustix::fs::open(above, flags, Mode::empty())?;
        let written = beneath::create_plain(&folder, name, bytes)
            .and_then(|file| Ok(rustix::fs::fsync(file)?));
        match written {
            Ok(()) => Ok(rustix::fs::fsync(&folder)?),
            Err(Trouble::Exists) => Err(Trouble::Exists),
            Err(other) => {
                // Best effort: the first error is the one to tell.
                let _ = rustix::fs::unlinkat(&folder, name, AtFlags::empty());
                Err(other)
            }
        }
    };
    write().map_err(|trouble| told(trouble, shown(path), "write", 0))
}

/// The empty path means the current folder.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// A path as it is shown: escaped.
pub fn shown(path: &Path) -> String {
    escape_bytes(path.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn inputs_come_from_below_the_folder_only() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ceremony");
        fs::create_dir_all(folder.join("csr")).unwrap();
        fs::write(folder.join("csr/a.csr"), b"request").unwrap();
        fs::write(home.path().join("secret"), b"secret").unwrap();
        symlink("../../secret", folder.join("csr/link")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        fs::hard_link(home.path().join("secret"), folder.join("hard")).unwrap();
        fs::create_dir(folder.join("folder")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            folder.join("fifo"),
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();

        assert_eq!(read_input(&folder, "csr/a.csr", 7).unwrap(), b"request");
        assert!(matches!(
            read_input(&folder, "csr/a.csr", 6),
            Err(InputError::TooLarge {
                size: 7,
                limit: 6,
                ..
            })
        ));
        for bad in [
            "../secret",
            "/etc/passwd",
            "",
            "csr//a.csr",
            "csr/../csr/a.csr",
        ] {
            let error = read_input(&folder, bad, 99).unwrap_err();
            assert!(matches!(error, InputError::Path { .. }), "{bad}: {error}");
        }
        for link in ["csr/link", "up/secret", "fifo", "folder", "csr/a.csr/x"] {
            let error = read_input(&folder, link, 99).unwrap_err();
            assert!(
                matches!(error, InputError::NotPlain { .. }),
                "{link}: {error}"
            );
        }
        assert!(matches!(
            read_input(&folder, "hard", 99),
            Err(InputError::HardLink { .. })
        ));
        assert!(matches!(
            read_input(&folder, "none\u{1b}[2J", 99),
            Err(InputError::Missing { path }) if path == "none\\u{1b}[2J"
        ));
    }

    #[test]
    fn a_named_file_may_be_a_link_but_not_a_device() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a"), b"abc").unwrap();
        symlink("a", home.path().join("l")).unwrap();
        assert_eq!(read_named(&home.path().join("l"), 3).unwrap(), b"abc");
        assert!(read_named(&home.path().join("l"), 2).is_err());
        for bad in ["/dev/zero", "/proc", "/dev/tty"] {
            assert!(read_named(Path::new(bad), 3).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.lock");
        write_new(&path, b"one").unwrap();
        assert!(matches!(
            write_new(&path, b"two"),
            Err(InputError::Exists { .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let target = home.path().join("target");
        symlink(&target, home.path().join("dangling")).unwrap();
        assert!(matches!(
            write_new(&home.path().join("dangling"), b"x"),
            Err(InputError::Exists { .. })
        ));
        assert!(!target.exists());
        assert!(matches!(
            write_new(&home.path().join("no/where"), b"x"),
            Err(InputError::Missing { .. })
        ));
        assert!(matches!(
            write_new(Path::new(".."), b"x"),
            Err(InputError::Path { .. })
        ));
    }
}
