//! Jobs in Redis, for any number of programs.
//!
//! Every change is one Lua script and so happens as a whole or not at all; every script is one
//! round trip. All keys begin with the hash-tagged prefix `T` (`{photo}`), so they share a slot:
//!
//! | key | what it holds |
//! |---|---|
//! | `T:v` | the version of this layout |
//! | `T:i:<md5>` | hash: model → the job's record, 27 bytes |
//! | `T:r:<md5>:<model>` | how the job, or its last attempt, ended: `S` and the result or `E` and the error |
//! | `T:o:<md5>` | all of that of a finished image whose outcomes are short, in place of it |
//! | `T:q:<model>:<priority>` | list: the jobs in line |
//! | `T:a:<model>` | sorted set: running jobs by the end of their lease |
//! | `T:d:<model>` | sorted set: waiting jobs by the time they come due |
//! | `T:x:<model>` | sorted set: failed jobs by the time they failed |
//! | `T:w:<model>` | set: dispatchers that found too little to do |
//! | `T:m:<model>` | hash: counters, what the model can say, how its priorities shared it |
//! | `T:h:<model>` | why the model cannot take jobs now |
//! | `T:e:<model>` | sorted set: announced endpoints by the time they fall silent |
//! | `T:n:<model>` | hash: announced endpoint → when and from where it was announced |
//! | `T:k` | sorted set: callbacks by the time they are due, infinite while they wait for their jobs |
//! | `T:k:<md5>` | hash: address, behind the models and a space if not all are meant → the callback's id and how often it failed |
//! | `T:f` | the highest fence handed out |
//! | `T:t` | the store's time when it was last noted, and how far it was ahead of the server's clock |
//! | `T:b` | hash: what the store is called since it was first used; how many beats there were |
//! | `T:dispatchers`, `T:reports` | sorted set: dispatchers by the time they fall silent; hash: what they say of themselves |
//! | `T:queues`, `T:models` | sets: models that ever had jobs; models that said who they are |
//! | `T:forgotten` | sorted set: models forgotten a short while ago by the time this need not be told |
//!
//! Leases, pauses and whatever else ends is measured by the *store's time*, which goes on when the
//! server's clock is set back (`scripts/prelude.lua`); times that people are told are the clock's.
//!
//! An MD5 is its 16 bytes. A finished image's keys go by themselves when its retention is over.
//! Dispatchers are woken through `T:w#<dispatcher>` and `T:cancel#`, and every script that changes
//! jobs says of which images on `T:changes#`; these are channels, not keys.

mod address;
mod beat;
mod callbacks;
mod changes;
mod check;
mod claim;
mod error;
mod failures;
mod keys;
mod layouts;
mod link;
mod listed;
mod model_table;
mod models;
mod outcome;
mod queues;
mod record;
mod reports;
mod restore;
mod rights;
mod rules;
mod scripts;
mod server;
mod status;
mod submit;
mod subscription;
mod wakes;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{Script, ScriptInvocation};
use futures_util::future::try_join;
use photo_core::job::{
    AnnouncedEndpoint, Announcement, Beat, Callback, CallbackEnd, Change, ClaimRequest, Claimed,
    DispatcherId, DispatcherReport, DispatcherView, DueCallback, EndedJob, FailedJob, Finish,
    Finished, ForgetModel, Held, JobList, JobView, KnownModel, Lease, Listed, ModelStats, NewJob,
    QueueView, Requeue, StoreClock, SubmitMode, Submitted, Tick, Wake,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{Clock, ImageKey, JobError, JobState, ModelName, UnixMillis};
use tokio::sync::mpsc;

pub use error::Unfit;
pub use scripts::FINISH as FINISH_SCRIPT;
pub use status::{read_job, read_jobs};

use crate::Settings;
use address::Address;
use keys::Keys;
use link::{Link, State};
use rules::Rules;
use scripts::Scripts;
use server::Server;

/// The job store on a Redis server, 7.0 or later.
///
/// What it answered is as durable as the server's persistence makes it: with `appendfsync always`
/// fully, with `everysec` but for the last second or two before a power failure. A failover by
/// Sentinel keeps what had reached the replica. While the server is away, or does not take writes,
/// every call fails with [`StoreError::Unavailable`] within seconds, most of them at once; when it
/// is back, calls work again. Every connection is made to the server that is right at that moment,
/// and only after that server was found fit.
#[derive(Clone)]
pub struct RedisJobStore {
    server: Arc<Server>,
    /// Carries whatever may be large or slow.
    work: Arc<Link>,
    /// A worker's own for the same, on its own thread.
    own: Option<Arc<Link>>,
    /// Carries what must not wait behind it: a late heartbeat costs a lease.
    beat: Arc<Link>,
    rules: Arc<Rules>,
    scripts: Arc<Scripts>,
    clock: Clock,
}

impl RedisJobStore {
    /// The store on the server at `url`, `redis:` or `redis-sentinel:`. If the server answers it
    /// is refused unless it will do: its version, that it never evicts keys, that the keys there
    /// have a layout that is read here, that it knows user and password. If it does not answer, or does not let the
    /// user do all that the store needs, calls fail until it does.
    pub async fn connect(url: &str, settings: Settings, clock: Clock) -> Result<Self, Unfit> {
        let address = Address::parse(url)?;
        let rules = Arc::new(Rules::new(&settings));
        let keys = Keys::new(settings.prefix);
        let server = Arc::new(Server::new(address, keys, settings.layouts));
        let link = |first| Link::new(Arc::clone(&server), first);
        let (work, beat) = match server.connect().await {
            Ok(connection) => (link(State::Connecting), link(State::Connected(0, connection))),
            Err(trouble) => {
                let why = trouble.unless_unfit()?;
                tracing::warn!("Redis cannot be used and is waited for: {why}");
                (link(State::Away(why.clone())), link(State::Away(why)))
            }
        };
        let (work, beat, scripts) = (Arc::new(work), Arc::new(beat), Arc::default());
        Ok(Self { server, work, own: None, beat, rules, scripts, clock })
    }

    /// The link nearest to the caller. While a worker's own is not there, the one for all may be: so it is
    /// enough that this one is back.
    fn nearest(&self) -> &Link {
        self.own.as_deref().filter(|own| own.is_connected()).unwrap_or(&self.work)
    }

    /// A call of a script, with the arguments that all scripts begin with.
    fn call<'script>(&self, script: &'script Script) -> ScriptInvocation<'script> {
        let mut call = script.key(self.server.keys().tag());
        call.arg(self.clock.offset_ms()).arg(self.rules.retention_ms);
        call.arg(self.rules.max_crashes).arg(&self.rules.given_up);
        call
    }
}

impl fmt::Debug for RedisJobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisJobStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl JobStore for RedisJobStore {
    async fn submit(
        &self,
        jobs: &[NewJob],
        mode: SubmitMode,
    ) -> Result<Vec<Submitted>, StoreError> {
        self.put_in_line(jobs, mode).await
    }

    async fn restore(&self, jobs: &[EndedJob]) -> Result<u64, StoreError> {
        self.give_back(jobs).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Claimed, StoreError> {
        Ok(self.record_endings(&[], Some(request)).await?.claimed)
    }

    async fn extend(&self, leases: &[Lease], lease: Duration) -> Result<Vec<Held>, StoreError> {
        self.extend_leases(leases, lease).await
    }

    async fn finish(
        &self,
        endings: &[Finish],
        then: Option<&ClaimRequest>,
    ) -> Result<Finished, StoreError> {
        self.record_endings(endings, then).await
    }

    async fn cancel(
        &self,
        image: ImageKey,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<(ModelName, JobState)>, StoreError> {
        self.ask_to_cancel(image, models).await
    }

    async fn requeue(&self, which: &Requeue) -> Result<u64, StoreError> {
        self.put_back_in_line(which).await
    }

    async fn failures(&self, model: &ModelName, most: u32) -> Result<Vec<FailedJob>, StoreError> {
        self.read_failures(model, most).await
    }

    async fn status(&self, images: &[ImageKey]) -> Result<Vec<Vec<JobView>>, StoreError> {
        self.read_status(images).await
    }

    async fn stats(&self, models: Option<&[ModelName]>) -> Result<Vec<ModelStats>, StoreError> {
        self.read_stats(models).await
    }

    async fn queues(&self, models: Option<&[ModelName]>) -> Result<Vec<QueueView>, StoreError> {
        self.read_queues(models).await
    }

    async fn unfinished(
        &self,
        model: &ModelName,
        list: JobList,
        from: u32,
        count: u32,
    ) -> Result<Listed, StoreError> {
        self.read_list(model, list, from, count).await
    }

    async fn tick(&self) -> Result<Tick, StoreError> {
        self.keep_house().await
    }

    async fn wakes(&self, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
        wakes::listen(Arc::clone(&self.server), dispatcher).await
    }

    async fn report(
        &self,
        report: &DispatcherReport,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        self.keep_report(report, lifetime).await
    }

    async fn dispatchers(&self) -> Result<Vec<DispatcherView>, StoreError> {
        self.read_dispatchers().await
    }

    async fn changes(&self) -> mpsc::Receiver<Change> {
        changes::listen(Arc::clone(&self.server)).await
    }

    async fn announce(&self, announcement: &Announcement) -> Result<bool, StoreError> {
        self.note_announcement(announcement).await
    }

    async fn announced(&self) -> Result<Vec<AnnouncedEndpoint>, StoreError> {
        self.read_announced().await
    }

    async fn renew(&self, endpoints: &[Announcement]) -> Result<(), StoreError> {
        self.note_renewals(endpoints).await
    }

    async fn describe(
        &self,
        model: &ModelName,
        classes: &serde_json::Value,
    ) -> Result<(), StoreError> {
        self.keep_classes(model, classes).await
    }

    async fn hold(
        &self,
        model: &ModelName,
        reason: Option<&JobError>,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        self.keep_hold(model, reason, lifetime).await
    }

    async fn forget_model(&self, model: &ModelName) -> Result<ForgetModel, StoreError> {
        self.forget(model).await
    }

    async fn models(&self) -> Result<Vec<KnownModel>, StoreError> {
        self.read_models().await
    }

    async fn keep_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError> {
        self.put_callbacks(callbacks).await
    }

    async fn lease_callbacks(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<DueCallback>, StoreError> {
        self.hand_out_callbacks(most, lease).await
    }

    async fn end_callback(&self, callback: &Callback, end: CallbackEnd) -> Result<(), StoreError> {
        self.note_callback(callback, end).await
    }

    async fn beat(&self) -> Result<Beat, StoreError> {
        self.give_sign_of_life().await
    }

    async fn time(&self) -> Result<StoreClock, StoreError> {
        let (now, ahead) = self.nearest().run(&self.call(&self.scripts.time)).await?;
        Ok(StoreClock { now: UnixMillis(now), ahead: Duration::from_millis(ahead) })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // Both connections that all share: either may still be away when the other is back.
        let ping = self.call(&self.scripts.ping);
        try_join(self.work.run(&ping), self.beat.run(&ping)).await.map(|((), ())| ())
    }

    fn for_worker(self: Arc<Self>) -> Arc<dyn JobStore> {
        let own = Link::new(Arc::clone(&self.server), State::Connecting);
        Arc::new(Self { own: Some(Arc::new(own)), ..(*self).clone() })
    }
}
