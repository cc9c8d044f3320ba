//! How fast a status is told, and whether a long queue makes it slower.

use std::rc::Rc;

use async_trait::async_trait;
use futures_util::FutureExt;
use photo_core::ImageKey;

use super::timed::Timed;
use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Runs, Sample, alternate};
use crate::jobs::backlog::model;
use crate::jobs::queue::{Ours, drain, imaginary_images};
use crate::load::{Pool, Requests, Until, closed};
use crate::process::cores::Place;
use crate::process::usage::{Process, Watch};
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::MODEL;
use crate::stats::{Series, float};
use crate::subprocess;
use crate::system::{Api, System, start_redis};

const RATE: &str = "GET /predict/<md5>, rate";
const LONG: &str = "GET /predict/<md5>, 1,000,000 jobs queued";

/// How many clients ask at a time.
const CLIENTS: usize = 32;

/// How many images are asked for, one after the other.
const IMAGES: usize = 500;

/// Without a queue and with a long one.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Others)?;
    let start = |args: &[String]| {
        bench.cores.start_at(Place::Measured, || subprocess::start_server(args))?
    };
    let (fixed, fixed_address) = start(&["receive".to_owned()])?;
    let redis = bench.cores.start_at(Place::Others, start_redis)?;
    let args = ["receive".to_owned(), "--redis".to_owned(), redis.url()];
    let (asking_redis, asking_redis_address) = start(&args)?;
    let short = Side::start(bench, 0).await?;
    let long = Side::start(bench, bench.plan.many_queued).await?;
    let targets = |images: &[ImageKey]| -> Vec<String> {
        images.iter().map(|image| format!("/predict/{image}")).collect()
    };
    let targets = targets(&short.images);

    let asking = |name, processes: &[Process], address| Asking {
        bench,
        name,
        processes: processes.to_vec(),
        questions: Requests::get(address, &targets),
    };
    let fixed = [Process::new("fixed", fixed.id())];
    let asking_redis =
        [Process::new("asks Redis", asking_redis.id()), Process::new("redis", redis.id())];
    let mut contenders: Vec<Box<dyn Contender + '_>> = vec![
        Box::new(asking("actix-web, a fixed answer", &fixed, fixed_address)),
        Box::new(asking("api", &short.processes(), short.api.address)),
        Box::new(asking("the same after a GET of Redis", &asking_redis, asking_redis_address)),
    ];
    let runs = alternate(bench, RATE, &mut contenders).await?;
    drop(contenders);
    let [fixed, ours, asking_redis] = &runs[..] else { unreachable!("one per contender") };
    let how = format!("{CLIENTS} clients ask for the status of finished images; one core");
    let mut rate = ResultRow::new(RATE, "status", how);
    let target = Some(Target::AtLeast(0.5));
    let (per_second, per_cpu_second) = ("1/s", "per CPU second");
    let (ours_rate, fixed_rate) = (ours.per_second(per_second), fixed.per_second(per_second));
    rate.comparisons.push(Comparison::ratio(ours_rate, fixed_rate, target));
    let ours = ours.per_cpu_second(per_cpu_second);
    let [fixed, asking_redis] = [fixed, asking_redis].map(|it| it.per_cpu_second(per_cpu_second));
    rate.comparisons.push(Comparison::ratio(ours.clone(), fixed, target));
    rate.comparisons.push(Comparison::ratio(ours, asking_redis, None));
    rate.note_cpu(&runs);

    let mut contenders: Vec<Box<dyn Contender + '_>> = vec![
        Box::new(short.timed(bench, "no queue", &targets)),
        Box::new(long.timed(bench, "long queue", &targets)),
    ];
    let runs = alternate(bench, LONG, &mut contenders).await?;
    drop(contenders);
    let [short, long] = &runs[..] else { unreachable!("one per contender") };
    let (jobs, asked) = (bench.plan.many_queued, bench.plan.status_rate);
    let how = format!("{asked} questions a second, {jobs} jobs in line or none");
    let mut times = ResultRow::new(LONG, "status", how);
    for (quantile, name) in [(0.5, "p50"), (0.99, "p99")] {
        let named = |runs: &Runs| {
            let series = runs.quantile_ms(quantile);
            Series { name: format!("{name}, {}", series.name), ..series }
        };
        let target = Some(Target::AtMost(1.1));
        times.comparisons.push(Comparison::ratio(named(long), named(short), target));
    }
    times.note_cpu(&runs);
    Ok(vec![rate, times])
}

/// An api with some finished images, and a queue.
struct Side<'a> {
    system: System<'a>,
    api: Api,
    images: Vec<ImageKey>,
}

impl<'a> Side<'a> {
    async fn start(bench: &'a Bench, queued: usize) -> anyhow::Result<Self> {
        let mut system = System::start(bench)?;
        system.add_model(MODEL, "port = 1");
        let queue = Ours::new(system.jobs().await?, model(MODEL)?)?;
        let mut images = imaginary_images(IMAGES + queued);
        let waiting = images.split_off(IMAGES);
        queue.fill(&images).await?;
        drain(&queue, images.len()).await?;
        queue.fill(&waiting).await?;
        let api = system.api(Place::Measured)?;
        Ok(Self { system, api, images })
    }

    fn processes(&self) -> [Process; 2] {
        [self.api.process.clone(), self.system.redis_process()]
    }

    fn timed<'b>(&self, bench: &'b Bench, name: &'static str, targets: &[String]) -> Timed<'b> {
        let address = self.api.address;
        let asked = Rc::new((Pool::new(address), Requests::get(address, targets)));
        Timed::new(bench, name, bench.plan.status_rate, &self.processes(), move || {
            let asked = Rc::clone(&asked);
            async move {
                let (pool, questions) = &*asked;
                let mut wire = pool.take().await?;
                questions.check(&wire.ask(questions.next()).await?)?;
                pool.give_back(wire);
                Ok(())
            }
            .boxed_local()
        })
    }
}

/// A server that is asked by clients that wait for each answer.
struct Asking<'a> {
    bench: &'a Bench,
    name: &'static str,
    processes: Vec<Process>,
    questions: Requests,
}

#[async_trait(?Send)]
impl Contender for Asking<'_> {
    fn name(&self) -> &str {
        self.name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let watch = Watch::begin(&self.processes)?;
        let (done, elapsed) =
            closed(&self.questions, CLIENTS, Until::Over(self.bench.plan.sample)).await?;
        let (_, cpu) = watch.end()?;
        Ok(Sample::new(float(done), elapsed, cpu, &[&self.processes[0].name]))
    }
}
