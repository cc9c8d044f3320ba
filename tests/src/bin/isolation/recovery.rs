//! How soon the jobs of killed dispatchers run elsewhere.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::figures::{float, quantile};
use crate::service::{Behaviour, Call, Service};
use crate::system::{System, until};

/// How many dispatchers are killed.
const VICTIMS: usize = 10;
/// How many jobs each has under way.
const JOBS: usize = 4;
/// Leases are extended every five seconds; the dispatchers die at any time within that.
const WITHIN: Duration = Duration::from_secs(5);

/// The lease, in seconds.
const LEASE: f64 = 15.0;
/// How much longer than that it may take, in seconds.
const MARGIN: f64 = 1.0;

/// Kills dispatchers with jobs under way, one other being alive. Answers whether all jobs ran
/// elsewhere soon enough.
pub async fn measure() -> anyhow::Result<bool> {
    let service = Service::open(Behaviour::Hang, VICTIMS + 1).await?;
    let settings = |dispatcher: usize, most: usize| {
        format!(
            "[dispatcher]\nlease = \"{LEASE}s\"\nmax_in_flight = {most}\n\
             [model_defaults]\nprotocol = \"multipart\"\ntimeout = \"1h\"\nconcurrency = 200\n\
             [models]\nhanging = \"http://{}\"",
            service.addresses[dispatcher]
        )
    };
    let mut system = System::start(&["hanging"])?;
    system.submit(VICTIMS * JOBS, &["hanging"]).await?;
    for victim in 0..VICTIMS {
        system.dispatch(&settings(victim, JOBS))?;
    }
    until("each job runs", || service.calls() >= VICTIMS * JOBS).await?;
    let victims = std::mem::take(&mut system.dispatchers);
    system.dispatch(&settings(VICTIMS, 200))?;
    let first = service.notes().calls;

    let mut deaths = tokio::task::JoinSet::new();
    for (number, victim) in victims.into_iter().enumerate() {
        let after = rand::random_range(Duration::ZERO..WITHIN);
        deaths.spawn(async move {
            tokio::time::sleep(after).await;
            let at = Instant::now();
            victim.kill();
            (number, at)
        });
    }
    let deaths: HashMap<usize, Instant> = deaths.join_all().await.into_iter().collect();
    until("each job runs elsewhere", || service.calls() >= 2 * VICTIMS * JOBS).await?;

    let calls = service.notes().calls;
    let again: HashMap<u64, Call> =
        calls[first.len()..].iter().map(|call| (call.photo, *call)).collect();
    let times: Vec<f64> = first
        .iter()
        .map(|call| (again[&call.photo].began - deaths[&call.address]).as_secs_f64())
        .collect();
    println!(
        "\n{VICTIMS} dispatchers killed with {JOBS} jobs each, lease {LEASE} s: {} jobs ran elsewhere, \
         after {:.1} s at least, {:.1} s at the median, {:.1} s at most",
        float(times.len()),
        quantile(&times, 0.0),
        quantile(&times, 0.5),
        quantile(&times, 1.0)
    );
    Ok(quantile(&times, 1.0) <= LEASE + MARGIN)
}
