//! Photos on their way to the server, read from the disk as they go.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use reqwest::Body;
use reqwest::multipart::{Form, Part};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::{Accepted, Asked, CallError, Server};
use crate::find::Photo;

/// How much of a photo is in memory.
const BLOCK: usize = 256 << 10;

/// Why photos were not accepted.
#[derive(Debug)]
pub(crate) enum UploadError {
    /// This photo, counted from 0, cannot be read any more.
    Unreadable { number: usize, error: io::Error },
    /// The server did not take them.
    Call(CallError),
}

/// What passes on its way to the server.
#[derive(Debug, Default)]
struct Passage {
    bytes: AtomicU64,
    /// The bytes of all requests, for whoever looks on.
    all_bytes: Arc<AtomicU64>,
    unreadable: Mutex<Option<(usize, io::Error)>>,
}

impl Server {
    /// Sends photos in one request. Tried once: which of them go into the next attempt is the
    /// caller's to decide. However long it takes, something must go on.
    pub(crate) async fn upload(
        &self,
        photos: &[Photo],
        asked: &Asked,
    ) -> Result<Accepted, UploadError> {
        let all_bytes = self.reporter.bytes_sent();
        let passage = Arc::new(Passage { all_bytes, ..Passage::default() });
        let mut form = Form::new();
        for (number, photo) in photos.iter().enumerate() {
            let body = Body::wrap_stream(content(photo.clone(), number, Arc::clone(&passage)));
            // Whatever its name here, the server goes by the content.
            let part = Part::stream_with_length(body, photo.bytes).file_name("photo");
            form = form.part("images", part);
        }
        let request = self.post("/predict").query(&asked.query()).multipart(form);
        let sent = async {
            let response = self.open(request).await?;
            let accepted = self.parse(&self.read(response).await?)?;
            self.one_hash_each(accepted, photos.len())
        };
        let sent = tokio::select! {
            sent = sent => sent,
            () = passage.stands_still(self.silence) => Err(self.too_silent(self.silence)),
        };
        sent.map_err(|error| match passage.take_unreadable() {
            Some((number, error)) => UploadError::Unreadable { number, error },
            None => UploadError::Call(error),
        })
    }
}

impl Passage {
    /// Ends when nothing has passed for this long.
    async fn stands_still(&self, limit: Duration) {
        let mut before = None;
        loop {
            let now = self.bytes.load(Ordering::Relaxed);
            if before == Some(now) {
                return;
            }
            before = Some(now);
            tokio::time::sleep(limit).await;
        }
    }

    fn take_unreadable(&self) -> Option<(usize, io::Error)> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The content of a photo, opened when its turn comes: as many bytes as were announced, or an
/// error.
fn content(
    photo: Photo,
    number: usize,
    passage: Arc<Passage>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let length = photo.bytes;
    let blocks = match photo.kept {
        Some(kept) => stream::once(async { Ok(kept) }).left_stream(),
        None => stream::once(File::open(photo.path))
            .map_ok(move |file| ReaderStream::with_capacity(file.take(length), BLOCK))
            .try_flatten()
            .right_stream(),
    };
    // What it is now must be as long as it was when it was hashed.
    let blocks = blocks.map(Some).chain(stream::once(async { None }));
    let mut left = length;
    blocks.filter_map(move |block| {
        let block = match block {
            Some(Ok(block)) => {
                left = left.saturating_sub(block.len() as u64);
                for count in [&passage.bytes, &passage.all_bytes] {
                    count.fetch_add(block.len() as u64, Ordering::Relaxed);
                }
                Some(Ok(block))
            }
            Some(Err(error)) => Some(Err(error)),
            None if left > 0 => Some(Err(io::Error::other("it became shorter meanwhile"))),
            None => None,
        };
        let block = block.map(|block| {
            block.inspect_err(|error| {
                let kept = io::Error::new(error.kind(), error.to_string());
                let mut unreadable =
                    passage.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
                unreadable.get_or_insert((number, kept));
            })
        });
        async { block }
    })
}
