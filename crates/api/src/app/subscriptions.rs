//! Who waits for which images, in this process.
//!
//! A *watch* is somebody's interest in some images: a stream of events, or a request that waits for
//! one image. The job store hints at what changed ([`Change`]); a hint goes to the inbox of every
//! watch of its images. Whoever owns the watch takes images out of its inbox when it has time, and
//! reads them together with all others who ask for the same ([`Reads`]). So a client that does not
//! read holds a few bytes per image and not what it is to be told, and is told the latest in the
//! end.

pub(crate) mod event;
mod feed;
mod pending;
mod permits;
mod reads;
mod registry;
mod subscription;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use photo_core::UnixMillis;
use photo_core::job::Change;
use tokio::sync::broadcast;
use tokio::time::sleep;

use self::feed::Feed;
use self::reads::Reads;
use self::registry::{PARTS, Watches};
use crate::app::AppState;

pub(crate) use self::pending::Look;
pub(crate) use self::permits::{Place, Places};
pub(crate) use self::reads::Sight;
pub(crate) use self::subscription::{News, Watch};

/// Within this time every watched image that is not finished is looked at although nothing hinted
/// at it: a hint may be lost, and that a model can or cannot take jobs is not hinted at.
const ROUND: Duration = Duration::from_secs(20);

/// The least time per image that it takes: with very many the rounds last longer.
const PER_IMAGE: Duration = Duration::from_millis(2);

/// Everybody who waits.
#[derive(Debug)]
pub(crate) struct Hub {
    watches: Mutex<Watches>,
    pub(crate) places: Arc<Places>,
    pub(crate) reads: Reads,
    feed: Feed,
}

impl Hub {
    /// A hub that has places for so many who wait.
    pub(crate) fn new(places: usize) -> Self {
        Self {
            watches: Mutex::default(),
            places: Arc::new(Places::new(places)),
            reads: Reads::default(),
            feed: Feed::default(),
        }
    }

    /// Passes hints on, and reads what is asked for, until the server is to stop.
    pub(crate) fn start(state: &Arc<AppState>) {
        // Each a task of its own: none has to wait for another.
        Self::spawn(state, |state| async move { state.hub.listen(&state).await });
        Self::spawn(state, |state| async move { state.hub.reads.run(&state).await });
        Self::spawn(state, |state| async move { state.hub.feed.run(&state.hub.reads).await });
        Self::spawn(state, |state| async move { state.hub.look_around().await });
    }

    fn spawn<F>(state: &Arc<AppState>, work: impl FnOnce(Arc<AppState>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (work, stop) = (work(Arc::clone(state)), state.closing.clone());
        tokio::spawn(async move { stop.run_until_cancelled(work).await });
    }

    /// What happens to any image, from now on, as one text of events for everybody.
    pub(crate) fn follow_all(&self) -> broadcast::Receiver<Bytes> {
        self.feed.follow()
    }

    /// The moment up to which all hints were passed on, in the store's time.
    pub(crate) fn heard(&self) -> UnixMillis {
        self.watches().heard
    }

    async fn listen(&self, state: &AppState) {
        loop {
            let mut changes = state.jobs.changes().await;
            while let Some(change) = changes.recv().await {
                match change {
                    Change::Images { at, images } => {
                        self.watches().hint(at, &images);
                        self.feed.hint(&images);
                    }
                    Change::Reset => self.watches().hint_at_all(),
                }
            }
            // A store that has nothing more to tell has ended, or is about to; this must not spin.
            sleep(ROUND).await;
        }
    }

    /// Looks at all watched images, a part at a time.
    async fn look_around(&self) {
        for part in (0..PARTS).cycle() {
            let watched = self.watches().hint_at_part(part);
            let all = PER_IMAGE * u32::try_from(watched).unwrap_or(u32::MAX);
            sleep(ROUND.max(all) / u32::from(PARTS)).await;
        }
    }

    fn watches(&self) -> MutexGuard<'_, Watches> {
        // Nothing that can panic happens under the lock.
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
