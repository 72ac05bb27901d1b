//! A ceremony's surroundings that outlive its program: disk, token hardware, wall clock.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::rc::Rc;

use anchorite::audit::{self, LedgerReport, Report, Verdict};
use anchorite::ceremony::abort::{Aborted, abort};
use anchorite::ceremony::destruction;
use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::mirror::{MirrorError, Mirrored, Standing, catch_up, standing};
use anchorite::ceremony::run::{Done, Job, run};
use anchorite::ceremony::{CeremonyError, Failure};
use anchorite::digest::Digest;
use anchorite::ledger::chain;
use anchorite::ledger::entry::Entry;
use anchorite::ports::{Desk, Store};
use anchorite::x509::certificate::Certificate;

use super::ports::{Crash, Hardware, Manner, TestClock, TestEntropy, TestOperator, TestStore};
use super::token::{Faults, TestToken, TestTokens};

/// What one program is given.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    pub manner: Manner,
    pub faults: Faults,
    /// This store call and every later one fails.
    pub dies_at: Option<usize>,
    /// The laptop's own random numbers do not change.
    pub stuck: bool,
    /// This call to the mirror fails, with every later one: the program dies there, or the
    /// mirror alone is gone.
    pub mirror_dies_at: Option<usize>,
    /// Only the mirror is gone.
    pub mirror_alone: bool,
}

/// What one program did.
pub struct Session {
    pub result: Result<Done, Box<Failure>>,
    pub pages: Vec<String>,
    pub asked: Vec<String>,
    pub token_calls: Vec<String>,
    pub store_calls: Vec<String>,
    /// The calls, from 1, that changed something.
    pub store_changes: Vec<usize>,
}

impl Session {
    pub fn error(&self) -> &CeremonyError {
        match &self.result {
            Err(failure) => &failure.error,
            Ok(done) => panic!("it came to its end: {done:?}"),
        }
    }

    /// Public id of the refusal.
    pub fn refusal(&self) -> &'static str {
        match self.error() {
            CeremonyError::Refused(refusal) => refusal.id.public(),
            other => panic!("{other}"),
        }
    }
}

fn up_to_date(ledger: &mut TestStore, mirror: &mut TestStore) -> Result<(), CeremonyError> {
    let done = standing(ledger, mirror).and_then(|found| catch_up(ledger, mirror, &found));
    done.map_err(|error| match error {
        MirrorError::Store(error) => error.into(),
        MirrorError::Refused(difference) => CeremonyError::WrongLedger(difference.words()),
    })
}

/// What outlives a program.
pub struct World {
    pub store: TestStore,
    pub hardware: Rc<RefCell<Hardware>>,
    /// The token that may hold a copy of the key.
    pub copy: Rc<RefCell<Hardware>>,
    pub copy_serial: &'static str,
    pub clock: TestClock,
    /// The second copy, where one is kept.
    pub mirror: Option<TestStore>,
    sessions: u64,
}

impl World {
    pub fn new() -> Self {
        Self {
            store: TestStore::new(),
            hardware: Rc::default(),
            copy: Rc::default(),
            copy_serial: "0002",
            clock: TestClock::new(),
            mirror: None,
            sessions: 0,
        }
    }

    /// The same disk, tokens and clock once more, each its own from now on.
    pub fn fork(&self) -> Self {
        fn own<T: Clone>(shared: &Rc<RefCell<T>>) -> Rc<RefCell<T>> {
            Rc::new(RefCell::new(shared.borrow().clone()))
        }
        let store = |store: &TestStore| {
            let mut forked = TestStore::new();
            forked.disk = own(&store.disk);
            forked
        };
        Self {
            store: store(&self.store),
            hardware: own(&self.hardware),
            copy: own(&self.copy),
            copy_serial: self.copy_serial,
            clock: TestClock(Rc::new(Cell::new(self.clock.0.get()))),
            mirror: self.mirror.as_ref().map(store),
            sessions: self.sessions,
        }
    }

    /// One program, from start to end or death.
    pub fn run(&mut self, job: &Job, resume: bool, setting: &Setting) -> Session {
        self.sessions += 1;
        self.store.crash_after(setting.dies_at);
        let mut token = TestToken::new(
            self.hardware.clone(),
            self.store.disk.clone(),
            self.store.dead.clone(),
            self.sessions,
        );
        token.faults = setting.faults.clone();
        let mut tokens = self.shelf(&token);
        let mut clock = self.clock.clone();
        let mut entropy = TestEntropy::new(self.sessions);
        entropy.stuck = setting.stuck;
        let mut operator = TestOperator::new(setting.manner, self.clock.clone());
        let mut held = |store: &mut dyn Store| {
            let mut desk = Desk {
                token: &mut token,
                tokens: &mut tokens,
                clock: &mut clock,
                entropy: &mut entropy,
                operator: &mut operator,
                store,
            };
            run(&mut desk, job, resume)
        };
        let result = match &mut self.mirror {
            Some(mirror) => {
                mirror.crash_after(setting.mirror_dies_at);
                mirror.dead = if setting.mirror_alone {
                    Rc::default()
                } else {
                    self.store.dead.clone()
                };
                match up_to_date(&mut self.store, mirror) {
                    Ok(()) => held(&mut Mirrored::new(&mut self.store, mirror)),
                    Err(error) => Err(Box::new(error.into())),
                }
            }
            None => held(&mut self.store),
        };
        Session {
            result,
            pages: operator.pages,
            asked: operator.asked,
            token_calls: token.calls.take(),
            store_calls: self.store.calls.clone(),
            store_changes: self.store.changes.clone(),
        }
    }

    /// Where a program with this token finds the other one.
    fn shelf(&self, token: &TestToken) -> TestTokens {
        TestTokens {
            hardware: self.copy.clone(),
            disk: self.store.disk.clone(),
            dead: self.store.dead.clone(),
            serial: self.copy_serial,
            calls: token.calls.clone(),
            faults: token.faults.clone(),
        }
    }

    /// `run --resume` on a sealed ceremony that announces the end of the key.
    pub fn end(&mut self) -> Result<(), CeremonyError> {
        self.store.crash_after(None);
        let (disk, dead) = (self.store.disk.clone(), self.store.dead.clone());
        let mut token = TestToken::new(self.hardware.clone(), disk, dead, 9);
        let mut tokens = self.shelf(&token);
        let mut desk = Desk {
            token: &mut token,
            tokens: &mut tokens,
            clock: &mut self.clock.clone(),
            entropy: &mut TestEntropy::new(9),
            operator: &mut TestOperator::new(Manner::Paper, self.clock.clone()),
            store: &mut self.store,
        };
        let done = destruction::resume(&mut desk, Digest::of(b"tool"));
        done.map(drop).map_err(|failure| failure.error)
    }

    /// How the mirror stands to the ledger.
    pub fn standing(&mut self) -> Result<Standing, MirrorError> {
        self.store.crash_after(None);
        let mirror = self.mirror.as_mut().unwrap();
        mirror.crash_after(None);
        standing(&mut self.store, mirror)
    }

    /// One program as the paper says.
    pub fn plain(&mut self, job: &Job, resume: bool) -> Session {
        self.run(job, resume, &Setting::default())
    }

    /// The machine after a death.
    pub fn crash(&mut self, how: Crash) {
        self.store.after_crash(how);
    }

    /// Whether a ceremony is open.
    pub fn open_folder(&self) -> Option<String> {
        self.names()
            .into_iter()
            .find(|name| name.ends_with(".open"))
    }

    /// The ceremonies' folders.
    pub fn names(&self) -> Vec<String> {
        self.store.disk.borrow().names("")
    }

    /// A file of the ledger.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.store.disk.borrow().file(path)
    }

    /// A file that must be there.
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        self.file(path)
            .unwrap_or_else(|| panic!("{path} is not there"))
    }

    /// The entries of a ceremony.
    pub fn entries(&self, folder: &str) -> Vec<Entry> {
        chain::read(&self.bytes(&format!("{folder}/transcript.jsonl")))
            .unwrap()
            .0
    }

    /// The ledger as the next ceremony finds it.
    pub fn view(&mut self) -> LedgerView {
        self.store.crash_after(None);
        LedgerView::read(&mut self.store).unwrap()
    }

    /// What the verifier says of a sealed ceremony.
    pub fn verify(&mut self, folder: &str, root: &Certificate) -> Report {
        self.store.crash_after(None);
        audit::ceremony(&mut self.store, folder, root, None)
    }

    /// What the verifier says of the whole ledger.
    pub fn verify_ledger(&mut self, root: &Certificate) -> LedgerReport {
        self.store.crash_after(None);
        audit::ledger(&mut self.store, root, None)
    }

    /// The verifier finds nothing wrong with the whole ledger.
    #[track_caller]
    pub fn is_verified(&mut self, root: &Certificate, spot: impl Display) {
        let report = self.verify_ledger(root);
        let text = report.to_text();
        assert_eq!(report.verdict, Verdict::Verified, "{spot}: {text}");
    }

    /// Ends the open ceremony without its token.
    pub fn abort(&mut self, name: &str) -> Result<Aborted, CeremonyError> {
        self.store.crash_after(None);
        abort(&mut self.store, &mut self.clock, name)
    }
}
