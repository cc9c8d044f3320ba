//! The central loop: outcomes go to the store and jobs come back, one trip at a time.
//!
//! While a trip is under way, what ends and what wakes us gathers; the next trip takes all of it.
//! So trips are small and quick with little to do, and large and few with much.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, OptionFuture};
use photo_core::Clock;
use photo_core::config::{Config, PriorityWeights};
use photo_core::job::{ClaimRequest, ClaimedJob, DispatcherId, KnownModel, Wake};
use photo_core::ports::StoreError;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::backoff::{about, doubled};
use crate::health::Pulse;
use crate::lanes::Lanes;
use crate::leases::Leases;
use crate::outcomes::{Batch, Outcome, Outcomes};
use crate::renewal;
use crate::reporter::Reporter;
use crate::scribe::Scribe;
use crate::survey;
use crate::tools::Tools;
use crate::trip::{Trip, TripEnd};
use crate::work::{Work, hand_back};

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
    tools: Arc<Tools>,
    pulse: Arc<Pulse>,
    lease: Duration,
    drain: Duration,
    weights: PriorityWeights,
    lanes: Lanes,
    leases: Arc<Leases>,
    work: JoinSet<Option<Outcome>>,
    outcomes: Outcomes,
    scribe: Scribe,
    reporter: Reporter,
    clock: Clock,
    phase: Phase,
    /// Cancelled when jobs under way are to be handed back.
    hand_back: CancellationToken,
    /// Rung to have the survey made now.
    survey: Arc<Notify>,
    /// When there may be something to claim in any lane.
    due: Option<Instant>,
    /// How many trips in a row the store has not answered.
    failures: u32,
    /// Before that there is no trip.
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
    pub fn new(tools: Arc<Tools>, pulse: Arc<Pulse>, config: &Config) -> Self {
        let lease = config.dispatcher.lease;
        let id = DispatcherId::random();
        Self {
            id,
            lease,
            drain: config.dispatcher.drain,
            weights: config.dispatcher.priority_weights,
            lanes: Lanes::new(config.clone(), Arc::clone(&tools)),
            leases: Arc::new(Leases::new(lease)),
            scribe: Scribe::new(Arc::clone(&tools)),
            reporter: Reporter::new(id, Arc::clone(&tools)),
            clock: Clock::default(),
            tools,
            pulse,
            work: JoinSet::new(),
            outcomes: Outcomes::default(),
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
        let _over = self.tools.over.clone().drop_guard();
        let (sender, mut known) = watch::channel(Vec::new());
        tokio::spawn(survey::run(Arc::clone(&self.tools), sender, Arc::clone(&self.survey)));
        tokio::spawn(renewal::run(Arc::clone(&self.tools), self.lanes.config().clone()));
        tokio::spawn(Arc::clone(&self.leases).keep(Arc::clone(&self.tools)));
        let mut wakes = self.tools.store.wakes(self.id).await;
        let lane_ready = self.lanes.ready();
        // Never dropped before it is over: a claim whose answer is not read is a claim lost.
        let mut trip = OptionFuture::from(None);
        let mut on_trip = false;
        let mut beats = tokio::time::interval(BEAT);
        let mut reports = tokio::time::interval(self.tools.settings.report);

        loop {
            if !on_trip && let Some(next) = self.next_trip() {
                trip = Some(next).into();
                on_trip = true;
            }
            if self.phase != Phase::Working && self.is_idle() && !on_trip {
                return self.end().await;
            }
            let timer = self.timer();
            tokio::select! {
                Some(end) = &mut trip => {
                    (trip, on_trip) = (None.into(), false);
                    self.trip_ended(end);
                }
                Some(ended) = self.work.join_next() => self.work_ended(ended),
                Some(wake) = wakes.recv() => self.woken(wake),
                Ok(()) = known.changed() => self.surveyed(&known.borrow_and_update()),
                () = lane_ready.notified() => self.lanes.stir_all(),
                _ = beats.tick() => self.pulse.beat(),
                _ = reports.tick() => {
                    self.tools.signs.add(self.lanes.answered());
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

    /// The next trip, if there is a reason for one.
    fn next_trip(&mut self) -> Option<BoxFuture<'static, TripEnd>> {
        if self.not_before.is_some() {
            return None;
        }
        let batch = self.outcomes.batch();
        let wants = if self.phase == Phase::Working { self.lanes.wants() } else { Vec::new() };
        let request =
            ClaimRequest { dispatcher: self.id, lease: self.lease, weights: self.weights, wants };
        let claim = Some(request).filter(|request| !request.wants.is_empty());
        if batch.endings.is_empty() && claim.is_none() {
            return None;
        }
        let trip = Trip { batch, claim };
        Some(trip.make(Arc::clone(&self.tools.store), self.lease).boxed())
    }

    fn trip_ended(&mut self, end: TripEnd) {
        let TripEnd { batch, sent, answer } = end;
        let finished = match answer {
            Ok(finished) => finished,
            Err(error) => return self.trip_failed(batch, &error),
        };
        if std::mem::take(&mut self.failures) > 0 {
            info!("the job store answers again");
        }
        self.scribe.write(batch.recorded(&finished.acks, self.clock.now()));
        // What other lanes were told before still holds.
        let due = finished.claimed.next_due.map(|after| Instant::now() + after.max(SOONEST));
        self.due = [self.due, due].into_iter().flatten().min();
        for job in finished.claimed.jobs {
            self.lanes.stir(&job.lease.id.model);
            self.start(job, sent);
        }
    }

    fn trip_failed(&mut self, batch: Batch, error: &StoreError) {
        self.outcomes.take_back(batch);
        self.lanes.stir_all();
        if self.failures == 0 {
            let outcomes = self.outcomes.len();
            warn!(%error, outcomes, "the job store does not answer; outcomes are kept");
        }
        let pause = about(doubled(STORE_BASE, STORE_CAP, self.failures));
        self.not_before = Some(Instant::now() + pause);
        self.failures = self.failures.saturating_add(1);
    }

    fn start(&mut self, job: ClaimedJob, sent: Instant) {
        let Some(lane) = self.lanes.get(&job.lease.id.model).cloned() else {
            // Its lease runs out.
            error!(job.id = %job.lease.id, "the job store handed out a job nobody asked for");
            return;
        };
        let held = self.leases.hold(job.lease.clone(), sent);
        let slot = lane.slot();
        if self.phase != Phase::Working {
            // Claimed just before we were told to stop.
            return self.outcomes.push(Outcome { job, held, slot, ending: hand_back() });
        }
        let (tools, hand_back) = (Arc::clone(&self.tools), self.hand_back.clone());
        self.work.spawn(Work { job, held, slot, lane, tools, hand_back }.run());
    }

    fn work_ended(&mut self, ended: Result<Option<Outcome>, JoinError>) {
        match ended {
            Ok(Some(outcome)) => {
                // Its slot will be free with the next trip.
                self.lanes.stir(&outcome.job.lease.id.model);
                self.outcomes.push(outcome);
            }
            Ok(None) => self.lanes.stir_all(),
            // Its lease runs out, and the store counts it as a crash.
            Err(error) => {
                error!(%error, "a job's attempt panicked");
                self.lanes.stir_all();
            }
        }
    }

    fn woken(&mut self, wake: Wake) {
        match wake {
            Wake::CancelAsked(job) => self.leases.cancel(&job),
            Wake::Work(model) => {
                if !self.lanes.stir(&model) {
                    self.survey.notify_one();
                }
            }
            Wake::Reset => {
                self.lanes.stir_all();
                self.survey.notify_one();
            }
        }
    }

    fn surveyed(&mut self, known: &[KnownModel]) {
        self.lanes.update(known);
        // Once per survey the queues are looked at anyway: wake-ups may be lost.
        self.lanes.stir_all();
    }

    fn stop(&mut self) {
        info!(jobs = self.work.len(), drain = ?self.drain, "stopping: no new jobs");
        self.phase = Phase::Draining { until: Instant::now() + self.drain };
        self.report();
    }

    fn report(&self) {
        self.reporter.tell(&self.lanes, self.phase != Phase::Working);
    }

    /// Waits for what was recorded before, which may still be on its way to the disk.
    async fn end(self) {
        tokio::join!(self.scribe.end(), self.reporter.end());
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
            self.lanes.stir_all();
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
