//! Writes down in the images' records how jobs ended.

use std::sync::Arc;
use std::time::Duration;

use photo_core::ImageKey;
use photo_core::record::RecordLine;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::context::DispatcherContext;

/// How many batches may wait to be written. Each has the results of one exchange to the store.
const WAITING: usize = 16;

/// How long the last ones may take when the dispatcher ends.
const PATIENCE: Duration = Duration::from_secs(5);

type Lines = Vec<(ImageKey, RecordLine)>;

/// Writes on its own, so that no job waits for the disk. What it cannot write, or has no time to,
/// the job store knows, and the caretaker writes it down later.
pub struct RecordWriter {
    batches: mpsc::Sender<Lines>,
    task: JoinHandle<()>,
    behind: bool,
}

impl RecordWriter {
    /// One with nothing to do yet.
    pub fn new(context: Arc<DispatcherContext>) -> Self {
        let (batches, waiting) = mpsc::channel(WAITING);
        Self { batches, task: tokio::spawn(write_all(context, waiting)), behind: false }
    }

    /// Has lines written, unless too many wait already.
    pub fn write(&mut self, lines: Lines) {
        if lines.is_empty() {
            return;
        }
        match self.batches.try_send(lines) {
            Ok(()) => self.behind = false,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                if !std::mem::replace(&mut self.behind, true) {
                    warn!("results come faster than they can be written beside the photos");
                }
            }
        }
    }

    /// Waits for what is to be written.
    pub async fn end(self) {
        let Self { batches, task, .. } = self;
        drop(batches);
        if tokio::time::timeout(PATIENCE, task).await.is_err() {
            warn!("results could not be written beside the photos in time");
        }
    }
}

async fn write_all(context: Arc<DispatcherContext>, mut waiting: mpsc::Receiver<Lines>) {
    let mut failing = false;
    while let Some(lines) = waiting.recv().await {
        match context.images.append(lines).await {
            Ok(()) => {
                if std::mem::take(&mut failing) {
                    info!("results can be written beside the photos again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    warn!(%error, "results cannot be written beside the photos");
                }
            }
        }
    }
}
