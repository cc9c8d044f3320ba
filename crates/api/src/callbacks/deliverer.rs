//! Delivers the callbacks that are due.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use bytes::Bytes;
use hyper::StatusCode;
use photo_config::WebhookSecret;
use photo_core::job::{Callback, CallbackEnd, DueCallback};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::caller::CallbackCaller;
use super::check;
use super::signature::sign;
use crate::app::job_views::{ImageView, ModelFilter, photo_notes, read_one};
use crate::app::stores::Stores;

/// The most calls at the same time.
const MAX_CALLS_TOGETHER: usize = 16;

/// How long a callback is this process's own: longer than a call may take.
const CALLBACK_LEASE: Duration = Duration::from_mins(1);

/// How often the job store is asked which callbacks are due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The pauses after each failure; after the last failure the callback is given up.
const RETRY_PAUSES: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(3),
    Duration::from_hours(6),
    Duration::from_hours(12),
];

/// Delivers callbacks.
struct CallbackDeliverer {
    stores: Stores,
    secret: WebhookSecret,
    caller: CallbackCaller,
}

/// Makes callbacks until the server is to stop. Those under way then are made again by another
/// process, with the same id.
pub(super) async fn run(stores: Stores, secret: WebhookSecret, closing: CancellationToken) {
    let caller = CallbackCaller::new(stores.config.callbacks.allow_private);
    let deliverer = Arc::new(CallbackDeliverer { stores, secret, caller });
    closing.run_until_cancelled(deliverer.deliver_all()).await;
}

impl CallbackDeliverer {
    async fn deliver_all(self: &Arc<Self>) {
        let permits = Arc::new(Semaphore::new(MAX_CALLS_TOGETHER));
        let mut is_away = false;
        loop {
            // A permit first, a callback second: none that was handed out waits for one.
            let Ok(first) = Arc::clone(&permits).acquire_owned().await else { return };
            let free = 1 + permits.available_permits();
            let due = self
                .stores
                .jobs
                .lease_callbacks(u32::try_from(free).unwrap_or(1), CALLBACK_LEASE)
                .await;
            if let Err(error) = &due
                && !is_away
            {
                tracing::warn!(%error, "no callbacks are made until the job store can be reached");
            }
            is_away = due.is_err();
            let due = due.unwrap_or_default();
            if due.is_empty() {
                drop(first);
                sleep(POLL_INTERVAL).await;
                continue;
            }
            // Places are taken here alone, so there are as many as were counted.
            let others = iter::from_fn(|| Arc::clone(&permits).try_acquire_owned().ok());
            for (due, permit) in due.into_iter().zip(iter::once(first).chain(others)) {
                let deliverer = Arc::clone(self);
                tokio::spawn(async move {
                    deliverer.deliver(&due).await;
                    drop(permit);
                });
            }
        }
    }

    /// Makes one callback, and notes what became of it. What cannot be noted is made again.
    async fn deliver(&self, due: &DueCallback) {
        let callback = &due.callback;
        let end = self.attempt(due).await;
        if let Err(error) = self.stores.jobs.end_callback(callback, end).await {
            tracing::warn!(callback.id = %callback.id, %error, "a callback may be made twice");
        }
    }

    async fn attempt(&self, due: &DueCallback) -> CallbackEnd {
        let Callback { id, image, ref url, .. } = due.callback;
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let host = host.unwrap_or_default();
        let error = match self.call(&due.callback).await {
            Ok(end) => return end,
            Err(error) => format!("{error:#}"),
        };
        let pause =
            usize::try_from(due.failures).ok().and_then(|failures| RETRY_PAUSES.get(failures));
        if let Some(pause) = pause {
            tracing::info!(callback.id = %id, %image, host, error, "a callback failed, and will be made again");
            // Many that failed together do not come back together.
            let spread = *pause / 10 * u32::from(id.as_bytes()[0]) / 255;
            CallbackEnd::Failed { retry_after: *pause + spread }
        } else {
            tracing::warn!(callback.id = %id, %image, host, error, "a callback failed for the last time, and is given up");
            CallbackEnd::Settled
        }
    }

    /// Posts how the callback's jobs ended, unless they are unfinished again.
    async fn call(&self, callback: &Callback) -> anyhow::Result<CallbackEnd> {
        let filter = ModelFilter::new(&callback.models);
        let jobs = read_one(&self.stores, callback.image, &filter).await;
        let jobs = jobs?;
        let notes = photo_notes(&self.stores, &[callback.image]).await.remove(&callback.image);
        let view = ImageView::new(callback.image, jobs, notes);
        if !view.status.is_final() {
            return Ok(CallbackEnd::TooEarly { retry_after: RETRY_PAUSES[0] });
        }
        // The operator may have changed the list since.
        let url = check(&self.stores.config.callbacks, &callback.url);
        let url = url.map_err(|refusal| anyhow!("{refusal}"))?;
        let body = Bytes::from(serde_json::to_vec(&view)?);
        let id = format!("msg_{}", callback.id.simple());
        let timestamp = self.stores.clock.now().0 / 1000;
        let signature = sign(&self.secret, &id, timestamp, &body);
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        let status = self.caller.post(&url, headers, body).await?;
        // By the specification, 410 asks for no more calls.
        ensure!(status.is_success() || status == StatusCode::GONE, "the answer was {status}");
        Ok(CallbackEnd::Settled)
    }
}
