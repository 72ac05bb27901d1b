//! `token list` and `token show`: what the module and its tokens hold, read-only.

use std::collections::BTreeMap;

use serde::Serialize;

use super::args::{ModuleArgs, ShowArgs, TokenVerb};
use super::exit::Exit;
use super::output::{Report, show};
use super::site::Site;
use super::trouble::Trouble;
use crate::digest::Digest;
use crate::host::{Terminal, shown, wants_plain};
use crate::ports::{KeyQuery, Operator, PinTries, Token, TokenKey};
use crate::token::{Module, Pkcs11Token, TokenSummary};
use crate::x509::escape::escape;
use crate::x509::show::{joined, line};

/// The JSON's format.
const FORMAT: &str = "anchorite/token/0";

/// Does what was asked.
pub fn token(verb: &TokenVerb) -> Result<Exit, Trouble> {
    match verb {
        TokenVerb::List(args) => {
            let (site, module) = open(args)?;
            show(&list(&site, &module)?, args.json);
            module.close()?;
        }
        TokenVerb::Show(args) => {
            let (site, module) = open(&args.module)?;
            show(&one(args, &site, &module)?, args.module.json);
            module.close()?;
        }
    }
    Ok(Exit::Done)
}

fn open(args: &ModuleArgs) -> Result<(Site, Module), Trouble> {
    let site = Site::find(args.site.as_deref(), args.module.as_deref())?;
    let module = Module::open(&site.module, site.module_sha256)?;
    Ok((site, module))
}

/// What `list` found.
#[derive(Serialize)]
struct List {
    format: &'static str,
    module: String,
    module_sha256: Digest,
    tokens: Vec<TokenFact>,
    not_initialised: usize,
}

/// What `show` found.
#[derive(Serialize)]
struct One {
    format: &'static str,
    module: String,
    module_sha256: Digest,
    tokens: Vec<TokenFact>,
    /// `None` where nobody logged in.
    keys: Option<Vec<KeyFact>>,
}

/// A token. Every text in it is escaped.
#[derive(Serialize)]
struct TokenFact {
    label: String,
    serial: String,
    manufacturer: String,
    model: String,
    firmware: String,
    assurance: &'static str,
    user_pin_set: bool,
    pin_tries: &'static str,
    mechanisms: usize,
}

/// A private key. Every text in it is escaped.
#[derive(Serialize)]
struct KeyFact {
    key: String,
    spki_sha256: Digest,
    attributes: BTreeMap<String, String>,
}

fn list(site: &Site, module: &Module) -> Result<List, Trouble> {
    let tokens = module.tokens()?;
    let (ready, empty): (Vec<_>, Vec<_>) = tokens.iter().partition(|one| one.initialised);
    Ok(List {
        format: FORMAT,
        module: shown(&site.module),
        module_sha256: module.digest(),
        tokens: ready.into_iter().map(TokenFact::of).collect(),
        not_initialised: empty.len(),
    })
}

fn one(args: &ShowArgs, site: &Site, module: &Module) -> Result<One, Trouble> {
    let mut token = module.open_token(&args.label, site.token_serial.as_deref())?;
    let serial = token.identity().serial.clone();
    let tokens = module.tokens()?;
    let same = tokens.iter().filter(|one| one.identity.serial == serial);
    Ok(One {
        format: FORMAT,
        module: shown(&site.module),
        module_sha256: module.digest(),
        tokens: same.map(TokenFact::of).collect(),
        keys: if args.keys {
            Some(keys(&mut token)?)
        } else {
            None
        },
    })
}

fn keys(token: &mut Pkcs11Token) -> Result<Vec<KeyFact>, Trouble> {
    let mut terminal = Terminal::open(wants_plain())
        .map_err(|error| Trouble::new(Exit::Usage, error.to_string()))?;
    let pin = terminal
        .ask_pin("PIN of the token:")
        .map_err(|error| Trouble::new(Exit::Stopped, error.to_string()))?;
    token.login(&pin)?;
    let keys = token.find_keys(&KeyQuery::All)?;
    token.logout()?;
    Ok(keys.iter().map(KeyFact::of).collect())
}

impl TokenFact {
    fn of(one: &TokenSummary) -> Self {
        let identity = &one.identity;
        Self {
            label: escape(&identity.label),
            serial: escape(&identity.serial),
            manufacturer: escape(&identity.manufacturer),
            model: escape(&identity.model),
            firmware: escape(&identity.firmware),
            assurance: identity.assurance.word(),
            user_pin_set: one.user_pin_set,
            pin_tries: match one.pin_tries {
                PinTries::Full => "full",
                PinTries::Low => "few left: a wrong PIN was given",
                PinTries::Final => "ONE left",
                PinTries::Locked => "none: the PIN is locked",
            },
            mechanisms: one.mechanisms.len(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let pin = if self.user_pin_set { "set" } else { "not set" };
        vec![
            line("token", &self.label),
            line("serial", &self.serial),
            line("model", &format!("{} {}", self.manufacturer, self.model)),
            line("firmware", &self.firmware),
            line("assurance", self.assurance),
            line("user PIN", pin),
            line("PIN tries", self.pin_tries),
        ]
    }
}

impl KeyFact {
    fn of(key: &TokenKey) -> Self {
        let attributes = key.attributes.iter();
        Self {
            key: key.public_key.kind().to_string(),
            spki_sha256: key.public_key.digest(),
            attributes: attributes
                .map(|(name, value)| (escape(name), escape(value)))
                .collect(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            String::new(),
            line("key", &self.key),
            line("SPKI sha-256", &self.spki_sha256.to_string()),
        ];
        let attributes = self.attributes.iter();
        lines.extend(attributes.map(|(name, value)| format!("  {name:<22} {value}")));
        lines
    }
}

impl Report for List {
    fn text(&self) -> String {
        let mut page = vec![
            line("module", &self.module),
            line("module sha-256", &self.module_sha256.to_string()),
        ];
        for token in &self.tokens {
            page.push(String::new());
            page.extend(token.lines());
        }
        if self.tokens.is_empty() {
            page.extend([String::new(), "no initialised token".to_owned()]);
        }
        if self.not_initialised > 0 {
            let words = format!("not initialised: {}", self.not_initialised);
            page.extend([String::new(), words]);
        }
        joined(&page)
    }
}

impl Report for One {
    fn text(&self) -> String {
        let mut page = Vec::new();
        for token in &self.tokens {
            page.extend(token.lines());
            page.push(line("mechanisms", &token.mechanisms.to_string()));
        }
        page.push(String::new());
        match &self.keys {
            None => {
                let words = "with --keys it asks for the PIN and shows the private keys too";
                page.push(words.to_owned());
            }
            Some(keys) => {
                page.push(format!("private keys: {}", keys.len()));
                page.extend(keys.iter().flat_map(KeyFact::lines));
            }
        }
        joined(&page)
    }
}
