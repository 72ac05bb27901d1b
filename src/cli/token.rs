//! `token list` and `token show`: what the module and its tokens hold, read-only.

use super::args::{ShowArgs, TokenVerb};
use super::exit::Exit;
use super::site::Site;
use super::trouble::Trouble;
use crate::host::{Terminal, print, shown, wants_plain};
use crate::ports::{KeyQuery, Operator, PinTries, Token};
use crate::token::{Module, TokenSummary};
use crate::x509::escape::escape;
use crate::x509::show::line;

/// Does what was asked.
pub fn token(verb: &TokenVerb) -> Result<Exit, Trouble> {
    match verb {
        TokenVerb::List(args) => {
            let site = Site::find(args.site.as_deref(), args.module.as_deref())?;
            let module = Module::open(&site.module, site.module_sha256)?;
            list(&site, &module)?;
            module.close()?;
        }
        TokenVerb::Show(args) => {
            let site = Site::find(args.module.site.as_deref(), args.module.module.as_deref())?;
            let module = Module::open(&site.module, site.module_sha256)?;
            show(args, &site, &module)?;
            module.close()?;
        }
    }
    Ok(Exit::Done)
}

fn list(site: &Site, module: &Module) -> Result<(), Trouble> {
    let mut text = format!(
        "{}\n{}\n",
        line("module", &shown(&site.module)),
        line("module sha-256", &module.digest().to_string())
    );
    let tokens = module.tokens()?;
    let (ready, empty): (Vec<_>, Vec<_>) = tokens.iter().partition(|one| one.initialised);
    for one in &ready {
        text.push('\n');
        text.push_str(&summary(one));
    }
    if ready.is_empty() {
        text.push_str("\nno initialised token\n");
    }
    if !empty.is_empty() {
        text.push_str(&format!("\nnot initialised: {}\n", empty.len()));
    }
    print(&text);
    Ok(())
}

fn summary(one: &TokenSummary) -> String {
    let identity = &one.identity;
    let tries = match one.pin_tries {
        PinTries::Full => "full",
        PinTries::Low => "few left: a wrong PIN was given",
        PinTries::Final => "ONE left",
        PinTries::Locked => "none: the PIN is locked",
    };
    [
        line("token", &escape(&identity.label)),
        line("serial", &escape(&identity.serial)),
        line(
            "model",
            &format!(
                "{} {}",
                escape(&identity.manufacturer),
                escape(&identity.model)
            ),
        ),
        line("firmware", &escape(&identity.firmware)),
        line("assurance", identity.assurance.word()),
        line("user PIN", if one.user_pin_set { "set" } else { "not set" }),
        line("PIN tries", tries),
        String::new(),
    ]
    .join("\n")
}

fn show(args: &ShowArgs, site: &Site, module: &Module) -> Result<(), Trouble> {
    let mut token = module.open_token(&args.label, site.token_serial.as_deref())?;
    let serial = token.identity().serial.clone();
    for one in module
        .tokens()?
        .iter()
        .filter(|one| one.identity.serial == serial)
    {
        print(&summary(one));
        print(&format!(
            "{}\n",
            line("mechanisms", &one.mechanisms.len().to_string())
        ));
    }
    if !args.keys {
        print("\nwith --keys it asks for the PIN and shows the private keys too\n");
        return Ok(());
    }
    let mut terminal = Terminal::open(wants_plain())
        .map_err(|error| Trouble::new(Exit::Usage, error.to_string()))?;
    let pin = terminal
        .ask_pin("PIN of the token:")
        .map_err(|error| Trouble::new(Exit::Stopped, error.to_string()))?;
    token.login(&pin)?;
    let keys = token.find_keys(&KeyQuery::All)?;
    print(&format!("\nprivate keys: {}\n", keys.len()));
    for key in keys {
        print(&format!(
            "\n{}\n",
            line("key", &key.public_key.kind().to_string())
        ));
        print(&format!(
            "{}\n",
            line("SPKI sha-256", &key.public_key.digest().to_string())
        ));
        for (name, value) in &key.attributes {
            print(&format!("  {name:<22} {}\n", escape(value)));
        }
    }
    token.logout()?;
    Ok(())
}
