//! What is told in the end.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::Appendfsync;
use crate::adversary::Act;
use crate::checks::audit::Audit;
use crate::checks::leftovers::Leftovers;
use crate::checks::witness::Gap;
use crate::model::Model;
use crate::system::calls::CallCounts;

/// The most problems that are printed.
const MOST_PROBLEMS: usize = 30;

/// Everything that was done and found.
#[derive(Debug)]
pub struct Report {
    /// What repeats the torture, as far as it can be.
    pub seed: u64,
    /// How many photos were uploaded.
    pub photos: u64,
    /// What was done to the system.
    pub acts: BTreeMap<Act, u64>,
    /// When Redis synced its file.
    pub appendfsync: Appendfsync,
    /// What Redis forgot although it had acknowledged it.
    pub gaps: Vec<Gap>,
    /// Jobs that were done again for that reason.
    pub done_again: u64,
    /// Uploads cut off in the middle.
    pub cut: u64,
    /// Uploads whose client did not wait for the answer.
    pub hung_up: u64,
    /// Uploads that did not end with a 202 and were tried again.
    pub repeated: u64,
    /// For how long something was done to the system.
    pub under_attack: Duration,
    /// From the first upload to the end of the last job.
    pub all: Duration,
    /// What was found out about the jobs.
    pub audit: Audit,
    /// What was counted at each model, and how many calls it spoilt.
    pub models: Vec<(Model, CallCounts, u64)>,
    /// What stayed behind.
    pub leftovers: Leftovers,
    /// How many connections to Redis and to models there were when all was done.
    pub connections: usize,
    /// How many of them stayed behind their programs.
    pub connections_left: usize,
    /// What is wrong.
    pub problems: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.photos * Model::ALL.len() as u64;
        let (all, audit) = (self.all.as_secs_f64(), &self.audit);
        writeln!(f, "seed {}: {} photos, {jobs} jobs, {all:.1} s", self.seed, self.photos)?;
        let acts: Vec<String> = self.acts.iter().map(|(act, n)| format!("{act:?} {n}")).collect();
        let under_attack = self.under_attack.as_secs_f64();
        writeln!(f, "harm, over {under_attack:.1} s: {}", acts.join(", "))?;
        let forgotten: u64 = self.gaps.iter().map(|gap| gap.steps).sum();
        let longest = self.gaps.iter().map(Gap::length).max().unwrap_or_default();
        writeln!(
            f,
            "Redis, appendfsync {}: forgot what it had acknowledged {} times, {forgotten} of the \
             witness's steps in all, over {:.1} s at most; {} jobs seen as succeeded were done again \
             for that reason",
            self.appendfsync.name(),
            self.gaps.len(),
            longest.as_secs_f64(),
            self.done_again
        )?;
        let Self { cut, hung_up, repeated, connections, connections_left, .. } = self;
        writeln!(
            f,
            "uploads: {cut} cut off, {hung_up} hung up on before the answer, {repeated} repeated"
        )?;
        let rate = f64::from(u32::try_from(jobs).unwrap_or(u32::MAX)) / all;
        writeln!(
            f,
            "jobs: {} of {jobs} right; {rate:.0} a second; the longest took {:.1} s, the most often \
             taken one {} attempts",
            audit.right,
            audit.longest.as_secs_f64(),
            audit.most_attempts
        )?;
        let counter = |name: &str| self.leftovers.counters.get(name).copied().unwrap_or(0);
        let counters = ["claimed", "expired", "stale", "retried", "released", "duplicate"];
        let counters = counters.map(|name| format!("{name} {}", counter(name)));
        writeln!(f, "store: {}, {} keys", counters.join(", "), self.leftovers.keys)?;
        for (model, counts, spoilt) in &self.models {
            writeln!(
                f,
                "model {}: {} calls, {spoilt} spoilt, at most {} of {} at once; {} beyond that \
                 with calls of frozen or killed dispatchers",
                model.name(),
                counts.begun,
                counts.most,
                model.limit(),
                counts.excused
            )?;
        }
        writeln!(
            f,
            "spool: {} files of killed apis, which the caretaker removes within minutes; records: {} \
             endings that dispatchers died before writing down",
            self.leftovers.spool_files, self.leftovers.written_down
        )?;
        writeln!(
            f,
            "connections to Redis and the models: {connections} when all was done, \
             {connections_left} left behind"
        )?;
        for problem in self.problems.iter().take(MOST_PROBLEMS) {
            writeln!(f, "PROBLEM: {problem}")?;
        }
        if self.problems.len() > MOST_PROBLEMS {
            writeln!(f, "… and {} problems more", self.problems.len() - MOST_PROBLEMS)?;
        }
        f.write_str(if self.passed() { "PASS" } else { "FAIL" })
    }
}
