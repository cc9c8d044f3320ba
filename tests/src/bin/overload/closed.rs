//! Clients that upload one photo after another and wait for each answer.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures_util::future::try_join_all;

use crate::upload::Uploads;

/// Lets so many clients upload for so long; answers how many photos were accepted in a second.
pub async fn run(uploads: &Uploads, clients: usize, time: Duration) -> anyhow::Result<f64> {
    let start = Instant::now();
    let accepted = try_join_all((0..clients).map(|_| client(uploads, start + time))).await?;
    let accepted = u32::try_from(accepted.iter().sum::<u64>())?;
    Ok(f64::from(accepted) / start.elapsed().as_secs_f64())
}

async fn client(uploads: &Uploads, end: Instant) -> anyhow::Result<u64> {
    let mut stream = uploads.connect().await.context("no connection to the api")?;
    let mut accepted = 0;
    while Instant::now() < end {
        match uploads.send(&mut stream).await.context("an upload was cut off")? {
            202 => accepted += 1,
            // More clients than the api takes at the same time.
            429 => stream = uploads.connect().await?,
            status => bail!("an upload was answered with {status}"),
        }
    }
    Ok(accepted)
}
