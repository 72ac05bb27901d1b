//! What the laptop looks like on the day: recorded as evidence and shown to the witnesses.
//!
//! These are observations of a system by a program that runs on it, and so no proof of
//! anything. No host name, no user name, no value of a variable is looked at.

use std::fs;
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit};

use crate::digest::Digest;
use crate::x509::escape::{escape, escape_bytes};

/// What was seen. All text is escaped; the order of the fields is the order in the file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Environment {
    /// Kernel release, as in `uname -r`.
    pub kernel: Option<String>,
    /// `PRETTY_NAME` of os-release.
    pub system: Option<String>,
    /// Digest of the running program's file.
    pub executable_sha256: Option<Digest>,
    /// Effective user id.
    pub uid: u32,
    /// Every network interface but the loopback.
    pub network: Vec<NetworkInterface>,
    /// Swap areas in use; `None` when the system does not say.
    pub swap: Option<Vec<String>>,
    /// Largest core dump in bytes; `None` is no limit.
    pub core_limit: Option<u64>,
    /// Which ways of loading foreign code into programs are in use: `LD_PRELOAD`, `LD_AUDIT`
    /// (set or not, never their values), `/etc/ld.so.preload`.
    pub preload: Vec<&'static str>,
    /// Process that traces this one.
    pub tracer_pid: Option<u32>,
    /// Kernel lockdown: `none`, `integrity`, `confidentiality`.
    pub lockdown: Option<String>,
    /// Whether the firmware says secure boot is on.
    pub secure_boot: Option<bool>,
    /// What a witness should see.
    pub findings: Vec<EnvironmentFinding>,
}

/// A network interface and its state.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NetworkInterface {
    /// Name.
    pub name: String,
    /// `up`, `down`, `unknown` and so on, as the kernel says.
    pub state: String,
}

/// Something about the laptop that a witness should see.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EnvironmentFinding {
    /// Public id, `ENV-NETWORK`.
    pub id: &'static str,
    /// What was seen.
    pub words: String,
}

/// Looks around. Never fails: what cannot be seen is absent.
pub fn observe() -> Environment {
    let core = rustix::process::getrlimit(Resource::Core);
    let mut seen = Environment {
        kernel: text("/proc/sys/kernel/osrelease").map(|text| escape(text.trim())),
        system: ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|path| pretty_name(&text(path)?)),
        executable_sha256: fs::read("/proc/self/exe").ok().map(|b| Digest::of(&b)),
        uid: rustix::process::geteuid().as_raw(),
        network: interfaces(Path::new("/sys/class/net")),
        swap: text("/proc/swaps").map(|text| swap_areas(&text)),
        core_limit: core.current,
        preload: preloads(),
        tracer_pid: text("/proc/self/status").and_then(|text| tracer_pid(&text)),
        lockdown: text("/sys/kernel/security/lockdown").and_then(|text| lockdown(&text)),
        secure_boot: secure_boot(),
        findings: Vec::new(),
    };
    seen.findings = findings(&seen);
    seen
}

/// Forbids core dumps and tracing by others, and makes new files writable by nobody else.
/// Gives back, in words, what could not be done.
pub fn harden() -> Vec<String> {
    let mut undone = Vec::new();
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(errno) = rustix::process::setrlimit(Resource::Core, none) {
        undone.push(format!("core dumps could not be switched off: {errno}"));
    }
    // Also keeps other processes of the same user from reading our memory.
    let never = DumpableBehavior::NotDumpable;
    if let Err(errno) = rustix::process::set_dumpable_behavior(never) {
        undone.push(format!("the process could not be made undumpable: {errno}"));
    }
    rustix::process::umask(Mode::from_raw_mode(0o022));
    undone
}

fn findings(seen: &Environment) -> Vec<EnvironmentFinding> {
    let mut found = Vec::new();
    let mut add = |id, words| found.push(EnvironmentFinding { id, words });
    let live: Vec<String> = seen
        .network
        .iter()
        .filter(|interface| interface.state != "down")
        .map(|interface| format!("{} ({})", interface.name, interface.state))
        .collect();
    if !live.is_empty() {
        let words = format!("network interfaces that are not down: {}", live.join(", "));
        add("ENV-NETWORK", words);
    }
    match seen.swap.as_deref() {
        Some([]) => {}
        Some(areas) => {
            let words = format!(
                "memory can be written to disk: swap on {}",
                areas.join(", ")
            );
            add("ENV-SWAP", words);
        }
        None => add(
            "ENV-SWAP",
            "the system does not say whether swap is on".to_owned(),
        ),
    }
    if seen.core_limit != Some(0) {
        add("ENV-CORE", "core dumps are not switched off".to_owned());
    }
    if !seen.preload.is_empty() {
        let words = format!("foreign code may be loaded by {}", seen.preload.join(", "));
        add("ENV-PRELOAD", words);
    }
    if let Some(tracer) = seen.tracer_pid {
        add("ENV-TRACED", format!("process {tracer} traces this one"));
    }
    if seen.uid == 0 {
        add("ENV-ROOT", "the ceremony runs as the superuser".to_owned());
    }
    found
}

fn text(path: &str) -> Option<String> {
    fs::read(path)
        .ok()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn interfaces(folder: &Path) -> Vec<NetworkInterface> {
    /// `ARPHRD_LOOPBACK`
    const LOOPBACK: &str = "772";
    let read = |name: &std::ffi::OsStr, what: &str| {
        let bytes = fs::read(folder.join(name).join(what)).ok()?;
        Some(escape_bytes(bytes.trim_ascii()))
    };
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        // `bonding_masters` and its like are files of the kernel, not interfaces.
        .filter(|name| folder.join(name).is_dir())
        .filter(|name| read(name, "type").as_deref() != Some(LOOPBACK))
        .map(|name| NetworkInterface {
            state: read(&name, "operstate").unwrap_or_else(|| "unknown".to_owned()),
            name: escape_bytes(name.as_encoded_bytes()),
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn preloads() -> Vec<&'static str> {
    let mut found: Vec<_> = ["LD_PRELOAD", "LD_AUDIT"]
        .into_iter()
        .filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .collect();
    let global = "/etc/ld.so.preload";
    if text(global).is_some_and(|text| !text.trim().is_empty()) {
        found.push(global);
    }
    found
}

/// First column of `/proc/swaps`, after its heading.
fn swap_areas(swaps: &str) -> Vec<String> {
    swaps
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .map(escape)
        .collect()
}

fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(escape(value.trim().trim_matches(['"', '\''])))
}

fn tracer_pid(status: &str) -> Option<u32> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"))?;
    value.trim().parse().ok().filter(|&pid| pid != 0)
}

/// The word in brackets of `none [integrity] confidentiality`.
fn lockdown(text: &str) -> Option<String> {
    let (_, after) = text.split_once('[')?;
    let (word, _) = after.split_once(']')?;
    Some(escape(word))
}

fn secure_boot() -> Option<bool> {
    let name = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    // Four bytes of attributes, then the value.
    match fs::read(Path::new("/sys/firmware/efi/efivars").join(name)).ok()?[..] {
        [_, _, _, _, value] => Some(value == 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Environment {
        Environment {
            kernel: None,
            system: None,
            executable_sha256: None,
            uid: 1000,
            network: Vec::new(),
            swap: Some(Vec::new()),
            core_limit: Some(0),
            preload: Vec::new(),
            tracer_pid: None,
            lockdown: None,
            secure_boot: None,
            findings: Vec::new(),
        }
    }

    #[test]
    fn the_systems_files_are_read() {
        let swaps = "Filename\tType\tSize\n/dev/dm-1  partition 1 0 -2\n";
        assert_eq!(swap_areas(swaps), ["/dev/dm-1"]);
        assert!(swap_areas("Filename Type\n").is_empty());
        let os = "NAME=x\nPRETTY_NAME=\"Debian \u{1b} 12\"\n";
        assert_eq!(pretty_name(os).unwrap(), "Debian \\u{1b} 12");
        assert_eq!(tracer_pid("Name:\tx\nTracerPid:\t42\n"), Some(42));
        assert_eq!(tracer_pid("TracerPid:\t0\n"), None);
        assert_eq!(lockdown("none [integrity] x\n").unwrap(), "integrity");
    }

    #[test]
    fn interfaces_are_listed_without_the_loopback() {
        let home = tempfile::tempdir().unwrap();
        for (name, kind, state) in [
            ("wlan0", "1", "down"),
            ("lo", "772", "unknown"),
            ("eth0", "1", "up"),
        ] {
            let folder = home.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("type"), format!("{kind}\n")).unwrap();
            fs::write(folder.join("operstate"), format!("{state}\n")).unwrap();
        }
        fs::write(home.path().join("bonding_masters"), "").unwrap();
        let mut seen = quiet();
        seen.network = interfaces(home.path());
        let names: Vec<_> = seen.network.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names, ["eth0", "wlan0"]);
        let found = findings(&seen);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, "ENV-NETWORK");
        assert_eq!(
            found[0].words,
            "network interfaces that are not down: eth0 (up)"
        );
    }

    #[test]
    fn each_trouble_has_its_finding() {
        assert!(findings(&quiet()).is_empty());
        let seen = Environment {
            uid: 0,
            swap: Some(vec!["/dev/sda2".to_owned()]),
            core_limit: None,
            preload: vec!["LD_PRELOAD"],
            tracer_pid: Some(7),
            ..quiet()
        };
        let ids: Vec<_> = findings(&seen).iter().map(|f| f.id).collect();
        let all = [
            "ENV-SWAP",
            "ENV-CORE",
            "ENV-PRELOAD",
            "ENV-TRACED",
            "ENV-ROOT",
        ];
        assert_eq!(ids, all);
        assert_eq!(
            findings(&Environment {
                swap: None,
                ..quiet()
            })[0]
                .id,
            "ENV-SWAP"
        );
    }

    #[test]
    fn a_hardened_process_still_sees_itself() {
        assert_eq!(harden(), Vec::<String>::new());
        let seen = observe();
        assert_eq!(seen.core_limit, Some(0));
        assert!(seen.kernel.is_some() && seen.executable_sha256.is_some());
        let behaviour = rustix::process::dumpable_behavior().unwrap();
        assert!(behaviour == DumpableBehavior::NotDumpable);
        let json = serde_json::to_string(&seen).unwrap();
        assert!(json.starts_with("{\"kernel\":"), "{json}");
    }
}
