//! The Redis store passes the contract suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod contract;
#[path = "support/redis_time.rs"]
mod redis_time;

use std::sync::Arc;
use std::time::Duration;

use contract::Harness;
use photo_core::Clock;
use photo_core::ports::JobStore;
use photo_store::redis::RedisJobStore;
use photo_tests::redis_server::RedisServer;

struct Redis {
    store: Arc<RedisJobStore>,
    clock: Clock,
    server: RedisServer,
}

impl Harness for Redis {
    async fn start() -> Self {
        let server = RedisServer::start();
        let clock = Clock::default();
        let store = RedisJobStore::connect(&server.url(), contract::settings(), clock.clone())
            .await
            .unwrap();
        Self { store: Arc::new(store), clock, server }
    }

    fn store(&self) -> Arc<dyn JobStore> {
        Arc::clone(&self.store) as Arc<dyn JobStore>
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
        redis_time::age_keys(&self.server, by);
    }
    fn set_back(&self, by: Duration) {
        self.clock.set_back(by);
    }

    fn set_forward(&self, by: Duration) {
        self.clock.set_forward(by);
    }
}

contract_suite!(Redis);
