//! What one bad replica of three costs.

use std::time::Duration;

use crate::figures::{float, median};
use crate::service::{Behaviour, Service};
use crate::system::System;

/// The model's limit.
const CONCURRENCY: usize = 12;
/// How long a good replica looks at a photo.
const DELAY: Duration = Duration::from_millis(10);
const DISPATCHERS: usize = 2;
/// The last jobs may wait for another attempt: how many of ten are timed.
const TIMED: usize = 9;

/// What the third replica is.
#[derive(Debug, Clone, Copy)]
enum Third {
    Good,
    Failing,
    Hanging,
    Down,
}

/// What one round gave.
struct Round {
    per_second: f64,
    failed: f64,
}

/// Measures with each kind of third replica, a round with a good one before each.
pub async fn measure(rounds: usize, jobs: usize) -> anyhow::Result<()> {
    println!("\none of three replicas is bad; {jobs} jobs, {rounds} rounds each");
    println!("third | jobs/s with a good one | with it | ratio | calls that failed");
    for third in [Third::Failing, Third::Hanging, Third::Down] {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            good.push(round(Third::Good, jobs).await?);
            bad.push(round(third, jobs).await?);
        }
        let speed = |rounds: &[Round]| {
            median(&rounds.iter().map(|round| round.per_second).collect::<Vec<_>>())
        };
        let failed = median(&bad.iter().map(|round| round.failed).collect::<Vec<_>>());
        let (good, bad) = (speed(&good), speed(&bad));
        println!("{third:?} | {good:.0} | {bad:.0} | {:.1} % | {failed:.0}", 100.0 * bad / good);
    }
    Ok(())
}

async fn round(third: Third, jobs: usize) -> anyhow::Result<Round> {
    let good = Service::open(Behaviour::Answer(DELAY), 2).await?;
    let behaviour = match third {
        Third::Good => Behaviour::Answer(DELAY),
        Third::Failing => Behaviour::Fail,
        Third::Hanging | Third::Down => Behaviour::Hang,
    };
    let last = Service::open(behaviour, 1).await?;
    let url = match third {
        // Nobody listens there.
        Third::Down => "http://127.0.0.1:1".to_owned(),
        _ => last.url(),
    };
    let settings = format!(
        "[models]\nmodel = {{ urls = [\"http://{}\", \"http://{}\", \"{url}\"], \
         concurrency = {CONCURRENCY}, protocol = \"multipart\", timeout = \"2s\" }}",
        good.addresses[0], good.addresses[1]
    );
    let mut system = System::start(&["model"])?;
    system.submit(jobs, &["model"]).await?;
    for _ in 0..DISPATCHERS {
        system.dispatch(&settings)?;
    }
    let timed = jobs * TIMED / 10;
    let done = || good.calls() + if matches!(third, Third::Good) { last.calls() } else { 0 };
    while done() < timed {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut times: Vec<_> = good.notes().calls.iter().map(|call| call.began).collect();
    let last = last.notes().calls;
    let failed = if matches!(third, Third::Good) {
        times.extend(last.iter().map(|call| call.began));
        0
    } else {
        last.len()
    };
    times.sort_unstable();
    let time = times[timed - 1] - times[0];
    Ok(Round { per_second: float(timed - 1) / time.as_secs_f64(), failed: float(failed) })
}
