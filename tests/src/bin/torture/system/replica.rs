//! One of the programs that run side by side, and its deaths and resurrections.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use photo_tests::program::Program;

/// How a replica is started, again and again.
#[derive(Debug)]
pub struct Recipe {
    /// The program, `api` or `dispatcher`.
    pub program: &'static str,
    /// Which of its kind.
    pub number: usize,
    /// What it says once it works; what follows in that line is told by [`Replica::said`].
    pub ready: &'static str,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// Where its logs are kept.
    pub logs: Option<PathBuf>,
}

/// A program that is there again whenever it was killed or stopped. Everything here blocks until
/// it is done, and only one thing may be done to a replica at a time.
pub struct Replica {
    recipe: Recipe,
    running: Mutex<Option<Program>>,
    said: RwLock<String>,
    starts: AtomicU32,
}

impl Replica {
    /// Starts a replica for the first time.
    pub fn start(recipe: Recipe) -> Self {
        let (running, said, starts) = (Mutex::default(), RwLock::default(), AtomicU32::new(0));
        let replica = Self { recipe, running, said, starts };
        replica.start_again(Duration::ZERO);
        replica
    }

    /// What it said last when it began to work.
    pub fn said(&self) -> String {
        self.said.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often it was started.
    pub fn starts(&self) -> u32 {
        self.starts.load(Ordering::Relaxed)
    }

    /// Kills it with SIGKILL and starts it again after `pause`.
    pub fn kill(&self, pause: Duration) -> anyhow::Result<()> {
        let program = self.take()?;
        let log = program.log();
        program.kill();
        self.died(&log)?;
        self.start_again(pause);
        Ok(())
    }

    /// Asks it to stop, sees it do so in good order, and starts it again after `pause`.
    pub fn stop(&self, pause: Duration) -> anyhow::Result<()> {
        self.end()?;
        self.start_again(pause);
        Ok(())
    }

    /// Freezes it for this long.
    pub fn freeze(&self, time: Duration) {
        if let Some(program) = &*self.lock() {
            program.freeze();
            thread::sleep(time);
            program.signal("CONT");
        }
    }

    /// Asks it to stop for good, and sees it do so in good order.
    pub fn end(&self) -> anyhow::Result<()> {
        let program = self.take()?;
        program.signal("TERM");
        let (status, log) = program.ended();
        self.died(&log)?;
        anyhow::ensure!(status.success(), "{} stopped with {status}:\n{log}", self.name());
        Ok(())
    }

    fn start_again(&self, pause: Duration) {
        thread::sleep(pause);
        let Recipe { program, ready, args, folder, .. } = &self.recipe;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let started = Program::start(program, folder, &args);
        let said = started.wait_for_line(ready);
        *self.said.write().unwrap_or_else(PoisonError::into_inner) = said;
        self.starts.fetch_add(1, Ordering::Relaxed);
        *self.lock() = Some(started);
    }

    fn take(&self) -> anyhow::Result<Program> {
        self.lock().take().with_context(|| format!("{} does not run", self.name()))
    }

    fn name(&self) -> String {
        format!("{}-{}", self.recipe.program, self.recipe.number)
    }

    /// Looks at what it said in its life: an adversary makes no program of ours panic.
    fn died(&self, log: &str) -> anyhow::Result<()> {
        if let Some(folder) = &self.recipe.logs {
            let file = folder.join(format!("{}-{:03}.log", self.name(), self.starts()));
            std::fs::write(&file, log)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        anyhow::ensure!(!log.contains("panicked at"), "{} panicked:\n{log}", self.name());
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Program>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
