//! A connection near at hand.

use std::sync::Arc;

use deadpool_redis::redis::{FromRedisValue, ScriptInvocation};
use futures_util::future::try_join_all;
use photo_core::ports::StoreError;
use thread_local::ThreadLocal;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::link::{Link, State};
use super::server::Server;

/// One connection for all callers, and one more for each thread that runs its tasks alone, as the
/// workers of an HTTP server do: what goes through another thread wakes it, and is waited for until
/// that thread has woken this one, which costs more than the call itself. While a thread has none
/// yet, or none any more, the one for all does.
pub(super) struct Links {
    server: Arc<Server>,
    shared: Link,
    own: ThreadLocal<Link>,
}

impl Links {
    /// Links to the server, with which it stands like this.
    pub(super) fn new(server: Arc<Server>, state: State) -> Self {
        let shared = Link::new(Arc::clone(&server), state);
        Self { server, shared, own: ThreadLocal::new() }
    }

    /// See [`Link::run`].
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.nearest().run(call).await
    }

    /// See [`Link::run_once`].
    pub(super) async fn run_once<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.nearest().run_once(call).await
    }

    /// Runs a script over each link that callers are sent to: any of them may still be away when the
    /// others are back.
    pub(super) async fn run_on_all(&self, call: &ScriptInvocation<'_>) -> Result<(), StoreError> {
        let own = self.own.iter().filter(|link| link.is_connected());
        let links = own.chain([&self.shared]);
        try_join_all(links.map(|link| link.run::<()>(call))).await.map(|_| ())
    }

    fn nearest(&self) -> &Link {
        if Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread {
            return &self.shared;
        }
        let own = self.own.get_or(|| Link::new(Arc::clone(&self.server), State::Connecting));
        if own.is_connected() { own } else { &self.shared }
    }
}
