//! Jobs in a SQLite file, for one process, with nothing to install.
//!
//! One thread writes and one reads (both own their connection); callers send them what is to be
//! done and wait for the answer. The writer puts all that came in meanwhile into one transaction,
//! so that many operations share one commit. Every commit is on the disk before it is answered.
//! What a job is, where it stands and in which list it lies is in the file alone; in memory is only
//! what ends with the process: who is idle, the last fence, how priorities shared each model, what
//! dispatchers say.
//!
//! Leases, pauses and whatever else ends is measured by the *store's time*, which goes on when the
//! clock is set back, also while the file is closed (`time.rs`); times that people are told are the
//! clock's.
//!
//! A process that dies takes its dispatchers along. When the file is opened again, the jobs they
//! held are queued again, each with one crash more.

mod columns;
mod failure;
mod file;
mod memory;
mod migrations;
mod operations;
mod session;
mod tables;
#[cfg(test)]
mod tests;
mod threads;
mod time;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use photo_core::job::{
    AnnouncedEndpoint, Announcement, Beat, Callback, CallbackEnd, Change, ClaimRequest, Claimed,
    DispatcherId, DispatcherReport, DispatcherView, DueCallback, EndedJob, FailedJob, Finish,
    Finished, ForgetModel, Held, JobList, JobView, KnownModel, Lease, Listed, ModelStats, NewJob,
    QueueView, Requeue, StoreClock, SubmitMode, Submitted, Tick, Wake,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{Clock, ImageKey, JobError, JobState, ModelName};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use self::failure::{explain_opening, stopped};
use self::file::StoreFile;
use self::memory::forgotten_models::ForgottenModels;
use self::memory::reports::Reports;
use self::memory::wakes::Wakes;
use self::operations::callback_outbox::{end_callback, keep_callbacks, lease_callbacks};
use self::operations::health::beat;
use self::operations::model_directory::{
    announce, announced, describe, forget_model, hold, models, renew,
};
use self::operations::queue::{
    cancel, claim, extend, finish, recover, requeue, restore, submit, tick,
};
use self::operations::reading::{failures, queues, stats, status, unfinished};
use self::session::{Session, WriterMemory};
use self::threads::reader::{self, Query};
use self::threads::worker::Worker;
use self::threads::writer::{Call, Operation, Writer};
use self::time::{Moment, StoreTime};
use crate::Settings;

/// The job store in a file of this process alone.
///
/// Dropping it ends its threads, once they have done what they were sent, and frees the file.
pub struct EmbeddedJobStore {
    // Dropped in this order: the writer's connection, closed last, tidies up the file; only then
    // may another process have it.
    reader: Worker<Query>,
    writer: Worker<Box<dyn Operation>>,
    _file: StoreFile,
    wakes: Arc<Wakes>,
    reports: Reports,
    forgotten: ForgottenModels,
    time: Arc<StoreTime>,
}

impl EmbeddedJobStore {
    /// Opens the store in `path`, which is made if it is not there, with the folder it lies in.
    /// Blocks while it reads the disk. Refuses a file that another process has open, or that is
    /// of another version of this program.
    pub fn open(path: &Path, settings: Settings, clock: Clock) -> Result<Self, StoreError> {
        let file = StoreFile::lock(path)?;
        let mut connection = file.writer()?;
        let mut memory = WriterMemory::default();
        let failed = |error| explain_opening(path, error);
        let time = Arc::new(StoreTime::open(&connection, clock).map_err(failed)?);
        let noted =
            recover(&mut connection, &settings, time.read(), &mut memory).map_err(failed)?;
        let reading = file.reader()?;
        let wakes = Arc::new(Wakes::default());
        let writer = Writer {
            connection,
            settings,
            time: Arc::clone(&time),
            noted: Some(noted),
            wakes: Arc::clone(&wakes),
            memory,
        };
        Ok(Self {
            reader: Worker::start("job-reader", |queries| reader::run(reading, queries))?,
            writer: Worker::start("job-writer", |operations| writer.run(operations))?,
            _file: file,
            wakes,
            reports: Reports::default(),
            forgotten: ForgottenModels::default(),
            time,
        })
    }

    /// Has the writer do something, and waits until it lasts.
    async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: FnMut(&mut Session<'_>) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Box::new(Call::new(work, reply))).await?;
        answer.await.map_err(|_| stopped())?
    }

    /// Has the reader look something up.
    async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.reader.send(reader::query(work, reply)).await?;
        answer.await.map_err(|_| stopped())?
    }

    fn now(&self) -> Moment {
        self.time.read()
    }
}

fn recover(
    connection: &mut Connection,
    settings: &Settings,
    now: Moment,
    memory: &mut WriterMemory,
) -> rusqlite::Result<Moment> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Nobody follows the images yet.
    let changed = RefCell::default();
    let mut session = Session::new(&transaction, settings, now, memory, &changed);
    recover::recover(&mut session)?;
    beat::count_opening(session.connection)?;
    session.close()?;
    let noted = time::note(&transaction, now, None)?;
    transaction.commit()?;
    Ok(noted)
}

#[async_trait]
impl JobStore for EmbeddedJobStore {
    async fn submit(
        &self,
        jobs: &[NewJob],
        mode: SubmitMode,
    ) -> Result<Vec<Submitted>, StoreError> {
        let jobs = jobs.to_vec();
        self.write(move |session| submit::submit(session, &jobs, mode)).await
    }

    async fn restore(&self, jobs: &[EndedJob]) -> Result<u64, StoreError> {
        let jobs = jobs.to_vec();
        self.write(move |session| restore::restore(session, &jobs)).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Claimed, StoreError> {
        let request = request.clone();
        self.write(move |session| claim::claim(session, &request)).await
    }

    async fn extend(&self, leases: &[Lease], lease: Duration) -> Result<Vec<Held>, StoreError> {
        let leases = leases.to_vec();
        self.write(move |session| extend::extend(session, &leases, lease)).await
    }

    async fn finish(
        &self,
        endings: &[Finish],
        then: Option<&ClaimRequest>,
    ) -> Result<Finished, StoreError> {
        let (endings, then) = (endings.to_vec(), then.cloned());
        self.write(move |session| finish::finish(session, &endings, then.as_ref())).await
    }

    async fn cancel(
        &self,
        image: ImageKey,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<(ModelName, JobState)>, StoreError> {
        let models = models.map(<[ModelName]>::to_vec);
        self.write(move |session| cancel::cancel(session, image, models.as_deref())).await
    }

    async fn requeue(&self, which: &Requeue) -> Result<u64, StoreError> {
        let which = which.clone();
        self.write(move |session| requeue::requeue(session, &which)).await
    }

    async fn failures(&self, model: &ModelName, most: u32) -> Result<Vec<FailedJob>, StoreError> {
        let model = model.clone();
        self.read(move |connection| failures::failures(connection, &model, most)).await
    }

    async fn status(&self, images: &[ImageKey]) -> Result<Vec<Vec<JobView>>, StoreError> {
        let (images, now) = (images.to_vec(), self.now());
        self.read(move |connection| status::status(connection, &images, now)).await
    }

    async fn stats(&self, models: Option<&[ModelName]>) -> Result<Vec<ModelStats>, StoreError> {
        let models = models.map(<[ModelName]>::to_vec);
        self.read(move |connection| stats::stats(connection, models.as_deref())).await
    }

    async fn queues(&self, models: Option<&[ModelName]>) -> Result<Vec<QueueView>, StoreError> {
        let (models, now) = (models.map(<[ModelName]>::to_vec), self.now().now);
        self.read(move |connection| queues::queues(connection, models.as_deref(), now)).await
    }

    async fn unfinished(
        &self,
        model: &ModelName,
        list: JobList,
        from: u32,
        count: u32,
    ) -> Result<Listed, StoreError> {
        let model = model.clone();
        self.read(move |connection| unfinished::unfinished(connection, &model, list, from, count))
            .await
    }

    async fn tick(&self) -> Result<Tick, StoreError> {
        self.write(tick::tick).await
    }

    async fn wakes(&self, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
        self.wakes.wakes(dispatcher)
    }

    async fn report(
        &self,
        report: &DispatcherReport,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        self.reports.report(report, lifetime, self.now());
        Ok(())
    }

    async fn dispatchers(&self) -> Result<Vec<DispatcherView>, StoreError> {
        Ok(self.reports.dispatchers(self.now()))
    }

    async fn changes(&self) -> mpsc::Receiver<Change> {
        self.wakes.changes()
    }

    async fn announce(&self, announcement: &Announcement) -> Result<bool, StoreError> {
        let (announcement, forgotten) = (announcement.clone(), self.forgotten.clone());
        self.write(move |session| {
            forgotten.remove(&announcement.model);
            announce::announce(session, &announcement)
        })
        .await
    }

    async fn announced(&self) -> Result<Vec<AnnouncedEndpoint>, StoreError> {
        let now = self.now().now;
        self.read(move |connection| announced::announced(connection, now)).await
    }

    async fn renew(&self, endpoints: &[Announcement]) -> Result<(), StoreError> {
        let endpoints = endpoints.to_vec();
        self.write(move |session| renew::renew(session, &endpoints)).await
    }

    async fn describe(
        &self,
        model: &ModelName,
        classes: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let (model, classes) = (model.clone(), classes.clone());
        let forgotten = self.forgotten.clone();
        self.write(move |session| {
            if forgotten.contains(&model, session.now) {
                return Ok(());
            }
            describe::describe(session, &model, &classes)
        })
        .await
    }

    async fn hold(
        &self,
        model: &ModelName,
        reason: Option<&JobError>,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        let (model, reason) = (model.clone(), reason.cloned());
        let forgotten = self.forgotten.clone();
        self.write(move |session| {
            if forgotten.contains(&model, session.now) {
                return Ok(());
            }
            hold::hold(session, &model, reason.as_ref(), lifetime)
        })
        .await
    }

    async fn forget_model(&self, model: &ModelName) -> Result<ForgetModel, StoreError> {
        let name = model.clone();
        let forgotten = self.forgotten.clone();
        let done = self.write(move |session| {
            let done = forget_model::forget_model(session, &name)?;
            if done == ForgetModel::Forgotten {
                forgotten.add(&name, session.now);
            }
            Ok(done)
        });
        let done = done.await;
        if done.is_err() {
            self.forgotten.remove(model);
        }
        done
    }

    async fn models(&self) -> Result<Vec<KnownModel>, StoreError> {
        let now = self.now().now;
        let mut models = self.read(move |connection| models::models(connection, now)).await?;
        models.extend(self.forgotten.list(now));
        models.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(models)
    }

    async fn keep_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError> {
        let callbacks = callbacks.to_vec();
        self.write(move |session| keep_callbacks::keep_callbacks(session, &callbacks)).await
    }

    async fn lease_callbacks(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<DueCallback>, StoreError> {
        self.write(move |session| lease_callbacks::lease_callbacks(session, most, lease)).await
    }

    async fn end_callback(&self, callback: &Callback, end: CallbackEnd) -> Result<(), StoreError> {
        let callback = callback.clone();
        self.write(move |session| end_callback::end_callback(session, &callback, end)).await
    }

    async fn beat(&self) -> Result<Beat, StoreError> {
        self.read(beat::beat).await
    }

    async fn time(&self) -> Result<StoreClock, StoreError> {
        Ok(self.now().into())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(())).await
    }

    fn for_worker(self: Arc<Self>) -> Arc<dyn JobStore> {
        self
    }
}
