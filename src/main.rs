//! Parse, run, exit code.

use std::process::ExitCode;

use anchorite::cli::{commands, parse};

fn main() -> ExitCode {
    let exit = match parse::parse() {
        Ok(cli) => commands::run(&cli),
        Err(shown) => shown,
    };
    ExitCode::from(exit.code())
}
