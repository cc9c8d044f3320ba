//! How the system grows: dispatchers, jobs, models.

mod dispatchers;
mod jobs;
mod models;

use crate::bench::Bench;
use crate::cores::Place;
use crate::row::Row;

/// More dispatchers, a long queue, many models.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    bench.cores.move_to(Place::Anywhere)?;
    Ok(vec![dispatchers::run(bench).await?, jobs::run(bench).await?, models::run(bench).await?])
}
