//! `/health` of a dispatcher, for supervisors: `dispatcher.listen` switches it on.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use photo_core::ports::{JobStore, StoreError};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::context::within;

/// A loop that has not moved for so long will not move again.
const STUCK: Duration = Duration::from_secs(30);

/// How long the store may take to answer before it counts as away. Longer than it waits for its
/// server, so that it says itself what is wrong.
const PATIENCE: Duration = Duration::from_secs(4);

/// When the central loop last moved.
#[derive(Debug)]
pub struct Pulse {
    start: Instant,
    /// In milliseconds since `start`.
    last: AtomicU64,
}

impl Pulse {
    /// A loop that moves now.
    pub fn new() -> Self {
        Self { start: Instant::now(), last: AtomicU64::new(0) }
    }

    /// Notes that the loop moves.
    pub fn beat(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    fn silence(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(last)
    }
}

struct Health {
    pulse: Arc<Pulse>,
    // The store is closed when the dispatcher is over, whoever still asks for its health.
    store: Weak<dyn JobStore>,
}

/// Answers `GET /health/live` and `/health/ready` on `address` until `stop` is cancelled.
pub fn serve(
    address: &str,
    pulse: Arc<Pulse>,
    store: &Arc<dyn JobStore>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address} (dispatcher.listen)"))?;
    let address = listener.local_addr()?;
    let health = web::Data::new(Health { pulse, store: Arc::downgrade(store) });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(health.clone())
            .route("/health/live", web::get().to(live))
            .route("/health/ready", web::get().to(ready))
    })
    .workers(1)
    .shutdown_signal(stop.cancelled_owned())
    .listen(listener)?;
    tokio::spawn(server.run());
    tracing::info!("health is told on http://{address}");
    Ok(())
}

/// Whether the central loop moves.
async fn live(health: web::Data<Health>) -> HttpResponse {
    let silence = health.pulse.silence();
    if silence < STUCK {
        HttpResponse::Ok().json(json!({"status": "live"}))
    } else {
        trouble(&format!("the loop has not moved for {} s", silence.as_secs()))
    }
}

/// Whether the job store answers, without which there is nothing to do.
async fn ready(health: web::Data<Health>) -> HttpResponse {
    let Some(store) = health.store.upgrade() else { return trouble("the dispatcher has stopped") };
    match within(PATIENCE, store.ping()).await {
        // A full store takes no new jobs, and those that are there can be done.
        Ok(()) | Err(StoreError::Full(_)) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(error) => trouble(&error.to_string()),
    }
}

fn trouble(detail: &str) -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type("application/problem+json")
        .json(json!({"type": "about:blank", "title": "Not well", "status": 503, "detail": detail}))
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use photo_store::embedded::EmbeddedJobStore;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_does_not_move_is_not_alive_until_it_does() {
        let pulse = Arc::new(Pulse::new());
        let store = Weak::<EmbeddedJobStore>::new();
        let health = web::Data::new(Health { pulse: Arc::clone(&pulse), store });
        let told = async || live(health.clone()).await.status();
        assert_eq!(told().await, StatusCode::OK);
        tokio::time::advance(STUCK / 2).await;
        pulse.beat();
        tokio::time::advance(STUCK / 10 * 9).await;
        assert_eq!(told().await, StatusCode::OK, "it moved in the last half minute");
        tokio::time::advance(STUCK / 10).await;
        assert_eq!(told().await, StatusCode::SERVICE_UNAVAILABLE);
        pulse.beat();
        assert_eq!(told().await, StatusCode::OK);
    }
}
