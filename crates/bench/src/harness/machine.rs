//! The machine that everything is measured on, and how quiet it was meanwhile.

use std::cell::RefCell;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use crate::ceiling::hash;
use crate::stats::{Series, float, megabytes};

/// How long one look at the machine takes.
const LOOK: Duration = Duration::from_millis(50);

/// How much is hashed at a time meanwhile.
const BYTES: usize = 100_000;

/// A machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Its processor.
    pub processor: String,
    /// How many cores this program may use.
    pub cores: usize,
    /// Its kernel.
    pub kernel: String,
    /// Its Redis.
    pub redis: String,
    /// The share of all processor time that went to others on the same hardware.
    pub stolen: f64,
    /// The same work, once per round of everything that was measured.
    pub looks: Series,
    /// How far apart the middle half of the looks was.
    pub noise: f64,
}

/// Looks at the machine while everything is measured.
pub struct Observer {
    before: Ticks,
    looks: RefCell<Vec<f64>>,
}

impl Observer {
    /// Begins to look.
    pub fn begin() -> anyhow::Result<Self> {
        Ok(Self { before: Ticks::now()?, looks: RefCell::default() })
    }

    /// Looks at the machine: how much can be hashed in a moment.
    pub fn look(&self) -> anyhow::Result<()> {
        let hashed = hash::run(BYTES, LOOK)?;
        let rate = megabytes(hashed.done, BYTES) / hashed.elapsed.as_secs_f64();
        self.looks.borrow_mut().push(rate);
        Ok(())
    }

    /// What was seen of a machine of which we may use so many cores.
    pub fn end(&self, cores: usize) -> anyhow::Result<Machine> {
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
        let processor = processor.unwrap_or_default().trim_start_matches(['\t', ' ', ':']);
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let redis = Command::new("redis-server").arg("--version").output();
        let redis = redis.context("redis-server cannot be started")?.stdout;
        let redis = String::from_utf8_lossy(&redis);
        let redis = redis.split(' ').find_map(|word| word.strip_prefix("v="));
        let after = Ticks::now()?;
        let all = float(after.all - self.before.all).max(1.0);
        let looks = Series::new("hash, for a moment", "MB/s", self.looks.borrow().clone());
        Ok(Machine {
            processor: processor.to_owned(),
            cores,
            kernel: kernel.trim().to_owned(),
            redis: redis.unwrap_or_default().to_owned(),
            stolen: float(after.stolen - self.before.stolen) / all,
            noise: looks.spread(),
            looks,
        })
    }
}

/// The processor time of the whole machine up to a moment, in ticks.
struct Ticks {
    all: usize,
    stolen: usize,
}

impl Ticks {
    fn now() -> anyhow::Result<Self> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        let line = stat.lines().next().unwrap_or_default();
        // User, nice, system, idle, waiting, two kinds of interrupts, stolen.
        let times = line.split_whitespace().skip(1).take(8).map(str::parse);
        let times: Vec<usize> = times.collect::<Result<_, _>>()?;
        let stolen = *times.get(7).context("Linux tells how much time was stolen")?;
        Ok(Self { all: times.iter().sum(), stolen })
    }
}
