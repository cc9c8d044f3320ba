//! The measurements, one file each.

mod dispatch;
mod ingest;

use crate::args::What;
use crate::bench::Bench;
use crate::row::Row;

/// Measures what is asked for.
pub async fn run(what: &What, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    match what {
        What::Ingest => ingest::run(bench).await,
        What::Dispatch => dispatch::run(bench).await,
        What::All => {
            let mut rows = ingest::run(bench).await?;
            rows.extend(dispatch::run(bench).await?);
            Ok(rows)
        }
        // It is played, not measured.
        What::Role(_) => Ok(Vec::new()),
    }
}
