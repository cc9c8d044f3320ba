//! How fast photos go the whole way: uploaded, stored, queued, posted to a model, answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use async_trait::async_trait;
use photo_core::ModelName;
use photo_core::ports::JobStore;
use photo_tests::files;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample, alternate};
use crate::jobs::backlog::{self, model};
use crate::load::{Form, Requests, Until, closed};
use crate::peer::Server;
use crate::photos::photo::Photo;
use crate::process::cores::Place;
use crate::process::usage::{Process, Watch};
use crate::report::comparison::Comparison;
use crate::report::result_row::ResultRow;
use crate::service::{Generation, MODEL};
use crate::stats::float;
use crate::subprocess;
use crate::system::{Api, Dispatcher, System};

const WHAT: &str = "end to end, 100 KB photos, no-op model";
const UNIT: &str = "photos/s";
const CPU_UNIT: &str = "photos per CPU second";

/// How many clients upload at a time.
const CLIENTS: usize = 32;

/// The pause between two questions how many are done.
const PAUSE: Duration = Duration::from_millis(5);

/// Longer than all of them take.
const DEADLINE: Duration = Duration::from_mins(2);

/// Ours against a server of the obvious kind.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Others)?;
    let start = || subprocess::start_service(Generation::Multipart, Duration::ZERO);
    let (service, address) = bench.cores.start_at(Place::Others, start)??;
    let service = Process::new("service", service.id());
    let photo = Photo::new(bench.plan.small);
    let ours = Ours::start(bench, address)?;
    let peer = match &bench.peers {
        Some(peers) => Some(Server::start(bench, peers, Place::Measured, Some(address)).await?),
        None => None,
    };
    let way = |name, workers: Vec<Process>, redis, to, photos, side| Way {
        name,
        photos,
        questions: Requests::upload(to, 202, Form::to_api(to, &photo)),
        worker_names: workers.iter().map(|worker| worker.name.clone()).collect(),
        processes: workers.into_iter().chain([redis, service.clone()]).collect(),
        side,
    };
    let workers = vec![ours.api.process.clone(), ours.dispatcher.process.clone()];
    let store = ours.system.jobs().await?;
    let side = Side::Ours { store, model: model(MODEL)?, system: &ours.system };
    let redis = ours.system.redis_process();
    let photos = bench.plan.whole_ways;
    let name = "api and dispatcher";
    let mut contenders: Vec<Box<dyn Contender + '_>> =
        vec![Box::new(way(name, workers, redis, ours.api.address, photos, side))];
    if let Some(peer) = &peer {
        let workers = [&peer.process].into_iter().chain(&peer.worker).cloned().collect();
        let (name, photos) = ("FastAPI and RQ SimpleWorker", photos.div_ceil(5));
        let side = Side::Peer(peer);
        let way = way(name, workers, peer.redis.clone(), peer.address, photos, side);
        contenders.push(Box::new(way));
    }
    let runs = alternate(bench, WHAT, &mut contenders).await?;
    drop(contenders);
    let [ours, peers @ ..] = &runs[..] else { unreachable!("one each") };
    let how = format!(
        "{CLIENTS} clients upload photos of {} bytes, timed until the last has its result; server and \
         worker share one core; the peer does not sync",
        bench.plan.small
    );
    let mut row = ResultRow::new(WHAT, "end-to-end", how);
    for peer in peers {
        let (by_time, by_cpu) = (ours.per_second(UNIT), ours.per_cpu_second(CPU_UNIT));
        row.comparisons.push(Comparison::ratio(by_cpu, peer.per_cpu_second(CPU_UNIT), None));
        row.comparisons.push(Comparison::ratio(by_time, peer.per_second(UNIT), None));
    }
    row.beside.extend([ours.per_second(UNIT), ours.per_cpu_second(CPU_UNIT)]);
    row.note_cpu(&runs);
    Ok(vec![row])
}

/// Our programs, working on one model.
struct Ours<'a> {
    system: System<'a>,
    api: Api,
    dispatcher: Dispatcher,
}

impl<'a> Ours<'a> {
    fn start(bench: &'a Bench, service: SocketAddr) -> anyhow::Result<Self> {
        let mut system = System::start(bench)?;
        let concurrency = bench.plan.concurrency;
        let settings = format!("url = \"http://{service}\", concurrency = {concurrency}");
        system.add_model(MODEL, &settings);
        let api = system.api(Place::Measured)?;
        let dispatcher = system.dispatcher(Place::Measured, &[])?;
        Ok(Self { system, api, dispatcher })
    }
}

/// The whole way of many photos.
struct Way<'a> {
    name: &'static str,
    photos: usize,
    questions: Requests,
    worker_names: Vec<String>,
    processes: Vec<Process>,
    side: Side<'a>,
}

/// Who takes the photos, as far as it is asked how many are done.
enum Side<'a> {
    Ours { store: Arc<dyn JobStore>, model: ModelName, system: &'a System<'a> },
    Peer(&'a Server),
}

impl Side<'_> {
    async fn done(&self) -> anyhow::Result<usize> {
        match self {
            Self::Ours { store, model, .. } => {
                let done = backlog::succeeded(&**store, std::slice::from_ref(model)).await?;
                Ok(usize::try_from(done)?)
            }
            Self::Peer(server) => server.done().await,
        }
    }

    fn clear(&self) -> std::io::Result<()> {
        match self {
            Self::Ours { system, .. } => files::empty(&system.images()),
            Self::Peer(server) => files::empty(&server.photos()),
        }
    }
}

#[async_trait(?Send)]
impl Contender for Way<'_> {
    fn name(&self) -> &str {
        self.name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let all = self.side.done().await? + self.photos;
        let watch = Watch::begin(&self.processes)?;
        closed(&self.questions, CLIENTS, Until::Answered(self.photos)).await?;
        let deadline = Instant::now() + DEADLINE;
        while self.side.done().await? < all {
            ensure!(Instant::now() < deadline, "not all photos were done in {DEADLINE:?}");
            tokio::time::sleep(PAUSE).await;
        }
        let (elapsed, cpu) = watch.end()?;
        self.side.clear()?;
        let names: Vec<&str> = self.worker_names.iter().map(String::as_str).collect();
        Ok(Sample::new(float(self.photos), elapsed, cpu, &names))
    }
}
