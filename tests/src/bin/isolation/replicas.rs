//! What one bad replica of three costs.

use std::time::{Duration, Instant};

use crate::figures::{float, median, quantile};
use crate::service::{Behaviour, Service};
use crate::system::{System, until};

const DISPATCHERS: usize = 2;
/// The last jobs may wait for another attempt: how many of ten are timed.
const TIMED: usize = 9;
/// After how many of ten everybody knows what the third replica is.
const SETTLED: usize = 5;
/// The share of its throughput that a model must have then.
const LEFT: f64 = 0.9;

/// A model of which everybody knows within seconds what its third replica is.
const QUICK: Model =
    Model { settings: "concurrency = 12, timeout = \"2s\", ", delay: Duration::from_millis(10) };
/// One for which nothing is configured. It takes minutes until a call that hangs is given up.
const USUAL: Model = Model { settings: "", delay: Duration::from_millis(100) };

/// What is configured for the model, and how long a good replica looks at a photo.
#[derive(Clone, Copy)]
struct Model {
    settings: &'static str,
    delay: Duration,
}

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
    seconds: f64,
    per_second: f64,
    failed: f64,
    /// The same once it has settled.
    settled_per_second: f64,
    settled_failed: f64,
}

/// Measures with each kind of third replica, a round with a good one before each; and once, without
/// any settings, with one that hangs. Answers whether enough was left with each.
pub async fn measure(rounds: usize, jobs: usize) -> anyhow::Result<bool> {
    println!("\none of three replicas is bad; {jobs} jobs, {rounds} rounds each");
    println!(
        "third | jobs/s with a good one | with it | ratio | calls that failed | the same, settled"
    );
    let (mut enough, mut seconds) = (true, Vec::new());
    for third in [Third::Failing, Third::Hanging, Third::Down] {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            good.push(round(QUICK, Third::Good, jobs).await?);
            bad.push(round(QUICK, third, jobs).await?);
        }
        enough &= is_enough(&format!("{third:?}"), &good, &bad);
        seconds.extend(good.iter().chain(&bad).map(|round| round.seconds));
    }
    println!("the shortest round took {:.1} s", quantile(&seconds, 0.0));
    // It takes long, and what a good one gives is known before.
    let good = round(USUAL, Third::Good, jobs / 10).await?;
    let bad = round(USUAL, Third::Hanging, jobs).await?;
    Ok(enough & is_enough("Hanging, usual settings", &[good], &[bad]))
}

/// Prints what rounds with a good replica and with a bad one gave. Answers whether enough was left.
fn is_enough(third: &str, good: &[Round], bad: &[Round]) -> bool {
    let middle = |rounds: &[Round], of: fn(&Round) -> f64| {
        median(&rounds.iter().map(of).collect::<Vec<_>>())
    };
    let left = |speed| middle(bad, speed) / middle(good, speed);
    let line = |speed: fn(&Round) -> f64, failed: fn(&Round) -> f64| {
        let (good, with, failed) = (middle(good, speed), middle(bad, speed), middle(bad, failed));
        format!("{good:.0} | {with:.0} | {:.1} % | {failed:.0}", 100.0 * left(speed))
    };
    let all = line(|round| round.per_second, |round| round.failed);
    let settled = line(|round| round.settled_per_second, |round| round.settled_failed);
    println!("{third} | {all} | {settled}");
    left(|round| round.settled_per_second) >= LEFT
}

async fn round(model: Model, third: Third, jobs: usize) -> anyhow::Result<Round> {
    let good = Service::open(Behaviour::Answer(model.delay), 2).await?;
    let behaviour = match third {
        Third::Good => Behaviour::Answer(model.delay),
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
        "[models]\nmodel = {{ {}urls = [\"http://{}\", \"http://{}\", \"{url}\"], \
         protocol = \"multipart\" }}",
        model.settings, good.addresses[0], good.addresses[1]
    );
    let mut system = System::start(&["model"])?;
    system.submit(jobs, &["model"]).await?;
    for _ in 0..DISPATCHERS {
        system.dispatch(&settings)?;
    }
    let timed = jobs * TIMED / 10;
    let third_is_good = matches!(third, Third::Good);
    until("most jobs are done", || good.answers() + last.answers() >= timed).await?;
    let (good, last) = (good.notes(), last.notes());
    let mut answers = [good.answers, last.answers].concat();
    answers.sort_unstable();
    let settled = jobs * SETTLED / 10;
    let began: Vec<Instant> = last.calls.iter().map(|call| call.began).collect();
    let failed = |calls: usize| if third_is_good { 0.0 } else { float(calls) };
    let speed =
        |from: usize| float(timed - 1 - from) / (answers[timed - 1] - answers[from]).as_secs_f64();
    Ok(Round {
        seconds: (answers[timed - 1] - answers[0]).as_secs_f64(),
        per_second: speed(0),
        failed: failed(began.len()),
        settled_per_second: speed(settled),
        settled_failed: failed(began.iter().filter(|began| **began >= answers[settled]).count()),
    })
}
