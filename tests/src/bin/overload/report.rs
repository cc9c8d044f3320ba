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
    pub levels: Vec<(usize, f64)>,
    /// The best of those.
    pub best: f64,
    /// What was used while the best was looked for.
    pub closed: Usage,
    /// How many uploads a second were to be begun.
    pub offered: f64,
    /// What became of them.
    pub outcome: Outcome,
    /// What was used meanwhile.
    pub open: Usage,
    /// Photos a second accepted after all that.
    pub after: f64,
}

impl Report {
    /// How many uploads were begun in a second.
    fn begun(&self) -> f64 {
        per_second(self.outcome.begun as usize, self.outcome.offering)
    }

    /// How many were answered with this status in a second, while others were begun.
    fn in_time(&self, status: u16) -> f64 {
        let all = self.outcome.answers.get(&status).map_or(0, Vec::len);
        let late = self.outcome.late.get(&status).copied().unwrap_or(0);
        per_second(all - late, self.outcome.offering)
    }

    /// How many times the memory at its best the api needed.
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory, for a ratio")]
    fn growth(&self) -> f64 {
        self.open.peak as f64 / self.closed.peak as f64
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
        self.begun() >= LEAST_OFFERED * self.offered
            && self.in_time(202) >= LEAST_SHARE * self.best
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
        writeln!(f, "best: {:.0} photos/s; {}", self.best, Used(&self.closed))?;
        let outcome = &self.outcome;
        writeln!(
            f,
            "offered: {:.0}/s of {:.0}/s wanted, {} held back, at most {} unanswered; {}",
            self.begun(),
            self.offered,
            outcome.held_back,
            outcome.most,
            Used(&self.open)
        )?;
        let (accepted, best) = (self.in_time(202), self.best);
        writeln!(f, "accepted: {accepted:.0}/s, {:.0} % of the best", 100.0 * accepted / best)?;
        for (status, took) in &outcome.answers {
            let of = |share| quantile(took, share).as_secs_f64() * 1_000.0;
            writeln!(
                f,
                "{status}: {:.0}/s and {} late, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                self.in_time(*status),
                outcome.late.get(status).unwrap_or(&0),
                of(0.5),
                of(0.99),
                of(1.0)
            )?;
        }
        writeln!(f, "not answered: {:?}", outcome.broken)?;
        writeln!(f, "memory: {:.2} times that at its best", self.growth())?;
        writeln!(f, "afterwards: {:.0} photos/s", self.after)?;
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

fn per_second(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
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
