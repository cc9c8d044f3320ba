//! The embedded store passes the contract suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod contract;

use std::sync::Arc;
use std::time::Duration;

use contract::Harness;
use photo_core::Clock;
use photo_core::ports::JobStore;
use photo_store::embedded::EmbeddedJobStore;
use tempfile::TempDir;

struct Embedded {
    store: Arc<EmbeddedJobStore>,
    clock: Clock,
    /// Removed after the store was closed.
    _folder: TempDir,
}

impl Harness for Embedded {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::default();
        let file = folder.path().join("jobs.db");
        let store = EmbeddedJobStore::open(&file, contract::settings(), clock.clone()).unwrap();
        Self { store: Arc::new(store), clock, _folder: folder }
    }

    fn store(&self) -> Arc<dyn JobStore> {
        Arc::clone(&self.store) as Arc<dyn JobStore>
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
    fn set_back(&self, by: Duration) {
        self.clock.set_back(by);
    }

    fn set_forward(&self, by: Duration) {
        self.clock.set_forward(by);
    }
}

contract_suite!(Embedded);
