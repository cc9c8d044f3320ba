//! What a process did, in what time, and with how much of the processor.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::process::usage::own_cpu_time;

/// What a subprocess that ends by itself did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessOutcome {
    /// How many photos.
    pub done: usize,
    /// In what time.
    pub elapsed: Duration,
    /// With how much of the processor.
    pub cpu: Duration,
}

impl ProcessOutcome {
    /// The outcome of work that answers how many photos it did.
    pub fn of(work: impl FnOnce() -> anyhow::Result<usize>) -> anyhow::Result<Self> {
        let (start, before) = (Instant::now(), own_cpu_time()?);
        let done = work()?;
        let cpu = own_cpu_time()?.saturating_sub(before);
        Ok(Self { done, elapsed: start.elapsed(), cpu })
    }
}
