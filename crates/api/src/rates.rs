//! How fast the models finish their jobs, for clients that must wait for room in a queue.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use photo_core::ModelName;
use photo_core::job::ModelStats;

/// The shortest time a rate is measured over, and how old the newer of two looks becomes before
/// it is the older one: a rate is that of the last one or two of these.
const SPAN: Duration = Duration::from_secs(10);

/// A look older than this says nothing about now.
const STALE: Duration = Duration::from_mins(10);

/// How long clients are asked to wait where no rate is known.
const UNKNOWN: u64 = 30;

/// The longest clients are asked to wait: much may change until then.
const LONGEST: u64 = 600;

/// What was seen of the models that clients asked for. Their names are checked, so there are only
/// so many.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<ModelName, Looks>>);

/// Two earlier looks at one model: what was finished by when.
#[derive(Debug, Clone, Copy)]
struct Looks {
    older: Look,
    newer: Look,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    finished: u64,
}

/// How many jobs a model finished, in how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    jobs: u64,
    seconds: f64,
}

/// How long a request has to wait for room in a queue, and what that was computed from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    /// How many jobs must be finished first.
    jobs: u64,
    rate: Option<Rate>,
}

impl Rates {
    /// Takes a look at a model in, and answers its rate since an earlier one.
    pub(crate) fn look(&self, stats: &ModelStats) -> Option<Rate> {
        let count = |name| stats.counters.get(name).copied().unwrap_or(0);
        let finished = count("succeeded") + count("failed") + count("cancelled");
        self.look_at(&stats.model, Look { at: Instant::now(), finished })
    }

    fn look_at(&self, model: &ModelName, now: Look) -> Option<Rate> {
        let mut models = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(looks) = models.get_mut(model) else {
            models.insert(model.clone(), Looks { older: now, newer: now });
            return None;
        };
        let age = |look: Look| now.at.saturating_duration_since(look.at);
        // Counters that went back belong to a store that was emptied.
        if now.finished < looks.newer.finished || age(looks.newer) > STALE {
            *looks = Looks { older: now, newer: now };
            return None;
        }
        if age(looks.newer) >= SPAN {
            *looks = Looks { older: looks.newer, newer: now };
        }
        let seconds = age(looks.older).as_secs_f64();
        // One moment says nothing about a rate; after a start a second must do.
        let jobs = now.finished - looks.older.finished;
        (seconds >= 1.0).then_some(Rate { jobs, seconds })
    }
}

impl Wait {
    /// A wait until this many jobs are finished.
    pub(crate) fn new(jobs: u64, rate: Option<Rate>) -> Self {
        Self { jobs, rate }
    }

    /// In whole seconds, rounded up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a number of jobs, and at most ten minutes, fit"
    )]
    pub(crate) fn seconds(&self) -> u64 {
        match self.rate {
            Some(rate) if rate.jobs > 0 => {
                let seconds = self.jobs as f64 * rate.seconds / rate.jobs as f64;
                (seconds.ceil() as u64).clamp(1, LONGEST)
            }
            _ => UNKNOWN,
        }
    }
}

/// What a client is told: how much must happen first, and how fast that goes.
impl fmt::Display for Wait {
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
            Wait::new(jobs, self.rates.look_at(&self.model, Look { at, finished })).seconds()
        }
    }

    #[test]
    fn a_wait_is_computed_from_what_was_finished_lately() {
        let scene = Scene::new();
        assert_eq!(scene.wait(0, 0, 100), UNKNOWN, "one look is no rate");
        assert_eq!(scene.wait(10, 20, 100), 50, "2 a second");
        assert_eq!(scene.wait(20, 120, 100), 10, "10 a second of late");
        assert_eq!(scene.wait(25, 195, 100), 9, "from 20 at second 10 to 195 is 11.7 a second");
    }

    #[test]
    fn a_wait_is_rounded_up_and_neither_nothing_nor_for_ever() {
        let scene = Scene::new();
        scene.wait(0, 0, 1);
        assert_eq!(scene.wait(4, 3, 4), 6, "5.3");
        assert_eq!(scene.wait(10, 1_000, 1), 1);
        let slow = Scene::new();
        slow.wait(0, 0, 1);
        assert_eq!(slow.wait(100, 1, 100), LONGEST);
    }

    #[test]
    fn a_model_that_finished_nothing_and_one_that_began_anew_have_no_rate() {
        let scene = Scene::new();
        scene.wait(0, 50, 1);
        assert_eq!(scene.wait(20, 50, 1), UNKNOWN);
        assert_eq!(scene.wait(40, 3, 1), UNKNOWN, "the store was emptied");
        assert_eq!(scene.wait(50, 13, 1), 1);
        assert_eq!(scene.wait(5_000, 14, 1), UNKNOWN, "too long ago");
    }
}
