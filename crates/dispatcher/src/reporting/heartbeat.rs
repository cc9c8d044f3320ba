//! Tells the store, for operators, that this dispatcher is alive and how its endpoints look to it.

use std::sync::Arc;
use std::time::Duration;

use photo_core::job::{DispatcherId, DispatcherReport, EndpointReport, EndpointState};
use photo_core::{Clock, UnixMillis};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::debug;

use crate::context::{DispatcherContext, STORE_TIMEOUT, within};

/// After so many reports that did not come a dispatcher is taken for dead.
const MISSED: u32 = 5;

/// The most endpoints told of. A report is sent every other second.
const MOST_ENDPOINTS: usize = 1_000;

/// How long the last report may take when the dispatcher ends.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// Reports on its own, so that nobody waits for it.
pub struct HeartbeatSender {
    id: DispatcherId,
    host: String,
    started_at: UnixMillis,
    reports: watch::Sender<Option<DispatcherReport>>,
    task: JoinHandle<()>,
}

impl HeartbeatSender {
    /// One that has nothing to tell yet.
    pub fn new(id: DispatcherId, context: Arc<DispatcherContext>) -> Self {
        let (reports, latest) = watch::channel(None);
        let task = tokio::spawn(report_all(context, latest));
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        Self { id, host, started_at: Clock::default().now(), reports, task }
    }

    /// Tells how it stands.
    pub fn tell(&self, in_flight: u32, endpoints: Vec<EndpointReport>, stopping: bool) {
        self.reports.send_replace(Some(DispatcherReport {
            id: self.id,
            host: self.host.clone(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            in_flight,
            stopping,
            endpoints: shortened(endpoints),
        }));
    }

    /// Tells that the dispatcher is gone.
    pub async fn end(self) {
        let Self { reports, task, .. } = self;
        drop(reports);
        if tokio::time::timeout(LAST_PATIENCE, task).await.is_err() {
            debug!("the dispatcher could not say that it is gone");
        }
    }
}

/// So many endpoints as are told of: those that do not work above all.
fn shortened(mut endpoints: Vec<EndpointReport>) -> Vec<EndpointReport> {
    if endpoints.len() > MOST_ENDPOINTS {
        endpoints.sort_by_key(|endpoint| endpoint.state == EndpointState::Up);
        endpoints.truncate(MOST_ENDPOINTS);
    }
    endpoints
}

/// Sends the latest report whenever there is one, and that the dispatcher is gone when there will
/// be no more.
async fn report_all(
    context: Arc<DispatcherContext>,
    mut latest: watch::Receiver<Option<DispatcherReport>>,
) {
    let mut lifetime = context.settings.report * MISSED;
    while !lifetime.is_zero() {
        if latest.changed().await.is_err() {
            lifetime = Duration::ZERO;
        }
        let Some(report) = latest.borrow_and_update().clone() else { continue };
        if let Err(error) = within(STORE_TIMEOUT, context.store.report(&report, lifetime)).await {
            // That the store is away, the central loop says.
            debug!(%error, "the dispatcher could not say that it is alive");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_endpoints_those_that_do_not_work_are_told_of() {
        let endpoint = |number: usize, state| EndpointReport {
            model: "wood".parse().unwrap(),
            url: format!("http://host:{number}"),
            state,
            since: None,
            reason: None,
            in_flight: 0,
            untried: false,
        };
        let up = (0..MOST_ENDPOINTS).map(|number| endpoint(number, EndpointState::Up));
        let all: Vec<_> = up.chain([endpoint(MOST_ENDPOINTS, EndpointState::Down)]).collect();
        assert_eq!(shortened(all[1..].to_vec()), all[1..]);
        let shortened = shortened(all);
        assert_eq!(shortened.len(), MOST_ENDPOINTS);
        assert_eq!(shortened[0].state, EndpointState::Down);
    }
}
