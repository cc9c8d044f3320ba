//! How fast the models finish their jobs.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use photo_core::job::ModelStats;
use photo_core::{Clock, ModelName};

/// How often all models are sampled, and the shortest time a rate is measured over unless this
/// process has just started.
pub(crate) const SAMPLE_INTERVAL: Duration = Duration::from_secs(10);

/// How many samples are kept of each model: a rate is that of the last minute at most.
const MAX_SAMPLES: usize = 6;

/// How many finished jobs make a rate; where there are fewer it is measured over a longer time.
const JOBS_FOR_RATE: u64 = 10;

/// A sample older than this says nothing about now.
const STALE_AFTER: Duration = Duration::from_mins(10);

/// How long clients are asked to wait where no rate is known, in seconds.
const UNKNOWN_WAIT_SECONDS: u64 = 30;

/// The longest clients are asked to wait, in seconds: much may change until then.
const MAX_WAIT_SECONDS: u64 = 600;

/// The samples of each model, the latest last. Names of models are checked, so their number is
/// bounded.
#[derive(Debug, Default)]
pub(super) struct Rates {
    samples: Mutex<HashMap<ModelName, VecDeque<RateSample>>>,
    clock: Clock,
}

/// How many jobs a model had finished at one moment.
#[derive(Debug, Clone, Copy)]
struct RateSample {
    at: Instant,
    finished: u64,
}

/// How many jobs a model finished, in how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) jobs: u64,
    pub(crate) seconds: f64,
}

impl Rate {
    #[expect(clippy::cast_precision_loss, reason = "nobody finishes 2^52 jobs in a minute")]
    pub(crate) fn per_second(&self) -> f64 {
        self.jobs as f64 / self.seconds
    }

    /// Returns the jobs a second, rounded to a ten-thousandth for people.
    pub(crate) fn rounded(&self) -> f64 {
        (self.per_second() * 10_000.0).round() / 10_000.0
    }

    /// Returns how many seconds `jobs` jobs take; `None` if they never end.
    #[expect(clippy::cast_precision_loss, reason = "to the nearest thousand is good enough then")]
    pub(crate) fn seconds_for(&self, jobs: u64) -> Option<f64> {
        (self.jobs > 0).then(|| jobs as f64 / self.per_second())
    }
}

/// How long a request has to wait for room in a queue, and what that is computed from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueWait {
    /// How many jobs must be finished first.
    jobs: u64,
    rate: Option<Rate>,
}

impl Rates {
    /// Nothing seen yet; times are those of `clock`.
    pub(super) fn new(clock: Clock) -> Self {
        Self { samples: Mutex::default(), clock }
    }

    /// Takes in a sample of a model; returns its rate since an earlier one.
    pub(super) fn sample(&self, stats: &ModelStats) -> Option<Rate> {
        let count = |name| stats.counters.get(name).copied().unwrap_or(0);
        // Cancelled jobs were not done: they say nothing about how fast the model is.
        let finished = count("succeeded") + count("failed");
        self.add(&stats.model, RateSample { at: self.clock.instant(), finished })
    }

    fn add(&self, model: &ModelName, now: RateSample) -> Option<Rate> {
        let mut models = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let samples = models.entry(model.clone()).or_default();
        let age = |sample: &RateSample| now.at.saturating_duration_since(sample.at);
        // Counters that went back belong to a store that was emptied.
        let is_useless =
            |last: &RateSample| now.finished < last.finished || age(last) > STALE_AFTER;
        if samples.back().is_some_and(is_useless) {
            samples.clear();
        }
        let makes_a_rate = |sample: &&RateSample| {
            age(sample) >= SAMPLE_INTERVAL && now.finished >= sample.finished + JOBS_FOR_RATE
        };
        let since = samples.iter().rev().find(makes_a_rate).or(samples.front()).copied();
        if samples.back().is_none_or(|last| age(last) >= SAMPLE_INTERVAL) {
            if samples.len() == MAX_SAMPLES {
                samples.pop_front();
            }
            samples.push_back(now);
        }
        let since = since?;
        let rate = Rate { jobs: now.finished - since.finished, seconds: age(&since).as_secs_f64() };
        // One moment says nothing about a rate; after a start a second must do.
        (rate.seconds >= 1.0).then_some(rate)
    }
}

impl QueueWait {
    /// A wait until `jobs` jobs are finished.
    pub(crate) fn new(jobs: u64, rate: Option<Rate>) -> Self {
        Self { jobs, rate }
    }

    /// In whole seconds, rounded up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is cut to ten minutes"
    )]
    pub(crate) fn seconds(&self) -> u64 {
        match self.rate.and_then(|rate| rate.seconds_for(self.jobs)) {
            Some(seconds) => (seconds.ceil() as u64).clamp(1, MAX_WAIT_SECONDS),
            None => UNKNOWN_WAIT_SECONDS,
        }
    }
}

/// How many jobs must be finished first, and how fast that goes.
impl fmt::Display for QueueWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of them must be finished first, and ", self.jobs)?;
        match self.rate {
            Some(rate) => {
                write!(f, "{} were in the last {:.0} s", rate.jobs, rate.seconds)
            }
            None => f.write_str("how fast that goes is not known yet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        rates: Rates,
        start: Instant,
        model: ModelName,
    }

    impl Scene {
        fn new() -> Self {
            Self { rates: Rates::default(), start: Instant::now(), model: "m".parse().unwrap() }
        }

        fn wait(&self, second: u64, finished: u64, jobs: u64) -> u64 {
            let at = self.start + Duration::from_secs(second);
            QueueWait::new(jobs, self.rates.add(&self.model, RateSample { at, finished })).seconds()
        }
    }

    #[test]
    fn a_wait_is_computed_from_what_was_finished_lately() {
        let scene = Scene::new();
        assert_eq!(scene.wait(0, 0, 100), UNKNOWN_WAIT_SECONDS, "one sample is no rate");
        assert_eq!(scene.wait(10, 20, 100), 50, "2 a second");
        assert_eq!(scene.wait(20, 120, 100), 10, "10 a second of late");
        assert_eq!(scene.wait(25, 195, 100), 9, "from 20 at second 10 to 195 is 11.7 a second");
    }

    #[test]
    fn where_little_is_finished_the_rate_is_that_of_a_minute() {
        let scene = Scene::new();
        for (second, finished) in [(0, 0), (10, 1), (20, 2), (30, 3), (40, 4), (50, 5)] {
            scene.wait(second, finished, 1);
        }
        assert_eq!(scene.wait(60, 6, 1), 10, "one in 10 s");
        assert_eq!(scene.wait(70, 6, 1), 12, "5 in the 60 s that are remembered");
        assert_eq!(scene.wait(80, 1_006, 100), 1, "100 a second of late");
    }

    #[test]
    fn a_wait_is_rounded_up_and_neither_nothing_nor_for_ever() {
        let scene = Scene::new();
        scene.wait(0, 0, 1);
        assert_eq!(scene.wait(4, 3, 4), 6, "5.3");
        assert_eq!(scene.wait(10, 1_000, 1), 1);
        let slow = Scene::new();
        slow.wait(0, 0, 1);
        assert_eq!(slow.wait(100, 1, 100), MAX_WAIT_SECONDS);
    }

    #[test]
    fn cancelled_jobs_are_no_rate() {
        let scene = Scene::new();
        let counters = |cancelled| ModelStats {
            model: scene.model.clone(),
            queued: [0; 3],
            waiting: 0,
            running: 0,
            failed: 0,
            counters: [("succeeded".to_owned(), 3), ("cancelled".to_owned(), cancelled)].into(),
        };
        scene.rates.sample(&counters(150_000));
        let samples = scene.rates.samples.lock().unwrap();
        assert_eq!(samples[&scene.model][0].finished, 3);
    }

    #[test]
    fn a_model_that_finished_nothing_and_one_that_began_anew_have_no_rate() {
        let scene = Scene::new();
        scene.wait(0, 50, 1);
        assert_eq!(scene.wait(20, 50, 1), UNKNOWN_WAIT_SECONDS);
        assert_eq!(scene.wait(40, 3, 1), UNKNOWN_WAIT_SECONDS, "the store was emptied");
        assert_eq!(scene.wait(50, 13, 1), 1);
        assert_eq!(scene.wait(5_000, 14, 1), UNKNOWN_WAIT_SECONDS, "too long ago");
    }
}
