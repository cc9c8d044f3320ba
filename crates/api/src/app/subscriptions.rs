//! Which clients of this process wait for which images.
//!
//! A *subscription* is a client's interest in some images: a stream of events, or a request that
//! waits for one image. The job store hints at what changed ([`Change`]); a hint goes to the
//! pending set of every subscription to its images. The owner of a subscription takes images out of
//! the pending set when it has time, and reads them together with all others that ask for the same
//! ([`SharedReads`]). So a client that does not read holds a few bytes per image and not what it is
//! to be told, and is told the latest in the end.

pub(crate) mod event;
mod feed;
mod pending;
mod permits;
mod registry;
mod shared_reads;
mod subscription;
mod subscription_error;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use photo_core::UnixMillis;
use photo_core::job::Change;
use photo_core::ports::JobStore;
use tokio::sync::broadcast;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::feed::Feed;
use self::permits::StreamPermits;
use self::registry::{PARTS, SubscriptionRegistry};
use self::shared_reads::SharedReads;
use super::stores::Stores;

pub(crate) use self::pending::PendingImage;
pub(crate) use self::permits::StreamPermit;
pub(crate) use self::shared_reads::ImageSnapshot;
pub(crate) use self::subscription::{ImageChange, Subscription};
pub(crate) use self::subscription_error::SubscriptionError;

/// Within this time every watched image that is not finished is read although nothing hinted at it:
/// a hint may be lost, and that a model can or cannot take jobs is not hinted at.
const ROUND: Duration = Duration::from_secs(20);

/// The least time per image that a round takes: with very many images rounds last longer.
const ROUND_TIME_PER_IMAGE: Duration = Duration::from_millis(2);

/// All clients that wait.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    registry: Mutex<SubscriptionRegistry>,
    pub(crate) permits: Arc<StreamPermits>,
    reads: SharedReads,
    feed: Feed,
}

impl Subscriptions {
    /// No client waits yet, and `max_streams` may.
    pub(super) fn new(max_streams: usize) -> Self {
        Self {
            registry: Mutex::default(),
            permits: Arc::new(StreamPermits::new(max_streams)),
            reads: SharedReads::default(),
            feed: Feed::default(),
        }
    }

    /// Passes hints on, and reads what is asked for, until `closing` is cancelled.
    pub(crate) fn start(self: &Arc<Self>, stores: &Stores, closing: &CancellationToken) {
        // Each a task of its own: none has to wait for another.
        let jobs = Arc::clone(&stores.jobs);
        self.spawn(closing, |this| async move { this.listen(&*jobs).await });
        let stores = stores.clone();
        self.spawn(closing, |this| async move { this.reads.run(&stores).await });
        self.spawn(closing, |this| async move { this.feed.run(&this.reads).await });
        self.spawn(closing, |this| async move { this.hint_in_rounds().await });
    }

    fn spawn<F>(self: &Arc<Self>, closing: &CancellationToken, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (work, closing) = (work(Arc::clone(self)), closing.clone());
        tokio::spawn(async move { closing.run_until_cancelled(work).await });
    }

    /// Returns what happens to any image from now on, as one text of events for all clients.
    pub(crate) fn follow_all(&self) -> broadcast::Receiver<Bytes> {
        self.feed.follow()
    }

    /// Returns the moment up to which all hints were passed on, in the store's time.
    pub(crate) fn heard(&self) -> UnixMillis {
        self.registry().heard
    }

    async fn listen(&self, jobs: &dyn JobStore) {
        loop {
            let mut changes = jobs.changes().await;
            while let Some(change) = changes.recv().await {
                match change {
                    Change::Images { at, images } => {
                        self.registry().hint(at, &images);
                        self.feed.hint(&images);
                    }
                    Change::Reset => self.registry().hint_at_all(),
                }
            }
            // A store that has nothing more to tell has ended, or is about to; this must not spin.
            sleep(ROUND).await;
        }
    }

    /// Has all watched images read, a part at a time.
    async fn hint_in_rounds(&self) {
        for part in (0..PARTS).cycle() {
            let watched = self.registry().hint_at_part(part);
            let all = ROUND_TIME_PER_IMAGE * u32::try_from(watched).unwrap_or(u32::MAX);
            sleep(ROUND.max(all) / u32::from(PARTS)).await;
        }
    }

    fn registry(&self) -> MutexGuard<'_, SubscriptionRegistry> {
        // Nothing that can panic happens under the lock.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
