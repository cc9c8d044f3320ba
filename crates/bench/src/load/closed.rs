//! Clients that ask one question after the other and wait for each answer: for throughput.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;

use super::{Requests, Wire};

/// When clients stop.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After this time.
    Over(Duration),
    /// When so many questions were answered.
    Answered(usize),
}

/// Lets so many clients ask; answers how many questions were answered in what time. Fails if one
/// was not answered as expected.
pub async fn closed(
    questions: &Requests,
    clients: usize,
    until: Until,
) -> anyhow::Result<(usize, Duration)> {
    let connect = (0..clients).map(|_| Wire::connect(questions.address));
    let wires = try_join_all(connect).await.context("no connection to the server")?;
    let start = Instant::now();
    let asked = Cell::new(0);
    let client = async |mut wire: Wire| {
        while until.goes_on(start, asked.get()) {
            asked.set(asked.get() + 1);
            let answer = wire.ask(questions.next()).await.context("a question was cut off")?;
            questions.check(&answer)?;
        }
        anyhow::Ok(())
    };
    try_join_all(wires.into_iter().map(client)).await?;
    Ok((asked.get(), start.elapsed()))
}

impl Until {
    fn goes_on(self, start: Instant, asked: usize) -> bool {
        match self {
            Self::Over(time) => start.elapsed() < time,
            Self::Answered(all) => asked < all,
        }
    }
}
