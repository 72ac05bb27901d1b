//! The judges, what they said, and whether that is what `judges/knows.toml` expects.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde::Deserialize;

use crate::material::Chain;
use crate::webpki_judge;

/// One line of a judge.
pub struct Word {
    pub name: String,
    pub accepts: bool,
    pub words: String,
}

impl Word {
    /// Whether it must turn when the intermediate is revoked.
    pub fn revocation(&self) -> bool {
        self.name.ends_with("-revocation")
    }

    /// `PASS|FAIL NAME WORDS`
    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, ' ');
        let accepts = match parts.next()? {
            "PASS" => true,
            "FAIL" => false,
            _ => return None,
        };
        Some(Self {
            accepts,
            name: parts.next()?.to_owned(),
            words: parts.next().unwrap_or_default().to_owned(),
        })
    }
}

/// What a judge does not know, and what it therefore refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unknown {
    /// The names of its lines.
    pub lines: Vec<String>,
    /// Roots of these types, as tables name them.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Intermediates with these keys.
    #[serde(default)]
    pub intermediates: Vec<String>,
    /// Why.
    pub reason: String,
}

/// `judges/knows.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knows {
    pub unknown: Vec<Unknown>,
}

impl Knows {
    pub fn read() -> Self {
        toml::from_str(include_str!("../../judges/knows.toml")).unwrap()
    }

    fn of(&self, chain: &Chain, name: &str) -> Option<&Unknown> {
        self.unknown.iter().find(|one| {
            let matches = one.roots.iter().any(|root| root == chain.root_type)
                || one.intermediates.iter().any(|key| key == chain.key);
            matches && one.lines.iter().any(|line| line == name)
        })
    }
}

/// How a line came out, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As it must: accepted, or dead by the revoking CRL.
    Right,
    /// The judge does not know the algorithm, as the table says.
    Unknown,
    /// Not as the table says.
    Wrong,
}

/// A line's outcome on one chain.
pub struct Ruling {
    pub root_type: &'static str,
    pub what: String,
    pub line: String,
    pub revoked: bool,
    pub outcome: Outcome,
    pub words: String,
}

/// A judge as a program.
pub struct Judge {
    command: Vec<PathBuf>,
    /// Whether it has a line on revocation: else the revoking CRL is not shown to it.
    revocation: bool,
}

/// The judges in `judges/` and where `scripts/judges-setup.sh` puts the built ones.
pub fn judges(all: bool) -> Vec<Judge> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = top.join("judges");
    let tools = top.join("target/tools/judges");
    let judge = |command: &[PathBuf], revocation| Judge {
        command: command.to_vec(),
        revocation,
    };
    let mut list = vec![
        judge(&[own.join("openssl.sh")], true),
        judge(&[own.join("certtool.sh")], false),
    ];
    if all {
        let java = ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"].map(PathBuf::from);
        let java = [&java[..], &[tools.join("java"), "Pkix".into()]].concat();
        list.extend([
            judge(&[tools.join("bin/judge-go")], true),
            judge(&[tools.join("bin/judge-cert-manager")], false),
            judge(&["python3".into(), own.join("pyca.py")], true),
            judge(&[own.join("nss.sh")], true),
            judge(&java, true),
            judge(&[own.join("keytool.sh")], false),
            judge(&[own.join("zlint.sh")], false),
            judge(&["python3".into(), own.join("pki_lint.py")], false),
        ]);
    }
    list
}

fn ask(judge: &Judge, chain: &Chain, crl: &Path) -> Vec<Word> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/judges");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(&judge.command[0])
        .args(&judge.command[1..])
        .args([&chain.root, &chain.intermediate])
        .args([crl, &chain.leaf])
        .env("PYTHONPATH", tools.join("python"))
        .env("PATH", format!("{}:{path}", tools.join("bin").display()))
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", judge.command[0].display()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<Word> = text.lines().filter_map(Word::parse).collect();
    assert!(
        !words.is_empty() && words.len() == text.lines().count(),
        "{:?} said: {text}{}",
        judge.command,
        String::from_utf8_lossy(&output.stderr)
    );
    words
}

/// All rulings of all judges on all chains, with as many at a time as there are processors.
pub fn rule(judges: &[Judge], knows: &Knows, chains: &[Chain]) -> Vec<Ruling> {
    let waiting = Mutex::new(chains.iter());
    let rulings = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().next();
                    let Some(chain) = next else { break };
                    let found = rule_one(judges, knows, chain);
                    rulings.lock().unwrap().extend(found);
                }
            });
        }
    });
    rulings.into_inner().unwrap()
}

fn rule_one(judges: &[Judge], knows: &Knows, chain: &Chain) -> Vec<Ruling> {
    let mut rulings = Vec::new();
    for revoked in [false, true] {
        let crl = if revoked { &chain.revoking } else { &chain.crl };
        let mut words = webpki_judge::judge(&chain.root, &chain.intermediate, crl, &chain.leaf);
        for judge in judges.iter().filter(|judge| judge.revocation || !revoked) {
            words.extend(ask(judge, chain, crl));
        }
        rulings.extend(words.into_iter().map(|word| Ruling {
            root_type: chain.root_type,
            what: chain.what.clone(),
            revoked,
            outcome: outcome(&word, revoked, knows.of(chain, &word.name)),
            line: word.name,
            words: word.words,
        }));
    }
    rulings
}

fn outcome(word: &Word, revoked: bool, unknown: Option<&Unknown>) -> Outcome {
    match unknown {
        Some(_) if !word.accepts => Outcome::Unknown,
        Some(_) => Outcome::Wrong,
        None if revoked && word.revocation() => {
            let dead = !word.accepts && word.words.to_lowercase().contains("revoked");
            if dead { Outcome::Right } else { Outcome::Wrong }
        }
        None if word.accepts => Outcome::Right,
        None => Outcome::Wrong,
    }
}
