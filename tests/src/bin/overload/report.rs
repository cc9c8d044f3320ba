//! What is told in the end.

use std::fmt;
use std::time::Duration;

use crate::open::Outcome;
use crate::process::Usage;

/// The share of its best throughput that an api must keep.
const LEAST_SHARE: f64 = 0.8;

/// How long 99 of 100 refusals may take at most.
const LONGEST_REFUSAL: Duration = Duration::from_millis(100);

/// The share of the load that must really have been offered.
const LEAST_OFFERED: f64 = 0.95;

/// How many times its memory at its best an api may need.
const MOST_GROWTH: f64 = 1.5;

/// Everything that was measured.
pub struct Report {
    /// How many clients, and how many photos a second were accepted from them.
    levels: Vec<(usize, f64)>,
    /// The most memory the api needed for that, in bytes.
    memory: u64,
    /// How many times the best throughput was to be offered.
    factor: f64,
    /// How many photos a second were accepted at best, and in the overload after it.
    rounds: Vec<(f64, f64)>,
    /// What was used at best.
    calm: Usage,
    /// What became of the uploads of all overloads.
    outcome: Outcome,
    /// What was used in them.
    overload: Usage,
}

impl Report {
    /// Begins with how the best throughput was looked for, and the memory that took.
    pub fn new(levels: Vec<(usize, f64)>, memory: u64, factor: u32) -> Self {
        let (calm, overload) = (Usage::none(), Usage::none());
        let (rounds, outcome) = (Vec::new(), Outcome::default());
        Self { levels, memory, factor: factor.into(), rounds, calm, outcome, overload }
    }

    /// With how many clients throughput is best.
    pub fn best_clients(&self) -> usize {
        let best = self.levels.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        best.map_or(1, |(clients, _)| *clients)
    }

    /// Adds a round: the best throughput and what was used for it, and then the overload.
    pub fn add(&mut self, best: f64, calm: Usage, outcome: Outcome, overload: Usage) {
        self.rounds.push((best, outcome.in_time(202)));
        self.calm = self.calm.and(calm);
        self.outcome.add(outcome);
        self.overload = self.overload.and(overload);
    }

    /// Photos a second at best.
    fn best(&self) -> f64 {
        let best: f64 = self.rounds.iter().map(|(best, _)| best).sum();
        best / f64::from(u32::try_from(self.rounds.len()).unwrap_or(u32::MAX))
    }

    /// How many uploads were begun in a second.
    fn begun(&self) -> f64 {
        f64::from(self.outcome.begun) / self.outcome.offering.as_secs_f64()
    }

    /// How many times the memory it needed while the best was looked for the api needed in
    /// overload.
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory, for a ratio")]
    fn growth(&self) -> f64 {
        self.overload.peak as f64 / self.memory as f64
    }

    fn others(&self) -> usize {
        let others =
            self.outcome.answers.iter().filter(|(status, _)| ![202, 429].contains(*status));
        let broken: u32 = self.outcome.broken.values().sum();
        others.map(|(_, took)| took.len()).sum::<usize>() + broken as usize
    }

    /// Whether the api did what is asked for.
    pub fn passed(&self) -> bool {
        let refusals = self.outcome.answers.get(&429).map_or(&[][..], Vec::as_slice);
        self.begun() >= LEAST_OFFERED * self.factor * self.best()
            && self.outcome.in_time(202) >= LEAST_SHARE * self.best()
            && !refusals.is_empty()
            && quantile(refusals, 0.99) <= LONGEST_REFUSAL
            && self.others() == 0
            && self.growth() <= MOST_GROWTH
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        writeln!(f, "this program may use {cores} cores")?;
        for (clients, rate) in &self.levels {
            writeln!(f, "{clients:>4} clients: {rate:.0} photos/s")?;
        }
        for (best, accepted) in &self.rounds {
            let share = 100.0 * accepted / best;
            writeln!(f, "at best {best:.0} photos/s, in overload {accepted:.0}: {share:.0} %")?;
        }
        let (clients, best) = (self.best_clients(), self.best());
        writeln!(f, "best: {best:.0} photos/s with {clients} clients; {}", Used(&self.calm))?;
        let outcome = &self.outcome;
        writeln!(
            f,
            "offered: {:.0}/s of {:.0}/s wanted, {} held back, at most {} unanswered; {}",
            self.begun(),
            self.factor * best,
            outcome.held_back,
            outcome.most,
            Used(&self.overload)
        )?;
        let accepted = outcome.in_time(202);
        writeln!(f, "accepted: {accepted:.0}/s, {:.0} % of the best", 100.0 * accepted / best)?;
        for (status, took) in &outcome.answers {
            let of = |share| quantile(took, share).as_secs_f64() * 1_000.0;
            writeln!(
                f,
                "{status}: {:.0}/s and {} late, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                outcome.in_time(*status),
                outcome.late.get(status).unwrap_or(&0),
                of(0.5),
                of(0.99),
                of(1.0)
            )?;
        }
        writeln!(f, "not answered: {:?}", outcome.broken)?;
        writeln!(f, "memory: {:.2} times that before any overload", self.growth())?;
        f.write_str(if self.passed() { "PASS" } else { "FAIL" })
    }
}

/// What was used, on one line.
struct Used<'a>(&'a Usage);

impl fmt::Display for Used<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |time: Duration| 100.0 * time.as_secs_f64() / self.0.elapsed.as_secs_f64();
        write!(
            f,
            "api: {:.0} % of a core, at most {} MiB; this program: {:.0} % of a core",
            share(self.0.api),
            self.0.peak >> 20,
            share(self.0.own)
        )
    }
}

/// The time that this share of all did not take longer than.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an index into what is in memory"
)]
fn quantile(took: &[Duration], share: f64) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or_default()
}
