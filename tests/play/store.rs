//! A ledger's folder in memory that models sync: a file's content is safe only after
//! `sync_file`, a name only after `sync_folder` of the folder that holds it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use anchorite::ports::{EntryKind, Store, StoreEntry, StoreError};

/// What a crash leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The power went: names and bytes that were not synced are gone.
    Dropped,
    /// Only the program died: all of it is there, and as little synced as before.
    Kept,
    /// The power went: names survived, of unsynced bytes the first half.
    Torn,
    /// The power went: names and lengths survived, unsynced bytes are zeros.
    Zeros,
}

impl Crash {
    pub const ALL: [Self; 4] = [Self::Dropped, Self::Kept, Self::Torn, Self::Zeros];
}

#[derive(Clone, Debug)]
enum Node {
    Folder {
        now: BTreeMap<String, usize>,
        disk: BTreeMap<String, usize>,
    },
    File {
        now: Vec<u8>,
        disk: Vec<u8>,
    },
}

/// The disk itself; survives the program.
#[derive(Clone, Debug)]
pub struct Disk {
    nodes: Vec<Node>,
}

impl Disk {
    fn new() -> Self {
        Self {
            nodes: vec![Node::Folder {
                now: BTreeMap::new(),
                disk: BTreeMap::new(),
            }],
        }
    }

    fn find(&self, path: &str, safe: bool) -> Option<usize> {
        let mut at = 0;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let Node::Folder { now, disk } = &self.nodes[at] else {
                return None;
            };
            at = *if safe { disk } else { now }.get(part)?;
        }
        Some(at)
    }

    /// A file as a power cut at this moment would leave it at worst.
    pub fn safe_file(&self, path: &str) -> Option<Vec<u8>> {
        match &self.nodes[self.find(path, true)?] {
            Node::File { disk, .. } => Some(disk.clone()),
            Node::Folder { .. } => None,
        }
    }

    /// A file as the program sees it.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        match &self.nodes[self.find(path, false)?] {
            Node::File { now, .. } => Some(now.clone()),
            Node::Folder { .. } => None,
        }
    }

    /// Names in a folder, as the program sees them.
    pub fn names(&self, path: &str) -> Vec<String> {
        match self.find(path, false).map(|at| &self.nodes[at]) {
            Some(Node::Folder { now, .. }) => now.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Every file below a folder, paths relative to it.
    pub fn files_below(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for name in self.names(folder) {
            let full = join(folder, &name);
            match self.file(&full) {
                Some(bytes) => {
                    found.insert(name, bytes);
                }
                None => {
                    for (below, bytes) in self.files_below(&full) {
                        found.insert(format!("{name}/{below}"), bytes);
                    }
                }
            }
        }
        found
    }

    /// Puts bytes where a file is, or beside the files of a folder: what somebody else does.
    pub fn put(&mut self, path: &str, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        let file = Node::File {
            now: bytes.clone(),
            disk: bytes,
        };
        if let Some(at) = self.find(path, false) {
            self.nodes[at] = file;
            return;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (at, new) = (self.find(folder, false).unwrap(), self.nodes.len());
        if let Node::Folder { now, disk } = &mut self.nodes[at] {
            now.insert(name.to_owned(), new);
            disk.insert(name.to_owned(), new);
        }
        self.nodes.push(file);
    }

    fn crash(&mut self, how: Crash) {
        if how == Crash::Kept {
            return;
        }
        for node in &mut self.nodes {
            match node {
                Node::Folder { now, disk } if how == Crash::Dropped => *now = disk.clone(),
                Node::Folder { now, disk } => *disk = now.clone(),
                Node::File { now, disk } => {
                    if now.starts_with(disk) {
                        let tail = now.len() - disk.len();
                        match how {
                            Crash::Torn => disk.extend(&now[disk.len()..][..tail.div_ceil(2)]),
                            Crash::Zeros => disk.extend(vec![0; tail]),
                            Crash::Dropped | Crash::Kept => {}
                        }
                    }
                    *now = disk.clone();
                }
            }
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The store that a program holds.
#[derive(Clone)]
pub struct TestStore {
    pub disk: Rc<RefCell<Disk>>,
    /// Every call, in order: `append 0001-x.open/transcript.jsonl`.
    pub calls: Vec<String>,
    /// Which of the calls, from 1, changed anything on the disk. Dying before another one is
    /// dying before the next of these.
    pub changes: Vec<usize>,
    /// This call and all later ones fail: the program is dead. From 1.
    pub dies_at: Option<usize>,
    /// Set by whatever kills the program from outside.
    pub dead: Rc<RefCell<bool>>,
}

impl TestStore {
    pub fn new() -> Self {
        Self {
            disk: Rc::new(RefCell::new(Disk::new())),
            calls: Vec::new(),
            changes: Vec::new(),
            dies_at: None,
            dead: Rc::default(),
        }
    }

    /// The n-th call from now on and every later one fails.
    pub fn crash_after(&mut self, n: Option<usize>) {
        self.calls.clear();
        self.changes.clear();
        self.dies_at = n;
        *self.dead.borrow_mut() = false;
    }

    /// What the next program finds.
    pub fn after_crash(&mut self, how: Crash) {
        self.disk.borrow_mut().crash(how);
        self.crash_after(None);
    }

    fn call(&mut self, doing: &'static str, path: &str) -> Result<(), StoreError> {
        if self.dies_at.is_some_and(|n| self.calls.len() + 1 >= n) {
            *self.dead.borrow_mut() = true;
        }
        if *self.dead.borrow() {
            return Err(failed(doing, path));
        }
        self.calls.push(format!("{doing} {path}"));
        Ok(())
    }

    fn changed<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_ok() {
            self.changes.push(self.calls.len());
        }
        result
    }

    fn at(&self, path: &str) -> Result<usize, StoreError> {
        self.disk
            .borrow()
            .find(path, false)
            .ok_or_else(|| StoreError::Missing {
                path: path.to_owned(),
            })
    }

    fn with_file<T>(
        &mut self,
        path: &str,
        act: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>) -> T,
    ) -> Result<T, StoreError> {
        let at = self.at(path)?;
        match &mut self.disk.borrow_mut().nodes[at] {
            Node::File { now, disk } => Ok(act(now, disk)),
            Node::Folder { .. } => Err(StoreError::NotPlain {
                path: path.to_owned(),
            }),
        }
    }

    fn with_parent<T>(
        &mut self,
        path: &str,
        act: impl FnOnce(&mut BTreeMap<String, usize>, String) -> T,
    ) -> Result<T, StoreError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let at = self.at(folder)?;
        match &mut self.disk.borrow_mut().nodes[at] {
            Node::Folder { now, .. } => Ok(act(now, name.to_owned())),
            Node::File { .. } => Err(StoreError::NotPlain {
                path: path.to_owned(),
            }),
        }
    }

    fn add(&mut self, path: &str, node: Node) -> Result<(), StoreError> {
        if self.at(path).is_ok() {
            return Err(StoreError::Exists {
                path: path.to_owned(),
            });
        }
        let number = self.disk.borrow().nodes.len();
        self.with_parent(path, |names, name| names.insert(name, number))?;
        self.disk.borrow_mut().nodes.push(node);
        Ok(())
    }
}

fn failed(doing: &'static str, path: &str) -> StoreError {
    StoreError::Failed {
        path: path.to_owned(),
        doing,
        cause: "the program is dead".to_owned(),
    }
}

impl Store for TestStore {
    fn list(&mut self, folder: &str) -> Result<Vec<StoreEntry>, StoreError> {
        self.call("list", folder)?;
        let at = self.at(folder)?;
        let disk = self.disk.borrow();
        let Node::Folder { now, .. } = &disk.nodes[at] else {
            return Err(failed("list", folder));
        };
        Ok(now
            .iter()
            .map(|(name, at)| {
                let (kind, size) = match &disk.nodes[*at] {
                    Node::Folder { .. } => (EntryKind::Folder, 0),
                    Node::File { now, .. } => (EntryKind::File, now.len() as u64),
                };
                StoreEntry {
                    name: name.clone(),
                    kind,
                    size,
                }
            })
            .collect())
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, StoreError> {
        self.call("read", path)?;
        self.with_file(path, |now, _| now.clone())
    }

    fn make_folder(&mut self, path: &str) -> Result<(), StoreError> {
        self.call("make", path)?;
        let folder = Node::Folder {
            now: BTreeMap::new(),
            disk: BTreeMap::new(),
        };
        let result = self.add(path, folder);
        self.changed(result)
    }

    fn create(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.call("create", path)?;
        let file = Node::File {
            now: bytes.to_vec(),
            disk: Vec::new(),
        };
        let result = self.add(path, file);
        self.changed(result)
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.call("append", path)?;
        let result = self.with_file(path, |now, _| now.extend_from_slice(bytes));
        self.changed(result)
    }

    fn truncate(&mut self, path: &str, length: u64) -> Result<(), StoreError> {
        self.call("truncate", path)?;
        let length = usize::try_from(length).unwrap();
        let result = self.with_file(path, |now, _| now.truncate(length));
        self.changed(result)
    }

    fn sync_file(&mut self, path: &str) -> Result<(), StoreError> {
        self.call("sync", path)?;
        let result = self.with_file(path, |now, disk| *disk = now.clone());
        self.changed(result)
    }

    fn sync_folder(&mut self, path: &str) -> Result<(), StoreError> {
        self.call("sync-folder", path)?;
        let at = self.at(path)?;
        match &mut self.disk.borrow_mut().nodes[at] {
            Node::Folder { now, disk } => *disk = now.clone(),
            Node::File { .. } => return Err(failed("sync", path)),
        }
        self.changed(Ok(()))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        self.call("rename", to)?;
        let at = self.at(from)?;
        if self.at(to).is_ok() {
            return Err(StoreError::Exists {
                path: to.to_owned(),
            });
        }
        self.with_parent(to, |names, name| names.insert(name, at))?;
        self.with_parent(from, |names, name| names.remove(&name))?;
        self.changed(Ok(()))
    }

    fn remove(&mut self, path: &str) -> Result<(), StoreError> {
        self.call("remove", path)?;
        let at = self.at(path)?;
        let staged = path.split('/').next().unwrap().ends_with(".new");
        let empty = match &self.disk.borrow().nodes[at] {
            Node::Folder { now, .. } => staged && now.is_empty(),
            Node::File { .. } => staged || path.ends_with(".part"),
        };
        assert!(empty, "{path} must not be removed");
        self.with_parent(path, |names, name| names.remove(&name))?;
        self.changed(Ok(()))
    }

    fn make_read_only(&mut self, folder: &str) -> Result<(), StoreError> {
        self.call("read-only", folder)?;
        let result = self.at(folder).map(|_| ());
        self.changed(result)
    }
}
