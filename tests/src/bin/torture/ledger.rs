//! What clients were promised, what was seen of it since, and what is wrong.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use photo_core::{ImageKey, UnixMillis};
use serde_json::{Value, json};

use crate::checks::witness::Gap;

/// The number of a photo: what it is made from.
pub type PhotoNumber = u64;

/// Everybody's notes.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Uploads that did not end with a 202 and were tried again.
    pub repeated: AtomicU64,
    /// Uploads that were cut off in the middle.
    pub cut: AtomicU64,
    /// Uploads whose client hung up before it had the answer, and then began again.
    pub hung_up: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    accepted: Vec<(ImageKey, PhotoNumber)>,
    cut: Vec<ImageKey>,
    /// Jobs seen as succeeded, as they were first seen, and when they had ended.
    succeeded: HashMap<(ImageKey, String), (Value, Option<UnixMillis>)>,
    changes: Vec<Change>,
    problems: Vec<String>,
}

/// A job that had succeeded and looked different later.
#[derive(Debug)]
struct Change {
    job: (ImageKey, String),
    ended_at: Option<UnixMillis>,
    /// Whether it has another result, and not only none yet.
    contradicts: bool,
    what: String,
}

impl Ledger {
    /// A photo got its 202.
    pub fn accept(&self, image: ImageKey, number: PhotoNumber) {
        self.lock().accepted.push((image, number));
    }

    /// An upload of this photo was cut off; nobody ever uploads it again.
    pub fn cut_off(&self, image: ImageKey) {
        self.lock().cut.push(image);
    }

    /// All photos that got a 202.
    pub fn accepted(&self) -> Vec<(ImageKey, PhotoNumber)> {
        self.lock().accepted.clone()
    }

    /// One of the photos that got a 202; another one for every `index`, round and round.
    pub fn any_accepted(&self, index: usize) -> Option<ImageKey> {
        let notes = self.lock();
        let index = index.checked_rem(notes.accepted.len())?;
        Some(notes.accepted[index].0)
    }

    /// All photos whose upload was cut off.
    pub fn cut_photos(&self) -> Vec<ImageKey> {
        self.lock().cut.clone()
    }

    /// Takes in what an api says of an image. A job that succeeded once must look like that for
    /// ever: its outcome is recorded once.
    pub fn see(&self, image: ImageKey, view: &Value) {
        let notes = &mut *self.lock();
        for (model, job) in view["jobs"].as_object().into_iter().flatten() {
            if job["state"] != "SUCCEEDED" && !notes.succeeded.contains_key(&(image, model.clone()))
            {
                continue;
            }
            // When it was started tells whether it was done again. When it was accepted and ended,
            // job store and record each say by their own clock, and the record answers where the
            // store does not.
            let now = json!({
                "state": job["state"], "attempts": job["attempts"], "failures": job["failures"],
                "started_at": job["started_at"], "result": view["results"][model],
            });
            let ended_at = || serde_json::from_value(job["finished_at"].clone()).ok();
            let (first, ended_at) = notes
                .succeeded
                .entry((image, model.clone()))
                .or_insert_with(|| (now.clone(), ended_at()));
            if *first != now {
                let what = format!("{image}/{model} had succeeded as {first} and is now {now}");
                let contradicts = !now["result"].is_null() && now["result"] != first["result"];
                let (job, ended_at) = ((image, model.clone()), *ended_at);
                notes.changes.push(Change { job, ended_at, contradicts, what });
            }
        }
    }

    /// Says of every job that had succeeded and changed whether Redis is to blame: it had ended in
    /// a time of which Redis forgot everything, and so is done again, with the same result. The
    /// others are problems. Answers how many jobs were done again.
    pub fn judge_changes(&self, gaps: &[Gap]) -> u64 {
        let mut notes = self.lock();
        let is_forgotten = |change: &Change| {
            let ended_in = |gap: &Gap| change.ended_at.is_some_and(|at| gap.contains(at));
            !change.contradicts && gaps.iter().any(ended_in)
        };
        let (forgotten, wrong): (Vec<_>, Vec<_>) =
            std::mem::take(&mut notes.changes).into_iter().partition(is_forgotten);
        let mut wrong: Vec<String> = wrong.into_iter().map(|change| change.what).collect();
        wrong.dedup();
        notes.problems.append(&mut wrong);
        let jobs: HashSet<_> = forgotten.into_iter().map(|change| change.job).collect();
        jobs.len() as u64
    }

    /// How many jobs were seen as succeeded.
    pub fn succeeded(&self) -> usize {
        self.lock().succeeded.len()
    }

    /// Something is wrong; the same once more is no news.
    pub fn problem(&self, problem: String) {
        let mut notes = self.lock();
        if !notes.problems.contains(&problem) {
            notes.problems.push(problem);
        }
    }

    /// Everything that is wrong.
    pub fn problems(&self) -> Vec<String> {
        self.lock().problems.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDED_AT: UnixMillis = UnixMillis(1_700_000_000_000);

    fn view(state: &str, attempts: u32, result: &str) -> Value {
        let result = Some(result).filter(|result| !result.is_empty());
        let job = json!({"state": state, "attempts": attempts, "finished_at": ENDED_AT});
        json!({"jobs": {"m": job}, "results": {"m": result}})
    }

    /// A ledger that has seen a job succeed, and then this.
    fn ledger(later: &Value) -> Ledger {
        let (ledger, image) = (Ledger::default(), ImageKey::from_bytes([7; 16]));
        let succeeded = view("SUCCEEDED", 1, "a");
        for seen in [&view("RUNNING", 1, ""), &succeeded, &succeeded, later] {
            ledger.see(image, seen);
        }
        ledger
    }

    fn changed() -> [Value; 3] {
        [view("SUCCEEDED", 2, "a"), view("SUCCEEDED", 1, "b"), view("RUNNING", 1, "")]
    }

    #[test]
    fn a_job_that_changes_after_it_succeeded_is_a_problem() {
        let same = ledger(&view("SUCCEEDED", 1, "a"));
        assert_eq!((same.succeeded(), same.judge_changes(&[]), same.problems().len()), (1, 0, 0));
        for later in changed() {
            let ledger = ledger(&later);
            assert_eq!((ledger.judge_changes(&[]), ledger.problems().len()), (0, 1), "{later}");
        }
    }

    #[test]
    fn unless_redis_forgot_everything_of_the_time_when_it_ended() {
        let gap = |from, to| Gap { from: UnixMillis(from), to: UnixMillis(to), steps: 1 };
        let around = gap(ENDED_AT.0 - 1_000, ENDED_AT.0);
        let others = [gap(0, ENDED_AT.0 - 1), gap(ENDED_AT.0 + 1, u64::MAX)];
        let [again, contradiction, running] = changed();
        for (later, is_excused) in [(again, true), (contradiction, false), (running, true)] {
            let forgotten = ledger(&later);
            let excused = forgotten.judge_changes(&[others[0], around]) == 1;
            assert_eq!(excused, is_excused, "{later}");
            assert_eq!(forgotten.problems().is_empty(), is_excused, "{later}");
            let wrong = ledger(&later);
            assert_eq!((wrong.judge_changes(&others), wrong.problems().len()), (0, 1), "{later}");
        }
    }
}
