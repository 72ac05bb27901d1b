//! One ceremony on a world that stands, with a crash at each of its calls.

use std::collections::{BTreeMap, BTreeSet};

use anchorite::audit::Verdict;
use anchorite::ceremony::prepare::{Ingredients, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::ledger::entry::{Entry, Event};
use anchorite::ledger::post_seal::Destruction;
use anchorite::ledger::seal::Seal;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::cms;
use anchorite::x509::public_key::SignatureAlgorithm;

use super::Spot;
use crate::play::ports::Crash;
use crate::play::token::Faults;
use crate::play::world::{Setting, World};

/// A ceremony on a world that stands before it.
pub(crate) struct Act {
    pub(crate) world: World,
    pub(crate) id: &'static str,
    pub(crate) source: String,
    pub(crate) inputs: BTreeMap<String, Vec<u8>>,
    pub(crate) judge: fn(&mut World, &[Entry], Spot<'_>),
}

impl Act {
    fn folder(&self) -> String {
        let number = self.world.names().len() + 1;
        format!("{number:04}-{}", self.id)
    }

    fn job(&self, session: u32) -> Job {
        let view = self.world.fork().view();
        let prepared = prepare(Ingredients {
            file_name: "acme.toml",
            source: &self.source,
            inputs: self.inputs.clone(),
            ledger: view.state(),
            register: view.register,
        });
        Job {
            prepared: prepared.unwrap_or_else(|error| panic!("{}: {error}", self.id)),
            rehearsal: false,
            root: Some(Certificate::from_file(&self.inputs["root.pem"]).unwrap()),
            tool_sha256: Digest::of(b"tool"),
            environment: format!("{{\"boot\":{session}}}\n").into_bytes(),
            environment_findings: Vec::new(),
        }
    }

    /// The world after it, with nothing in its way.
    pub(crate) fn done(self) -> World {
        let mut world = self.world.fork();
        let done = world.plain(&self.job(1), false);
        if let Err(failure) = &done.result {
            panic!("{}: {}", self.id, failure.error);
        }
        world
    }
}

/// What dies and in which way.
#[derive(Clone, Copy, Debug)]
enum Death {
    Store(usize, Crash),
    Token(usize, Crash),
}

impl Death {
    fn setting(self) -> Setting {
        match self {
            Self::Store(n, _) => Setting {
                dies_at: Some(n),
                ..Setting::default()
            },
            Self::Token(n, _) => Setting {
                faults: Faults {
                    dies_after: Some(n),
                    ..Faults::default()
                },
                ..Setting::default()
            },
        }
    }

    fn how(self) -> Crash {
        match self {
            Self::Store(_, how) | Self::Token(_, how) => how,
        }
    }
}

/// Every death of a ceremony, each resumed to its end and judged.
pub(crate) fn at_every_call(act: &Act) {
    let jobs = [act.job(1), act.job(2)];
    let mut world = act.world.fork();
    let clean = world.plain(&jobs[0], false);
    if let Err(failure) = &clean.result {
        panic!("no crash: {}", failure.error);
    }
    judge(act, &mut world, format_args!("no crash"));
    // Dying before a call that changes nothing is dying before the next one that does. The first
    // ceremony's tests take every way at every spot; here each spot has one.
    let ways = [
        Crash::Dropped,
        Crash::Kept,
        Crash::Dropped,
        Crash::Torn,
        Crash::Dropped,
        Crash::Zeros,
    ];
    let stores = clean.store_changes.into_iter().enumerate();
    let stores = stores.map(|(at, n)| Death::Store(n, ways[at % 6]));
    let tokens = (1..=clean.token_calls.len()).map(|n| Death::Token(n, Crash::ALL[n % 4]));
    // A fixed sample, another one in each ceremony; `make crash` takes them all.
    let all = std::env::var("ANCHORITE_ALL_KILLS").is_ok_and(|value| value == "1");
    let sampled = |at: usize| all || (at + act.folder().len()).is_multiple_of(3);
    let deaths = stores.chain(tokens).enumerate();
    let deaths = deaths
        .filter(|(at, _)| sampled(*at))
        .map(|(_, death)| death);
    for death in deaths {
        let mut world = act.world.fork();
        let _ = world.run(&jobs[0], false, &death.setting());
        world.crash(death.how());
        if !world.names().contains(&act.folder()) {
            let resume = world.open_folder().is_some();
            let last = world.plain(&jobs[1], resume);
            if let Err(failure) = &last.result {
                panic!("{death:?}: the ceremony does not end: {}", failure.error);
            }
        }
        let view = world.view();
        let left = view.end.filter(|end| end.state != Destruction::Done);
        if left.is_some() {
            let ended = world.end();
            ended.unwrap_or_else(|error| panic!("{death:?}: the key does not end: {error}"));
        }
        judge(act, &mut world, format_args!("{death:?}"));
    }
}

/// What holds of every ceremony: its signatures are of what was intended, one body for each
/// product, and the verifier says so.
fn judge(act: &Act, world: &mut World, spot: Spot<'_>) {
    let folder = act.folder();
    assert_eq!(world.names().last(), Some(&folder), "{spot}");
    let entries = world.entries(&folder);
    let intents: BTreeSet<(&str, Digest)> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Ok(Event::SignIntended {
                product,
                tbs_sha256,
                ..
            }) => Some((product.as_str(), *tbs_sha256)),
            _ => None,
        })
        .collect();
    let products: BTreeSet<&str> = intents.iter().map(|(product, _)| *product).collect();
    assert_eq!(products.len(), intents.len(), "{spot}: {intents:?}");
    let text = world.bytes(&format!("{folder}/SEAL.txt"));
    let seal = Seal::from_text(&text).unwrap();
    let attributes = cms::signed_attributes(&text, SignatureAlgorithm::EcdsaSha256, seal.ended);
    for (before, after) in [
        (&act.world.hardware, &world.hardware),
        (&act.world.copy, &world.copy),
    ] {
        let (before, after) = (before.borrow(), after.borrow());
        assert_eq!(after.violations, [""; 0], "{spot}");
        for signature in &after.signatures[before.signatures.len()..] {
            let digest = Digest::of(&signature.message);
            let intended = intents.iter().any(|(_, one)| *one == digest);
            assert!(intended || signature.message == attributes.0, "{spot}");
        }
    }
    (act.judge)(world, &entries, spot);
    if super::judge::is_sampled(world) {
        let root = world.view().root.unwrap();
        let report = world.verify_ledger(&root);
        let text = report.to_text();
        assert_eq!(report.verdict, Verdict::Verified, "{spot}: {text}");
    }
}
