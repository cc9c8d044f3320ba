//! How much memory the programs take while they have much to do.

use std::time::Duration;

use futures_util::future::try_join_all;
use photo_core::JobId;

use crate::harness::bench::Bench;
use crate::jobs::backlog::{Backlog, model};
use crate::load::{Form, Requests, Wire};
use crate::photos::photo::Photo;
use crate::process::cores::Place;
use crate::process::usage::{Process, peak_memory};
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::{Generation, MODEL};
use crate::stats::{Series, float};
use crate::subprocess;
use crate::system::System;

const WHAT: &str = "resident memory, at most";

/// What either program may take.
const MOST_MIB: f64 = 64.0;

/// How often each client uploads.
const UPLOADS: usize = 3;

/// How long the model looks at each photo, so that all requests are under way at the same time.
const TAKES: Duration = Duration::from_millis(100);

/// The api while many large photos are uploaded, and the dispatcher while it posts many.
pub async fn run(bench: &Bench) -> anyhow::Result<ResultRow> {
    bench.cores.move_to(Place::Anywhere)?;
    eprintln!("{WHAT}");
    let how = "the peak of a process that was started for it, on all cores";
    let mut row = ResultRow::new(WHAT, "memory", how);
    let concurrency = bench.plan.concurrency;
    let name = format!("api, {concurrency} uploads of {} bytes at a time", bench.plan.huge);
    let peak = Series::new(name, "MiB", vec![api(bench).await?]);
    row.comparisons.push(Comparison::bound(peak, Target::AtMost(MOST_MIB)));
    let name = format!("dispatcher, {concurrency} photos of {} bytes at a time", bench.plan.large);
    let peak = Series::new(name, "MiB", vec![dispatcher(bench).await?]);
    row.comparisons.push(Comparison::bound(peak, Target::AtMost(MOST_MIB)));
    Ok(row)
}

async fn api(bench: &Bench) -> anyhow::Result<f64> {
    let mut system = System::start(bench)?;
    system.add_model(MODEL, "port = 1");
    let api = system.api(Place::Anywhere)?;
    let form = Form::to_api(api.address, &Photo::new(bench.plan.huge));
    let questions = Requests::upload(api.address, 202, form);
    let client = async || {
        let mut wire = Wire::connect(api.address).await?;
        for _ in 0..UPLOADS {
            questions.check(&wire.ask(questions.next()).await?)?;
        }
        anyhow::Ok(())
    };
    try_join_all((0..bench.plan.concurrency).map(|_| client())).await?;
    peak_mib(&api.process)
}

async fn dispatcher(bench: &Bench) -> anyhow::Result<f64> {
    let (_service, address) = subprocess::start_service(Generation::Multipart, TAKES)?;
    let mut system = System::start(bench)?;
    let concurrency = bench.plan.concurrency;
    system.add_model(MODEL, &format!("url = \"http://{address}\", concurrency = {concurrency}"));
    let model = model(MODEL)?;
    let photos = 4 * concurrency;
    let images = system.store_photos(&Photo::new(bench.plan.large), photos, &model).await?;
    let jobs = images.into_iter().map(|image| JobId::new(image, model.clone())).collect();
    let mut backlog = Backlog::new(system.jobs().await?, vec![model], jobs);
    let dispatcher = system.dispatcher(Place::Anywhere, &[])?;
    backlog.keep_filled(2 * bench.plan.sample, &[]).await?;
    peak_mib(&dispatcher.process)
}

fn peak_mib(process: &Process) -> anyhow::Result<f64> {
    Ok(float(usize::try_from(peak_memory(process.id)? >> 10)?) / 1024.0)
}
