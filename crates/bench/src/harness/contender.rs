//! Whoever is measured, and the rounds in which all are measured one after the other.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use serde::Serialize;

use crate::harness::bench::Bench;
use crate::process::usage::CpuUse;
use crate::stats::{Series, quantile, quantile_ms};

/// One that is measured: we, a peer, or a ceiling.
#[async_trait(?Send)]
pub trait Contender {
    /// What it is called in reports.
    fn name(&self) -> &str;

    /// Measures it once. Fails if anything it was asked for was not done.
    async fn measure(&mut self) -> anyhow::Result<Sample>;
}

/// What was measured once.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// How much was done.
    pub done: f64,
    /// In what time.
    pub elapsed: Duration,
    /// How long each took, where that was measured.
    pub took: Vec<Duration>,
    /// The processor time of what was measured.
    pub worked: Duration,
    /// The processor time of all processes.
    pub cpu: Vec<CpuUse>,
}

impl Sample {
    /// So much done, and the processor time of all processes, some of which did the work.
    pub fn new(done: f64, elapsed: Duration, cpu: Vec<CpuUse>, workers: &[&str]) -> Self {
        let works = |used: &&CpuUse| workers.contains(&used.name.as_str());
        let worked = cpu.iter().filter(works).map(|used| used.time).sum();
        Self { done, elapsed, took: Vec::new(), worked, cpu }
    }
}

/// What share of a core a process used.
#[derive(Debug, Clone, Serialize)]
pub struct CpuShare {
    /// While who was measured.
    pub while_measuring: String,
    /// Which process.
    pub process: String,
    /// How much: 1 is a whole core.
    pub cores: f64,
}

/// The samples of one contender, one per round.
#[derive(Debug, Clone)]
pub struct Runs {
    /// Whose.
    pub name: String,
    samples: Vec<Sample>,
}

impl Runs {
    /// How much was done in a second.
    pub fn per_second(&self, unit: &'static str) -> Series {
        self.series(unit, |sample| sample.done / sample.elapsed.as_secs_f64())
    }

    /// How much was done with a second of one core.
    pub fn per_cpu_second(&self, unit: &'static str) -> Series {
        // What is shorter than the kernel counts is taken for the least it counts.
        self.series(unit, |sample| sample.done / sample.worked.as_secs_f64().max(0.01))
    }

    /// The time that this share of all did not take longer than.
    pub fn quantile_ms(&self, share: f64) -> Series {
        self.series("ms", |sample| quantile_ms(&sample.took, share))
    }

    /// A figure of every sample.
    pub fn series(&self, unit: &'static str, figure: impl Fn(&Sample) -> f64) -> Series {
        Series::new(self.name.clone(), unit, self.samples.iter().map(figure).collect())
    }

    /// What share of a core every process used, in the middle of all rounds.
    pub fn cpu_shares(&self) -> Vec<CpuShare> {
        let first = self.samples.first().map(|sample| sample.cpu.as_slice()).unwrap_or_default();
        let mut names: Vec<&str> = first.iter().map(|used| used.name.as_str()).collect();
        // Several of one name stand next to each other, and are told together.
        names.dedup();
        let share = |process: &str| {
            let shares = self.samples.iter().map(|sample| {
                let used = sample.cpu.iter().filter(|used| used.name == process);
                let used: Duration = used.map(|used| used.time).sum();
                used.as_secs_f64() / sample.elapsed.as_secs_f64()
            });
            let cores = quantile(&shares.collect::<Vec<_>>(), 0.5);
            let process = process.to_owned();
            CpuShare { while_measuring: self.name.clone(), process, cores }
        };
        names.into_iter().map(share).collect()
    }
}

/// Measures all contenders, one after the other, once per round. What changes in the machine over
/// the time so changes for all of them. With more than one round there is one before that does not
/// count.
pub async fn alternate(
    bench: &Bench,
    what: &str,
    contenders: &mut [Box<dyn Contender + '_>],
) -> anyhow::Result<Vec<Runs>> {
    let mut runs = Vec::with_capacity(contenders.len());
    for contender in &*contenders {
        runs.push(Runs { name: contender.name().to_owned(), samples: Vec::new() });
    }
    let rounds = bench.plan.rounds;
    let warm_up = usize::from(rounds > 1);
    for round in 0..rounds + warm_up {
        eprintln!("{what}: round {} of {}", round + 1, rounds + warm_up);
        bench.machine.look()?;
        for (contender, runs) in contenders.iter_mut().zip(&mut runs) {
            let sample = contender.measure().await;
            let sample = sample.with_context(|| format!("{what}: {}", runs.name))?;
            if round >= warm_up {
                runs.samples.push(sample);
            }
        }
    }
    Ok(runs)
}

/// What all contenders could do if each had to do its part, one after the other, with every piece:
/// the rate at which the times per piece add up.
pub fn one_after_the_other(name: &str, parts: &[&Series]) -> Series {
    let rounds = parts.iter().map(|part| part.values.len()).min().unwrap_or(0);
    let rate = |round: usize| 1.0 / parts.iter().map(|part| 1.0 / part.values[round]).sum::<f64>();
    let unit = parts.first().map_or("", |part| part.unit);
    Series::new(name, unit, (0..rounds).map(rate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_per_piece_add_up() {
        let part = |rate| Series::new("part", "MB/s", vec![rate]);
        let both = one_after_the_other("both", &[&part(300.0), &part(600.0)]);
        assert!((both.median() - 200.0).abs() < 1e-9);
    }
}
