//! `rehearse`: the same run on a throw-away SoftHSM token. It starts itself once more, so that
//! the token's configuration is in the new process's environment and in nobody else's.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::args::RehearseArgs;
use super::copies::RehearsalTokens;
use super::ending::Left;
use super::exit::Exit;
use super::inputs::Read;
use super::run::{finish, job, perform};
use super::site::softhsm;
use super::trouble::Trouble;
use crate::ceremony::ledger_view::LedgerView;
use crate::ceremony::{error::CeremonyError, stand_in};
use crate::host::{
    DiskStore, Rehearsal, RehearsalOperator, StoreRules, SystemClock, SystemEntropy, Terminal,
    harden, print, wants_plain,
};
use crate::plan::StepPlan;
use crate::ports::{Desk, Operator, Pin, Token, TokenError, Tokens};
use crate::token::{Module, Pkcs11Token, make_token};
use crate::x509::certificate::Certificate;
use crate::x509::pem;

/// The PIN of every rehearsal token: it protects nothing.
const PIN: &str = "rehearsal";

/// Rehearses: prepares the place, starts itself there, and cleans up.
pub fn rehearse(args: &RehearseArgs) -> Result<Exit, Trouble> {
    match Rehearsal::inside() {
        Some(place) => rehearse_inside(args, &place),
        None => {
            let place = Rehearsal::prepare(args.keep.as_deref()).map_err(files)?;
            let code = place.start_again().map_err(files)?;
            code.map(exit_of).ok_or_else(killed)
        }
    }
}

fn files(words: String) -> Trouble {
    Trouble::new(Exit::Files, words)
}

/// The rehearsal's process was killed, and could not say so itself.
fn killed() -> Trouble {
    let mut trouble = Trouble::new(Exit::Stopped, "the rehearsal was ended by a signal")
        .hint("with --keep DIR the same command goes on where it was");
    trouble.state = "nothing but a rehearsal's token was asked to sign".into();
    trouble
}

fn exit_of(code: i32) -> Exit {
    [
        Exit::Done,
        Exit::Refused,
        Exit::Usage,
        Exit::Unreadable,
        Exit::Token,
        Exit::Stopped,
        Exit::Files,
        Exit::Undelivered,
        Exit::Consistent,
    ]
    .into_iter()
    .find(|exit| i32::from(exit.code()) == code)
    .unwrap_or(Exit::Bug)
}

fn rehearse_inside(args: &RehearseArgs, place: &Path) -> Result<Exit, Trouble> {
    let mut operator = operator(args)?;
    let weak = harden();
    let mut read = Read::all(&args.file)?;
    let ledger = place.join("ledger");
    let mut store = DiskStore::open(&ledger, StoreRules::Rehearsal)?;
    let view = LedgerView::read(&mut store)?;
    use_kept_root(&mut read, view.root.as_ref())?;
    let module = module(args)?;
    if let Some(end) = &view.end {
        let left = Left::of(end, true, read.source.as_bytes(), &mut store)?;
        let mut token = open_or_make(&module, &format!("rehearsal-{}", left.token_label))?;
        let mut tokens = RehearsalTokens::new(place, &module, token.identity().clone());
        let seats = (&mut token as &mut dyn Token, &mut tokens as &mut dyn Tokens);
        left.go_on(seats, operator.as_mut(), &mut store, &ledger)?;
        drop(token);
        module.close()?;
        return Ok(Exit::Done);
    }
    let mut prepared = read
        .prepare(Some(&view))
        .map_err(|error| Trouble::prepare(error, &read.name))?;
    let label = format!("rehearsal-{}", prepared.plan.token_label);
    prepared.plan.token_label.clone_from(&label);
    for step in &mut prepared.plan.steps {
        if let StepPlan::ConfirmCopy(copy) = &mut step.kind {
            *copy = format!("rehearsal-{copy}");
        }
    }
    let mut token = open_or_make(&module, &label)?;
    let mut tokens = RehearsalTokens::new(place, &module, token.identity().clone());
    let root = match (read.root()?, view.root.as_ref().or(view.open_root.as_ref())) {
        (None, _) => None,
        (Some(_), Some(kept)) => Some(kept.clone()),
        (Some(real), None) => Some(make_stand_in(
            (&mut token, &mut tokens),
            operator.as_mut(),
            &mut store,
            &real,
        )?),
    };
    let resume = view.open.is_some();
    let job = job(prepared, true, root, weak);
    let seats = (&mut token as &mut dyn Token, &mut tokens as &mut dyn Tokens);
    let done = perform(seats, operator.as_mut(), &mut store, &job, resume)?;
    if args.keep.is_some() {
        finish(&ledger, &done, &job);
    } else {
        let words = "\nDone: the rehearsal went through to its seal.\nIts token and ledger are removed; --keep DIR keeps them to look at.\n";
        print(words);
    }
    drop(token);
    tokens.close()?;
    module.close()?;
    Ok(Exit::Done)
}

/// The rehearsal itself answers, unless a person wants to.
fn operator(args: &RehearseArgs) -> Result<Box<dyn Operator>, Trouble> {
    if args.interactive {
        let terminal = Terminal::open(wants_plain())
            .map_err(|error| Trouble::new(Exit::Usage, error.to_string()))?;
        print(&format!("REHEARSAL: the token's PIN is \"{PIN}\".\n"));
        return Ok(Box::new(terminal));
    }
    let pin = Zeroizing::new(PIN.to_owned());
    Ok(Box::new(RehearsalOperator::new(pin, true, Box::new(print))))
}

/// Under a kept ledger, the file's root is the ledger's.
fn use_kept_root(read: &mut Read, kept: Option<&Certificate>) -> Result<(), Trouble> {
    let path = read.draft()?.root_certificate().map(str::to_owned);
    if let (Some(path), Some(kept)) = (path, kept) {
        read.inputs
            .insert(path, pem::encode("CERTIFICATE", &kept.der).into_bytes());
    }
    Ok(())
}

fn module(args: &RehearseArgs) -> Result<Module, Trouble> {
    let path: PathBuf = args.module.clone().unwrap_or_else(softhsm);
    Ok(Module::open(&path, None)?)
}

fn open_or_make(module: &Module, label: &str) -> Result<Pkcs11Token, Trouble> {
    match module.open_token(label, None) {
        Ok(token) => return Ok(token),
        Err(TokenError::WrongToken { .. } | TokenError::NoToken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    make_token(module, label, &pin(), &pin())?;
    Ok(module.open_token(label, None)?)
}

fn pin() -> Pin {
    Pin::new(Zeroizing::new(PIN.to_owned()))
}

fn make_stand_in(
    (token, tokens): (&mut Pkcs11Token, &mut dyn Tokens),
    operator: &mut dyn Operator,
    store: &mut DiskStore,
    real: &Certificate,
) -> Result<Certificate, Trouble> {
    token.login(&pin())?;
    let mut desk = Desk {
        token,
        tokens,
        clock: &mut SystemClock,
        entropy: &mut SystemEntropy,
        operator,
        store,
    };
    let made: Result<Certificate, CeremonyError> = stand_in::make(&mut desk, real);
    token.logout()?;
    Ok(made?)
}
