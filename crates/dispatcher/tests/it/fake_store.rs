//! A real job store that a test can put out of reach.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use photo_core::job::{
    AnnouncedEndpoint, Announcement, Beat, Callback, CallbackEnd, Change, ClaimRequest, Claimed,
    DispatcherId, DispatcherReport, DispatcherView, DueCallback, EndedJob, FailedJob, Finish,
    Finished, ForgetModel, Held, JobList, JobView, KnownModel, Lease, Listed, ModelStats, NewJob,
    QueueView, Requeue, StoreClock, SubmitMode, Submitted, Tick, Wake,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{ImageKey, JobError, JobState, ModelName};
use tokio::sync::{mpsc, watch};

/// Stands before a job store. While it is away, what dispatchers do to jobs fails; tests still
/// see everything.
pub struct FakeStore {
    real: Arc<dyn JobStore>,
    away: AtomicBool,
    refused: AtomicUsize,
    finishes: AtomicUsize,
    /// When leases were extended.
    extensions: Mutex<Vec<Instant>>,
    /// Whether trips get through; while not, they take for ever.
    open: watch::Sender<bool>,
    claimed: AtomicUsize,
    /// The models of all wants.
    wanted: Mutex<Vec<ModelName>>,
    unreadable: Mutex<Option<ImageKey>>,
}

impl FakeStore {
    pub fn before(real: Arc<dyn JobStore>) -> Self {
        Self {
            real,
            away: AtomicBool::default(),
            refused: AtomicUsize::default(),
            finishes: AtomicUsize::default(),
            extensions: Mutex::default(),
            open: watch::Sender::new(true),
            claimed: AtomicUsize::default(),
            wanted: Mutex::default(),
            unreadable: Mutex::default(),
        }
    }

    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// From now on the store cannot read the records of this image.
    pub fn spoil(&self, image: ImageKey) {
        *self.unreadable.lock().unwrap() = Some(image);
    }

    /// How many attempts to record something failed.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// How many endings were recorded, or came too late.
    pub fn finishes(&self) -> usize {
        self.finishes.load(Ordering::SeqCst)
    }

    /// When leases were extended, once for each of them.
    pub fn extensions(&self) -> Vec<Instant> {
        self.extensions.lock().unwrap().clone()
    }

    /// Lets trips, which record endings and claim jobs, wait, or lets them go.
    pub fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }

    async fn opened(&self) {
        self.open.subscribe().wait_for(|open| *open).await.unwrap();
    }

    /// How many jobs were handed out.
    pub fn claimed(&self) -> usize {
        self.claimed.load(Ordering::SeqCst)
    }

    /// How often jobs of a model were asked for.
    pub fn asked_for(&self, model: &str) -> usize {
        self.wanted.lock().unwrap().iter().filter(|it| it.as_str() == model).count()
    }

    fn note(&self, request: &ClaimRequest, claimed: &Claimed) {
        self.claimed.fetch_add(claimed.jobs.len(), Ordering::SeqCst);
        let models = request.wants.iter().map(|want| want.model.clone());
        self.wanted.lock().unwrap().extend(models);
    }

    fn there(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::SeqCst) {
            Err(StoreError::unavailable("the test put it out of reach"))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl JobStore for FakeStore {
    async fn submit(
        &self,
        jobs: &[NewJob],
        mode: SubmitMode,
    ) -> Result<Vec<Submitted>, StoreError> {
        self.real.submit(jobs, mode).await
    }

    async fn restore(&self, jobs: &[EndedJob]) -> Result<u64, StoreError> {
        self.real.restore(jobs).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Claimed, StoreError> {
        self.there()?;
        self.opened().await;
        let claimed = self.real.claim(request).await?;
        self.note(request, &claimed);
        Ok(claimed)
    }

    async fn extend(&self, leases: &[Lease], lease: Duration) -> Result<Vec<Held>, StoreError> {
        self.there()?;
        let held = self.real.extend(leases, lease).await?;
        let extended = held.iter().filter(|held| **held == Held::Extended).count();
        let mut extensions = self.extensions.lock().unwrap();
        extensions.extend(std::iter::repeat_n(Instant::now(), extended));
        Ok(held)
    }

    async fn finish(
        &self,
        endings: &[Finish],
        then: Option<&ClaimRequest>,
    ) -> Result<Finished, StoreError> {
        if let Err(error) = self.there() {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(error);
        }
        self.opened().await;
        let unreadable = *self.unreadable.lock().unwrap();
        if endings.iter().any(|finish| Some(finish.lease.id.image) == unreadable) {
            return Err(StoreError::Corrupt("the test spoilt it".to_owned()));
        }
        self.finishes.fetch_add(endings.len(), Ordering::SeqCst);
        let finished = self.real.finish(endings, then).await?;
        if let Some(request) = then {
            self.note(request, &finished.claimed);
        }
        Ok(finished)
    }

    async fn cancel(
        &self,
        image: ImageKey,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<(ModelName, JobState)>, StoreError> {
        self.real.cancel(image, models).await
    }

    async fn requeue(&self, which: &Requeue) -> Result<u64, StoreError> {
        self.real.requeue(which).await
    }

    async fn failures(&self, model: &ModelName, most: u32) -> Result<Vec<FailedJob>, StoreError> {
        self.real.failures(model, most).await
    }

    async fn status(&self, images: &[ImageKey]) -> Result<Vec<Vec<JobView>>, StoreError> {
        self.real.status(images).await
    }

    async fn stats(&self, models: Option<&[ModelName]>) -> Result<Vec<ModelStats>, StoreError> {
        self.real.stats(models).await
    }

    async fn queues(&self, models: Option<&[ModelName]>) -> Result<Vec<QueueView>, StoreError> {
        self.real.queues(models).await
    }

    async fn unfinished(
        &self,
        model: &ModelName,
        list: JobList,
        from: u32,
        count: u32,
    ) -> Result<Listed, StoreError> {
        self.real.unfinished(model, list, from, count).await
    }

    async fn time(&self) -> Result<StoreClock, StoreError> {
        self.real.time().await
    }

    async fn tick(&self) -> Result<Tick, StoreError> {
        self.there()?;
        self.real.tick().await
    }

    async fn wakes(&self, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
        self.real.wakes(dispatcher).await
    }

    async fn report(
        &self,
        report: &DispatcherReport,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        self.there()?;
        self.real.report(report, lifetime).await
    }

    async fn dispatchers(&self) -> Result<Vec<DispatcherView>, StoreError> {
        self.real.dispatchers().await
    }

    async fn changes(&self) -> mpsc::Receiver<Change> {
        self.real.changes().await
    }

    async fn announce(&self, announcement: &Announcement) -> Result<bool, StoreError> {
        self.real.announce(announcement).await
    }

    async fn announced(&self) -> Result<Vec<AnnouncedEndpoint>, StoreError> {
        self.real.announced().await
    }

    async fn renew(&self, endpoints: &[Announcement]) -> Result<(), StoreError> {
        self.real.renew(endpoints).await
    }

    async fn describe(
        &self,
        model: &ModelName,
        classes: &serde_json::Value,
    ) -> Result<(), StoreError> {
        self.there()?;
        self.real.describe(model, classes).await
    }

    async fn hold(
        &self,
        model: &ModelName,
        reason: Option<&JobError>,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        self.there()?;
        self.real.hold(model, reason, lifetime).await
    }

    async fn forget_model(&self, model: &ModelName) -> Result<ForgetModel, StoreError> {
        self.real.forget_model(model).await
    }

    async fn models(&self) -> Result<Vec<KnownModel>, StoreError> {
        self.there()?;
        self.real.models().await
    }

    async fn keep_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError> {
        self.real.keep_callbacks(callbacks).await
    }

    async fn lease_callbacks(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<DueCallback>, StoreError> {
        self.real.lease_callbacks(most, lease).await
    }

    async fn end_callback(&self, callback: &Callback, end: CallbackEnd) -> Result<(), StoreError> {
        self.real.end_callback(callback, end).await
    }

    async fn beat(&self) -> Result<Beat, StoreError> {
        self.real.beat().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.real.ping().await
    }

    fn for_worker(self: Arc<Self>) -> Arc<dyn JobStore> {
        self
    }
}
