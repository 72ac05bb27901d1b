//! A ceremony file with everything it names, read once into memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::trouble::Trouble;
use crate::ceremony::ledger_view::LedgerView;
use crate::ceremony::prepare::{Ingredients, PrepareError, Prepared, prepare, root};
use crate::host::{read_input, read_named};
use crate::plan::error::PlanError;
use crate::plan::file::SIZE_LIMIT;
use crate::plan::make::Draft;
use crate::plan::{LedgerState, RootPlan};
use crate::x509::certificate::Certificate;
use crate::x509::crl_file::CrlFile;

/// The most octets of an input that are read. More than a request may have, so that its own
/// check refuses it by name.
const INPUT_LIMIT: u64 = 1024 * 1024;
/// The most octets of a list of keys: Debian's for 2048 bits has 2 MiB.
const LIST_LIMIT: u64 = 16 * 1024 * 1024;

/// Where to look for what is missing.
const BESIDE: &str = "what a ceremony file names lies in its own folder, or below it";

/// The file and its inputs.
pub struct Read {
    /// Folder of the ceremony file.
    pub folder: PathBuf,
    /// Name of the ceremony file.
    pub name: String,
    /// Its text.
    pub source: String,
    /// Inputs by path.
    pub inputs: BTreeMap<String, Vec<u8>>,
}

impl Read {
    /// Reads the file, and then what it names.
    pub fn all(file: &Path) -> Result<Self, Trouble> {
        let mut read = Self::file(file)?;
        let draft = read.draft()?;
        let paths = draft.input_paths().into_iter();
        let wanted: Vec<(String, u64, &str)> = paths
            .map(|path| {
                let limit = limit(&draft, &path);
                let hint = if draft.is_made_in_vault(&path) {
                    "anchorite requests prints the script that has Vault make it; run that first"
                } else {
                    BESIDE
                };
                (path, limit, hint)
            })
            .collect();
        for (path, limit, hint) in wanted {
            read.input(path, limit, hint)?;
        }
        Ok(read)
    }

    /// Reads the file alone: what it names may not be there yet.
    pub fn file(file: &Path) -> Result<Self, Trouble> {
        let bytes = read_named(file, SIZE_LIMIT as u64)?;
        let source = String::from_utf8(bytes).map_err(|_| {
            Trouble::new(Exit::Unreadable, "the ceremony file is not UTF-8").at_path(file)
        })?;
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| !name.chars().any(char::is_control) && !name.contains('\\'))
            .ok_or_else(|| Trouble::new(Exit::Usage, "the ceremony file's name is not plain text"))?
            .to_owned();
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self {
            folder,
            name,
            source,
            inputs: BTreeMap::new(),
        })
    }

    /// Reads the certificate of the existing root alone, where the file names one.
    pub fn root_file(&mut self) -> Result<(), Trouble> {
        let path = self.draft()?.root_certificate().map(str::to_owned);
        path.map_or(Ok(()), |path| self.input(path, INPUT_LIMIT, BESIDE))
    }

    fn input(&mut self, path: String, limit: u64, hint: &str) -> Result<(), Trouble> {
        let bytes = read_input(&self.folder, &path, limit)
            .map_err(|error| Trouble::from(error).at(&self.name).hint(hint))?;
        self.inputs.insert(path, bytes);
        Ok(())
    }

    /// A path beside the ceremony file.
    pub fn beside(&self, name: &str) -> PathBuf {
        if self.folder == Path::new(".") {
            PathBuf::from(name)
        } else {
            self.folder.join(name)
        }
    }

    /// The file as parsed.
    pub fn draft(&self) -> Result<Draft<'_>, Trouble> {
        Draft::parse(&self.source).map_err(|error| {
            Trouble::prepare(PrepareError::Plan(PlanError::File(error)), &self.name)
        })
    }

    /// The existing root that the file names, checked.
    pub fn root(&self) -> Result<Option<Certificate>, Trouble> {
        let (root, _) = root(&self.draft()?, &self.inputs)
            .map_err(|error| Trouble::prepare(error, &self.name))?;
        Ok(match root {
            RootPlan::New(_) => None,
            RootPlan::Existing(root) => Some(*root),
        })
    }

    /// Checks and plans for a ledger.
    pub fn prepare(&self, view: Option<&LedgerView>) -> Result<Prepared, PrepareError> {
        let ingredients = Ingredients {
            file_name: &self.name,
            source: &self.source,
            inputs: self.inputs.clone(),
            ledger: view.map_or(LedgerState::EMPTY, LedgerView::state),
            register: view.map(|view| view.register.clone()).unwrap_or_default(),
        };
        prepare(ingredients)
    }
}

/// The most octets of an input that are read.
fn limit(draft: &Draft<'_>, path: &str) -> u64 {
    match draft.previous_crl() {
        Some((_, crl)) if crl == path => CrlFile::SIZE_LIMIT as u64,
        _ if draft.key_lists().contains(&Some(path)) => LIST_LIMIT,
        _ => INPUT_LIMIT,
    }
}
