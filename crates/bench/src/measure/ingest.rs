//! How fast photos are taken in: uploaded, hashed, written, synced, put in line, answered.

use std::path::PathBuf;

use async_trait::async_trait;
use photo_tests::files;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Runs, Sample, alternate, one_after_the_other};
use crate::harness::process_benchmark::ProcessBenchmark;
use crate::load::{Form, Requests, Until, closed};
use crate::peer::Server;
use crate::photos::photo::Photo;
use crate::process::cores::Place;
use crate::process::usage::{Process, Watch};
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::MODEL;
use crate::stats::{Series, float, megabytes};
use crate::subprocess;
use crate::system::System;

const UNIT: &str = "MB/s";
const CPU_UNIT: &str = "MB per CPU second";

/// What is to be left of the ceiling's rate when a record is written with each photo.
const RECORDS: f64 = 0.75;

/// How many clients upload at a time.
const LARGE_CLIENTS: usize = 8;
const SMALL_CLIENTS: usize = 32;

/// Both sizes of photos.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Others)?;
    let large = Case {
        what: "ingest, 3 MB photos",
        bytes: bench.plan.large,
        clients: LARGE_CLIENTS,
        ceiling: 0.85,
        peer: 2.0,
    };
    let small = Case {
        what: "ingest, 100 KB photos, synced",
        bytes: bench.plan.small,
        clients: SMALL_CLIENTS,
        ceiling: 0.7,
        peer: 8.0,
    };
    Ok(vec![large.measure(bench).await?, small.measure(bench).await?])
}

struct Case {
    what: &'static str,
    bytes: usize,
    clients: usize,
    /// The share of the ceiling that is asked for.
    ceiling: f64,
    /// How many times the peer's rate is asked for.
    peer: f64,
}

impl Case {
    async fn measure(&self, bench: &Bench) -> anyhow::Result<ResultRow> {
        let (bytes, clients) = (self.bytes, self.clients);
        let mut system = System::start(bench)?;
        // Nobody works on the jobs.
        system.add_model(MODEL, "port = 1");
        let api = system.api(Place::Measured)?;
        let start = || subprocess::start_server(&["receive".to_owned()]);
        let (receive, receive_address) = bench.cores.start_at(Place::Measured, start)??;
        let peer = match &bench.peers {
            Some(peers) => Some(Server::start(bench, peers, Place::Measured, None).await?),
            None => None,
        };

        let flag = |name: &str, value: usize| [format!("--{name}"), value.to_string()].join("=");
        let hash = ["hash".to_owned(), flag("bytes", bytes)];
        let disk = ["disk".to_owned(), flag("bytes", bytes), flag("threads", clients)];
        let mut alone = disk.to_vec();
        alone.push("--without-records".to_owned());
        let photo = Photo::new(bytes);
        let uploading = |address, processes: &[Process], folder| Uploading {
            bench,
            clients,
            each: megabytes(1, bytes),
            questions: Requests::upload(address, 202, Form::to_api(address, &photo)),
            processes: processes.to_vec(),
            folder,
        };
        let receive = [Process::new("receive", receive.id())];
        let ours = [api.process.clone(), system.redis_process()];
        let mut contenders: Vec<Box<dyn Contender>> = vec![
            Box::new(ProcessBenchmark::new(bench, "hash", &hash, megabytes(1, bytes))),
            Box::new(uploading(receive_address, &receive, None)),
            Box::new(ProcessBenchmark::new(bench, "disk", &disk, megabytes(1, bytes)).writing()?),
            Box::new(
                ProcessBenchmark::new(bench, "disk, no records", &alone, megabytes(1, bytes))
                    .writing()?,
            ),
            Box::new(uploading(api.address, &ours, Some(system.images()))),
        ];
        if let Some(peer) = &peer {
            let processes = [peer.process.clone(), peer.redis.clone()];
            contenders.push(Box::new(uploading(peer.address, &processes, Some(peer.photos()))));
        }
        let runs = alternate(bench, self.what, &mut contenders).await?;
        Ok(self.row(&runs))
    }

    fn row(&self, runs: &[Runs]) -> ResultRow {
        let [hash, receive, disk, alone, ours, peers @ ..] = runs else { unreachable!("one each") };
        let (bytes, clients) = (self.bytes, self.clients);
        let how = format!(
            "{clients} clients upload photos of {bytes} bytes, each another one, and wait for each \
             answer; one core; the peer does not sync"
        );
        let mut row = ResultRow::new(self.what, "ingest", how);
        let parts = [hash, receive, disk];
        let sum = |parts: &[Series]| {
            one_after_the_other("hash + receive + disk", &parts.iter().collect::<Vec<_>>())
        };
        let by_time = parts.map(|runs| runs.per_second(UNIT));
        let by_cpu = parts.map(|runs| runs.per_cpu_second(CPU_UNIT));
        let target = Some(Target::AtLeast(self.ceiling));
        let ceiling = sum(&by_time);
        row.comparisons.push(Comparison::ratio(ours.per_second(UNIT), ceiling.clone(), target));
        let ours = ours.per_cpu_second(CPU_UNIT);
        row.comparisons.push(Comparison::ratio(ours.clone(), sum(&by_cpu), None));
        for peer in peers {
            let target = Some(Target::AtLeast(self.peer));
            let peer = peer.per_cpu_second(CPU_UNIT);
            row.comparisons.push(Comparison::ratio(ours.clone(), peer, target));
        }
        // What the records cost, at most a quarter.
        let [hash, receive, _] = &by_time;
        let alone = alone.per_second(UNIT);
        let name = "the same without records";
        let without = one_after_the_other(name, &[hash, receive, &alone]);
        let target = Some(Target::AtLeast(RECORDS));
        row.comparisons.push(Comparison::ratio(ceiling, without, target));
        row.beside.extend(by_time);
        row.beside.push(alone);
        row.note_cpu(runs);
        row
    }
}

/// A server that photos are uploaded to.
struct Uploading<'a> {
    bench: &'a Bench,
    clients: usize,
    /// How much one photo counts.
    each: f64,
    questions: Requests,
    /// The server, and who works for it.
    processes: Vec<Process>,
    /// What is stored there is emptied each time.
    folder: Option<PathBuf>,
}

#[async_trait(?Send)]
impl Contender for Uploading<'_> {
    fn name(&self) -> &str {
        &self.processes[0].name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let watch = Watch::begin(&self.processes)?;
        let (done, elapsed) =
            closed(&self.questions, self.clients, Until::Over(self.bench.plan.sample)).await?;
        let (_, cpu) = watch.end()?;
        if let Some(folder) = &self.folder {
            files::empty(folder)?;
        }
        let done = float(done) * self.each;
        Ok(Sample::new(done, elapsed, cpu, &[self.name()]))
    }
}
