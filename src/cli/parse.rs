//! The command line read by clap, and what clap says of it made safe: clap repeats what was
//! typed, and what was typed may be a file name from elsewhere.

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, Error};

use super::args::Cli;
use super::exit::Exit;
use crate::host::{note, print};
use crate::x509::escape::escape;

/// Reads the command line. Where there is nothing to do (help, version, a mistake), it is shown
/// and the program ends with the code.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        let error = escaped(error);
        let text = error.render().to_string();
        if error.use_stderr() {
            note(&text);
            Exit::Usage
        } else {
            print(&text);
            Exit::Done
        }
    })
}

/// The same error, every text in it that was typed escaped into one line.
fn escaped(mut error: Error) -> Error {
    let safe: Vec<(ContextKind, ContextValue)> = error
        .context()
        // Our own words, in lines of their own.
        .filter(|(kind, _)| *kind != ContextKind::Usage)
        .filter_map(|(kind, value)| Some((kind, escaped_value(value)?)))
        .collect();
    for (kind, value) in safe {
        error.insert(kind, value);
    }
    error
}

fn escaped_value(value: &ContextValue) -> Option<ContextValue> {
    Some(match value {
        ContextValue::String(text) => ContextValue::String(escape(text)),
        ContextValue::Strings(list) => {
            ContextValue::Strings(list.iter().map(|text| escape(text)).collect())
        }
        ContextValue::StyledStr(text) => ContextValue::StyledStr(escape(&text.to_string()).into()),
        ContextValue::StyledStrs(list) => {
            let safe = |text: &clap::builder::StyledStr| escape(&text.to_string()).into();
            ContextValue::StyledStrs(list.iter().map(safe).collect())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_typed_comes_back_escaped_and_on_one_line(typed in any::<String>()) {
            let lines = |typed: &str, place: usize| {
                let mut words = vec!["anchorite", "plan", "a.toml"];
                words.insert(place, typed);
                let error = Cli::try_parse_from(words).err()?;
                Some(escaped(error).render().to_string())
            };
            for (prefix, place) in [("x", 1), ("--x", 3), ("-x", 3), ("x", 3)] {
                let hostile = lines(&format!("{prefix}{typed}"), place);
                let Some(hostile) = hostile else { continue };
                prop_assert_eq!(crate::x509::escape::guard(&hostile), hostile.clone());
                prop_assert!(!typed.contains('\n') || !hostile.contains(&typed));
                // As many lines as for a plain word of the same place, but for what clap
                // guesses that was meant.
                let plain = lines(&format!("{prefix}yz"), place).unwrap_or_default();
                let count = |text: &str| {
                    let own = |line: &&str| !line.is_empty() && !line.starts_with("  tip: ");
                    text.lines().filter(own).count()
                };
                prop_assert_eq!(count(&hostile), count(&plain), "{}", hostile);
            }
        }
    }
}
