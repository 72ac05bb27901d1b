//! The disk store on a real disk, with everything hostile that can stand in its way.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use super::*;

#[path = "../../tests/common/machine.rs"]
mod machine;

use machine::can_show;

struct Place {
    home: tempfile::TempDir,
    store: DiskStore,
}

impl Place {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = DiskStore::open(&home.path().join("ledger"), StoreRules::Rehearsal).unwrap();
        Self { home, store }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join("ledger").join(path)
    }

    /// A file outside that no call may ever touch.
    fn victim(&self) -> PathBuf {
        let path = self.home.path().join("victim.part");
        if !path.exists() {
            fs::write(&path, b"mine").unwrap();
        }
        path
    }
}

fn fifo(path: &Path) {
    let mode = Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, path, FileType::Fifo, mode, 0).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_are_made_added_to_cut_synced_renamed_and_removed() {
    let mut place = Place::new();
    let store = &mut place.store;
    store.make_folder("0001-a.open").unwrap();
    store.make_folder("0001-a.open/out").unwrap();
    store.create("0001-a.open/t.jsonl", b"one\n").unwrap();
    store.append("0001-a.open/t.jsonl", b"two\nto").unwrap();
    store.truncate("0001-a.open/t.jsonl", 8).unwrap();
    store.sync_file("0001-a.open/t.jsonl").unwrap();
    store.sync_folder("0001-a.open").unwrap();
    store.sync_folder("").unwrap();
    assert_eq!(store.read("0001-a.open/t.jsonl").unwrap(), b"one\ntwo\n");
    store.create("0001-a.open/x.part", b"").unwrap();
    store.create("0001-a.open/y.part", b"y").unwrap();
    store.remove("0001-a.open/x.part").unwrap();
    store
        .rename("0001-a.open/y.part", "0001-a.open/out/y")
        .unwrap();
    store.rename("0001-a.open", "0001-a").unwrap();
    let entry = |name: &str, kind, size| StoreEntry {
        name: name.to_owned(),
        kind,
        size,
    };
    // The lock is not part of the ledger.
    assert_eq!(
        store.list("").unwrap(),
        [entry("0001-a", EntryKind::Folder, 0)]
    );
    let inside = [
        entry("out", EntryKind::Folder, 0),
        entry("t.jsonl", EntryKind::File, 8),
    ];
    assert_eq!(store.list("0001-a").unwrap(), inside);
    assert_eq!(
        store.list("0001-a/out").unwrap(),
        [entry("y", EntryKind::File, 1)]
    );
    assert_eq!(mode(&place.path("0001-a/t.jsonl")), 0o644);
}

#[test]
fn nothing_is_overwritten_and_only_parts_are_removed() {
    let mut place = Place::new();
    let store = &mut place.store;
    store.create("a", b"a").unwrap();
    store.create("b", b"b").unwrap();
    store.make_folder("d").unwrap();
    let exists = |path: &str| StoreError::Exists {
        path: path.to_owned(),
    };
    assert_eq!(store.create("a", b"x"), Err(exists("a")));
    assert_eq!(store.make_folder("a"), Err(exists("a")));
    assert_eq!(store.make_folder("d"), Err(exists("d")));
    assert_eq!(store.rename("a", "b"), Err(exists("b")));
    assert_eq!(store.rename("d", "b"), Err(exists("b")));
    assert!(matches!(store.remove("a"), Err(StoreError::Failed { .. })));
    let longer = store.truncate("a", 2).unwrap_err();
    assert_eq!(longer.to_string(), "a: cannot cut: it has only 1 bytes");
    assert_eq!(store.read("a").unwrap(), b"a");
    assert_eq!(store.read("b").unwrap(), b"b");
    for missing in [
        store.read("none").map(drop),
        store.append("none", b""),
        store.truncate("none", 0),
        store.sync_file("none"),
        store.sync_folder("none"),
        store.create("none/a", b""),
        store.rename("none", "c"),
        store.remove("none.part"),
        store.list("none").map(drop),
    ] {
        assert!(missing.unwrap_err().is_missing());
    }
}

#[test]
fn paths_never_leave_the_ledger() {
    let mut place = Place::new();
    let victim = place.victim();
    let absolute = victim.to_str().unwrap().to_owned();
    let store = &mut place.store;
    store.make_folder("d").unwrap();
    store.create("f.part", b"f").unwrap();
    for bad in [
        "..",
        "../victim.part",
        &absolute,
        "d//x.part",
        "d/../../victim.part",
        "./x.part",
        "x\0.part",
    ] {
        for result in [
            store.list(bad).map(drop),
            store.read(bad).map(drop),
            store.make_folder(bad),
            store.create(bad, b"x"),
            store.append(bad, b"x"),
            store.truncate(bad, 0),
            store.sync_file(bad),
            store.sync_folder(bad),
            store.rename(bad, "new"),
            store.rename("f.part", bad),
            store.make_read_only(bad),
        ] {
            let error = result.unwrap_err();
            let used = matches!(error, StoreError::Failed { doing: "use", .. });
            assert!(used, "{bad:?}: {error}");
        }
        assert!(store.remove(bad).is_err());
    }
    assert!(store.make_read_only("").is_err());
    assert_eq!(fs::read(victim).unwrap(), b"mine");
}

#[test]
fn what_was_laid_out_in_a_new_folder_is_removed_from_its_leaves_up() {
    let mut place = Place::new();
    let store = &mut place.store;
    for folder in ["0001-a.new", "0001-a.new/in", "0001-a.open", "d"] {
        store.make_folder(folder).unwrap();
    }
    store.make_folder("d/x.new").unwrap();
    store.create("0001-a.new/in/x", b"x").unwrap();
    store.create("d/x.new/y", b"y").unwrap();
    for kept in [
        "0001-a.new",
        "0001-a.new/in",
        "0001-a.open",
        "d/x.new",
        "d/x.new/y",
    ] {
        assert!(store.remove(kept).is_err(), "{kept}");
    }
    for gone in ["0001-a.new/in/x", "0001-a.new/in", "0001-a.new"] {
        store.remove(gone).unwrap();
        assert!(store.list(gone).unwrap_err().is_missing(), "{gone}");
    }
    symlink("d", place.path("0002-b.new")).unwrap();
    assert!(place.store.remove("0002-b.new").is_err());
    assert!(place.store.remove("0002-b.new/x.new").is_err());
}

#[test]
fn links_and_pipes_are_refused_everywhere() {
    let mut place = Place::new();
    let victim = place.victim();
    fs::create_dir(place.home.path().join("elsewhere")).unwrap();
    fs::write(place.home.path().join("elsewhere/f.part"), b"mine").unwrap();
    symlink(&victim, place.path("link.part")).unwrap();
    symlink("nowhere", place.path("dangling.part")).unwrap();
    fifo(&place.path("fifo.part"));
    symlink("../elsewhere", place.path("folder.part")).unwrap();
    let not_plain = |result: Result<(), StoreError>, what: &str| {
        let error = result.unwrap_err();
        assert!(
            matches!(error, StoreError::NotPlain { .. }),
            "{what}: {error}"
        );
    };
    for name in ["link", "dangling", "fifo", "folder"] {
        let path = &format!("{name}.part");
        not_plain(place.store.read(path).map(drop), name);
        not_plain(place.store.append(path, b"x"), name);
        not_plain(place.store.truncate(path, 0), name);
        not_plain(place.store.sync_file(path), name);
        not_plain(place.store.sync_folder(path), name);
        not_plain(place.store.remove(path), name);
        not_plain(place.store.rename(path, "new"), name);
        // O_EXCL: what is there already is never written through, dangling or not.
        let made = place.store.create(path, b"x").unwrap_err();
        assert!(matches!(made, StoreError::Exists { .. }), "{name}: {made}");
        let below = &format!("{path}/f.part");
        not_plain(place.store.read(below).map(drop), below);
        not_plain(place.store.create(below, b"x"), below);
        not_plain(place.store.make_folder(below), below);
        not_plain(place.store.remove(below), below);
    }
    not_plain(place.store.list("").map(drop), "list");
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    assert_eq!(
        fs::read(place.home.path().join("elsewhere/f.part")).unwrap(),
        b"mine"
    );
    assert!(!place.path("nowhere").exists());
}

/// A copy of hard links is read as any other; what would change its other names is refused.
#[test]
fn a_file_with_a_second_name_is_read_and_never_changed() {
    let mut place = Place::new();
    let victim = place.victim();
    place.store.make_folder("c").unwrap();
    for path in ["hard.part", "c/hard"] {
        fs::hard_link(&victim, place.path(path)).unwrap();
    }
    let before = mode(&victim);
    let store = &mut place.store;
    assert_eq!(store.read("hard.part").unwrap(), b"mine");
    store.sync_file("hard.part").unwrap();
    for (result, path) in [
        (store.append("hard.part", b"x"), "hard.part"),
        (store.truncate("hard.part", 0), "hard.part"),
        (store.make_read_only("c"), "c/hard"),
    ] {
        let path = path.to_owned();
        assert_eq!(result, Err(StoreError::HardLink { path }));
    }
    let made = store.create("hard.part", b"x").unwrap_err();
    assert!(matches!(made, StoreError::Exists { .. }), "{made}");
    store.rename("hard.part", "other.part").unwrap();
    store.remove("other.part").unwrap();
    assert_eq!(store.list("").unwrap().len(), 1);
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    assert_eq!(mode(&victim), before);
    // The lock is never written; a copy that shares it runs at another time.
    let copied = place.home.path().join("copied");
    fs::create_dir(&copied).unwrap();
    fs::hard_link(place.path(LOCK), copied.join(LOCK)).unwrap();
    let both = DiskStore::open(&copied, StoreRules::Rehearsal).unwrap_err();
    assert!(matches!(both, StoreError::Locked { .. }), "{both}");
    drop(place.store);
    assert!(DiskStore::open(&copied, StoreRules::Rehearsal).is_ok());
}

#[test]
fn sealing_takes_write_permission_and_stops_at_what_is_not_plain() {
    let mut place = Place::new();
    let victim = place.victim();
    place.store.make_folder("c").unwrap();
    place.store.make_folder("c/out").unwrap();
    place.store.create("c/out/f", b"f").unwrap();
    place.store.make_read_only("c").unwrap();
    // Signatures on the seal are put beside it later.
    assert_eq!(mode(&place.path("c")), 0o755);
    assert_eq!(mode(&place.path("c/out")), 0o555);
    assert_eq!(mode(&place.path("c/out/f")), 0o444);
    // A sealed folder can still be read; and taken away by the test.
    assert_eq!(place.store.read("c/out/f").unwrap(), b"f");

    place.store.make_folder("d").unwrap();
    symlink(&victim, place.path("d/link")).unwrap();
    let before = mode(&victim);
    let error = place.store.make_read_only("d").unwrap_err();
    assert_eq!(
        error,
        StoreError::NotPlain {
            path: "d/link".to_owned()
        }
    );
    assert_eq!(mode(&victim), before);
    fs::set_permissions(place.path("c/out"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn one_process_at_a_time() {
    let place = Place::new();
    let root = place.home.path().join("ledger");
    let second = DiskStore::open(&root, StoreRules::Rehearsal).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }), "{second}");
    // Readers need no lock.
    assert!(DiskStore::open_read_only(&root).is_ok());
    drop(place.store);
    assert!(DiskStore::open(&root, StoreRules::Rehearsal).is_ok());
}

#[test]
fn the_lock_is_no_link_and_no_pipe() {
    let home = tempfile::tempdir().unwrap();
    for (name, hostile) in [("a", 0), ("b", 1), ("c", 2)] {
        let root = home.path().join(name);
        fs::create_dir(&root).unwrap();
        let target = home.path().join("target");
        match hostile {
            0 => symlink(&target, root.join(LOCK)).unwrap(),
            1 => fifo(&root.join(LOCK)),
            _ => fs::create_dir(root.join(LOCK)).unwrap(),
        }
        let error = DiskStore::open(&root, StoreRules::Rehearsal).unwrap_err();
        assert!(
            matches!(error, StoreError::NotPlain { .. }),
            "{name}: {error}"
        );
        assert!(!target.exists());
    }
}

#[test]
fn read_only_means_no_writes_at_all() {
    let mut place = Place::new();
    place.store.create("f.part", b"f").unwrap();
    let root = place.home.path().join("ledger");
    let mut store = DiskStore::open_read_only(&root).unwrap();
    assert_eq!(store.read("f.part").unwrap(), b"f");
    assert_eq!(store.list("").unwrap().len(), 1);
    for result in [
        store.make_folder("d"),
        store.create("g", b""),
        store.append("f.part", b"x"),
        store.truncate("f.part", 0),
        store.sync_file("f.part"),
        store.sync_folder(""),
        store.rename("f.part", "g"),
        store.remove("f.part"),
        store.make_read_only("d"),
    ] {
        assert!(matches!(result, Err(StoreError::Failed { .. })));
    }
    let bare = place.home.path().join("none");
    assert!(DiskStore::open_read_only(&bare).unwrap_err().is_missing());
    assert!(!bare.exists());
}

#[test]
fn the_ledger_itself_is_made_one_level_deep_and_is_no_link() {
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("no/ledger");
    assert!(
        DiskStore::open(&deep, StoreRules::Rehearsal)
            .unwrap_err()
            .is_missing()
    );
    fs::create_dir(home.path().join("real")).unwrap();
    symlink("real", home.path().join("link")).unwrap();
    let error = DiskStore::open(&home.path().join("link"), StoreRules::Rehearsal).unwrap_err();
    assert!(matches!(error, StoreError::NotPlain { .. }), "{error}");
    fs::write(home.path().join("file"), b"").unwrap();
    let error = DiskStore::open(&home.path().join("file"), StoreRules::Rehearsal).unwrap_err();
    assert!(matches!(error, StoreError::NotPlain { .. }), "{error}");
}

#[test]
fn a_ledger_in_memory_is_for_rehearsals_only() {
    let home = tempfile::tempdir_in("/dev/shm");
    if !can_show(home.is_ok(), "/dev/shm takes no folder") {
        return;
    }
    let home = home.unwrap();
    let root = home.path().join("ledger");
    let error = DiskStore::open(&root, StoreRules::Production).unwrap_err();
    assert!(
        matches!(&error, StoreError::FileSystem { found, .. } if found == "tmpfs"),
        "{error}"
    );
    assert!(!root.exists(), "nothing is left on a refused file system");
    fs::create_dir(&root).unwrap();
    assert!(DiskStore::open(&root, StoreRules::Production).is_err());
    assert!(!root.join(LOCK).exists());
    assert!(DiskStore::open(&root, StoreRules::Rehearsal).is_ok());
}

#[test]
fn file_systems_are_known_by_their_numbers() {
    assert_eq!(file_system(0xef53), (true, "ext4".to_owned()));
    assert!(file_system(0x5846_5342).0 && file_system(0x9123_683e).0);
    assert_eq!(file_system(0x794c_7630), (false, "overlayfs".to_owned()));
    assert_eq!(file_system(0x4d44), (false, "FAT".to_owned()));
    let odd = (false, "a file system of type 0x12ab".to_owned());
    assert_eq!(file_system(0x12ab), odd);
}

#[test]
fn hostile_names_are_shown_not_obeyed() {
    let mut place = Place::new();
    let name = "a\u{1b}[2J";
    let error = place.store.read(name).unwrap_err();
    assert_eq!(error.to_string(), "a\\u{1b}[2J is not there");
    fs::write(place.path("ok"), b"").unwrap();
    let raw = std::ffi::OsStr::from_bytes(b"bad\xff");
    fs::write(place.home.path().join("ledger").join(raw), b"").unwrap();
    let error = place.store.list("").unwrap_err();
    assert!(
        error.to_string().starts_with("bad\\xff: cannot use"),
        "{error}"
    );
}

#[test]
fn a_production_ledger_opens_where_the_disk_keeps_it() {
    // Beside this program: temporary folders are often in memory.
    let program = std::env::current_exe().unwrap();
    let home = tempfile::tempdir_in(program.parent().unwrap()).unwrap();
    let found = rustix::fs::statfs(home.path()).unwrap().f_type & 0xffff_ffff;
    let keeps = [0xef53, 0x5846_5342, 0x9123_683e].contains(&found);
    if !can_show(keeps, "the target folder is not on ext4, xfs or btrfs") {
        return;
    }
    let mut store = DiskStore::open(&home.path().join("ledger"), StoreRules::Production).unwrap();
    store.create("a", b"a").unwrap();
}
