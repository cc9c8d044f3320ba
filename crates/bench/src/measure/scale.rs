//! How the system grows: dispatchers, jobs, models.

mod dispatchers;
mod jobs;
mod models;

use crate::harness::bench::Bench;
use crate::process::cores::Place;
use crate::report::result_row::ResultRow;

/// More dispatchers, a long queue, many models.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Anywhere)?;
    Ok(vec![dispatchers::run(bench).await?, jobs::run(bench).await?, models::run(bench).await?])
}
