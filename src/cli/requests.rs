//! `requests`: the script that has Vault or OpenBao make what the ceremony file signs.

use super::args::RequestsArgs;
use super::exit::Exit;
use super::inputs::Read;
use super::trouble::Trouble;
use crate::ceremony::prepare::{PrepareError, root};
use crate::handover::{RequestScript, request_script};
use crate::host::print;
use crate::plan::error::PlanError;

/// Prints the script. Nothing but the file is read, and its root where a life depends on it.
pub fn requests(args: &RequestsArgs) -> Result<Exit, Trouble> {
    let mut read = Read::file(&args.file)?;
    let in_file =
        |error, name: &str| Trouble::prepare(PrepareError::Plan(PlanError::File(error)), name);
    let until_root = read
        .draft()?
        .asks_until_issuer()
        .map_err(|error| in_file(error, &read.name))?;
    let root = if until_root {
        read.root_file()?;
        let (root, _) = root(&read.draft()?, &read.inputs)
            .map_err(|error| Trouble::prepare(error, &read.name))?;
        Some(root)
    } else {
        None
    };
    let draft = read.draft()?;
    let asked = draft
        .asked(root.as_ref())
        .map_err(|error| in_file(error, &read.name))?;
    if asked.is_empty() {
        let words = "no request of this file says how Vault makes it";
        return Err(Trouble::new(Exit::Unreadable, words).at(&read.name).hint(
            "write beside a request: generate = { subject = { CN = \"...\" }, key = \"ec:P-256\" }",
        ));
    }
    let script = request_script(&RequestScript {
        file: &read.name,
        ceremony: draft.id(),
        list: draft.spki_record(),
        asked: &asked,
    })
    .map_err(|error| Trouble::prepare(PrepareError::Mount(error), &read.name))?;
    print(&script);
    Ok(Exit::Done)
}
