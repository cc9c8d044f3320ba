//! Photos that wait for the next stage.

use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;

use crate::find::Photo;

/// A queue with several takers.
#[derive(Debug)]
pub(super) struct Queue(Mutex<Receiver<Photo>>);

impl Queue {
    pub(super) fn new(photos: Receiver<Photo>) -> Self {
        Self(Mutex::new(photos))
    }

    /// Waits for a photo and takes those that are there with it: no more than so many, and none
    /// beyond so many bytes. Nothing once the queue has ended.
    pub(super) async fn take(&self, most: usize, most_bytes: u64) -> Vec<Photo> {
        let mut photos = self.0.lock().await;
        let mut taken: Vec<Photo> = photos.recv().await.into_iter().collect();
        let mut bytes: u64 = taken.iter().map(|photo| photo.bytes).sum();
        while taken.len() < most
            && bytes < most_bytes
            && let Ok(photo) = photos.try_recv()
        {
            bytes += photo.bytes;
            taken.push(photo);
        }
        taken
    }
}
