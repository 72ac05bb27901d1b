//! `handover.sh`: the fixed text beside this file, with the ceremony's values put in place
//! of its marker lines.

use super::mount::path_of;
use super::revoked;
use super::template::{self, push};
use super::{
    Handover, MountError, SCRIPT, bundle_files, bundle_path, commands, cross_commands, shell_quote,
};
use crate::digest::Digest;
use crate::x509::escape::{escape, escape_once};

const TEMPLATE: &str = include_str!("handover.sh");

/// The script's text.
pub(super) fn text(handover: &Handover) -> Result<String, MountError> {
    template::filled(TEMPLATE, |marker, script| {
        match marker {
            "header" => header(script, handover),
            "values" => values(script, handover),
            "mounts" => mounts(script, handover)?,
            "revoked" => revoked_here(script, handover),
            "commands" => by_hand(script, handover)?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn header(script: &mut String, handover: &Handover) {
    let ceremony = escape(&handover.ceremony);
    let root = escape_once(&handover.root_subject);
    let digest = Digest::of(&handover.root_der);
    push(script, &format!("#   ceremony      {ceremony}"));
    push(script, &format!("#   root          {root}"));
    push(script, &format!("#   root sha-256  {digest}"));
    if handover.rehearsal {
        push(script, "#   REHEARSAL: signed by a throw-away key");
    }
}

fn values(script: &mut String, handover: &Handover) {
    let ceremony = shell_quote(&escape(&handover.ceremony));
    let rehearsal = if handover.rehearsal { "yes" } else { "no" };
    push(script, &format!("script={SCRIPT}"));
    push(script, &format!("ceremony={ceremony}"));
    push(script, &format!("rehearsal={rehearsal}"));
    push(script, "goal=\"all of $ceremony is handed over\"");
}

fn mounts(script: &mut String, handover: &Handover) -> Result<(), MountError> {
    let intermediates = handover.intermediates.iter();
    let intermediates = intermediates.map(|one| (&one.mount, &one.der, "intermediate"));
    let crosses = handover.crosses.iter();
    let crosses = crosses.filter_map(|one| Some((one.mount.as_ref()?, &one.der, "cross")));
    for (mount, der, kind) in intermediates.chain(crosses) {
        let files = bundle_files(mount, der, &handover.root_der, handover.rehearsal)?;
        let path = bundle_path(mount)?;
        let digest = files
            .iter()
            .find(|file| file.path == path)
            .map_or(Digest::ZERO, |file| Digest::of(&file.bytes));
        push(
            script,
            &format!("    \"$1\" {} \\", shell_quote(&path_of(mount))),
        );
        let shown = shell_quote(&escape(mount));
        push(script, &format!("        {shown} \\"));
        push(script, &format!("        {} \\", shell_quote(&path)));
        push(script, &format!("        {digest} {kind}"));
    }
    Ok(())
}

fn by_hand(script: &mut String, handover: &Handover) -> Result<(), MountError> {
    push(
        script,
        "# NEW and ROOT are the ids in the answer's mapping: with a key, and without.",
    );
    for one in &handover.intermediates {
        push(script, "");
        push(script, &format!("# {}", escape(&one.mount)));
        for line in commands(&one.mount)? {
            push(script, &line);
        }
    }
    for mount in handover.crosses.iter().filter_map(|one| one.mount.as_ref()) {
        push(script, "");
        push(script, &format!("# {}, a cross-certificate", escape(mount)));
        for line in cross_commands(mount)? {
            push(script, &line);
        }
    }
    Ok(())
}

/// A here-document of plain lines: no text in it is run.
fn revoked_here(script: &mut String, handover: &Handover) {
    let lines = revoked::lines(handover);
    if lines.is_empty() {
        return;
    }
    push(script, "    cat <<'END'");
    lines.iter().for_each(|line| push(script, line));
    push(script, "END");
}
