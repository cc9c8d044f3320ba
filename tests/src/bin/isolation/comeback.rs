//! How soon, and with how many calls, a model is met that was not ready and is.

use std::time::{Duration, Instant};

use crate::figures::{float, median, quantile};
use crate::service::{Behaviour, Service};
use crate::system::{System, settle};

const DISPATCHERS: usize = 4;
/// The model's limit.
const CONCURRENCY: usize = 8;
/// How long it looks at a photo.
const DELAY: Duration = Duration::from_millis(20);
/// The time after the return that is looked at.
const FIRST: Duration = Duration::from_secs(1);

/// How soon after the first good `/status` the first job must come, in milliseconds.
const SOON: f64 = 1000.0;

/// Lets a model go and come back so many times. Answers whether work went on soon enough each time,
/// and the model's limit held.
pub async fn measure(rounds: usize) -> anyhow::Result<bool> {
    let service = Service::open(Behaviour::Answer(DELAY), 1).await?;
    service.set_ready(false);
    let settings = format!(
        "[model_defaults]\nprotocol = \"multipart\"\nconcurrency = {CONCURRENCY}\n\
         [models]\nmodel = \"{}\"",
        service.url()
    );
    let mut system = System::start(&["model"])?;
    // As many as it can do in all rounds.
    let a_second = CONCURRENCY * 50;
    system.submit(rounds * a_second * 2, &["model"]).await?;
    for _ in 0..DISPATCHERS {
        system.dispatch(&settings)?;
    }
    let (mut resumed, mut all_resumed, mut first_second, mut asked) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        // All have found out that it is away, and ask as seldom as they ever do.
        settle().await;
        settle().await;
        let before = service.notes();
        let began = Instant::now();
        settle().await;
        let questions = service.notes().statuses.len() - before.statuses.len();
        asked.push(float(questions) / began.elapsed().as_secs_f64());

        service.set_ready(true);
        let returned = Instant::now();
        tokio::time::sleep(FIRST + Duration::from_millis(500)).await;
        service.set_ready(false);
        let notes = service.notes();
        let good = notes.statuses.iter().find(|(at, ready)| *ready && *at >= returned);
        let good = good.map_or(returned, |(at, _)| *at);
        let calls = &notes.calls[before.calls.len()..];
        if let Some(first) = calls.first() {
            resumed.push((first.began - good).as_secs_f64() * 1000.0);
            all_resumed.push((first.began - returned).as_secs_f64() * 1000.0);
            let end = first.began + FIRST;
            first_second.push(float(calls.iter().filter(|call| call.began < end).count()));
        }
    }
    println!(
        "\na model comes back, {DISPATCHERS} dispatchers, {} of {rounds} times: first job {:.0} ms \
         after the first good /status at the median, {:.0} ms at most; {:.0} and {:.0} ms after \
         the return",
        resumed.len(),
        median(&resumed),
        quantile(&resumed, 1.0),
        median(&all_resumed),
        quantile(&all_resumed, 1.0),
    );
    println!(
        "its first second had {:.0} calls at the median, {:.0} at most, where its limit of \
         {CONCURRENCY} at once makes {a_second} possible; never more than {} at once; while away \
         it was asked {:.1} times a second",
        median(&first_second),
        quantile(&first_second, 1.0),
        service.notes().most,
        median(&asked),
    );
    let in_time = resumed.len() == rounds && quantile(&resumed, 1.0) <= SOON;
    Ok(in_time && service.notes().most <= CONCURRENCY)
}
