//! Real etcd members for tests: on free loopback ports, ended by their own process ids.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a member writes to its log once it serves clients.
const READY: &str = "ready to serve client requests";

/// Where a command says that a member listens.
const HERE: &str = "127.0.0.1:";

/// One cluster; its members end when it is dropped.
pub struct Etcd {
    members: Vec<Member>,
    /// Ports in the commands, and the address that each really is.
    addresses: BTreeMap<String, String>,
}

struct Member {
    child: Child,
    log: PathBuf,
}

impl Etcd {
    /// Starts each command in the folder and waits until all members serve. Every loopback
    /// address in the commands becomes a free one; [`Self::real`] does the same to other text.
    #[track_caller]
    pub fn start(folder: &Path, commands: &[&str]) -> Self {
        for program in ["etcd", "etcdctl"] {
            let found = Command::new(program).arg("--help").output();
            assert!(
                found.is_ok(),
                "{program} is not installed; these tests need it: \
                 apt-get install etcd-server etcd-client"
            );
        }
        // Somebody else may take a port between our look and the member's start.
        let mut said = String::new();
        for _ in 0..3 {
            match Self::try_start(folder, commands) {
                Ok(etcd) => return etcd,
                Err(log) => said = log,
            }
        }
        panic!("etcd does not start:\n{said}");
    }

    fn try_start(folder: &Path, commands: &[&str]) -> Result<Self, String> {
        let mut etcd = Self {
            members: Vec::new(),
            addresses: free_addresses(commands),
        };
        for (at, command) in commands.iter().enumerate() {
            if let Some(data) = word_after(command, "--data-dir") {
                let _ = std::fs::remove_dir_all(folder.join(data));
            }
            let log = folder.join(format!("etcd-{at}.log"));
            let file = File::create(&log).expect("a log");
            // The shell becomes the member, so that its process id is the member's.
            let child = Command::new("sh")
                .args(["-c", &format!("exec {}", etcd.real(command))])
                .current_dir(folder)
                .stdin(Stdio::null())
                .stdout(file.try_clone().expect("the log once more"))
                .stderr(file)
                .spawn()
                .expect("every system has sh");
            etcd.members.push(Member { child, log });
        }
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if etcd.members.iter().all(Member::is_ready) {
                return Ok(etcd);
            }
            let ended = |member: &mut Member| member.child.try_wait().expect("its state").is_some();
            if etcd.members.iter_mut().any(ended) || Instant::now() > end {
                return Err(etcd.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Text about this cluster, with its real addresses.
    pub fn real(&self, text: &str) -> String {
        let mut parts = text.split(HERE);
        let mut real = parts.next().unwrap_or_default().to_owned();
        for rest in parts {
            let port = port_of(rest);
            let address = self.addresses.get(port).cloned();
            real += &address.unwrap_or_else(|| format!("{HERE}{port}"));
            real += &rest[port.len()..];
        }
        real
    }

    /// What its members wrote.
    pub fn log(&self) -> String {
        self.members.iter().map(Member::log).collect()
    }
}

impl Member {
    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn is_ready(&self) -> bool {
        self.log().contains(READY)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free address for each port in the texts.
fn free_addresses(texts: &[&str]) -> BTreeMap<String, String> {
    let mut addresses = BTreeMap::new();
    // All are held until the last is found.
    let mut held = Vec::new();
    for rest in texts.iter().flat_map(|text| text.split(HERE).skip(1)) {
        addresses
            .entry(port_of(rest).to_owned())
            .or_insert_with(|| {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
                let real = listener.local_addr().expect("its address").to_string();
                held.push(listener);
                real
            });
    }
    addresses
}

/// The digits that a text begins with.
fn port_of(text: &str) -> &str {
    let end = text.find(|character: char| !character.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

fn word_after<'a>(command: &'a str, option: &str) -> Option<&'a str> {
    let mut words = command.split_whitespace();
    words.find(|word| *word == option)?;
    words.next()
}
