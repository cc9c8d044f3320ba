//! Everything that was measured.

pub mod comparison;
pub mod result_row;
pub mod table;

use serde::Serialize;

use crate::harness::machine::Machine;
use crate::report::comparison::{Comparison, Judgement};
use crate::report::result_row::ResultRow;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// On what.
    pub machine: Machine,
    /// What of others was measured against, with their versions.
    pub peers: Vec<String>,
    /// Whether all was measured in miniature, so that no figure means anything.
    pub quick: bool,
    /// How often everything was measured.
    pub rounds: usize,
    /// The rows of the table.
    pub rows: Vec<Judged>,
}

/// A row and what it says.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// The row.
    #[serde(flatten)]
    pub row: ResultRow,
    /// What each of its comparisons says.
    pub judgements: Vec<Judgement>,
}

impl From<ResultRow> for Judged {
    fn from(row: ResultRow) -> Self {
        Self { judgements: row.comparisons.iter().map(Comparison::judge).collect(), row }
    }
}
