//! `completions` and `man`: what the shell and `man` know of the verbs, made from the very
//! definitions that the command line is read with.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Cli;
use super::exit::Exit;
use super::trouble::Trouble;
use crate::host::{InputError, exists, note, print, write_new};
use crate::x509::escape::escape;

/// Prints a shell's completions.
pub fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "anchorite", &mut script);
    print(&String::from_utf8_lossy(&script));
    Exit::Done
}

/// Writes one page for each verb: all of them or none.
pub fn man(folder: &Path) -> Result<Exit, Trouble> {
    let mut command = Cli::command();
    // Gives every verb its whole name: anchorite-token-list.
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, folder, &mut pages).map_err(|cause| {
        Trouble::new(
            Exit::Bug,
            format!("a page of the manual cannot be made: {cause}"),
        )
    })?;
    let taken: Vec<&PathBuf> = pages
        .iter()
        .map(|(path, _)| path)
        .filter(|path| exists(path))
        .collect();
    if let Some((first, others)) = taken.split_first() {
        let shown = |path: &Path| escape(&path.display().to_string());
        let error = InputError::Exists { path: shown(first) };
        let mut trouble = files(&error);
        let others = others.iter().map(|path| format!("also  {}", shown(path)));
        trouble.details.extend(others);
        return Err(trouble.hint("remove the older pages, or name another folder"));
    }
    for (path, page) in &pages {
        write_new(path, page).map_err(|error| files(&error))?;
        note(&format!("wrote {}\n", escape(&path.display().to_string())));
    }
    Ok(Exit::Done)
}

fn files(error: &InputError) -> Trouble {
    Trouble::new(Exit::Files, error.to_string())
}

fn add_pages(
    command: &Command,
    folder: &Path,
    pages: &mut Vec<(PathBuf, Vec<u8>)>,
) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    pages.push((folder.join(format!("{name}.1")), page));
    let verbs = command.get_subcommands();
    for verb in verbs.filter(|verb| verb.get_name() != "help") {
        add_pages(verb, folder, pages)?;
    }
    Ok(())
}
