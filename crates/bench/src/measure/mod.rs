//! The measurements, one file each.

mod dispatch;
mod end_to_end;
mod idle;
mod ingest;
mod latency;
mod queue;
mod redis_memory;
mod resident;
mod scale;
mod status;
mod timed;

use crate::args::What;
use crate::harness::bench::Bench;
use crate::report::result_row::ResultRow;

/// Measures what is asked for.
pub async fn run(what: &What, bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    let mut rows = Vec::new();
    let all = matches!(what, What::All);
    if all || matches!(what, What::Ingest) {
        rows.extend(ingest::run(bench).await?);
    }
    if all || matches!(what, What::Dispatch) {
        rows.extend(dispatch::run(bench).await?);
    }
    if all || matches!(what, What::EndToEnd) {
        rows.extend(end_to_end::run(bench).await?);
    }
    if all || matches!(what, What::Queue) {
        rows.extend(queue::run(bench).await?);
    }
    if all || matches!(what, What::Latency) {
        rows.extend(latency::run(bench).await?);
    }
    if all || matches!(what, What::Status) {
        rows.extend(status::run(bench).await?);
    }
    if all || matches!(what, What::Memory) {
        rows.extend([redis_memory::run(bench).await?, resident::run(bench).await?]);
    }
    if all || matches!(what, What::Idle) {
        rows.extend(idle::run(bench).await?);
    }
    if all || matches!(what, What::Scale) {
        rows.extend(scale::run(bench).await?);
    }
    Ok(rows)
}
