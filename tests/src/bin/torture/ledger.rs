//! What clients were promised, what was seen of it since, and what is wrong.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use photo_core::ImageKey;
use serde_json::{Value, json};

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
    /// Jobs seen as succeeded, as they were first seen.
    succeeded: HashMap<(ImageKey, String), Value>,
    problems: Vec<String>,
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
        let mut notes = self.lock();
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
            let first =
                notes.succeeded.entry((image, model.clone())).or_insert_with(|| now.clone());
            if *first != now {
                let problem = format!("{image}/{model} had succeeded as {first} and is now {now}");
                notes.problems.push(problem);
            }
        }
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

    fn view(state: &str, attempts: u32, result: &str) -> Value {
        json!({"jobs": {"m": {"state": state, "attempts": attempts}}, "results": {"m": result}})
    }

    #[test]
    fn a_job_that_changes_after_it_succeeded_is_a_problem() {
        let image = ImageKey::from_bytes([7; 16]);
        for later in [view("SUCCEEDED", 2, "a"), view("SUCCEEDED", 1, "b"), view("RUNNING", 1, "a")]
        {
            let ledger = Ledger::default();
            for seen in
                [view("RUNNING", 1, ""), view("SUCCEEDED", 1, "a"), view("SUCCEEDED", 1, "a")]
            {
                ledger.see(image, &seen);
            }
            assert_eq!((ledger.succeeded(), ledger.problems().len()), (1, 0));
            ledger.see(image, &later);
            assert_eq!(ledger.problems().len(), 1, "{later}");
        }
    }
}
