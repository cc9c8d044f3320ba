//! Whether many models are as fast as one.

use std::time::Duration;

use async_trait::async_trait;
use photo_core::{JobId, ModelName};

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample, alternate};
use crate::jobs::backlog::{Backlog, model};
use crate::photos::photo::{LEAST_BYTES, Photo};
use crate::process::cores::Place;
use crate::process::usage::Process;
use crate::report::comparison::Comparison;
use crate::report::result_row::ResultRow;
use crate::service::Generation;
use crate::subprocess;
use crate::system::{Dispatcher, System};

const WHAT: &str = "scale, 1,000 models";

/// How many jobs each of many models has in its turn.
const JOBS: usize = 10;

/// One model with all jobs, against many with a few each.
pub async fn run(bench: &Bench) -> anyhow::Result<ResultRow> {
    let models = bench.plan.many_models;
    let (service, address) = subprocess::start_service(Generation::Filename, Duration::ZERO)?;
    let service = Process::new("service", service.id());
    let url = format!("http://{address}");
    let one = Models::start(bench, "one model", 1, models * JOBS, &url, &service).await?;
    let many = Models::start(bench, "many models", models, JOBS, &url, &service).await?;
    let mut contenders: Vec<Box<dyn Contender + '_>> = vec![Box::new(one), Box::new(many)];
    let runs = alternate(bench, WHAT, &mut contenders).await?;
    let [one, many] = &runs[..] else { unreachable!("one per contender") };
    let how = format!(
        "one dispatcher, {models} models with {JOBS} jobs in line each, or one with as many, over and \
         over; photos go by name, all cores are shared; every job succeeds"
    );
    let mut row = ResultRow::new(WHAT, "scale", how);
    let unit = "jobs/s";
    row.comparisons.push(Comparison::ratio(many.per_second(unit), one.per_second(unit), None));
    row.note_cpu(&runs);
    Ok(row)
}

/// A dispatcher with some models.
struct Models<'a> {
    bench: &'a Bench,
    name: &'static str,
    backlog: Backlog,
    processes: Vec<Process>,
    _dispatcher: Dispatcher,
    _system: System<'a>,
}

impl<'a> Models<'a> {
    async fn start(
        bench: &'a Bench,
        name: &'static str,
        models: usize,
        images: usize,
        url: &str,
        service: &Process,
    ) -> anyhow::Result<Self> {
        let mut system = System::start(bench)?;
        let names = (0..models).map(|number| model(&format!("noop_{number}")));
        let names = names.collect::<anyhow::Result<Vec<ModelName>>>()?;
        // Together they may do as much at once as one dispatcher does.
        let concurrency = 256_usize.div_ceil(models).max(4);
        for name in &names {
            let settings = format!("url = \"{url}\", concurrency = {concurrency}");
            system.add_model(name.as_str(), &settings);
        }
        let images = system.store_photos(&Photo::new(LEAST_BYTES), images, &names[0]).await?;
        let jobs = images
            .iter()
            .flat_map(|image| names.iter().map(|model| JobId::new(*image, model.clone())));
        let jobs: Vec<JobId> = jobs.collect();
        let backlog = Backlog::new(system.jobs().await?, names, jobs);
        let dispatcher = system.dispatcher(Place::Anywhere, &[])?;
        let processes = vec![dispatcher.process.clone(), service.clone(), system.redis_process()];
        Ok(Self { bench, name, backlog, processes, _dispatcher: dispatcher, _system: system })
    }
}

#[async_trait(?Send)]
impl Contender for Models<'_> {
    fn name(&self) -> &str {
        self.name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let done = self.backlog.keep_filled(self.bench.plan.sample, &self.processes).await?;
        Ok(Sample::new(done.done, done.elapsed, done.cpu, &["dispatcher"]))
    }
}
