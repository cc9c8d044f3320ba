//! How fast one dispatcher takes jobs to a model and records the answers.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use photo_core::JobId;

use crate::backlog::{Backlog, model};
use crate::bench::Bench;
use crate::comparison::{Comparison, Target};
use crate::contender::{Contender, Sample, alternate};
use crate::cores::Place;
use crate::errand::Errand;
use crate::photo::Photo;
use crate::role;
use crate::row::Row;
use crate::service::Generation;
use crate::system::{Dispatcher, MODEL, System};
use crate::usage::Process;

const UNIT: &str = "jobs/s";
const CPU_UNIT: &str = "jobs per CPU second";

/// Both generations of model services.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    bench.cores.move_to(Place::Others)?;
    let by_form = Case {
        what: "dispatch, 100 KB photos, no-op model, one dispatcher",
        generation: Generation::Multipart,
        ceiling: 0.7,
    };
    let by_name = Case {
        what: "dispatch, `filename` protocol (no body)",
        generation: Generation::Filename,
        ceiling: 0.6,
    };
    Ok(vec![by_form.measure(bench).await?, by_name.measure(bench).await?])
}

struct Case {
    what: &'static str,
    generation: Generation,
    /// The share of the ceiling that is asked for.
    ceiling: f64,
}

impl Case {
    async fn measure(&self, bench: &Bench) -> anyhow::Result<Row> {
        let (bytes, concurrency) = (bench.plan.small, bench.plan.concurrency);
        let start = || role::start_service(self.generation, Duration::ZERO);
        let (service, address) = bench.cores.start_at(Place::Others, start)??;
        let service = Process::new("service", service.id());
        let mut contenders: Vec<Box<dyn Contender>> = vec![
            Box::new(self.post(bench, address).with(std::slice::from_ref(&service))),
            Box::new(Ours::start(bench, address, &service).await?),
        ];
        let runs = alternate(bench, self.what, &mut contenders).await?;
        let [post, ours] = &runs[..] else { unreachable!("one per contender") };

        let how = format!(
            "{concurrency} requests at a time, photos of {bytes} bytes, a queue that is never empty; \
             one core; the ceiling has the bodies in memory"
        );
        let mut row = Row::new(self.what, "dispatch", how);
        let target = Some(Target::AtLeast(self.ceiling));
        let (ours_cpu, post_cpu) = (ours.per_cpu_second(CPU_UNIT), post.per_cpu_second(CPU_UNIT));
        row.comparisons.push(Comparison::ratio(ours_cpu, post_cpu, target));
        let (ours, post) = (ours.per_second(UNIT), post.per_second(UNIT));
        row.comparisons.push(Comparison::ratio(ours, post, target));
        row.note_cpu(&runs);
        Ok(row)
    }

    /// The ceiling.
    fn post<'a>(&self, bench: &'a Bench, service: SocketAddr) -> Errand<'a> {
        let args = [
            "post".to_owned(),
            "--address".to_owned(),
            service.to_string(),
            "--generation".to_owned(),
            self.generation.name().to_owned(),
            "--bytes".to_owned(),
            bench.plan.small.to_string(),
            "--concurrency".to_owned(),
            bench.plan.concurrency.to_string(),
        ];
        Errand::new(bench, "post", &args, 1.0)
    }
}

/// A dispatcher and its queue.
struct Ours<'a> {
    bench: &'a Bench,
    backlog: Backlog,
    processes: Vec<Process>,
    _dispatcher: Dispatcher,
    _system: System<'a>,
}

impl<'a> Ours<'a> {
    async fn start(
        bench: &'a Bench,
        address: SocketAddr,
        service: &Process,
    ) -> anyhow::Result<Self> {
        let plan = &bench.plan;
        let mut system = System::start(bench)?;
        let concurrency = plan.concurrency;
        system
            .add_model(MODEL, &format!("url = \"http://{address}\", concurrency = {concurrency}"));
        let model = model(MODEL)?;
        let images = system.store_photos(&Photo::new(plan.small), plan.stored, &model).await?;
        let jobs = images.into_iter().map(|image| JobId::new(image, model.clone())).collect();
        let backlog = Backlog::new(system.jobs().await?, vec![model], jobs);
        let dispatcher = system.dispatcher(Place::Measured, &[])?;
        let processes = vec![dispatcher.process.clone(), service.clone(), system.redis_process()];
        Ok(Self { bench, backlog, processes, _dispatcher: dispatcher, _system: system })
    }
}

#[async_trait(?Send)]
impl Contender for Ours<'_> {
    fn name(&self) -> &'static str {
        "dispatcher"
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let done = self.backlog.keep_filled(self.bench.plan.sample, &self.processes).await?;
        Ok(Sample::new(done.done, done.elapsed, done.cpu, self.name()))
    }
}
