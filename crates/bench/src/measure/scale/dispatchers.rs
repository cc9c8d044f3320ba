//! Whether four times the dispatchers do four times the work.

use std::time::Duration;

use async_trait::async_trait;
use photo_core::JobId;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample, alternate};
use crate::jobs::backlog::{Backlog, model};
use crate::photos::photo::{LEAST_BYTES, Photo};
use crate::process::cores::Place;
use crate::process::usage::Process;
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::{Generation, MODEL};
use crate::stats::{Series, float};
use crate::subprocess;
use crate::system::System;

const WHAT: &str = "scale, 2 → 8 dispatchers, 50 ms model";

/// How long the model takes for each photo, however many there are at once.
const TAKES: Duration = Duration::from_millis(50);

const FEW: usize = 2;
const MANY: usize = 8;

/// Few and many dispatchers on one queue.
pub async fn run(bench: &Bench) -> anyhow::Result<ResultRow> {
    let concurrency = bench.plan.concurrency;
    let (service, address) = subprocess::start_service(Generation::Filename, TAKES)?;
    let mut system = System::start(bench)?;
    let limit = concurrency * MANY;
    system.add_model(MODEL, &format!("url = \"http://{address}\", concurrency = {limit}"));
    let model = model(MODEL)?;
    // So that half of them are more than all that is under way.
    let images = system.store_photos(&Photo::new(LEAST_BYTES), 8 * limit, &model).await?;
    let jobs: Vec<JobId> = images.into_iter().map(|it| JobId::new(it, model.clone())).collect();
    let some = async |count| {
        let backlog = Backlog::new(system.jobs().await?, vec![model.clone()], jobs.clone());
        let service = Process::new("service", service.id());
        anyhow::Ok(Some { system: &system, bench, count, backlog, service })
    };
    let (few, many) = (some(FEW).await?, some(MANY).await?);
    let mut contenders: Vec<Box<dyn Contender + '_>> = vec![Box::new(few), Box::new(many)];
    let runs = alternate(bench, WHAT, &mut contenders).await?;
    drop(contenders);
    let [few, many] = &runs[..] else { unreachable!("one per contender") };
    let how = format!(
        "each dispatcher has {concurrency} jobs under way, photos go by name, all cores are shared; the \
         ideal is {:.0} jobs/s per dispatcher",
        float(concurrency) / TAKES.as_secs_f64()
    );
    let mut row = ResultRow::new(WHAT, "scale", how);
    let few = few.per_second("jobs/s");
    let times = float(MANY) / float(FEW);
    let linear = Series::new(
        format!("{times:.0} × {}", few.name),
        few.unit,
        few.values.iter().map(|rate| rate * times).collect(),
    );
    let target = Some(Target::AtLeast(0.95));
    row.comparisons.push(Comparison::ratio(many.per_second("jobs/s"), linear, target));
    row.note_cpu(&runs);
    Ok(row)
}

/// So many dispatchers, started for each measurement.
struct Some<'a> {
    system: &'a System<'a>,
    bench: &'a Bench,
    count: usize,
    backlog: Backlog,
    service: Process,
}

#[async_trait(?Send)]
impl Contender for Some<'_> {
    fn name(&self) -> &'static str {
        if self.count == FEW { "2 dispatchers" } else { "8 dispatchers" }
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let in_flight = self.bench.plan.concurrency.to_string();
        let flags = ["--max-in-flight", &in_flight];
        let start = || self.system.dispatcher(Place::Anywhere, &flags);
        let dispatchers = (0..self.count).map(|_| start()).collect::<anyhow::Result<Vec<_>>>()?;
        let mut processes: Vec<Process> =
            dispatchers.iter().map(|dispatcher| dispatcher.process.clone()).collect();
        processes.extend([self.service.clone(), self.system.redis_process()]);
        let done = self.backlog.keep_filled(self.bench.plan.sample, &processes).await?;
        Ok(Sample::new(done.done, done.elapsed, done.cpu, &["dispatcher"]))
    }
}
