//! Reading images for many clients that ask at the same time.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use futures_util::future::join_all;
use photo_core::job::JobView;
use photo_core::{ImageKey, UnixMillis};
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;

use crate::app::job_views::{ImageView, ModelFilter, photo_notes, read, read_one};
use crate::app::stores::StoreDeadline;
use crate::app::stores::Stores;
use crate::app::stores::StoresError;

/// How many images the store is asked for at a time.
const READ_IMAGES: usize = 100;

/// The same after images of many bytes: neither the store nor this process has to hold more of
/// them.
const LARGE_READ_IMAGES: usize = 10;

/// How many bytes of images are many.
const LARGE_BYTES: usize = 512 << 10;

/// What each image costs in pauses, so that the store has time for others: it gives twenty thousand
/// images a second at most.
const PAUSE_PER_IMAGE: Duration = Duration::from_micros(50);

/// Pauses are made once they have added up to this. A client that alone waits for one image is not
/// kept waiting; what is asked for in a pause is read together.
const MIN_PAUSE: Duration = Duration::from_millis(5);

/// The pause after nothing could be read.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(500);

/// One image as it was read, ready to be sent to any client.
#[derive(Debug)]
pub(crate) struct ImageSnapshot {
    /// Its status in one line, as `POST /predict/status` sends it.
    pub(crate) json: Bytes,
    /// Tells one status of the image from another.
    pub(crate) fingerprint: u64,
    /// Whether the image does not change any more by itself.
    pub(crate) is_final: bool,
    /// When the image last changed.
    pub(crate) changed_at: UnixMillis,
}

/// An image's snapshot, shared by all clients; `None` if no job of it is known.
pub(crate) type SharedSnapshot = Option<Arc<ImageSnapshot>>;

/// A caller that asked for an image, and for which of its jobs.
type Asker = (ModelFilter, oneshot::Sender<SharedSnapshot>);

/// The images that were asked for. A caller that asks for an image that is queued already is
/// answered with the others, so that a thousand clients that wait for one image cost one read.
#[derive(Debug, Default)]
pub(crate) struct SharedReads {
    queue: Mutex<ReadQueue>,
    news: Notify,
}

#[derive(Debug, Default)]
struct ReadQueue {
    images: VecDeque<ImageKey>,
    askers: HashMap<ImageKey, Vec<Asker>>,
}

impl SharedReads {
    /// Returns the snapshot of each of these images, read after this call began; `None` for an
    /// image that cannot be read now.
    pub(crate) async fn read(
        &self,
        images: &[ImageKey],
        filter: &ModelFilter,
    ) -> Vec<Option<SharedSnapshot>> {
        let answers: Vec<_> = {
            let mut queue = self.queue();
            let ask = |image: &ImageKey| {
                let (asker, answer) = oneshot::channel();
                let askers = queue.askers.entry(*image).or_default();
                askers.push((filter.clone(), asker));
                if askers.len() == 1 {
                    queue.images.push_back(*image);
                }
                answer
            };
            images.iter().map(ask).collect()
        };
        self.news.notify_one();
        join_all(answers).await.into_iter().map(Result::ok).collect()
    }

    /// SharedReads what is asked for, for ever.
    pub(super) async fn run(&self, stores: &Stores) {
        let (mut has_failed, mut step) = (false, LARGE_READ_IMAGES);
        let mut owed = Duration::ZERO;
        loop {
            let (images, askers) = self.take(step);
            if images.is_empty() {
                let since = Instant::now();
                self.news.notified().await;
                // Having nothing to read is a pause as well.
                owed = owed.saturating_sub(since.elapsed());
                continue;
            }
            let (mut failure, mut readable, mut bytes) = (None, 0_u32, 0);
            let mut notes = photo_notes(stores, &images).await;
            for ((image, askers), jobs) in
                images.iter().zip(askers).zip(look(stores, &images).await)
            {
                match jobs {
                    Ok(jobs) => {
                        let told = tell(*image, jobs, notes.remove(image).as_deref(), askers);
                        readable += told.snapshots;
                        bytes += told.bytes;
                    }
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(error) = &failure
                && !has_failed
            {
                tracing::warn!(cause = %error, "those who wait for images are told nothing for now");
            }
            has_failed = failure.is_some();
            step = if bytes > LARGE_BYTES { LARGE_READ_IMAGES } else { READ_IMAGES };
            owed += if readable == 0 { PAUSE_AFTER_FAILURE } else { PAUSE_PER_IMAGE * readable };
            if owed >= MIN_PAUSE {
                sleep(std::mem::take(&mut owed)).await;
            }
        }
    }

    /// Takes the first few queued images, and the callers that asked for each.
    fn take(&self, step: usize) -> (Vec<ImageKey>, Vec<Vec<Asker>>) {
        let mut queue = self.queue();
        let step = step.min(queue.images.len());
        let images: Vec<ImageKey> = queue.images.drain(..step).collect();
        let askers = images.iter().map(|image| queue.askers.remove(image).unwrap_or_default());
        let askers = askers.collect();
        (images, askers)
    }

    fn queue(&self) -> MutexGuard<'_, ReadQueue> {
        // Nothing that can panic happens under the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it took to answer for one image.
struct AnsweredImage {
    /// How many different snapshots were made.
    snapshots: u32,
    bytes: usize,
}

/// Answers all callers that asked for an image, each for the jobs it asked about. Nearly all ask
/// about the same ones.
fn tell(
    image: ImageKey,
    jobs: Vec<JobView>,
    notes: Option<&[String]>,
    mut askers: Vec<Asker>,
) -> AnsweredImage {
    let mut told = AnsweredImage { snapshots: 0, bytes: 0 };
    let mut jobs = Some(jobs);
    while let Some((filter, _)) = askers.first() {
        let filter = filter.clone();
        let (same, others) = askers.into_iter().partition(|(other, _)| *other == filter);
        askers = others;
        // Copied only for further ones.
        let copy = if askers.is_empty() { jobs.take() } else { jobs.clone() };
        let mut jobs = copy.unwrap_or_default();
        filter.apply(&mut jobs);
        let seen = ImageSnapshot::new(image, jobs, notes.map(<[String]>::to_vec)).map(Arc::new);
        told.snapshots += 1;
        told.bytes += seen.as_ref().map_or(0, |snapshot| snapshot.json.len());
        let same: Vec<Asker> = same;
        for (_, asker) in same {
            // The caller may have gone.
            let _ = asker.send(seen.clone());
        }
    }
    told
}

/// Reads all jobs of each image. An image that cannot be read does not stop the others.
async fn look(stores: &Stores, images: &[ImageKey]) -> Vec<Result<Vec<JobView>, StoresError>> {
    let all = ModelFilter::default();
    if let Ok(jobs) = read(stores, images, &all, &mut StoreDeadline::new()).await {
        return jobs.into_iter().map(Ok).collect();
    }
    let mut answers = Vec::with_capacity(images.len());
    for image in images {
        answers.push(read_one(stores, *image, &all).await);
    }
    answers
}

impl ImageSnapshot {
    fn new(image: ImageKey, jobs: Vec<JobView>, notes: Option<Vec<String>>) -> Option<Self> {
        let changed_at = jobs.iter().map(|job| job.changed_at.max(job.submitted_at)).max()?;
        let view = ImageView::new(image, jobs, notes);
        let is_final = view.status.is_final();
        let mut json = serde_json::to_vec(&view)
            .expect("a view is made of texts, numbers and JSON, and a vector takes all of it");
        // A model may have broken the lines of its result, and an event's data is one queue.
        // Between the words of JSON both are white space; within a string they are written
        // otherwise.
        json.iter_mut().filter(|byte| b"\r\n".contains(byte)).for_each(|byte| *byte = b' ');
        let mut hasher = DefaultHasher::new();
        hasher.write(&json);
        Some(Self { json: json.into(), fingerprint: hasher.finish(), is_final, changed_at })
    }
}
