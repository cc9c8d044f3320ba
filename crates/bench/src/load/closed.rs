//! Clients that ask one question after the other and wait for each answer: for throughput.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;

use super::{Questions, Wire};

/// Lets so many clients ask for so long; answers how many questions were answered in what time.
/// Fails if one was not answered as expected.
pub async fn closed(
    questions: &Questions,
    clients: usize,
    time: Duration,
) -> anyhow::Result<(usize, Duration)> {
    let connect = (0..clients).map(|_| Wire::connect(questions.address));
    let wires = try_join_all(connect).await.context("no connection to the server")?;
    let start = Instant::now();
    let asked = wires.into_iter().map(|wire| client(questions, wire, start + time));
    let answered: usize = try_join_all(asked).await?.into_iter().sum();
    Ok((answered, start.elapsed()))
}

async fn client(questions: &Questions, mut wire: Wire, end: Instant) -> anyhow::Result<usize> {
    let mut answered = 0;
    while Instant::now() < end {
        let answer = wire.ask(questions.next()).await.context("a question was cut off")?;
        questions.check(&answer)?;
        answered += 1;
    }
    Ok(answered)
}
