//! Which cores what runs on.
//!
//! What is measured has one core, and everything else (clients, Redis, model services) the others:
//! so what is measured is its work and not how well it shares. Processes inherit the cores of the
//! thread that starts them, so this program moves to where a process is to be and back.

use std::cell::Cell;
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Serialize;

/// Where something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the core of what is measured.
    Measured,
    /// On the other cores.
    Others,
    /// On any core.
    Anywhere,
}

/// The cores of this machine, as `taskset` takes them.
#[derive(Debug, Clone, Serialize)]
pub struct Cores {
    measured: String,
    others: String,
    all: String,
    /// Where this program itself is.
    #[serde(skip)]
    home: Cell<Place>,
}

impl Cores {
    /// The cores that this program may use. `measured` are those of what is measured: the first
    /// one if not said otherwise; all of them, shared with everything else, if it is `none` or
    /// there is only one.
    pub fn find(measured: Option<&str>) -> anyhow::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let list = list.context("Linux tells which cores a process may use")?.trim();
        let all = parse(list)?;
        let measured = match measured {
            Some("none") => all.clone(),
            Some(list) => parse(list)?,
            None => all.iter().copied().take(1).collect(),
        };
        let mut others: Vec<u32> =
            all.iter().copied().filter(|core| !measured.contains(core)).collect();
        let shared = others.is_empty();
        if shared {
            others.clone_from(&all);
        }
        let measured = if shared { &all } else { &measured };
        let home = Cell::new(Place::Anywhere);
        Ok(Self { measured: print(measured), others: print(&others), all: print(&all), home })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.split(',').count()
    }

    /// From now on this program runs there, and so does what it starts without saying where.
    pub fn move_to(&self, place: Place) -> anyhow::Result<()> {
        self.home.set(place);
        self.pin(place)
    }

    /// Starts something that is to run there.
    pub fn start_at<T>(&self, place: Place, start: impl FnOnce() -> T) -> anyhow::Result<T> {
        self.pin(place)?;
        let started = start();
        self.pin(self.home.get())?;
        Ok(started)
    }

    fn pin(&self, place: Place) -> anyhow::Result<()> {
        let cores = match place {
            Place::Measured => &self.measured,
            Place::Others => &self.others,
            Place::Anywhere => &self.all,
        };
        // The id of the process is that of its first thread, on which everything is started.
        let own = std::process::id().to_string();
        let pinned = Command::new("taskset").args(["-cp", cores, &own]).output();
        let pinned = pinned.context("taskset (of util-linux) cannot be started")?;
        ensure!(pinned.status.success(), "{}", String::from_utf8_lossy(&pinned.stderr).trim());
        Ok(())
    }
}

/// Reads a list such as `0-3,8`.
fn parse(list: &str) -> anyhow::Result<Vec<u32>> {
    let mut cores = Vec::new();
    for range in list.split(',') {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let bounds = from.trim().parse::<u32>().and_then(|from| Ok((from, to.trim().parse()?)));
        let (from, to): (u32, u32) =
            bounds.with_context(|| format!("`{list}` is no list of cores such as 0-3,8"))?;
        cores.extend(from..=to);
    }
    Ok(cores)
}

fn print(cores: &[u32]) -> String {
    cores.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_are_read() {
        assert_eq!(parse("0-2,8").unwrap(), [0, 1, 2, 8]);
        assert!(parse("none of them").is_err());
    }

    #[test]
    fn what_is_measured_has_a_core_of_its_own_if_there_are_several() {
        let cores = Cores::find(None).unwrap();
        assert_eq!(cores.measured == cores.others, !cores.all.contains(','));
        let shared = Cores::find(Some("none")).unwrap();
        assert_eq!((&shared.measured, &shared.others), (&shared.all, &shared.all));
    }
}
