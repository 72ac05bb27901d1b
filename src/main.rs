//! Parse, run, exit code.

use std::process::ExitCode;

use anchorite::cli::args::Cli;
use clap::Parser;

fn main() -> ExitCode {
    ExitCode::from(anchorite::cli::commands::run(&Cli::parse()).code())
}
