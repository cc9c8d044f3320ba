//! Uploading photos until every one of them has its 202.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use photo_core::{ImageKey, PhotoHasher};
use photo_tests::photos::bmp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clients::api_client::ApiClient;
use crate::ledger::{Ledger, PhotoNumber};

/// How many uploads there are at once.
const CLIENTS: usize = 8;
/// The most photos in one upload.
const MOST_PHOTOS: u64 = 4;
/// How many uploads go before one that is cut off.
const CUT_EVERY: usize = 8;
/// How many uploads go before one whose client does not wait for the answer.
const HANG_UP_EVERY: usize = 5;
/// The longest such a client waits, in milliseconds: about as long as an answer takes.
const PATIENCE_MS: u64 = 20;
/// How long a client waits before it tries again.
const PAUSE: Duration = Duration::from_millis(50);
/// Photos whose upload is cut off have numbers from here on.
const CUT_PHOTOS: PhotoNumber = 1 << 40;

/// What clients need.
#[derive(Clone)]
pub struct Client {
    /// The apis.
    pub api: ApiClient,
    /// Where they note what they were promised.
    pub ledger: Arc<Ledger>,
    /// What makes the photos of this torture different from those of another.
    pub seed: u64,
}

/// Splits photos into uploads of different sizes.
pub fn uploads(photos: u64, seed: u64) -> Vec<Range<PhotoNumber>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut uploads = Vec::new();
    let mut first = 0;
    while first < photos {
        let end = (first + rng.random_range(1..=MOST_PHOTOS)).min(photos);
        uploads.push(first..end);
        first = end;
    }
    uploads
}

impl Client {
    /// A photo's bytes.
    pub fn photo(&self, number: PhotoNumber) -> Vec<u8> {
        bmp(self.seed.wrapping_shl(44) ^ number)
    }

    /// Uploads everything, the first `allowed` uploads as soon as they may.
    pub async fn run(self, uploads: Vec<Range<PhotoNumber>>, allowed: watch::Receiver<usize>) {
        let (uploads, next) = (Arc::new(uploads), Arc::new(AtomicUsize::new(0)));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (client, uploads, next) = (self.clone(), Arc::clone(&uploads), Arc::clone(&next));
            let mut allowed = allowed.clone();
            clients.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(upload) = uploads.get(number) else { return };
                    // Fails only if nobody is left to forbid anything.
                    let _ = allowed.wait_for(|allowed| number < *allowed).await;
                    if number % CUT_EVERY == 0 {
                        client.cut_off(CUT_PHOTOS + number as u64).await;
                    }
                    let photos: Vec<Vec<u8>> =
                        upload.clone().map(|number| client.photo(number)).collect();
                    if number % HANG_UP_EVERY == 0 {
                        client.hang_up(&photos).await;
                    }
                    client.upload(upload.clone(), &photos).await;
                }
            });
        }
        clients.join_all().await;
    }

    /// Tries until it is accepted.
    async fn upload(&self, numbers: Range<PhotoNumber>, photos: &[Vec<u8>]) {
        let keys: Vec<ImageKey> = photos.iter().map(|photo| key(photo)).collect();
        loop {
            match self.api.predict(photos).await {
                Ok((StatusCode::ACCEPTED, body)) => {
                    if body["images"] != serde_json::json!(keys) {
                        self.ledger.problem(format!("{keys:?} were accepted as {body}"));
                    }
                    for (key, number) in keys.into_iter().zip(numbers) {
                        self.ledger.accept(key, number);
                    }
                    return;
                }
                Ok((StatusCode::SERVICE_UNAVAILABLE, _)) | Err(_) => {}
                Ok((status, body)) => {
                    self.ledger.problem(format!("an upload was answered with {status} {body}"));
                }
            }
            self.ledger.repeated.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Uploads photos and hangs up at some time before or after they are accepted.
    async fn hang_up(&self, photos: &[Vec<u8>]) {
        let patience = Duration::from_millis(rand::random_range(0..=PATIENCE_MS));
        if tokio::time::timeout(patience, self.api.predict(photos)).await.is_err() {
            self.ledger.hung_up.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Begins to upload a photo and hangs up in the middle of it.
    async fn cut_off(&self, number: PhotoNumber) {
        let photo = self.photo(number);
        self.ledger.cut_off(key(&photo));
        let head = format!(
            "POST /predict?models=fast HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
             Content-Type: multipart/form-data; boundary=x\r\n\r\n\
             --x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\n",
            photo.len() + 1000
        );
        let half = [head.as_bytes(), &photo[..photo.len() / 2]].concat();
        // With the api down there is nothing to cut.
        if let Ok(mut stream) = TcpStream::connect(self.api.address()).await
            && stream.write_all(&half).await.is_ok()
            && stream.flush().await.is_ok()
        {
            self.ledger.cut.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn key(photo: &[u8]) -> ImageKey {
    let mut hasher = PhotoHasher::default();
    hasher.update(photo);
    hasher.finish().key
}
