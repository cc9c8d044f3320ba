//! How fast photos are taken in: uploaded, hashed, written, synced, put in line, answered.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::bench::Bench;
use crate::comparison::{Comparison, Target};
use crate::contender::{Contender, Sample, alternate, megabytes, one_after_the_other};
use crate::cores::Place;
use crate::errand::Errand;
use crate::images;
use crate::load::{Form, Questions, closed};
use crate::photo::Photo;
use crate::role;
use crate::row::Row;
use crate::system::{MODEL, System};
use crate::usage::{Process, Watch};

const UNIT: &str = "MB/s";
const CPU_UNIT: &str = "MB per CPU second";

/// How many clients upload at a time.
const LARGE_CLIENTS: usize = 8;
const SMALL_CLIENTS: usize = 32;

/// Both sizes of photos.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    bench.cores.move_to(Place::Others)?;
    let large = Case {
        what: "ingest, 3 MB photos",
        bytes: bench.plan.large,
        clients: LARGE_CLIENTS,
        ceiling: 0.85,
    };
    let small = Case {
        what: "ingest, 100 KB photos, synced",
        bytes: bench.plan.small,
        clients: SMALL_CLIENTS,
        ceiling: 0.7,
    };
    Ok(vec![large.measure(bench).await?, small.measure(bench).await?])
}

struct Case {
    what: &'static str,
    bytes: usize,
    clients: usize,
    /// The share of the ceiling that is asked for.
    ceiling: f64,
}

impl Case {
    async fn measure(&self, bench: &Bench) -> anyhow::Result<Row> {
        let (bytes, clients) = (self.bytes, self.clients);
        let photo = Photo::new(bytes);
        let mut system = System::start(bench)?;
        // Nobody works on the jobs.
        system.add_model(MODEL, "port = 1");
        let api = system.api(Place::Measured)?;
        let start = || role::start_server(&["receive".to_owned()]);
        let (receive, receive_address) = bench.cores.start_at(Place::Measured, start)??;

        let flag = |name: &str, value: usize| [format!("--{name}"), value.to_string()];
        let hash = [&["hash".to_owned()][..], &flag("bytes", bytes)].concat();
        let disk = [&["disk".to_owned()][..], &flag("bytes", bytes), &flag("threads", clients)];
        let upload = |address, target: &str| {
            Questions::upload(address, 202, Form::new(address, target, "images", &photo))
        };
        let each = megabytes(1, bytes);
        let mut contenders: Vec<Box<dyn Contender>> = vec![
            Box::new(Errand::new(bench, "hash", &hash, each)),
            Box::new(Uploading {
                bench,
                clients,
                each,
                questions: upload(receive_address, "/predict?models=noop"),
                processes: vec![Process::new("receive", receive.id())],
                folder: None,
            }),
            Box::new(Errand::new(bench, "disk", &disk.concat(), each).writing()?),
            Box::new(Uploading {
                bench,
                clients,
                each,
                questions: upload(api.address, "/predict?models=noop"),
                processes: vec![api.process.clone(), system.redis_process()],
                folder: Some(system.images()),
            }),
        ];
        let runs = alternate(bench, self.what, &mut contenders).await?;
        let [hash, receive, disk, ours] = &runs[..] else { unreachable!("one per contender") };
        let parts = [hash, receive, disk].map(|runs| runs.per_second(UNIT));
        let ceiling = one_after_the_other("hash + receive + disk", &parts.each_ref());

        let how = format!(
            "{clients} clients upload photos of {bytes} bytes, each another one, and wait for each answer; one core"
        );
        let mut row = Row::new(self.what, "ingest", how);
        let target = Some(Target::AtLeast(self.ceiling));
        row.comparisons.push(Comparison::ratio(ours.per_second(UNIT), ceiling, target));
        row.beside.extend(parts);
        row.beside.push(ours.per_cpu_second(CPU_UNIT));
        row.note_cpu(&runs);
        Ok(row)
    }
}

/// A server that photos are uploaded to.
struct Uploading<'a> {
    bench: &'a Bench,
    clients: usize,
    /// How much one photo counts.
    each: f64,
    questions: Questions,
    /// The server, and who works for it.
    processes: Vec<Process>,
    /// What is stored there is removed each time.
    folder: Option<PathBuf>,
}

#[async_trait(?Send)]
impl Contender for Uploading<'_> {
    fn name(&self) -> &str {
        &self.processes[0].name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let watch = Watch::begin(&self.processes)?;
        let (done, elapsed) = closed(&self.questions, self.clients, self.bench.plan.sample).await?;
        let (_, cpu) = watch.end()?;
        if let Some(folder) = &self.folder {
            images::clear(folder)?;
        }
        let done = crate::stats::float(done) * self.each;
        Ok(Sample::new(done, elapsed, cpu, self.name()))
    }
}
