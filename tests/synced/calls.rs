//! What strace writes (`-f -y`), read into the calls that change a disk.

use std::collections::BTreeMap;

/// The calls that strace is asked for: every one that changes a file, a name or what is safe.
/// Some the program does not make today; a trace without them would hide that it began to.
pub const TRACED: &str = "trace=open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,\
    sendfile,copy_file_range,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,rename,\
    renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,ftruncate,truncate,unlink,\
    unlinkat,rmdir,chmod,fchmod,fchmodat,close";

/// A call that succeeded.
#[derive(Debug)]
pub enum Call {
    /// A file was opened, and perhaps made.
    Open {
        path: String,
        made: bool,
    },
    /// Bytes were written; of a transcript's line the type of its entry.
    Write {
        path: String,
        entry: String,
    },
    /// Cut, or its mode changed.
    Change {
        path: String,
    },
    Folder {
        path: String,
    },
    Remove {
        path: String,
    },
    Rename {
        from: String,
        to: String,
    },
    /// One file or folder is safe.
    Sync {
        path: String,
    },
    /// Everything below is.
    SyncAll {
        path: String,
    },
}

/// Reads a trace. A call that is traced and not known here fails the test: it may change the disk.
pub fn read(trace: &str) -> Vec<Call> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let (pid, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        let whole = if let Some(first) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(pid, first);
            continue;
        } else if rest.starts_with("<... ") {
            let (_, end) = rest.split_once(" resumed>").unwrap();
            format!("{}{end}", begun.remove(pid).unwrap())
        } else {
            rest.to_owned()
        };
        // Signals and exits.
        if whole.starts_with("---") || whole.starts_with("+++") {
            continue;
        }
        let (call, result) = whole
            .rsplit_once(" = ")
            .unwrap_or_else(|| panic!("{whole}"));
        if !result.starts_with('-') && !result.starts_with('?') {
            calls.extend(of(call, result));
        }
    }
    calls
}

fn of(call: &str, result: &str) -> Option<Call> {
    let (name, arguments) = call.split_once('(').unwrap();
    let opened = || between(arguments);
    let named = |at: usize| {
        // `8</folder>, "name"`: the n-th of such pairs.
        let pair = arguments.split(">, \"").collect::<Vec<_>>();
        let folder = pair[at].rsplit_once('<').unwrap().1;
        let name = pair[at + 1].split('"').next().unwrap();
        format!("{folder}/{name}")
    };
    Some(match name {
        "open" | "openat" => Call::Open {
            path: between(result),
            made: arguments.contains("O_CREAT"),
        },
        "write" => Call::Write {
            path: opened(),
            entry: entry(arguments),
        },
        "ftruncate" | "fchmod" => Call::Change { path: opened() },
        "mkdirat" => Call::Folder { path: named(0) },
        "unlinkat" => Call::Remove { path: named(0) },
        "renameat2" => Call::Rename {
            from: named(0),
            to: named(1),
        },
        "fdatasync" | "fsync" => Call::Sync { path: opened() },
        "syncfs" => Call::SyncAll { path: opened() },
        "close" => return None,
        // SoftHSM's own calls, beside the ledger.
        _ if call.contains("/tokens/") => return None,
        _ => panic!("the model does not know {call}"),
    })
}

/// The path that strace puts to a descriptor.
fn between(text: &str) -> String {
    let path = text.split_once('<').unwrap().1;
    path.split('>').next().unwrap().to_owned()
}

/// The type of the entry that a line of a transcript holds, else nothing.
fn entry(arguments: &str) -> String {
    let after = arguments.split_once(r#"\"type\":\""#);
    let word = after.and_then(|(_, rest)| rest.split_once('\\'));
    word.map(|(word, _)| word.to_owned()).unwrap_or_default()
}
