//! Where `confirm-copy` finds the second token: under the same module, or under the one that
//! the site file names for copies.

use std::path::Path;

use super::site::Site;
use crate::host::{copy_module, copy_soft_token};
use crate::ports::{Token, TokenError, TokenIdentity, Tokens};
use crate::token::Module;

/// The tokens of this laptop.
pub struct SiteTokens<'a> {
    site: &'a Site,
    module: &'a Module,
    other: Option<Module>,
}

impl<'a> SiteTokens<'a> {
    /// Under the module that is open, until another is needed.
    pub fn new(site: &'a Site, module: &'a Module) -> Self {
        Self {
            site,
            module,
            other: None,
        }
    }

    /// Closes the other module, where there was one.
    pub fn close(self) -> Result<(), TokenError> {
        self.other.map_or(Ok(()), Module::close)
    }
}

impl Tokens for SiteTokens<'_> {
    fn open(&mut self, label: &str) -> Result<Box<dyn Token>, TokenError> {
        let copy = &self.site.copy;
        let serial = copy.token_serial.as_deref();
        let path = copy
            .module
            .as_ref()
            .filter(|path| **path != self.site.module);
        let module = match path {
            None => self.module,
            Some(path) => match &mut self.other {
                Some(module) => module,
                empty => empty.insert(Module::open(path, copy.module_sha256)?),
            },
        };
        Ok(Box::new(module.open_token(label, serial)?))
    }
}

/// The tokens of a rehearsal: a copy that is not there is made, as the vendor's tools would.
pub struct RehearsalTokens<'a> {
    place: &'a Path,
    module: &'a Module,
    first: TokenIdentity,
    other: Option<Module>,
}

impl<'a> RehearsalTokens<'a> {
    /// Beside the rehearsal's own token.
    pub fn new(place: &'a Path, module: &'a Module, first: TokenIdentity) -> Self {
        Self {
            place,
            module,
            first,
            other: None,
        }
    }

    /// Closes the other module, where there was one.
    pub fn close(self) -> Result<(), TokenError> {
        self.other.map_or(Ok(()), Module::close)
    }

    fn copied(&mut self, label: &str) -> Result<Box<dyn Token>, TokenError> {
        let failed = |code: String| TokenError::Failed {
            function: "copy".to_owned(),
            code,
        };
        let first = (self.first.label.as_str(), self.first.serial.as_str());
        copy_soft_token(self.place, first, label).map_err(failed)?;
        let path = copy_module(self.place, Path::new(&self.first.module)).map_err(failed)?;
        let module = self.other.insert(Module::open(&path, None)?);
        Ok(Box::new(module.open_token(label, None)?))
    }
}

impl Tokens for RehearsalTokens<'_> {
    fn open(&mut self, label: &str) -> Result<Box<dyn Token>, TokenError> {
        match self.module.open_token(label, None) {
            Ok(token) => Ok(Box::new(token)),
            Err(TokenError::WrongToken { .. }) => self.copied(label),
            Err(error) => Err(error),
        }
    }
}
