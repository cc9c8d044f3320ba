//! From the first start to the report.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::watch;

use crate::checks::witness::Witness;
use crate::checks::{audit, leftovers};
use crate::clients::api_client::ApiClient;
use crate::clients::client::{self, Client};
use crate::clients::watcher;
use crate::ledger::Ledger;
use crate::model::Model;
use crate::report::Report;
use crate::system::world::World;
use crate::{Args, adversary};

/// How often it is said how far everything has come.
const PROGRESS: Duration = Duration::from_secs(2);

/// Tortures a system of its own.
pub async fn run(args: &Args) -> anyhow::Result<Report> {
    let seed = args.seed.unwrap_or_else(rand::random);
    eprintln!("seed {seed}");
    let photos = args.jobs.div_ceil(Model::ALL.len() as u64);
    if let Some(logs) = &args.logs {
        std::fs::create_dir_all(logs).with_context(|| format!("cannot make {}", logs.display()))?;
    }
    let world = Arc::new(World::start(seed, args.appendfsync, args.logs.as_deref()).await?);
    let witness = Witness::start(world.redis_url()).context("Redis does not answer")?;
    let ledger = Arc::new(Ledger::default());
    let api = ApiClient::new(Arc::clone(&world))?;
    let client = Client { api: api.clone(), ledger: Arc::clone(&ledger), seed };

    let begun = Instant::now();
    let (done, acts_done) = watch::channel(0);
    let progress = progress(Arc::clone(&ledger), photos, acts_done.clone(), args.kills);
    let (watching, progress) =
        (tokio::spawn(watcher::run(api, Arc::clone(&ledger))), tokio::spawn(progress));
    let uploads = client::uploads(photos, seed);
    let allowed = allow(acts_done, args.kills, uploads.len());
    let uploading = tokio::spawn(client.clone().run(uploads, allowed));
    let acts = adversary::run(Arc::clone(&world), args.kills, seed, done).await?;
    let under_attack = begun.elapsed();
    let gaps = tokio::task::spawn_blocking(|| witness.end()).await?;
    uploading.await?;
    // Two who look at once may tell what they saw in the wrong order.
    watching.abort();
    let _ = watching.await;
    let audit = audit::run(&client).await;
    let all = begun.elapsed();
    progress.abort();

    let looking = {
        let (world, ledger) = (Arc::clone(&world), Arc::clone(&ledger));
        let has_forgotten = !gaps.is_empty();
        tokio::task::spawn_blocking(move || {
            let found = leftovers::look(&world, &ledger, photos, has_forgotten)?;
            let living = leftovers::connections_of_the_living(&world, &ledger)?;
            for replica in world.dispatchers.iter().chain(&world.apis) {
                replica.end()?;
            }
            let dead = leftovers::connections_of_the_dead(&world, &ledger)?;
            anyhow::Ok((found, living, dead))
        })
    };
    let (leftovers, connections, connections_left) = looking.await??;
    let models: Vec<_> = world
        .services
        .iter()
        .map(|service| {
            let spoilt = service.spoilt.load(Ordering::Relaxed);
            (service.model, service.calls.counts(), spoilt)
        })
        .collect();
    for (model, counts, _) in models.iter().filter(|(_, counts, _)| counts.too_many > 0) {
        ledger.problem(format!(
            "{} had up to {} calls at once where {} is the most, {} times too many",
            model.name(),
            counts.most,
            model.limit(),
            counts.too_many
        ));
    }
    let done_again = ledger.judge_changes(&gaps);
    Ok(Report {
        seed,
        appendfsync: args.appendfsync,
        gaps,
        done_again,
        photos,
        acts,
        cut: ledger.cut.load(Ordering::Relaxed),
        hung_up: ledger.hung_up.load(Ordering::Relaxed),
        repeated: ledger.repeated.load(Ordering::Relaxed),
        under_attack,
        all,
        audit,
        models,
        leftovers,
        connections,
        connections_left,
        problems: ledger.problems(),
    })
}

/// How many uploads may begin by now, so that there is something to harm until the last act.
fn allow(mut acts_done: watch::Receiver<u64>, acts: u64, uploads: usize) -> watch::Receiver<usize> {
    let share = move |done: u64| {
        let parts = u128::from(acts.max(1));
        usize::try_from(uploads as u128 * u128::from(done + 1) / parts).unwrap_or(usize::MAX)
    };
    let (sender, allowed) = watch::channel(share(0));
    tokio::spawn(async move {
        while acts_done.changed().await.is_ok() {
            let done = *acts_done.borrow_and_update();
            sender.send_replace(share(done));
        }
        sender.send_replace(usize::MAX);
    });
    allowed
}

async fn progress(ledger: Arc<Ledger>, photos: u64, acts_done: watch::Receiver<u64>, acts: u64) {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(PROGRESS).await;
        eprintln!(
            "{:5.0} s: {} of {photos} photos accepted, {} of {acts} acts, {} jobs seen succeeded, \
             {} problems",
            begun.elapsed().as_secs_f64(),
            ledger.accepted().len(),
            *acts_done.borrow(),
            ledger.succeeded(),
            ledger.problems().len()
        );
    }
}
