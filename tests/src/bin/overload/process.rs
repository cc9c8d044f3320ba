//! What processes use.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// The kernel's unit of processor time: it has been 1/100 s for user space on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// What was used up to a moment, or between two.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    at: Instant,
    /// How long it was looked at.
    pub elapsed: Duration,
    /// Processor time of the api.
    pub api: Duration,
    /// Processor time of this program.
    pub own: Duration,
    /// The most memory the api had resident, in bytes.
    pub peak: u64,
}

impl Usage {
    /// Everything up to now.
    pub fn now(api: u32, peak: u64) -> anyhow::Result<Self> {
        let own = std::process::id();
        let (api, own) = (processor_time(api)?, processor_time(own)?);
        Ok(Self { at: Instant::now(), elapsed: Duration::ZERO, api, own, peak })
    }

    /// Nothing, in no time.
    pub fn none() -> Self {
        let zero = Duration::ZERO;
        Self { at: Instant::now(), elapsed: zero, api: zero, own: zero, peak: 0 }
    }

    /// What was used in both times together.
    pub fn and(self, other: Self) -> Self {
        Self {
            at: self.at.max(other.at),
            elapsed: self.elapsed + other.elapsed,
            api: self.api + other.api,
            own: self.own + other.own,
            peak: self.peak.max(other.peak),
        }
    }

    /// What was used after `before`.
    pub fn since(self, before: &Self) -> Self {
        Self {
            elapsed: self.at - before.at,
            api: self.api.saturating_sub(before.api),
            own: self.own.saturating_sub(before.own),
            ..self
        }
    }
}

/// Keeps this program, and what it starts, to these cores.
pub fn pin_self(cores: &str) -> anyhow::Result<()> {
    let own = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", cores, &own]).output();
    let pinned = pinned.context("taskset cannot be started")?;
    ensure!(pinned.status.success(), "{}", String::from_utf8_lossy(&pinned.stderr).trim());
    Ok(())
}

/// Makes a process's peak of memory begin anew.
pub fn forget_peak(id: u32) -> anyhow::Result<()> {
    std::fs::write(format!("/proc/{id}/clear_refs"), "5").context("the peak cannot be forgotten")
}

fn processor_time(id: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in brackets, may hold anything; after it user and system time are fields 12 and 13.
    let (_, fields) = stat.rsplit_once(')').context("a process has a name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    let ticks = ticks.sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}
