//! Uploads that begin at a rate of their own, whether the others were answered or not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::time::{MissedTickBehavior, timeout};

use crate::upload::Uploads;

/// How often new uploads begin.
const BEAT: Duration = Duration::from_millis(2);

/// How long one upload may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most uploads at once: files are limited.
const MOST: usize = 8_000;

/// What became of all uploads.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How long it took to begin them all.
    pub offering: Duration,
    /// How many were begun.
    pub begun: u32,
    /// How many could not be begun, as too many were unanswered.
    pub held_back: u32,
    /// The most that were unanswered at the same time.
    pub most: usize,
    /// How long the answers took, by status.
    pub answers: BTreeMap<u16, Vec<Duration>>,
    /// How many of them came when no more uploads were begun, by status.
    pub late: BTreeMap<u16, usize>,
    /// What went wrong with those that were not answered, and how often.
    pub broken: BTreeMap<String, u32>,
}

/// Begins `rate` uploads a second for so long.
pub async fn run(uploads: &Uploads, rate: f64, time: Duration) -> Outcome {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let mut running = FuturesUnordered::new();
    let mut beats = tokio::time::interval(BEAT);
    // Answers are read between any two beats, however late those are.
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while start.elapsed() < time {
        tokio::select! {
            biased;
            _ = beats.tick() => {
                let due = start.elapsed().as_secs_f64() * rate;
                while f64::from(outcome.begun + outcome.held_back) < due {
                    if running.len() == MOST {
                        outcome.held_back += 1;
                    } else {
                        outcome.begun += 1;
                        running.push(upload(uploads));
                    }
                }
                outcome.most = outcome.most.max(running.len());
            }
            Some(ended) = running.next() => {
                outcome.note(ended);
                while let Some(Some(ended)) = running.next().now_or_never() {
                    outcome.note(ended);
                }
            }
        }
    }
    outcome.offering = start.elapsed();
    while let Some(ended) = running.next().await {
        if let (Ok(status), _) = ended {
            *outcome.late.entry(status).or_default() += 1;
        }
        outcome.note(ended);
    }
    outcome
}

impl Outcome {
    /// Adds what became of others.
    pub fn add(&mut self, other: Self) {
        self.offering += other.offering;
        self.begun += other.begun;
        self.held_back += other.held_back;
        self.most = self.most.max(other.most);
        for (status, took) in other.answers {
            self.answers.entry(status).or_default().extend(took);
        }
        for (status, late) in other.late {
            *self.late.entry(status).or_default() += late;
        }
        for (what, count) in other.broken {
            *self.broken.entry(what).or_default() += count;
        }
    }

    /// How many were answered with this status in a second, while others were begun.
    pub fn in_time(&self, status: u16) -> f64 {
        let all = self.answers.get(&status).map_or(0, Vec::len);
        let late = self.late.get(&status).copied().unwrap_or(0);
        let answered = u32::try_from(all - late).unwrap_or(u32::MAX);
        f64::from(answered) / self.offering.as_secs_f64()
    }

    fn note(&mut self, (ended, took): (Result<u16, String>, Duration)) {
        match ended {
            Ok(status) => self.answers.entry(status).or_default().push(took),
            Err(what) => *self.broken.entry(what).or_default() += 1,
        }
    }
}

async fn upload(uploads: &Uploads) -> (Result<u16, String>, Duration) {
    let start = Instant::now();
    let answered = timeout(PATIENCE, async {
        let mut stream = uploads.connect().await?;
        uploads.send(&mut stream).await
    });
    let ended = match answered.await {
        Ok(Ok(status)) => Ok(status),
        Ok(Err(error)) => Err(error.kind().to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    };
    (ended, start.elapsed())
}
