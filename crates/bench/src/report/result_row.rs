//! One line of the table: something that was measured, and what it says.

use serde::Serialize;

use crate::harness::contender::{CpuShare, Runs};
use crate::report::comparison::Comparison;
use crate::stats::Series;

/// Something that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct ResultRow {
    /// What.
    pub what: &'static str,
    /// The command that measures it.
    pub command: &'static str,
    /// How, in one sentence.
    pub how: String,
    /// Our figures and what they are held against.
    pub comparisons: Vec<Comparison>,
    /// What else was measured on the way.
    pub beside: Vec<Series>,
    /// What share of a core each process used.
    pub cpu: Vec<CpuShare>,
}

impl ResultRow {
    /// A row that says nothing yet.
    pub fn new(what: &'static str, command: &'static str, how: impl Into<String>) -> Self {
        let (comparisons, beside, cpu) = (Vec::new(), Vec::new(), Vec::new());
        Self { what, command, how: how.into(), comparisons, beside, cpu }
    }

    /// Notes the use of the processor in all these runs.
    pub fn note_cpu(&mut self, runs: &[Runs]) {
        self.cpu.extend(runs.iter().flat_map(Runs::cpu_shares));
    }
}
