//! The ledger's folder on a real disk.
//!
//! Owns the ledger's lock, the check of the file system, and the only code that writes into
//! a ledger. Every path is walked part by part without following links (see `beneath`).

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::beneath::{self, Trouble};
use crate::ports::{EntryKind, Store, StoreEntry, StoreError};
use crate::x509::escape::{escape, escape_bytes};

/// Name of the lock file in the ledger's folder. It stays; only the lock on it comes and goes.
const LOCK: &str = ".lock";
/// No file of a ledger comes near it; more is refused before memory is asked for.
const READ_LIMIT: u64 = 256 * 1024 * 1024;
/// No folder of a ledger has so many names.
const NAMES_LIMIT: usize = 1 << 16;
/// Folders within folders that `make_read_only` follows.
const DEPTH_LIMIT: usize = 32;

/// Which file systems may hold the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreRules {
    /// ext4 (and ext2, ext3, which cannot be told from it), xfs, btrfs.
    Production,
    /// Any.
    Rehearsal,
}

/// A ledger on a disk, locked for as long as this value lives (unless opened read-only).
#[derive(Debug)]
pub struct DiskStore {
    root: OwnedFd,
    /// Held for its `flock`; `None` means read-only.
    lock: Option<OwnedFd>,
}

impl DiskStore {
    /// Opens a ledger for writing and locks it. A folder that is missing is made (its parent
    /// must be there). The name itself may not be a link; what leads to it may.
    pub fn open(root: &Path, rules: StoreRules) -> Result<Self, StoreError> {
        let shown = escape_bytes(root.as_os_str().as_bytes());
        let folder = open_or_make(root, rules, &shown)?;
        check_file_system(&folder, rules, &shown)?;
        let lock = take_lock(&folder, &shown)?;
        Ok(Self {
            root: folder,
            lock: Some(lock),
        })
    }

    /// Opens a ledger to read it: takes no lock, and every write fails.
    pub fn open_read_only(root: &Path) -> Result<Self, StoreError> {
        let shown = escape_bytes(root.as_os_str().as_bytes());
        let folder = rustix::fs::open(root, beneath::FOLDER, Mode::empty())
            .map_err(|errno| told(errno.into(), &shown, "open"))?;
        Ok(Self {
            root: folder,
            lock: None,
        })
    }

    fn must_write(&self, path: &str, doing: &'static str) -> Result<(), StoreError> {
        if self.lock.is_some() {
            return Ok(());
        }
        Err(StoreError::Failed {
            path: escape(path),
            doing,
            cause: "the ledger was opened to be read only".to_owned(),
        })
    }

    fn folder(&self, path: &str) -> Result<OwnedFd, Trouble> {
        let parts = if path.is_empty() {
            Vec::new()
        } else {
            beneath::parts(path)?
        };
        beneath::open_folder(self.root.as_fd(), &parts)
    }

    fn parent<'p>(&self, path: &'p str) -> Result<(OwnedFd, &'p str), Trouble> {
        beneath::open_parent(self.root.as_fd(), path)
    }

    /// A file that is read or synced, with its size.
    fn file(&self, path: &str) -> Result<(File, u64), Trouble> {
        let (folder, name) = self.parent(path)?;
        let (file, stat) = beneath::open_plain(&folder, name, OFlags::RDONLY)?;
        Ok((file, beneath::size(&stat)))
    }

    /// A file that is changed, with its size.
    fn own_file(&self, path: &str, access: OFlags) -> Result<(File, u64), Trouble> {
        let (folder, name) = self.parent(path)?;
        let (file, stat) = beneath::open_own(&folder, name, access)?;
        Ok((file, beneath::size(&stat)))
    }
}

/// Puts the path and the act to what went wrong.
fn told(trouble: Trouble, path: &str, doing: &'static str) -> StoreError {
    let path = path.to_owned();
    let (doing, cause) = match trouble {
        Trouble::Missing => return StoreError::Missing { path },
        Trouble::Exists => return StoreError::Exists { path },
        Trouble::NotPlain => return StoreError::NotPlain { path },
        Trouble::HardLink => return StoreError::HardLink { path },
        Trouble::BadPath(why) => ("use", why.to_owned()),
        Trouble::TooLarge(size) => (doing, format!("{size} bytes are too many")),
        Trouble::System(cause) => (doing, cause),
    };
    StoreError::Failed { path, doing, cause }
}

fn open_or_make(root: &Path, rules: StoreRules, shown: &str) -> Result<OwnedFd, StoreError> {
    let fail = |doing| move |errno: Errno| told(errno.into(), shown, doing);
    // `.` and paths that end in `..` name a folder that must be there already.
    let Some(name) = root.file_name() else {
        return rustix::fs::open(root, beneath::FOLDER, Mode::empty()).map_err(fail("open"));
    };
    let above = match root.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => Path::new("/"),
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let parent = rustix::fs::open(above, flags, Mode::empty()).map_err(fail("open"))?;
    match rustix::fs::openat(&parent, name, beneath::FOLDER, Mode::empty()) {
        Err(Errno::NOENT) => {}
        other => return other.map_err(fail("open")),
    }
    // Nothing is left behind on a file system that would be refused a line later.
    check_file_system(&parent, rules, shown)?;
    match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(fail("make")(errno)),
    }
    rustix::fs::fsync(&parent).map_err(fail("sync"))?;
    rustix::fs::openat(&parent, name, beneath::FOLDER, Mode::empty()).map_err(fail("open"))
}

fn take_lock(folder: &OwnedFd, shown: &str) -> Result<OwnedFd, StoreError> {
    let path = format!("{shown}/{LOCK}");
    match beneath::create_plain(folder, LOCK, b"") {
        Ok(_) | Err(Trouble::Exists) => {}
        Err(trouble) => return Err(told(trouble, &path, "lock")),
    }
    // Never written. Where a copy shares it by a hard link, only one of both runs at a time.
    let (file, _) = beneath::open_plain(folder, LOCK, OFlags::RDONLY)
        .map_err(|trouble| told(trouble, &path, "lock"))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file.into()),
        Err(Errno::WOULDBLOCK) => Err(StoreError::Locked {
            path: shown.to_owned(),
        }),
        Err(errno) => Err(told(errno.into(), &path, "lock")),
    }
}

fn check_file_system(folder: &OwnedFd, rules: StoreRules, shown: &str) -> Result<(), StoreError> {
    if rules == StoreRules::Rehearsal {
        return Ok(());
    }
    let stat = rustix::fs::fstatfs(folder).map_err(|errno| told(errno.into(), shown, "look at"))?;
    // The word is 32 bits wide, whatever type the platform keeps it in.
    let (keeps, found) = file_system(u64::try_from(stat.f_type & 0xffff_ffff).unwrap_or(0));
    if keeps {
        return Ok(());
    }
    Err(StoreError::FileSystem {
        path: shown.to_owned(),
        found,
    })
}

/// Whether a file system, by its magic number, keeps what it has synced; and its name.
fn file_system(magic: u64) -> (bool, String) {
    let (keeps, name) = match magic {
        0xef53 => (true, "ext4"),
        0x5846_5342 => (true, "xfs"),
        0x9123_683e => (true, "btrfs"),
        0x0102_1994 => (false, "tmpfs"),
        0x8584_58f6 => (false, "ramfs"),
        0x794c_7630 => (false, "overlayfs"),
        0x4d44 => (false, "FAT"),
        0x2011_bab0 => (false, "exFAT"),
        0x7366_746e | 0x5346_544e => (false, "NTFS"),
        0x6573_5546 => (false, "FUSE"),
        0x6969 => (false, "NFS"),
        0xff53_4d42 | 0xfe53_4d42 => (false, "SMB"),
        0x0102_1997 => (false, "9p"),
        0x2fc1_2fc1 => (false, "ZFS"),
        0xf2f5_2010 => (false, "F2FS"),
        0xca45_1a4e => (false, "bcachefs"),
        0x9660 => (false, "ISO 9660"),
        0x1501_3346 => (false, "UDF"),
        0x7371_7368 => (false, "squashfs"),
        other => return (false, format!("a file system of type {other:#x}")),
    };
    (keeps, name.to_owned())
}

impl Store for DiskStore {
    fn list(&mut self, folder: &str) -> Result<Vec<StoreEntry>, StoreError> {
        let found = self
            .folder(folder)
            .and_then(|folder| beneath::names(folder, NAMES_LIMIT))
            .map_err(|trouble| told(trouble, &escape(folder), "list"))?;
        let mut entries = Vec::with_capacity(found.len());
        for found in found {
            if folder.is_empty() && found.bytes == LOCK.as_bytes() {
                continue;
            }
            let slash = if folder.is_empty() { "" } else { "/" };
            let path = format!("{}{slash}{}", escape(folder), escape_bytes(&found.bytes));
            let kind = match found.kind {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Folder,
                _ => return Err(StoreError::NotPlain { path }),
            };
            let Ok(name) = String::from_utf8(found.bytes) else {
                let why = Trouble::BadPath("the name is not UTF-8");
                return Err(told(why, &path, "list"));
            };
            let size = found.size;
            entries.push(StoreEntry { name, kind, size });
        }
        Ok(entries)
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, StoreError> {
        self.file(path)
            .and_then(|(mut file, size)| beneath::read_limited(&mut file, size, READ_LIMIT))
            .map_err(|trouble| told(trouble, &escape(path), "read"))
    }

    fn make_folder(&mut self, path: &str) -> Result<(), StoreError> {
        self.must_write(path, "make")?;
        self.parent(path)
            .and_then(|(folder, name)| {
                Ok(rustix::fs::mkdirat(
                    folder,
                    name,
                    Mode::from_raw_mode(0o755),
                )?)
            })
            .map_err(|trouble| told(trouble, &escape(path), "make"))
    }

    fn create(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.must_write(path, "make")?;
        self.parent(path)
            .and_then(|(folder, name)| beneath::create_plain(&folder, name, bytes))
            .map(drop)
            .map_err(|trouble| told(trouble, &escape(path), "write"))
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.must_write(path, "write")?;
        self.own_file(path, OFlags::WRONLY | OFlags::APPEND)
            .and_then(|(mut file, _)| Ok(file.write_all(bytes)?))
            .map_err(|trouble| told(trouble, &escape(path), "write"))
    }

    fn truncate(&mut self, path: &str, length: u64) -> Result<(), StoreError> {
        self.must_write(path, "cut")?;
        self.own_file(path, OFlags::WRONLY)
            .and_then(|(file, size)| {
                // Cutting never adds zeros.
                if length > size {
                    return Err(Trouble::System(format!("it has only {size} bytes")));
                }
                Ok(rustix::fs::ftruncate(file, length)?)
            })
            .map_err(|trouble| told(trouble, &escape(path), "cut"))
    }

    fn sync_file(&mut self, path: &str) -> Result<(), StoreError> {
        self.must_write(path, "sync")?;
        self.file(path)
            .and_then(|(file, _)| Ok(rustix::fs::fsync(file)?))
            .map_err(|trouble| told(trouble, &escape(path), "sync"))
    }

    fn sync_folder(&mut self, path: &str) -> Result<(), StoreError> {
        self.must_write(path, "sync")?;
        self.folder(path)
            .and_then(|folder| Ok(rustix::fs::fsync(folder)?))
            .map_err(|trouble| told(trouble, &escape(path), "sync"))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        self.must_write(from, "rename")?;
        let source = self.parent(from).and_then(|(folder, name)| {
            let stat = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile | FileType::Directory => Ok((folder, name)),
                _ => Err(Trouble::NotPlain),
            }
        });
        let (from_folder, from_name) =
            source.map_err(|trouble| told(trouble, &escape(from), "rename"))?;
        self.parent(to)
            .and_then(|(to_folder, to_name)| {
                let flags = RenameFlags::NOREPLACE;
                Ok(rustix::fs::renameat_with(
                    from_folder,
                    from_name,
                    to_folder,
                    to_name,
                    flags,
                )?)
            })
            .map_err(|trouble| told(trouble, &escape(to), "rename to this"))
    }

    fn remove(&mut self, path: &str) -> Result<(), StoreError> {
        self.must_write(path, "remove")?;
        let staged = path
            .split('/')
            .next()
            .is_some_and(|top| top.ends_with(".new"));
        if !staged && !path.ends_with(".part") {
            let words = "only what ends in .part or is laid out in a .new is ever removed";
            let why = Trouble::System(words.to_owned());
            return Err(told(why, &escape(path), "remove"));
        }
        self.parent(path)
            .and_then(|(folder, name)| {
                let stat = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                let flags = match FileType::from_raw_mode(stat.st_mode) {
                    // Only an empty one is removed: the system sees to it.
                    FileType::Directory if staged => AtFlags::REMOVEDIR,
                    // One name of a file goes; where it has others, they stay as they are.
                    FileType::RegularFile => AtFlags::empty(),
                    _ => return Err(Trouble::NotPlain),
                };
                Ok(rustix::fs::unlinkat(&folder, name, flags)?)
            })
            .map_err(|trouble| told(trouble, &escape(path), "remove"))
    }

    fn make_read_only(&mut self, folder: &str) -> Result<(), StoreError> {
        self.must_write(folder, "protect")?;
        // Not the ledger itself: the next ceremony's folder must fit in.
        beneath::parts(folder)
            .and_then(|parts| beneath::open_folder(self.root.as_fd(), &parts))
            .map_err(|trouble| told(trouble, &escape(folder), "protect"))
            .and_then(|opened| protect(&opened, &escape(folder), DEPTH_LIMIT))
    }
}

/// Takes write permission from everything in an opened folder; the folder itself keeps it, so
/// that people's signatures on the seal can be put beside it.
fn protect(folder: &OwnedFd, shown: &str, depth: usize) -> Result<(), StoreError> {
    let fail = |trouble, path: &str| told(trouble, path, "protect");
    let found = beneath::names(folder, NAMES_LIMIT).map_err(|t| fail(t, shown))?;
    for beneath::Name { bytes, kind, .. } in found {
        let path = format!("{shown}/{}", escape_bytes(&bytes));
        let Ok(name) = std::str::from_utf8(&bytes) else {
            return Err(fail(Trouble::BadPath("the name is not UTF-8"), &path));
        };
        if kind == FileType::Directory {
            if depth == 0 {
                return Err(fail(Trouble::BadPath("too many folders in folders"), &path));
            }
            let below =
                beneath::open_folder(folder.as_fd(), &[name]).map_err(|t| fail(t, &path))?;
            protect(&below, &path, depth - 1)?;
            take_write(&below, 0o555).map_err(|t| fail(t, &path))?;
        } else {
            beneath::open_own(folder, name, OFlags::RDONLY)
                .and_then(|(file, _)| take_write(&file, 0o444))
                .map_err(|t| fail(t, &path))?;
        }
    }
    Ok(())
}

/// Sets a mode and makes it safe; what has it already is left alone.
fn take_write(opened: impl AsFd, mode: u32) -> Result<(), Trouble> {
    let mode = Mode::from_raw_mode(mode);
    if Mode::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode) != mode {
        rustix::fs::fchmod(&opened, mode)?;
    }
    Ok(rustix::fs::fsync(&opened)?)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
