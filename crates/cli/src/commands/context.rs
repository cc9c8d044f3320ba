//! What every command works with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use photo_config::{Config, PhotoctlConfig};
use serde_json::json;

use crate::client::{Patience, Server};
use crate::ending::Trouble;
use crate::options::Common;
use crate::reporter::Reporter;

/// The configuration file that is read when no other is named and it exists.
const DEFAULT_FILE: &str = "photo.toml";

/// The configuration, and where to say something.
#[derive(Debug)]
pub(crate) struct Context {
    pub(super) config: PhotoctlConfig,
    pub(crate) reporter: Arc<Reporter>,
}

impl Context {
    /// Reads the configuration, with the flags on top.
    pub(crate) fn new(common: &Common) -> Result<Self, Trouble> {
        let default = Path::new(DEFAULT_FILE);
        let file = common.config.as_deref().or_else(|| default.is_file().then_some(default));
        let flags = match &common.server {
            Some(server) => json!({"photoctl": {"server": server}}),
            None => json!({}),
        };
        let config = Config::load(&json!({}), file, &flags);
        let config = config.map_err(|error| Trouble::Usage(error.to_string()))?;
        let reporter = Arc::new(Reporter::new(common.quiet, common.verbose));
        Ok(Self { config: config.photoctl, reporter })
    }

    /// The server, for a command that a person waits for: it fails at once.
    pub(super) fn server(&self) -> Result<Server, Trouble> {
        Ok(Server::new(&self.config, Patience::none(), Arc::clone(&self.reporter))?)
    }

    /// The server, for a command that is to come to its end: it tries again for this long, or as
    /// configured. Where neither says anything, a server that never answers is given up soon.
    pub(super) fn patient_server(&self, limit: Option<Duration>) -> Result<Server, Trouble> {
        let usual = PhotoctlConfig::default().give_up_after;
        let configured = self.config.give_up_after;
        let patience = match limit.or((configured != usual).then_some(configured)) {
            Some(limit) => Patience::asked_for(limit),
            None => Patience::of(usual),
        };
        Ok(Server::new(&self.config, patience, Arc::clone(&self.reporter))?)
    }
}
