//! How long it takes from a photo's upload until its result can be read, with nothing else to do.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::FutureExt;
use serde::Deserialize;

use super::timed::Timed;
use crate::ceiling::disk;
use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Runs, alternate};
use crate::load::{Form, Pool, Requests, get};
use crate::peer::Server;
use crate::photos::photo::Photo;
use crate::process::cores::Place;
use crate::process::usage::Process;
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::{Generation, MODEL};
use crate::stats::Series;
use crate::subprocess;
use crate::system::System;

const WHAT: &str = "idle latency, POST until SUCCEEDED is visible, no-op model, 100 KB";

/// The whole way of a photo, against the two requests that cannot be avoided.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Anywhere)?;
    let (rate, photo) = (bench.plan.upload_rate, Photo::new(bench.plan.small));
    let (service, model) = subprocess::start_service(Generation::Multipart, Duration::ZERO)?;
    let service = Process::new("service", service.id());
    let (receive, receive_address) = subprocess::start_server(&["receive".to_owned()])?;
    let receive = Process::new("receive", receive.id());

    let mut system = System::start(bench)?;
    system.add_model(MODEL, &format!("url = \"http://{model}\""));
    let api = system.api(Place::Anywhere)?;
    let dispatcher = system.dispatcher(Place::Anywhere, &[])?;
    let ours =
        [&api.process, &dispatcher.process, &system.redis_process(), &service].map(Clone::clone);

    let two_posts = Rc::new(TwoPosts {
        receive: Posts::new(receive_address, 202, Form::to_api(receive_address, &photo)),
        model: Posts::new(model, 200, Form::to_model(model, &photo)),
    });
    let way = Rc::new(WholeWay::new(api.address, &photo));
    let folder = bench.folder()?;
    let disk = Rc::new(disk::OneByOne::new(&folder, bench.plan.small));
    let mut contenders: Vec<Box<dyn Contender + '_>> = vec![
        Box::new(Timed::new(
            bench,
            "one POST each to receive and model",
            rate,
            &[receive, service],
            move || Rc::clone(&two_posts).ask().boxed_local(),
        )),
        Box::new(Timed::new(bench, "one photo written and synced", rate, &[], {
            move || {
                let disk = Rc::clone(&disk);
                async move { Ok(disk.write()?) }.boxed_local()
            }
        })),
        Box::new(Timed::new(bench, "api and dispatcher", rate, &ours, {
            move || Rc::clone(&way).go().boxed_local()
        })),
    ];
    let peer = match &bench.peers {
        Some(peers) => Some(Server::start(bench, peers, Place::Anywhere, Some(model)).await?),
        None => None,
    };
    if let Some(peer) = &peer {
        let processes: Vec<Process> =
            [&peer.process].into_iter().chain(&peer.worker).cloned().collect();
        let way = Rc::new(WholeWay::new(peer.address, &photo));
        let name = "FastAPI and RQ SimpleWorker";
        contenders.push(Box::new(Timed::new(bench, name, rate, &processes, move || {
            Rc::clone(&way).go().boxed_local()
        })));
    }
    let runs = alternate(bench, WHAT, &mut contenders).await?;
    Ok(vec![row(rate, &runs)])
}

fn row(rate: u32, runs: &[Runs]) -> ResultRow {
    let [posts, disk, ours, peers @ ..] = runs else { unreachable!("one each") };
    let how = format!(
        "{rate} uploads a second, each timed from when it was due; the result is read as soon as it is \
         there; all cores are shared"
    );
    let mut row = ResultRow::new(WHAT, "latency", how);
    for (quantile, name, most) in [(0.5, "p50", 2.0), (0.99, "p99", 4.0)] {
        let named = |runs: &Runs| {
            let series = runs.quantile_ms(quantile);
            Series { name: format!("{name} of {}", series.name), ..series }
        };
        let target = Some(Target::AtMost(most));
        row.comparisons.push(Comparison::ratio(named(ours), named(posts), target));
        // What is accepted is on the disk, which the two POSTs alone leave out.
        let name = format!("{name} of these and of one photo written and synced, added");
        let durable = named(posts).plus(&name, &named(disk));
        row.comparisons.push(Comparison::ratio(named(ours), durable, None));
        for peer in peers {
            row.comparisons.push(Comparison::ratio(named(ours), named(peer), None));
        }
    }
    row.note_cpu(runs);
    row
}

/// POSTs of a photo to one server.
struct Posts {
    pool: Pool,
    questions: Requests,
}

impl Posts {
    fn new(address: SocketAddr, expected: u16, form: Form) -> Self {
        let questions = Requests::upload(address, expected, form);
        Self { pool: Pool::new(address), questions }
    }

    async fn ask(&self) -> anyhow::Result<()> {
        let mut wire = self.pool.take().await?;
        self.questions.check(&wire.ask(self.questions.next()).await?)?;
        self.pool.give_back(wire);
        Ok(())
    }
}

struct TwoPosts {
    receive: Posts,
    model: Posts,
}

impl TwoPosts {
    async fn ask(self: Rc<Self>) -> anyhow::Result<()> {
        self.receive.ask().await?;
        self.model.ask().await
    }
}

/// Uploads a photo and reads its result.
struct WholeWay {
    address: SocketAddr,
    pool: Pool,
    uploads: Requests,
}

#[derive(Deserialize)]
struct Accepted {
    images: Vec<String>,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

impl WholeWay {
    /// To this server.
    fn new(address: SocketAddr, photo: &Photo) -> Self {
        let uploads = Requests::upload(address, 202, Form::to_api(address, photo));
        Self { address, pool: Pool::new(address), uploads }
    }

    /// Goes it once.
    async fn go(self: Rc<Self>) -> anyhow::Result<()> {
        let mut wire = self.pool.take().await?;
        let answer = wire.ask(self.uploads.next()).await?;
        self.uploads.check(&answer)?;
        let accepted: Accepted = serde_json::from_slice(answer.body)?;
        let image = accepted.images.first().context("an upload answers with its hash")?;
        // A server that can wait answers when there is something to say, others at once.
        let question = get(self.address, &format!("/predict/{image}?wait=10s"));
        loop {
            let answer = wire.ask(question.clone()).await?;
            let words = String::from_utf8_lossy(answer.body);
            ensure!(answer.status == 200, "{image}: {} {words}", answer.status);
            let Status { status } = serde_json::from_slice(answer.body)?;
            match status.as_str() {
                "SUCCEEDED" => break,
                "QUEUED" | "RUNNING" => {}
                _ => anyhow::bail!("{image}: {words}"),
            }
        }
        self.pool.give_back(wire);
        Ok(())
    }
}
