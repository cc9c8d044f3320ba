//! What processes use: processor time and memory, as `/proc` tells.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

/// The kernel's unit of processor time: it has been 1/100 s for user space on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A process that is watched, with all that it started and that is still there or was waited for.
#[derive(Debug, Clone)]
pub struct Process {
    /// What it is called in reports.
    pub name: String,
    /// Its id.
    pub id: u32,
}

impl Process {
    /// The process with this id.
    pub fn new(name: impl Into<String>, id: u32) -> Self {
        Self { name: name.into(), id }
    }
}

/// The processor time of one process.
#[derive(Debug, Clone, Serialize)]
pub struct CpuUse {
    /// Which.
    pub name: String,
    /// How much.
    pub time: Duration,
}

/// Looks at what processes use from one moment to another. This program, which is the load, is
/// always among them.
#[derive(Debug)]
pub struct Watch {
    processes: Vec<Process>,
    before: Vec<Duration>,
    own_before: Duration,
    since: Instant,
}

impl Watch {
    /// Begins to look.
    pub fn begin(processes: &[Process]) -> anyhow::Result<Self> {
        let before = cpu_times(processes)?;
        let own_before = own_cpu_time()?;
        Ok(Self { processes: processes.to_vec(), before, own_before, since: Instant::now() })
    }

    /// How long it looked, and what each process used meanwhile; this program last.
    pub fn end(&self) -> anyhow::Result<(Duration, Vec<CpuUse>)> {
        let elapsed = self.since.elapsed();
        let after = cpu_times(&self.processes)?;
        let used = self.processes.iter().zip(after).zip(&self.before);
        let mut used: Vec<CpuUse> = used
            .map(|((process, after), before)| CpuUse {
                name: process.name.clone(),
                time: after.saturating_sub(*before),
            })
            .collect();
        let own = own_cpu_time()?.saturating_sub(self.own_before);
        used.push(CpuUse { name: "load".to_owned(), time: own });
        Ok((elapsed, used))
    }
}

/// The processor time of this program without what it started.
pub fn own_cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    Ok(Stat::parse(&stat).context("a process has a state")?.own)
}

/// The most memory the process ever had resident, in bytes.
pub fn peak_memory(id: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.context("Linux tells a process's peak memory")? * 1024)
}

/// One line of `/proc/<id>/stat`, as far as it is of interest.
struct Stat {
    parent: u32,
    own: Duration,
    waited_for: Duration,
}

impl Stat {
    fn parse(line: &str) -> Option<Self> {
        // The name, in brackets, may hold anything. After it the parent is the second field, and
        // the times are the twelfth to the fifteenth.
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field)?.parse::<u32>().ok();
        Some(Self {
            parent: ticks(1)?,
            own: TICK * (ticks(11)? + ticks(12)?),
            waited_for: TICK * (ticks(13)? + ticks(14)?),
        })
    }
}

fn cpu_times(processes: &[Process]) -> anyhow::Result<Vec<Duration>> {
    let mut all = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that has just ended is not there any more; who waited for it has its time.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
        if let Some(stat) = stat.ok().and_then(|stat| Stat::parse(&stat)) {
            all.insert(id, stat);
        }
    }
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (id, stat) in &all {
        children.entry(stat.parent).or_default().push(*id);
    }
    let of = |process: &Process| {
        let (mut sum, mut left) = (Duration::ZERO, vec![process.id]);
        let root = all.get(&process.id);
        root.with_context(|| format!("{} has ended", process.name))?;
        while let Some(id) = left.pop() {
            if let Some(stat) = all.get(&id) {
                sum += stat.own + stat.waited_for;
            }
            left.extend(children.get(&id).into_iter().flatten());
        }
        Ok(sum)
    };
    processes.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_time_of_a_process_includes_what_it_started() {
        let burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        let mut shell = Command::new("sh");
        let mut shell = shell.args(["-c", &format!("sh -c '{burn}'; read _")]);
        shell = shell.stdin(std::process::Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let process = Process::new("shell", shell.id());
        let deadline = Instant::now() + Duration::from_mins(1);
        let used = loop {
            let used = cpu_times(std::slice::from_ref(&process)).unwrap()[0];
            if used > Duration::from_millis(50) || Instant::now() > deadline {
                break used;
            }
        };
        shell.kill().unwrap();
        shell.wait().unwrap();
        assert!(used > Duration::from_millis(50), "{used:?}");
    }

    #[test]
    fn a_name_with_brackets_and_blanks_is_passed_over() {
        let line = "1 (a) b) S 7 1 1 0 -1 0 0 0 0 0 3 4 5 6 20 0";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.parent, stat.own, stat.waited_for), (7, TICK * 7, TICK * 11));
    }

    #[test]
    fn this_program_has_a_peak_of_memory() {
        assert!(peak_memory(std::process::id()).unwrap() > 1024 * 1024);
    }
}
