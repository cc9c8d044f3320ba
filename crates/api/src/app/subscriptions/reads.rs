//! Reading images for many who ask at the same time.

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

use crate::app::AppState;
use crate::app::job_views::model_filter::ModelFilter;
use crate::app::store_deadline::StoreTime;
use crate::http::error::ApiError;
use crate::jobs::status::{ImageView, notes, read, read_one};

/// How many images the store is asked for at a time.
const STEP: usize = 100;

/// The same after images of many bytes: neither the store nor this process has to hold more of them.
const STEP_OF_LARGE: usize = 10;

/// How many bytes of images are many.
const LARGE: usize = 512 << 10;

/// What each image costs in pauses, so that the store has time for others: it gives twenty thousand
/// images a second at most.
const PER_IMAGE: Duration = Duration::from_micros(50);

/// The pauses are made once they have added up to this. Whoever waits for one image when nobody
/// else does is not kept waiting; what is asked for in a pause is read together.
const PAUSE: Duration = Duration::from_millis(5);

/// The pause after nothing could be read.
const AWAY: Duration = Duration::from_millis(500);

/// One image as it was read, made ready to be told to anybody.
#[derive(Debug)]
pub(crate) struct Sight {
    /// What is told of it, in one line: as `POST /predict/status` tells it.
    pub(crate) json: Bytes,
    /// By which what is told is known from what was told before.
    pub(crate) fingerprint: u64,
    /// Whether it does not change any more by itself.
    pub(crate) is_final: bool,
    /// When it last changed.
    pub(crate) changed_at: UnixMillis,
}

/// What is told of an image; nothing if no job of it is known.
pub(crate) type Seen = Option<Arc<Sight>>;

/// Somebody who asked for an image, and for which of its jobs.
type Asker = (ModelFilter, oneshot::Sender<Seen>);

/// The images that somebody asked for. Whoever asks for one that is in line already is answered
/// with the others, so that a thousand who wait for one image cost one read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    line: Mutex<Line>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Line {
    images: VecDeque<ImageKey>,
    askers: HashMap<ImageKey, Vec<Asker>>,
}

impl Reads {
    /// What is told of each of these images, read after this was asked; `None` for one that cannot
    /// be read now.
    pub(crate) async fn read(
        &self,
        images: &[ImageKey],
        filter: &ModelFilter,
    ) -> Vec<Option<Seen>> {
        let answers: Vec<_> = {
            let mut line = self.line();
            let ask = |image: &ImageKey| {
                let (asker, answer) = oneshot::channel();
                let askers = line.askers.entry(*image).or_default();
                askers.push((filter.clone(), asker));
                if askers.len() == 1 {
                    line.images.push_back(*image);
                }
                answer
            };
            images.iter().map(ask).collect()
        };
        self.news.notify_one();
        join_all(answers).await.into_iter().map(Result::ok).collect()
    }

    /// Reads what is asked for, for ever.
    pub(super) async fn run(&self, state: &AppState) {
        let (mut has_failed, mut step) = (false, STEP_OF_LARGE);
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
            let mut notes = notes(state, &images).await;
            for ((image, askers), jobs) in images.iter().zip(askers).zip(look(state, &images).await)
            {
                match jobs {
                    Ok(jobs) => {
                        let told = tell(*image, jobs, notes.remove(image).as_deref(), askers);
                        readable += told.sights;
                        bytes += told.bytes;
                    }
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(error) = &failure
                && !has_failed
            {
                let cause = error.cause();
                tracing::warn!(%cause, "those who wait for images are told nothing for now");
            }
            has_failed = failure.is_some();
            step = if bytes > LARGE { STEP_OF_LARGE } else { STEP };
            owed += if readable == 0 { AWAY } else { PER_IMAGE * readable };
            if owed >= PAUSE {
                sleep(std::mem::take(&mut owed)).await;
            }
        }
    }

    /// The first few in line, and who asked for each.
    fn take(&self, step: usize) -> (Vec<ImageKey>, Vec<Vec<Asker>>) {
        let mut line = self.line();
        let step = step.min(line.images.len());
        let images: Vec<ImageKey> = line.images.drain(..step).collect();
        let askers = images.iter().map(|image| line.askers.remove(image).unwrap_or_default());
        let askers = askers.collect();
        (images, askers)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing that can panic happens under the lock.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it took to tell of one image.
struct Told {
    /// How many different sights of it were made.
    sights: u32,
    bytes: usize,
}

/// Tells everybody who asked for an image of the jobs that they mean. Nearly all mean the same ones.
fn tell(
    image: ImageKey,
    jobs: Vec<JobView>,
    notes: Option<&[String]>,
    mut askers: Vec<Asker>,
) -> Told {
    let mut told = Told { sights: 0, bytes: 0 };
    let mut jobs = Some(jobs);
    while let Some((filter, _)) = askers.first() {
        let filter = filter.clone();
        let (same, others) = askers.into_iter().partition(|(other, _)| *other == filter);
        askers = others;
        // Copied only for further ones.
        let copy = if askers.is_empty() { jobs.take() } else { jobs.clone() };
        let mut jobs = copy.unwrap_or_default();
        filter.apply(&mut jobs);
        let seen = Sight::new(image, jobs, notes.map(<[String]>::to_vec)).map(Arc::new);
        told.sights += 1;
        told.bytes += seen.as_ref().map_or(0, |sight| sight.json.len());
        let same: Vec<Asker> = same;
        for (_, asker) in same {
            // Whoever asked may have gone.
            let _ = asker.send(seen.clone());
        }
    }
    told
}

/// All jobs of each image. One that cannot be read keeps no other from being read.
async fn look(state: &AppState, images: &[ImageKey]) -> Vec<Result<Vec<JobView>, ApiError>> {
    let all = ModelFilter::default();
    if let Ok(jobs) = read(state, images, &all, &mut StoreTime::new()).await {
        return jobs.into_iter().map(Ok).collect();
    }
    let mut answers = Vec::with_capacity(images.len());
    for image in images {
        answers.push(read_one(state, *image, &all).await);
    }
    answers
}

impl Sight {
    fn new(image: ImageKey, jobs: Vec<JobView>, notes: Option<Vec<String>>) -> Option<Self> {
        let changed_at = jobs.iter().map(|job| job.changed_at.max(job.submitted_at)).max()?;
        let view = ImageView::new(image, jobs, notes);
        let is_final = view.status.is_final();
        let mut json = serde_json::to_vec(&view)
            .expect("a view is made of texts, numbers and JSON, and a vector takes all of it");
        // A model may have broken the lines of its result, and an event's data is one line. Between
        // the words of JSON both are white space; within a string they are written otherwise.
        json.iter_mut().filter(|byte| b"\r\n".contains(byte)).for_each(|byte| *byte = b' ');
        let mut hasher = DefaultHasher::new();
        hasher.write(&json);
        Some(Self { json: json.into(), fingerprint: hasher.finish(), is_final, changed_at })
    }
}
