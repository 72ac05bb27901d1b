//! A sealed ceremony whose destruction of the key is not done: going on with it, and the lines
//! with which people sign.

use std::path::Path;

use super::exit::Exit;
use super::trouble::Trouble;
use crate::ceremony::destruction;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::ledger_view::End;
use crate::digest::Digest;
use crate::host::{DiskStore, SystemClock, SystemEntropy, observe, print, shown};
use crate::ledger::layout;
use crate::ledger::post_seal::Destruction;
use crate::plan::document::PlanDocument;
use crate::ports::{Desk, Operator, Store, Token, Tokens};
use crate::ssh::NAMESPACE;

/// What is left of a ceremony that announces the end of the key.
pub struct Left {
    /// Label of its token, as the plan has it.
    pub token_label: String,
    signers: Vec<String>,
    folder: String,
}

impl Left {
    /// Refuses where nothing is left, where nobody asked to go on, or with another file than
    /// the ceremony's.
    pub fn of(
        end: &End,
        resume: bool,
        source: &[u8],
        store: &mut DiskStore,
    ) -> Result<Self, Trouble> {
        if !resume || end.state == Destruction::Done {
            return Err(end.refusal().into());
        }
        let folder = end.folder.name();
        if store.read(&format!("{folder}/{}", layout::SCRIPT_FILE))? != source {
            return Err(CeremonyError::OtherCeremony { open: folder }.into());
        }
        let plan = store.read(&format!("{folder}/{}", layout::SCRIPT_PLAN))?;
        let plan = PlanDocument::from_bytes(&plan)
            .map_err(|why| Trouble::new(Exit::Files, why).at(layout::SCRIPT_PLAN))?;
        let people = plan.people.iter().filter(|person| person.key.is_some());
        Ok(Self {
            token_label: plan.token_label.clone(),
            signers: people.map(|person| person.id.clone()).collect(),
            folder,
        })
    }

    /// Asks, destroys, and says who signs what.
    pub fn go_on(
        &self,
        (token, tokens): (&mut dyn Token, &mut dyn Tokens),
        operator: &mut dyn Operator,
        store: &mut dyn Store,
        ledger: &Path,
    ) -> Result<(), Trouble> {
        let tool = observe().executable_sha256.unwrap_or(Digest::ZERO);
        let mut desk = Desk {
            token,
            tokens,
            clock: &mut SystemClock,
            entropy: &mut SystemEntropy,
            operator,
            store,
        };
        destruction::resume(&mut desk, tool).map_err(|failure| Trouble::from(*failure))?;
        let signers: Vec<&str> = self.signers.iter().map(String::as_str).collect();
        let folder = shown(&ledger.join(&self.folder));
        if !signers.is_empty() {
            print("People sign what came after the seal, each with a key of their own:\n");
        }
        print(&sign_lines(&folder, layout::POST_SEAL, &signers));
        Ok(())
    }
}

/// How people sign one of the files, each with a key of their own.
pub fn sign_lines(folder: &str, file: &str, signers: &[&str]) -> String {
    let lines = signers.iter().map(|person| {
        format!(
            "  ssh-keygen -Y sign -n {NAMESPACE} -f KEY {folder}/{file}\n  mv {folder}/{file}.sig {folder}/{file}.{person}.sig\n"
        )
    });
    lines.collect()
}
