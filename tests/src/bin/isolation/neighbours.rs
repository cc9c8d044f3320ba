//! A fast model's throughput, alone and beside one that is in trouble.

use std::time::Duration;

use crate::figures::{float, median};
use crate::service::{Behaviour, Service};
use crate::system::System;

/// The limit of each of the two models.
const CONCURRENCY: u32 = 32;
/// How many dispatchers share the work.
const DISPATCHERS: usize = 2;

/// Who the neighbour is.
#[derive(Debug, Clone, Copy)]
enum Neighbour {
    Slow,
    Hanging,
    Down,
}

/// What one round gave.
struct Round {
    per_second: f64,
    per_processor_second: f64,
}

/// Measures with each kind of neighbour, a round alone before each round beside it.
pub async fn measure(rounds: usize, jobs: usize) -> anyhow::Result<()> {
    println!("one fast model alone, and beside one with {jobs} jobs in line; {rounds} rounds each");
    println!(
        "neighbour | jobs/s alone | beside | ratio | jobs per processor second alone | beside | ratio"
    );
    for neighbour in [Neighbour::Slow, Neighbour::Hanging, Neighbour::Down] {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            alone.push(round(None, jobs).await?);
            beside.push(round(Some(neighbour), jobs).await?);
        }
        let [speed, thrift] =
            [|round: &Round| round.per_second, |round: &Round| round.per_processor_second].map(
                |of| {
                    let [alone, beside] = [&alone, &beside]
                        .map(|rounds| median(&rounds.iter().map(of).collect::<Vec<_>>()));
                    format!("{alone:.0} | {beside:.0} | {:.1} %", 100.0 * beside / alone)
                },
            );
        println!("{neighbour:?} | {speed} | {thrift}");
    }
    Ok(())
}

async fn round(neighbour: Option<Neighbour>, jobs: usize) -> anyhow::Result<Round> {
    let fast = Service::open(Behaviour::Answer(Duration::ZERO), 1).await?;
    let other = match neighbour {
        Some(Neighbour::Slow) => Behaviour::Answer(Duration::from_mins(1)),
        _ => Behaviour::Hang,
    };
    let other = Service::open(other, 1).await?;
    let url = match neighbour {
        // Nobody listens there.
        Some(Neighbour::Down) => "http://127.0.0.1:1".to_owned(),
        _ => other.url(),
    };
    let settings = format!(
        "[model_defaults]\nprotocol = \"multipart\"\ntimeout = \"2m\"\nconcurrency = {CONCURRENCY}\n\
         [models]\nfast = \"{}\"\nother = \"{url}\"",
        fast.url()
    );
    let mut system = System::start(&["fast", "other"])?;
    let models: &[&str] = if neighbour.is_some() { &["fast", "other"] } else { &["fast"] };
    system.submit(jobs, models).await?;
    for _ in 0..DISPATCHERS {
        system.dispatch(&settings)?;
    }
    fast.until_called(jobs).await;
    let processor_time = system.processor_time()?;
    let calls = fast.notes().calls;
    let time = calls[jobs - 1].began - calls[0].began;
    Ok(Round {
        per_second: float(jobs - 1) / time.as_secs_f64(),
        per_processor_second: float(jobs) / processor_time,
    })
}
