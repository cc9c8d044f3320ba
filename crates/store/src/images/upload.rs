//! The photos of one request on their way in.

mod block;
mod commit;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use photo_core::ports::{Committed, ImageLimits, ImageStoreError, ImageUpload, PhotoRefusal};
use photo_core::record::Acceptance;
use photo_core::{ImageInfo, ImageKey};
use tokio::task::JoinHandle;

use self::block::Block;
use super::BLOCK;
use super::records::noted::NotedImages;
use super::shards::Shards;
use super::spool::hash_scheduler::HashTicket;
use super::spool::{Spool, SpoolWriter, Spooled};

/// Collects blocks and has them hashed and written on another thread while the next one arrives, so
/// that no photo holds up the others' requests. Only while a block is being written there is a
/// second one in memory: an upload that waits for its turn takes nothing more from its client.
pub(super) struct SpoolUpload {
    shards: Arc<Shards>,
    spool: Arc<Spool>,
    noted: Arc<NotedImages>,
    limits: ImageLimits,
    current: Current,
    done: Vec<Spooled>,
    included: Vec<ImageKey>,
}

/// The photo being received.
#[derive(Default)]
struct Current {
    received: u64,
    block: Block,
    /// Its place with the hash scheduler; `None` before the first block.
    ticket: Option<HashTicket>,
    /// The writer, at work on the block before this one; `None` before the first block.
    writing: Option<JoinHandle<Result<SpoolWriter, ImageStoreError>>>,
}

impl SpoolUpload {
    pub(super) fn new(
        shards: Arc<Shards>,
        spool: Arc<Spool>,
        noted: Arc<NotedImages>,
        limits: ImageLimits,
    ) -> Self {
        let (current, done, included) = (Current::default(), Vec::new(), Vec::new());
        Self { shards, spool, noted, limits, current, done, included }
    }
}

impl Current {
    /// Has the block hashed and written once it is its turn, and does with the writer what is to be
    /// done then: a trip to another thread costs as much as some kilobytes. Answers when the work
    /// has begun.
    async fn write_in_turn<T: Send + 'static>(
        &mut self,
        spool: &Arc<Spool>,
        then: impl FnOnce(SpoolWriter) -> Result<T, ImageStoreError> + Send + 'static,
    ) -> Result<JoinHandle<Result<T, ImageStoreError>>, ImageStoreError> {
        let writer = match self.writing.take() {
            Some(writing) => Some(writing.await.map_err(ImageStoreError::unavailable)??),
            None => None,
        };
        let permit = self.ticket.get_or_insert_with(|| spool.scheduler.enter()).permit().await;
        let block = std::mem::take(&mut self.block).into_pieces();
        let spool = Arc::clone(spool);
        Ok(tokio::task::spawn_blocking(move || {
            let _held_until_written = permit;
            let writer = match writer {
                Some(mut writer) => writer.write(&block).map(|()| writer),
                None => SpoolWriter::begin(&spool, &block),
            };
            then(writer?)
        }))
    }
}

#[async_trait]
impl ImageUpload for SpoolUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), ImageStoreError> {
        let current = &mut self.current;
        current.received += bytes.len() as u64;
        if current.received > self.limits.max_bytes {
            return Err(PhotoRefusal::TooManyBytes { limit: self.limits.max_bytes }.into());
        }
        current.block.push(bytes);
        if current.block.len() >= BLOCK {
            current.writing = Some(current.write_in_turn(&self.spool, Ok).await?);
        }
        Ok(())
    }

    async fn end_image(&mut self) -> Result<ImageInfo, ImageStoreError> {
        let mut current = std::mem::take(&mut self.current);
        let limits = self.limits;
        let ending = current.write_in_turn(&self.spool, move |writer| writer.end(limits)).await?;
        let spooled = ending.await.map_err(ImageStoreError::unavailable)??;
        let info = spooled.info.clone();
        self.done.push(spooled);
        Ok(info)
    }

    fn include(&mut self, image: ImageKey) {
        self.included.push(image);
    }

    async fn commit(
        self: Box<Self>,
        asked: &Acceptance,
    ) -> Result<Vec<Committed>, ImageStoreError> {
        let has_notes = |photo: &&Spooled| !photo.info.notes.is_empty();
        let noted: Vec<ImageKey> =
            self.done.iter().filter(has_notes).map(|it| it.info.md5).collect();
        // Before anybody can see the photos.
        if !noted.is_empty() {
            let index = self.noted;
            super::blocking(move || index.add(&noted).map_err(super::disk_error)).await?;
        }
        commit::commit(self.shards, self.spool, self.done, self.included, asked).await
    }
}
