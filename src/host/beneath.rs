//! Opening what lies below a folder without ever following a link: the store and the
//! input reader stand on it.
//!
//! Each part of a path is opened from the folder before it with `O_NOFOLLOW`, so a link put
//! in the way is an error wherever it stands and whenever it appears. (`openat2` would be one
//! call, but needs this walk as its fallback anyway.)

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// Folders are opened so: for reading, never through a link, never kept by a child.
pub(super) const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Files are opened with these and an access mode. `O_NONBLOCK` so that a FIFO that takes the
/// place of a file is found out instead of waited for; it means nothing to a regular file.
const FILE: OFlags = OFlags::NOFOLLOW
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);

/// Why something below a folder could not be opened or used.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is not there.
    Missing,
    /// The name is taken.
    Exists,
    /// A link, device, pipe, or a file where a folder must be.
    NotPlain,
    /// A file that has a second name.
    HardLink,
    /// The path itself is refused.
    BadPath(&'static str),
    /// More bytes than allowed.
    TooLarge(u64),
    /// Anything else.
    System(String),
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::Missing,
            Errno::EXIST | Errno::NOTEMPTY => Self::Exists,
            // A link met with O_NOFOLLOW, a file met as a folder, a FIFO without a reader.
            Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::ISDIR => Self::NotPlain,
            other => Self::System(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Errno::from_io_error(&error).map_or_else(|| Self::System(error.to_string()), Self::from)
    }
}

/// The parts of a relative path with `/`; at least one.
pub(super) fn parts(path: &str) -> Result<Vec<&str>, Trouble> {
    if path.starts_with('/') {
        return Err(Trouble::BadPath("an absolute path is not allowed here"));
    }
    if path.contains('\0') {
        return Err(Trouble::BadPath("a path cannot hold a NUL"));
    }
    let parts: Vec<&str> = path.split('/').collect();
    for part in &parts {
        match *part {
            "" => return Err(Trouble::BadPath("a part of the path is empty")),
            "." | ".." => {
                return Err(Trouble::BadPath("'.' and '..' are not allowed in a path"));
            }
            _ => {}
        }
    }
    Ok(parts)
}

/// Opens the folder that `parts` name, one after the other, from `root`.
pub(super) fn open_folder(root: BorrowedFd<'_>, parts: &[&str]) -> Result<OwnedFd, Trouble> {
    let mut folder = rustix::fs::openat(root, ".", FOLDER, Mode::empty())?;
    for part in parts {
        folder = rustix::fs::openat(&folder, *part, FOLDER, Mode::empty())?;
    }
    Ok(folder)
}

/// Opens the folder that holds `path`; gives its last part too.
pub(super) fn open_parent<'p>(
    root: BorrowedFd<'_>,
    path: &'p str,
) -> Result<(OwnedFd, &'p str), Trouble> {
    let parts = parts(path)?;
    match parts.split_last() {
        Some((name, before)) => Ok((open_folder(root, before)?, name)),
        None => Err(Trouble::BadPath("the path is empty")),
    }
}

/// Opens an existing regular file, for what does not change it: copies made of hard links
/// (`cp -al`, `rsync --link-dest`) are read as others are. `access` is `RDONLY` or `WRONLY`
/// and may add `APPEND`.
pub(super) fn open_plain(
    folder: &OwnedFd,
    name: &str,
    access: OFlags,
) -> Result<(File, Stat), Trouble> {
    // Looked at before it is opened, as opening a device can do things; and again after.
    let before = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    plain(&before)?;
    let file = rustix::fs::openat(folder, name, access | FILE, Mode::empty())?;
    let stat = rustix::fs::fstat(&file)?;
    plain(&stat)?;
    Ok((File::from(file), stat))
}

/// The same with one name only. A second one may stand in a copy of the ledger, which would be
/// changed with this one, or anywhere: then the file is not ours at all.
pub(super) fn open_own(
    folder: &OwnedFd,
    name: &str,
    access: OFlags,
) -> Result<(File, Stat), Trouble> {
    let (file, stat) = open_plain(folder, name, access)?;
    if stat.st_nlink != 1 {
        return Err(Trouble::HardLink);
    }
    Ok((file, stat))
}

fn plain(stat: &Stat) -> Result<(), Trouble> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Trouble::NotPlain);
    }
    Ok(())
}

/// Makes a file that must not exist and writes all of `bytes`.
pub(super) fn create_plain(folder: &OwnedFd, name: &str, bytes: &[u8]) -> Result<File, Trouble> {
    let access = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
    let file = rustix::fs::openat(folder, name, access, Mode::from_raw_mode(0o644))?;
    let mut file = File::from(file);
    // `write_all` goes on after short writes and EINTR.
    file.write_all(bytes)?;
    Ok(file)
}

/// Reads an opened file to its end, refusing more than `limit` bytes before and while reading.
pub(super) fn read_limited(file: &mut File, size: u64, limit: u64) -> Result<Vec<u8>, Trouble> {
    if size > limit {
        return Err(Trouble::TooLarge(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let read = u64::try_from(read).unwrap_or(u64::MAX);
    if read > limit {
        return Err(Trouble::TooLarge(read));
    }
    Ok(bytes)
}

/// Size in a stat, which the system gives as a signed number.
pub(super) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// A name in a folder.
pub(super) struct Name {
    pub bytes: Vec<u8>,
    pub kind: FileType,
    /// Of a regular file; of others 0.
    pub size: u64,
}

/// Names in a folder, sorted; `.` and `..` left out. More than `limit` are refused before
/// memory is spent on them.
pub(super) fn names(folder: impl AsFd, limit: usize) -> Result<Vec<Name>, Trouble> {
    let mut found = Vec::new();
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if found.len() == limit {
            return Err(Trouble::System(format!("it holds more than {limit} names")));
        }
        let stat = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        found.push(Name {
            bytes: name.to_bytes().to_vec(),
            kind,
            size: if kind == FileType::RegularFile {
                size(&stat)
            } else {
                0
            },
        });
    }
    found.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_have_parts() {
        assert_eq!(parts("a/b c/d.e").unwrap(), ["a", "b c", "d.e"]);
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\0b",
        ] {
            assert!(matches!(parts(bad), Err(Trouble::BadPath(_))), "{bad:?}");
        }
    }

    #[test]
    fn no_more_names_than_the_limit_are_listed() {
        let home = tempfile::tempdir().unwrap();
        let folder = File::open(home.path()).unwrap();
        for name in ["b", "a"] {
            std::fs::write(home.path().join(name), name.repeat(3)).unwrap();
        }
        let found = names(&folder, 2).unwrap();
        let told: Vec<_> = found.iter().map(|one| (&one.bytes[..], one.size)).collect();
        assert_eq!(told, [(&b"a"[..], 3), (b"b", 3)]);
        std::fs::create_dir(home.path().join("c")).unwrap();
        let Err(Trouble::System(words)) = names(&folder, 2) else {
            panic!("three names are listed");
        };
        assert_eq!(words, "it holds more than 2 names");
    }
}
