//! The central loop: outcomes go to the store and jobs come back, one exchange at a time.
//!
//! While a exchange is under way, what ends and what wakes us gathers; the next exchange takes all
//! of it. So exchanges are small and quick with little to do, and large and few with much.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, OptionFuture};
use photo_config::Config;
use photo_core::Clock;
use photo_core::job::PriorityWeights;
use photo_core::job::{ClaimRequest, ClaimedJob, DispatcherId, KnownModel, Wake};
use photo_core::ports::StoreError;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::model_discovery;
use super::model_workers::ModelWorkers;
use super::pending_results::{Batch, PendingResults};
use super::store_exchange::{ExchangeEnd, StoreExchange};
use crate::backoff::{about, doubled};
use crate::context::DispatcherContext;
use crate::endpoints::{SignsOfLife, renewal};
use crate::execution::{JobTask, Leases, PendingResult, hand_back};
use crate::reporting::health::Pulse;
use crate::reporting::{HeartbeatSender, RecordWriter};

/// How long to wait after the store did not answer; doubles up to the cap.
const STORE_BASE: Duration = Duration::from_millis(100);
const STORE_CAP: Duration = Duration::from_secs(5);

/// A store that says that something is due at once, again and again, is asked this often.
const SOONEST: Duration = Duration::from_millis(10);

/// How often the loop shows that it moves, with nothing else to do.
const BEAT: Duration = Duration::from_secs(1);

/// One dispatcher.
pub struct Dispatcher {
    id: DispatcherId,
    context: Arc<DispatcherContext>,
    pulse: Arc<Pulse>,
    lease: Duration,
    drain: Duration,
    weights: PriorityWeights,
    workers: ModelWorkers,
    leases: Arc<Leases>,
    work: JoinSet<Option<PendingResult>>,
    outcomes: PendingResults,
    signs: Arc<SignsOfLife>,
    record_writer: RecordWriter,
    heartbeat: HeartbeatSender,
    clock: Clock,
    phase: Phase,
    /// Cancelled when jobs under way are to be handed back.
    hand_back: CancellationToken,
    /// Rung to have the survey made now.
    survey: Arc<Notify>,
    /// When there may be something to claim in any worker.
    due: Option<Instant>,
    /// How many exchanges in a row the store has not answered.
    failures: u32,
    /// Before that there is no exchange.
    not_before: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Working,
    /// Claims no more and waits for the jobs under way.
    Draining {
        until: Instant,
    },
    /// Hands back what is still under way, and waits for the store to take it.
    HandingBack {
        until: Instant,
    },
}

impl Dispatcher {
    /// A dispatcher that has not begun.
    pub fn new(context: Arc<DispatcherContext>, pulse: Arc<Pulse>, config: &Config) -> Self {
        let lease = config.dispatcher.lease;
        let id = DispatcherId::random();
        Self {
            id,
            lease,
            drain: config.dispatcher.drain,
            weights: config.dispatcher.priority_weights,
            workers: ModelWorkers::new(config.clone(), Arc::clone(&context)),
            leases: Arc::new(Leases::new(lease)),
            signs: Arc::default(),
            record_writer: RecordWriter::new(Arc::clone(&context)),
            heartbeat: HeartbeatSender::new(id, Arc::clone(&context)),
            clock: Clock::default(),
            context,
            pulse,
            work: JoinSet::new(),
            outcomes: PendingResults::default(),
            phase: Phase::Working,
            hand_back: CancellationToken::new(),
            survey: Arc::default(),
            due: None,
            failures: 0,
            not_before: None,
        }
    }

    /// Works until `stop` is cancelled and everything under way is recorded or handed back.
    pub async fn run(mut self, stop: CancellationToken) {
        // Helpers end with this function, however it ends.
        let _over = self.context.over.clone().drop_guard();
        let (sender, mut known) = watch::channel(Vec::new());
        tokio::spawn(model_discovery::run(
            Arc::clone(&self.context),
            sender,
            Arc::clone(&self.survey),
        ));
        tokio::spawn(renewal::run(
            Arc::clone(&self.context),
            self.workers.config().clone(),
            Arc::clone(&self.signs),
        ));
        tokio::spawn(Arc::clone(&self.leases).keep(Arc::clone(&self.context)));
        let mut wakes = self.context.store.wakes(self.id).await;
        let worker_ready = self.workers.ready();
        // Never dropped before it is over: a claim whose answer is not read is a claim lost.
        let mut exchange = OptionFuture::from(None);
        let mut is_exchanging = false;
        let mut beats = tokio::time::interval(BEAT);
        let mut reports = tokio::time::interval(self.context.settings.report);

        loop {
            if !is_exchanging && let Some(next) = self.next_exchange() {
                exchange = Some(next).into();
                is_exchanging = true;
            }
            if self.phase != Phase::Working && self.is_idle() && !is_exchanging {
                return self.end().await;
            }
            let timer = self.timer();
            tokio::select! {
                Some(end) = &mut exchange => {
                    (exchange, is_exchanging) = (None.into(), false);
                    self.exchange_ended(end);
                }
                Some(ended) = self.work.join_next() => self.work_ended(ended),
                Some(wake) = wakes.recv() => self.woken(wake),
                Ok(()) = known.changed() => self.surveyed(&known.borrow_and_update()),
                () = worker_ready.notified() => self.workers.stir_all(),
                _ = beats.tick() => self.pulse.beat(),
                _ = reports.tick() => {
                    self.signs.add(self.workers.answered());
                    self.report();
                }
                () = tokio::time::sleep_until(timer.unwrap_or_else(Instant::now)), if timer.is_some() => {
                    if self.time_is_up() {
                        return self.end().await;
                    }
                }
                () = stop.cancelled(), if self.phase == Phase::Working => self.stop(),
            }
        }
    }

    /// The next exchange, if there is a reason for one.
    fn next_exchange(&mut self) -> Option<BoxFuture<'static, ExchangeEnd>> {
        if self.not_before.is_some() {
            return None;
        }
        let batch = self.outcomes.batch();
        let wants = if self.phase == Phase::Working { self.workers.wants() } else { Vec::new() };
        let request =
            ClaimRequest { dispatcher: self.id, lease: self.lease, weights: self.weights, wants };
        let claim = Some(request).filter(|request| !request.wants.is_empty());
        if batch.endings.is_empty() && claim.is_none() {
            return None;
        }
        let exchange = StoreExchange { batch, claim };
        Some(exchange.make(Arc::clone(&self.context.store), self.lease).boxed())
    }

    fn exchange_ended(&mut self, end: ExchangeEnd) {
        let ExchangeEnd { batch, sent, answer } = end;
        let finished = match answer {
            Ok(finished) => finished,
            Err(error) => return self.exchange_failed(batch, &error),
        };
        if std::mem::take(&mut self.failures) > 0 {
            info!("the job store answers again");
        }
        self.record_writer.write(batch.recorded(&finished.acks, self.clock.now()));
        // What other workers were told before still holds.
        let due = finished.claimed.next_due.map(|after| Instant::now() + after.max(SOONEST));
        self.due = [self.due, due].into_iter().flatten().min();
        for job in finished.claimed.jobs {
            self.workers.stir(&job.lease.id.model);
            self.start(job, sent);
        }
    }

    fn exchange_failed(&mut self, batch: Batch, error: &StoreError) {
        self.outcomes.take_back(batch);
        self.workers.stir_all();
        if self.failures == 0 {
            let outcomes = self.outcomes.len();
            warn!(%error, outcomes, "the job store does not answer; outcomes are kept");
        }
        let pause = about(doubled(STORE_BASE, STORE_CAP, self.failures));
        self.not_before = Some(Instant::now() + pause);
        self.failures = self.failures.saturating_add(1);
    }

    fn start(&mut self, job: ClaimedJob, sent: Instant) {
        let Some(worker) = self.workers.get(&job.lease.id.model).cloned() else {
            // Its lease runs out.
            error!(job.id = %job.lease.id, "the job store handed out a job nobody asked for");
            return;
        };
        let held = self.leases.hold(job.lease.clone(), sent);
        let slot = worker.slot();
        if self.phase != Phase::Working {
            // Claimed just before we were told to stop.
            return self.outcomes.push(PendingResult { job, held, slot, ending: hand_back() });
        }
        let (context, hand_back) = (Arc::clone(&self.context), self.hand_back.clone());
        self.work.spawn(JobTask { job, held, slot, worker, context, hand_back }.run());
    }

    fn work_ended(&mut self, ended: Result<Option<PendingResult>, JoinError>) {
        match ended {
            Ok(Some(outcome)) => {
                // Its slot will be free with the next exchange.
                self.workers.stir(&outcome.job.lease.id.model);
                self.outcomes.push(outcome);
            }
            Ok(None) => self.workers.stir_all(),
            // Its lease runs out, and the store counts it as a crash.
            Err(error) => {
                error!(%error, "a job's attempt panicked");
                self.workers.stir_all();
            }
        }
    }

    fn woken(&mut self, wake: Wake) {
        match wake {
            Wake::CancelAsked(job) => self.leases.cancel(&job),
            Wake::Work(model) => {
                if !self.workers.stir(&model) {
                    self.survey.notify_one();
                }
            }
            Wake::Reset => {
                self.workers.stir_all();
                self.survey.notify_one();
            }
        }
    }

    fn surveyed(&mut self, known: &[KnownModel]) {
        self.workers.update(known);
        // Once per survey the queues are looked at anyway: wake-ups may be lost.
        self.workers.stir_all();
    }

    fn stop(&mut self) {
        info!(jobs = self.work.len(), drain = ?self.drain, "stopping: no new jobs");
        self.phase = Phase::Draining { until: Instant::now() + self.drain };
        self.report();
    }

    fn report(&self) {
        let endpoints = self.workers.endpoints(self.clock.now());
        let stopping = self.phase != Phase::Working;
        self.heartbeat.tell(self.workers.in_flight(), endpoints, stopping);
    }

    /// Waits for what was recorded before, which may still be on its way to the disk.
    async fn end(self) {
        tokio::join!(self.record_writer.end(), self.heartbeat.end());
    }

    fn is_idle(&self) -> bool {
        self.work.is_empty() && self.outcomes.len() == 0
    }

    /// When something is to be done whatever happens until then.
    fn timer(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Working => None,
            Phase::Draining { until } | Phase::HandingBack { until } => Some(until),
        };
        [self.due, self.not_before, phase].into_iter().flatten().min()
    }

    /// Does what is due by now. Answers whether there is no more time for anything.
    fn time_is_up(&mut self) -> bool {
        let now = Instant::now();
        let past = |time: &mut Instant| *time <= now;
        if self.due.take_if(past).is_some() {
            self.workers.stir_all();
        }
        self.not_before.take_if(past);
        match self.phase {
            Phase::Draining { until } if until <= now => {
                info!(jobs = self.work.len(), "handing back what is still under way");
                self.hand_back.cancel();
                // With the store away for longer than that the leases run out by themselves.
                self.phase = Phase::HandingBack { until: now + self.lease };
                false
            }
            Phase::HandingBack { until } if until <= now => {
                let jobs = self.outcomes.len() + self.work.len();
                error!(jobs, "outcomes could not be recorded: these jobs will be done again");
                true
            }
            _ => false,
        }
    }
}
