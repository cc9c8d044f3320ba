//! How fast one dispatcher takes jobs to a model and records the answers.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use photo_core::{ImageKey, JobId};

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Runs, Sample, alternate};
use crate::harness::process_benchmark::ProcessBenchmark;
use crate::jobs::backlog::{Backlog, model};
use crate::peer::{Kind, Site, Worker};
use crate::photos::photo::Photo;
use crate::process::cores::Place;
use crate::process::usage::Process;
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::{Generation, MODEL};
use crate::subprocess;
use crate::system::{Dispatcher, System, start_redis};

const UNIT: &str = "jobs/s";
const CPU_UNIT: &str = "jobs per CPU second";

/// The ceiling, and what is to be done with files for each job.
const WITH_FILES: &str = "post, with files";

/// All peers, and how many times their rate is asked for.
const PEERS: [(Kind, Option<f64>); 4] = [
    (Kind::BullMq, Some(5.0)),
    (Kind::RqSimple, Some(50.0)),
    (Kind::RqForking, None),
    (Kind::Celery, None),
];

/// Both generations of model services.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Others)?;
    let by_form = Case {
        what: "dispatch, 100 KB photos, no-op model, one dispatcher",
        generation: Generation::Multipart,
        ceiling: 0.7,
        peers: &PEERS,
    };
    let by_name = Case {
        what: "dispatch, `filename` protocol (no body)",
        generation: Generation::Filename,
        ceiling: 0.6,
        peers: &[],
    };
    Ok(vec![by_form.measure(bench).await?, by_name.measure(bench).await?])
}

struct Case {
    what: &'static str,
    generation: Generation,
    /// The share of the ceiling that is asked for.
    ceiling: f64,
    /// The peers that do the same, and how many times their rate is asked for.
    peers: &'static [(Kind, Option<f64>)],
}

impl Case {
    async fn measure(&self, bench: &Bench) -> anyhow::Result<ResultRow> {
        let start = || subprocess::start_service(self.generation, Duration::ZERO);
        let (service, address) = bench.cores.start_at(Place::Others, start)??;
        let service_process = Process::new("service", service.id());
        let ours = Ours::start(bench, address, &service_process).await?;
        let photos = ours.list_photos()?;
        let others = std::slice::from_ref(&service_process);
        let post = self.post(bench, "post", address, &[]).with(others);
        let with_files = ["--photos".to_owned(), photos.display().to_string()];
        let with_files = self.post(bench, WITH_FILES, address, &with_files).with(others);
        let redis = bench.cores.start_at(Place::Others, start_redis)?;
        let site = bench.peers.as_ref().filter(|_| !self.peers.is_empty());
        let site =
            site.map(|peers| Site { peers, redis: &redis, service: address, service_process });
        let mut contenders: Vec<Box<dyn Contender + '_>> =
            vec![Box::new(post), Box::new(ours), Box::new(with_files)];
        if let Some(site) = &site {
            for (kind, _) in self.peers {
                contenders.push(Box::new(Worker::start(bench, site, *kind, &photos).await?));
            }
        }
        let runs = alternate(bench, self.what, &mut contenders).await?;
        Ok(self.row(bench, &runs))
    }

    fn row(&self, bench: &Bench, runs: &[Runs]) -> ResultRow {
        let [post, ours, others @ ..] = runs else { unreachable!("one each") };
        let how = format!(
            "{} requests at a time, photos of {} bytes, a queue that is never empty; one core; the \
             ceiling has the bodies in memory",
            bench.plan.concurrency, bench.plan.small
        );
        let mut row = ResultRow::new(self.what, "dispatch", how);
        let target = Some(Target::AtLeast(self.ceiling));
        let (by_cpu, by_time) = (ours.per_cpu_second(CPU_UNIT), ours.per_second(UNIT));
        let post_by_cpu = post.per_cpu_second(CPU_UNIT);
        row.comparisons.push(Comparison::ratio(by_cpu.clone(), post_by_cpu, target));
        row.comparisons.push(Comparison::ratio(by_time, post.per_second(UNIT), target));
        for other in others {
            let asked = self.peers.iter().find(|(kind, _)| kind.name() == other.name);
            let target = asked.and_then(|(_, times)| times.map(Target::AtLeast));
            let by_other = other.per_cpu_second(CPU_UNIT);
            row.comparisons.push(Comparison::ratio(by_cpu.clone(), by_other, target));
            row.beside.push(other.per_second(UNIT));
        }
        row.note_cpu(runs);
        row
    }

    /// The ceiling.
    fn post<'a>(
        &self,
        bench: &'a Bench,
        name: &str,
        service: SocketAddr,
        more: &[String],
    ) -> ProcessBenchmark<'a> {
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
        ProcessBenchmark::new(bench, name, &[&args, more].concat(), 1.0)
    }
}

/// A dispatcher and its queue.
struct Ours<'a> {
    bench: &'a Bench,
    backlog: Backlog,
    processes: Vec<Process>,
    images: Vec<ImageKey>,
    _dispatcher: Dispatcher,
    system: System<'a>,
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
        let jobs = images.iter().map(|image| JobId::new(*image, model.clone())).collect();
        let backlog = Backlog::new(system.jobs().await?, vec![model], jobs);
        let dispatcher = system.dispatcher(Place::Measured, &[])?;
        let processes = vec![dispatcher.process.clone(), service.clone(), system.redis_process()];
        Ok(Self { bench, backlog, processes, images, _dispatcher: dispatcher, system })
    }

    /// Writes down where the photos are, for the peers; answers in which file.
    fn list_photos(&self) -> anyhow::Result<PathBuf> {
        let folder = self.system.images();
        let mut text = String::new();
        for image in &self.images {
            let name = image.to_string();
            writeln!(
                text,
                "{}",
                folder.join(&name[..2]).join(name).with_extension("jpg").display()
            )?;
        }
        let file = folder.with_extension("txt");
        std::fs::write(&file, text)?;
        Ok(file)
    }
}

#[async_trait(?Send)]
impl Contender for Ours<'_> {
    fn name(&self) -> &'static str {
        "dispatcher"
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let done = self.backlog.keep_filled(self.bench.plan.sample, &self.processes).await?;
        Ok(Sample::new(done.done, done.elapsed, done.cpu, &[self.name()]))
    }
}
