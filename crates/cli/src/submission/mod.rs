//! Getting photos to the server, each once.
//!
//! Photos are found and hashed ahead, the server is asked what it lacks, what it has is submitted
//! by hash, and the bytes of the rest are sent. Each stage takes as much as is there when it has
//! time for it, so that requests are small while little is to be done and large while much is.
//! Between the stages there are short queues of paths; photos themselves are never kept.

mod check;
mod queue;
mod settled;
mod stored;
mod tally;
mod upload;

use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;

use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryFutureExt, pin_mut, try_join};
use tokio::sync::mpsc::{self, Sender};

pub(crate) use settled::{Refusal, Settled, Way};
pub(crate) use tally::Tally;

use crate::client::{Asked, Server};
use crate::ending::Trouble;
use crate::find::{Found, Walk, find};
use queue::Queue;

/// How many photos wait between two stages.
const AHEAD: usize = 4_096;

/// How many questions what the server lacks are asked at the same time.
const CHECKS: usize = 2;

/// How many requests for photos that the server has are made at the same time.
const STORED: usize = 2;

/// The most photos in one request: no server takes more unless it was told to.
const MOST_PHOTOS: usize = 1_000;

/// The most jobs in one request, by the same measure.
const MOST_JOBS: usize = 10_000;

/// What is said of a hash on a list of photos to be sent.
const HASH_ALONE: &str = "is a hash without a path, and it is photos that are sent";

/// Photos on their way to a server.
#[derive(Debug)]
pub(crate) struct Submission<'a> {
    server: &'a Server,
    asked: &'a Asked,
    settled: Sender<Settled>,
    /// The most photos in one request; less than it was once the server has found one too large.
    most_photos: AtomicUsize,
}

impl<'a> Submission<'a> {
    /// A submission that tells `settled` what becomes of every file.
    pub(crate) fn new(server: &'a Server, asked: &'a Asked, settled: Sender<Settled>) -> Self {
        let by_jobs = MOST_JOBS / asked.models.len().max(1);
        let most_photos = AtomicUsize::new(MOST_PHOTOS.min(by_jobs).max(1));
        Self { server, asked, settled, most_photos }
    }

    /// Submits everything on a walk, with so many uploads at the same time. Broken off anywhere, it
    /// may be begun again.
    pub(crate) async fn run(self, walk: Walk, uploads: usize) -> Result<(), Trouble> {
        let (photos, unchecked) = mpsc::channel(AHEAD);
        let (stored, to_submit) = mpsc::channel(AHEAD);
        let (missing, to_send) = mpsc::channel(AHEAD);
        let (unchecked, to_submit, to_send) =
            (Queue::new(unchecked), Queue::new(to_submit), Queue::new(to_send));
        // A queue ends when those who fill it have ended.
        let checks = (0..CHECKS).map(|_| self.check(&unchecked, stored.clone(), missing.clone()));
        let stored_ones = (0..STORED).map(|_| self.submit_stored(&to_submit, missing.clone()));
        let sent_ones = (0..uploads).map(|_| self.send(&to_send));
        let (checks, stored_ones) = (try_join_all(checks), try_join_all(stored_ones));
        let sent_ones = try_join_all(sent_ones);
        drop((stored, missing));
        let found = self.find(walk, photos);
        try_join!(found, checks.map_ok(drop), stored_ones.map_ok(drop), sent_ones.map_ok(drop))?;
        Ok(())
    }

    /// Passes on the photos of a walk, each content once.
    async fn find(&self, walk: Walk, photos: Sender<crate::find::Photo>) -> Result<(), Trouble> {
        let mut seen = HashSet::new();
        let found = find(walk);
        pin_mut!(found);
        while let Some(found) = found.next().await {
            match found {
                Found::Photo(photo) if seen.insert(photo.key) => {
                    // The stages end after this one, or with an error of their own.
                    let _ = photos.send(photo).await;
                }
                Found::Photo(photo) => self.settle(Settled::Twice(photo)).await,
                Found::LeftOut { path, why } => self.settle(Settled::LeftOut { path, why }).await,
                Found::Folder(path) => self.settle(Settled::Folder(path)).await,
                Found::NotTaken { name, why } => {
                    let why = Refusal::Here(why);
                    self.settle(Settled::Refused { path: name, image: None, why }).await;
                }
                Found::Image { image, path } => {
                    let path = path.unwrap_or_else(|| image.to_string().into());
                    let why = Refusal::Here(HASH_ALONE.to_owned());
                    self.settle(Settled::Refused { path, image: Some(image), why }).await;
                }
            }
        }
        Ok(())
    }

    async fn settle(&self, settled: Settled) {
        // Whoever does not want to know has stopped all of this.
        let _ = self.settled.send(settled).await;
    }
}
