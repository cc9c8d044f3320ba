//! Where jobs live.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::job::{
    AnnouncedEndpoint, Announcement, Beat, Callback, CallbackEnd, Change, ClaimRequest, Claimed,
    DispatcherId, DispatcherReport, DispatcherView, DueCallback, EndedJob, FailedJob, Finish,
    Finished, ForgetModel, Held, JobList, JobView, KnownModel, Lease, Listed, ModelStats, NewJob,
    QueueView, Requeue, StoreClock, SubmitMode, Submitted, Tick, Wake,
};
use crate::{ImageKey, JobError, JobState, ModelName};

/// The queue and the record of every job.
///
/// Each call is atomic: it happens as a whole or not at all, and never half. What it did is
/// durable, to the degree its implementation promises, before it answers. Every call may be
/// repeated after an error: a job exists once per [`crate::JobId`], and an ending is accepted once
/// per fence.
///
/// Time is the store's own (moved by tests with [`crate::Clock`]); callers only pass durations.
/// What is measured goes on at its pace when the clock is set back; a clock that is set forward
/// ends leases and pauses early, as if the time had passed. Times that are told are the clock's,
/// and a job's `started_at` is never after its `changed_at`.
#[async_trait]
pub trait JobStore: Send + Sync + 'static {
    /// Puts jobs in line, all or none. Answers one [`Submitted`] per job, in order. An id that
    /// occurs twice in `jobs` is queued once and then exists.
    async fn submit(&self, jobs: &[NewJob], mode: SubmitMode)
    -> Result<Vec<Submitted>, StoreError>;

    /// Gives jobs back that ended and that the store has forgotten, with their endings; their
    /// retention begins anew. A job that the store knows, in whatever state, is left as it is.
    /// Nothing is counted. Answers how many were given back. Many may be given back in several
    /// steps: after an error some may be there, and asking again gives back the others.
    async fn restore(&self, jobs: &[EndedJob]) -> Result<u64, StoreError>;

    /// Takes jobs off the line and leases them to the dispatcher. Leases that ran out and waiting
    /// jobs that came due in the models asked for are put back in line first. A dispatcher that
    /// got less than it wanted of a model is told by a [`Wake`] when there is more.
    async fn claim(&self, request: &ClaimRequest) -> Result<Claimed, StoreError>;

    /// Makes leases last `lease` from now. Answers one [`Held`] per lease, in order.
    async fn extend(&self, leases: &[Lease], lease: Duration) -> Result<Vec<Held>, StoreError>;

    /// Records how attempts ended and, in the same trip, claims more. An ending under a lease
    /// that is over is still recorded if nobody claimed the job since: the fence decides, not the
    /// clock. A job whose cancellation was asked for ends cancelled if it was not finished.
    async fn finish(
        &self,
        endings: &[Finish],
        then: Option<&ClaimRequest>,
    ) -> Result<Finished, StoreError>;

    /// Asks for an image's jobs (those of `models`, or all) not to be done. Answers each with the
    /// state it is in after that; a running one stays running until its dispatcher lets go.
    async fn cancel(
        &self,
        image: ImageKey,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<(ModelName, JobState)>, StoreError>;

    /// Puts failed jobs back in line with a clean slate; answers how many.
    async fn requeue(&self, which: &Requeue) -> Result<u64, StoreError>;

    /// The jobs of a model that can be put back in line: those that failed last, the latest first,
    /// at most `most` and [`FailedJob::MOST`].
    async fn failures(&self, model: &ModelName, most: u32) -> Result<Vec<FailedJob>, StoreError>;

    /// All jobs of each image, by model name; an empty list for an image that has none. Costs
    /// the same however many jobs are queued.
    async fn status(&self, images: &[ImageKey]) -> Result<Vec<Vec<JobView>>, StoreError>;

    /// The queues of the models named, in that order, or of all models by name. A model without
    /// any jobs has zeros. Never walks over jobs.
    async fn stats(&self, models: Option<&[ModelName]>) -> Result<Vec<ModelStats>, StoreError>;

    /// The same with what tells how long their jobs wait, and for all models with those that
    /// somebody only said something about. Never walks over jobs either.
    async fn queues(&self, models: Option<&[ModelName]>) -> Result<Vec<QueueView>, StoreError>;

    /// The jobs of a model in one list: those at `count` places from the place `from` on, which
    /// counts from 0. Changes nothing. The list itself changes all the time: whoever reads it slice
    /// by slice may miss a job or meet one twice.
    async fn unfinished(
        &self,
        model: &ModelName,
        list: JobList,
        from: u32,
        count: u32,
    ) -> Result<Listed, StoreError>;

    /// Housekeeping, every second or so by every dispatcher: leases that ran out, jobs that came
    /// due, wake-ups that were lost, outcomes past their retention. In small steps.
    async fn tick(&self) -> Result<Tick, StoreError>;

    /// Wake-ups for one dispatcher, until the receiver is dropped. They are hints: one may be
    /// lost or come for nothing.
    async fn wakes(&self, dispatcher: DispatcherId) -> mpsc::Receiver<Wake>;

    /// Keeps what a dispatcher says of itself for `lifetime`; for no time at all if it says that it
    /// is gone.
    async fn report(&self, report: &DispatcherReport, lifetime: Duration)
    -> Result<(), StoreError>;

    /// The dispatchers that have said something of themselves and have not fallen silent since.
    async fn dispatchers(&self) -> Result<Vec<DispatcherView>, StoreError>;

    /// Hints of changes to any job, until the receiver is dropped; the first is a
    /// [`Change::Reset`]. What is hinted at can be read by then. A reader that falls behind loses
    /// hints and is told so by another reset, so that nothing waits for it. Not hinted at is what
    /// changes without a job being written to: a model's hold, and the end of a retention.
    async fn changes(&self) -> mpsc::Receiver<Change>;

    /// Notes a model service's announcement. Answers whether the endpoint was unknown or gone
    /// before. The model stays known after its endpoints have gone.
    async fn announce(&self, announcement: &Announcement) -> Result<bool, StoreError>;

    /// Every endpoint that announced itself and is remembered ([`Announcement::REMEMBERED`]), by
    /// model and address.
    async fn announced(&self) -> Result<Vec<AnnouncedEndpoint>, StoreError>;

    /// Notes that endpoints which announced themselves are alive, as if they had announced
    /// themselves again, for at least the lifetime given. One that is not remembered stays unknown.
    async fn renew(&self, endpoints: &[Announcement]) -> Result<(), StoreError>;

    /// Keeps what a model can say.
    async fn describe(
        &self,
        model: &ModelName,
        classes: &serde_json::Value,
    ) -> Result<(), StoreError>;

    /// Says why a model's queued jobs cannot be done now, for `lifetime`; or, with `None`, that
    /// they can. Shown by `status` and `models` while no job of the model runs: one that runs
    /// shows that not every dispatcher is of that opinion. Nothing is written per job.
    async fn hold(
        &self,
        model: &ModelName,
        reason: Option<&JobError>,
        lifetime: Duration,
    ) -> Result<(), StoreError>;

    /// Forgets a model that has no unfinished jobs: what was announced and said of it, its counts,
    /// and which of its failed jobs can be put back in line. How its jobs ended is told as before,
    /// until their retention is over. For [`KnownModel::FORGOTTEN_FOR`] after that neither
    /// [`JobStore::describe`] nor [`JobStore::hold`] makes it known again; an announcement does.
    async fn forget_model(&self, model: &ModelName) -> Result<ForgetModel, StoreError>;

    /// Every model that was ever announced, described or held, by name; and among them those that
    /// were forgotten a short while ago, marked as such.
    async fn models(&self) -> Result<Vec<KnownModel>, StoreError>;

    /// Keeps callbacks. Each is due once all jobs that it means have ended, which may be now. One
    /// that is kept for the same image, models and address stays as it is, with its own id.
    async fn keep_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError>;

    /// Hands out callbacks that are due, those due for longest first. They are due again after
    /// `lease`, unless it is told what became of them.
    async fn lease_callbacks(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<DueCallback>, StoreError>;

    /// Notes what became of a callback. Without effect on one that was settled before.
    async fn end_callback(&self, callback: &Callback, end: CallbackEnd) -> Result<(), StoreError>;

    /// Another sign of life. See [`Beat`] for what it tells.
    async fn beat(&self) -> Result<Beat, StoreError>;

    /// The store's time, in which changes are told.
    async fn time(&self) -> Result<StoreClock, StoreError>;

    /// Whether the store would take new jobs now.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The same store for a thread that has an async runtime of its own, on which this is called:
    /// what the thread asks for goes through no other, where that can be.
    fn for_worker(self: Arc<Self>) -> Arc<dyn JobStore>;
}

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or cannot work now. It may or may not have done what was asked;
    /// asking again is safe.
    #[error("the job store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It has no room for more. Nothing was done; what is there can still be worked off.
    #[error("the job store is full: {0}")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It holds something that it cannot have written, or is of another version. A person must
    /// look.
    #[error("the job store holds something unreadable: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// [`StoreError::Unavailable`] because of this.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}
