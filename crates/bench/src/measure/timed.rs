//! Something that is asked for at a steady rate, and how long it takes each time.

use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample};
use crate::load::open;
use crate::process::usage::{Process, Watch};
use crate::stats::float;

/// How long a thing takes, asked for at a rate that leaves everybody time.
pub struct Timed<'a> {
    bench: &'a Bench,
    name: &'static str,
    rate: u32,
    processes: Vec<Process>,
    ask: Box<dyn Fn() -> LocalBoxFuture<'a, anyhow::Result<()>> + 'a>,
}

impl<'a> Timed<'a> {
    /// `ask` is done `rate` times a second; `processes` are at work on it.
    pub fn new(
        bench: &'a Bench,
        name: &'static str,
        rate: u32,
        processes: &[Process],
        ask: impl Fn() -> LocalBoxFuture<'a, anyhow::Result<()>> + 'a,
    ) -> Self {
        Self { bench, name, rate, processes: processes.to_vec(), ask: Box::new(ask) }
    }
}

#[async_trait(?Send)]
impl Contender for Timed<'_> {
    fn name(&self) -> &str {
        self.name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let watch = Watch::begin(&self.processes)?;
        let time = 2 * self.bench.plan.sample;
        let took = open(self.rate, time, &self.ask).await?;
        let (elapsed, cpu) = watch.end()?;
        Ok(Sample { done: float(took.len()), elapsed, took, cpu, ..Sample::default() })
    }
}
