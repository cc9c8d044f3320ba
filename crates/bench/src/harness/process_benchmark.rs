//! A ceiling that is measured by a process that does its work and ends.

use std::path::PathBuf;

use async_trait::async_trait;
use photo_tests::files;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample};
use crate::process::cores::Place;
use crate::process::usage::{CpuUse, Process, Watch};
use crate::stats::float;
use crate::subprocess;

/// A ceiling, and what is needed to measure it.
pub struct ProcessBenchmark<'a> {
    bench: &'a Bench,
    name: String,
    args: Vec<String>,
    /// How much one photo counts.
    each: f64,
    /// Who works with it.
    others: Vec<Process>,
    /// Where it may write. What it wrote is emptied each time.
    folder: Option<PathBuf>,
}

impl<'a> ProcessBenchmark<'a> {
    /// One that is started with these arguments ([`subprocess::Subprocess`]), on the core of what
    /// is measured.
    pub fn new(bench: &'a Bench, name: &str, args: &[String], each: f64) -> Self {
        let args = [args, &["--time".to_owned(), format!("{:?}", bench.plan.sample)]].concat();
        Self { bench, name: name.to_owned(), args, each, others: Vec::new(), folder: None }
    }

    /// The same, with others that work for it.
    pub fn with(self, others: &[Process]) -> Self {
        Self { others: others.to_vec(), ..self }
    }

    /// The same, with a folder of its own.
    pub fn writing(self) -> anyhow::Result<Self> {
        let folder = self.bench.folder()?;
        let flag = ["--folder".to_owned(), folder.display().to_string()];
        Ok(Self { args: [self.args.as_slice(), &flag].concat(), folder: Some(folder), ..self })
    }
}

#[async_trait(?Send)]
impl Contender for ProcessBenchmark<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let watch = Watch::begin(&self.others)?;
        let program =
            self.bench.cores.start_at(Place::Measured, || subprocess::start(&self.args))??;
        let outcome = subprocess::outcome(program)?;
        let (_, mut cpu) = watch.end()?;
        cpu.insert(0, CpuUse { name: self.name.clone(), time: outcome.cpu });
        if let Some(folder) = &self.folder {
            files::empty(folder)?;
        }
        let done = float(outcome.done) * self.each;
        Ok(Sample::new(done, outcome.elapsed, cpu, &[&self.name]))
    }
}
