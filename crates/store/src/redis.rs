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
//! | `T:q:<model>:<priority>` | list: the queued jobs |
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
//! server's clock is set back (`scripts/lib/prelude.lua`); times that people are told are the
//! clock's.
//!
//! An MD5 is its 16 bytes. A finished image's keys go by themselves when its retention is over.
//! Dispatchers are woken through `T:w#<dispatcher>` and `T:cancel#`, and every script that changes
//! jobs says of which images on `T:changes#`; these are channels, not keys.

mod codec;
mod connection;
mod error;
mod keys;
mod operations;
mod scripts;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{Script, ScriptInvocation};
use photo_core::job::{
    AnnouncedEndpoint, Announcement, Beat, Callback, CallbackEnd, Change, ClaimRequest, Claimed,
    DispatcherId, DispatcherReport, DispatcherView, DueCallback, EndedJob, FailedJob, Finish,
    Finished, ForgetModel, Held, JobList, JobView, KnownModel, Lease, Listed, ModelStats, NewJob,
    QueueView, Requeue, StoreClock, SubmitMode, Submitted, Tick, Wake,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{Clock, ImageKey, JobError, JobState, ModelName};
use tokio::sync::mpsc;

pub use self::codec::job_view::{read_job, read_jobs};
pub use self::error::Unfit;
pub use self::scripts::FINISH as FINISH_SCRIPT;

use self::codec::rules::Rules;
use self::connection::address::Address;
use self::connection::link::{Link, LinkState};
use self::connection::server::Server;
use self::keys::Keys;
use self::operations::callback_outbox::{end_callback, keep_callbacks, lease_callbacks};
use self::operations::dispatcher::{dispatchers, report, wakes};
use self::operations::health::{beat, ping, time};
use self::operations::model_directory::{
    announce, announced, describe, forget_model, hold, models, renew,
};
use self::operations::queue::{cancel, claim, extend, finish, requeue, restore, submit, tick};
use self::operations::reading::{changes, failures, queues, stats, status, unfinished};
use self::scripts::Scripts;
use crate::Settings;

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
    /// The store on the server at `url`, `redis:` or `redis-sentinel:`. If the server answers it is
    /// refused unless it will do: its version, that it never evicts keys, that the keys there have
    /// a layout that is read here, that it knows user and password. If it does not answer, or does
    /// not let the user do all that the store needs, calls fail until it does.
    pub async fn connect(url: &str, settings: Settings, clock: Clock) -> Result<Self, Unfit> {
        let address = Address::parse(url)?;
        let rules = Arc::new(Rules::new(&settings));
        let keys = Keys::new(settings.prefix);
        let server = Arc::new(Server::new(address, keys, settings.layouts));
        let link = |first| Link::new(Arc::clone(&server), first);
        let (work, beat) = match server.connect().await {
            Ok(connection) => {
                (link(LinkState::Connecting), link(LinkState::Connected(0, connection)))
            }
            Err(error) => {
                let why = error.unless_unfit()?;
                tracing::warn!("Redis cannot be used and is waited for: {why}");
                (link(LinkState::Away(why.clone())), link(LinkState::Away(why)))
            }
        };
        let (work, beat, scripts) = (Arc::new(work), Arc::new(beat), Arc::default());
        Ok(Self { server, work, own: None, beat, rules, scripts, clock })
    }

    /// The link nearest to the caller. While a worker's own is not there, the one for all may be:
    /// so it is enough that this one is back.
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
        submit::submit(self, jobs, mode).await
    }

    async fn restore(&self, jobs: &[EndedJob]) -> Result<u64, StoreError> {
        restore::restore(self, jobs).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Claimed, StoreError> {
        claim::claim(self, request).await
    }

    async fn extend(&self, leases: &[Lease], lease: Duration) -> Result<Vec<Held>, StoreError> {
        extend::extend(self, leases, lease).await
    }

    async fn finish(
        &self,
        endings: &[Finish],
        then: Option<&ClaimRequest>,
    ) -> Result<Finished, StoreError> {
        finish::finish(self, endings, then).await
    }

    async fn cancel(
        &self,
        image: ImageKey,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<(ModelName, JobState)>, StoreError> {
        cancel::cancel(self, image, models).await
    }

    async fn requeue(&self, which: &Requeue) -> Result<u64, StoreError> {
        requeue::requeue(self, which).await
    }

    async fn failures(&self, model: &ModelName, most: u32) -> Result<Vec<FailedJob>, StoreError> {
        failures::failures(self, model, most).await
    }

    async fn status(&self, images: &[ImageKey]) -> Result<Vec<Vec<JobView>>, StoreError> {
        status::status(self, images).await
    }

    async fn stats(&self, models: Option<&[ModelName]>) -> Result<Vec<ModelStats>, StoreError> {
        stats::stats(self, models).await
    }

    async fn queues(&self, models: Option<&[ModelName]>) -> Result<Vec<QueueView>, StoreError> {
        queues::queues(self, models).await
    }

    async fn unfinished(
        &self,
        model: &ModelName,
        list: JobList,
        from: u32,
        count: u32,
    ) -> Result<Listed, StoreError> {
        unfinished::unfinished(self, model, list, from, count).await
    }

    async fn tick(&self) -> Result<Tick, StoreError> {
        tick::tick(self).await
    }

    async fn wakes(&self, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
        wakes::wakes(self, dispatcher).await
    }

    async fn report(
        &self,
        report: &DispatcherReport,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        report::report(self, report, lifetime).await
    }

    async fn dispatchers(&self) -> Result<Vec<DispatcherView>, StoreError> {
        dispatchers::dispatchers(self).await
    }

    async fn changes(&self) -> mpsc::Receiver<Change> {
        changes::changes(self).await
    }

    async fn announce(&self, announcement: &Announcement) -> Result<bool, StoreError> {
        announce::announce(self, announcement).await
    }

    async fn announced(&self) -> Result<Vec<AnnouncedEndpoint>, StoreError> {
        announced::announced(self).await
    }

    async fn renew(&self, endpoints: &[Announcement]) -> Result<(), StoreError> {
        renew::renew(self, endpoints).await
    }

    async fn describe(
        &self,
        model: &ModelName,
        classes: &serde_json::Value,
    ) -> Result<(), StoreError> {
        describe::describe(self, model, classes).await
    }

    async fn hold(
        &self,
        model: &ModelName,
        reason: Option<&JobError>,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        hold::hold(self, model, reason, lifetime).await
    }

    async fn forget_model(&self, model: &ModelName) -> Result<ForgetModel, StoreError> {
        forget_model::forget_model(self, model).await
    }

    async fn models(&self) -> Result<Vec<KnownModel>, StoreError> {
        models::models(self).await
    }

    async fn keep_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError> {
        keep_callbacks::keep_callbacks(self, callbacks).await
    }

    async fn lease_callbacks(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<DueCallback>, StoreError> {
        lease_callbacks::lease_callbacks(self, most, lease).await
    }

    async fn end_callback(&self, callback: &Callback, end: CallbackEnd) -> Result<(), StoreError> {
        end_callback::end_callback(self, callback, end).await
    }

    async fn beat(&self) -> Result<Beat, StoreError> {
        beat::beat(self).await
    }

    async fn time(&self) -> Result<StoreClock, StoreError> {
        time::time(self).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        ping::ping(self).await
    }

    fn for_worker(self: Arc<Self>) -> Arc<dyn JobStore> {
        let own = Link::new(Arc::clone(&self.server), LinkState::Connecting);
        Arc::new(Self { own: Some(Arc::new(own)), ..(*self).clone() })
    }
}
