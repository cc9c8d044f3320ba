//! Our own programs, as processes that a test starts, stops, suspends and kills.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How long a program may take for what a test waits for.
const DEADLINE: Duration = Duration::from_mins(1);

/// A running program. It is killed when dropped, and its log is shown if the test fails.
pub struct Program {
    name: String,
    child: Child,
    log: Arc<Log>,
}

/// What a program wrote on standard error and output, line by line as it comes.
#[derive(Default)]
struct Log {
    written: Mutex<Written>,
    more: Condvar,
}

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    /// How many of the two outputs have ended, as they do with the program.
    ended: usize,
}

impl Log {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `found` finds what it looks for, or for as long as a test can wait.
    fn wait<T>(&self, mut found: impl FnMut(&Written) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + DEADLINE;
        let mut written = self.written();
        loop {
            if let Some(found) = found(&written) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let more = self.more.wait_timeout(written, left);
            written = more.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Where cargo put the program of this name, beside the test or program that runs.
pub fn binary(name: &str) -> PathBuf {
    // target/<profile>/deps/<test>, or target/<profile>/<program> → target/<profile>/<program>
    let own = std::env::current_exe().expect("a running program has a path");
    let folder = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let path = folder.expect("cargo puts programs into folders").join(name);
    assert!(path.is_file(), "{} is not built: cargo build --workspace --bins", path.display());
    path
}

impl Program {
    /// Starts one of our programs with these arguments in this folder.
    pub fn start(name: &str, folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(binary(name));
        command.args(args);
        Self::spawn(name, folder, command)
    }

    /// Starts any command in this folder, under a name for messages. Its environment has no
    /// settings of ours but those the command brings.
    pub fn spawn(name: &str, folder: &Path, mut command: Command) -> Self {
        let brought: Vec<_> = command.get_envs().map(|(key, _)| key.to_owned()).collect();
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("PHOTO_") && !brought.contains(&key) {
                command.env_remove(key);
            }
        }
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let log = Arc::new(Log::default());
        // Both were asked for above.
        let outputs = (child.stdout.take(), child.stderr.take());
        if let (Some(stdout), Some(stderr)) = outputs {
            follow(stdout, Arc::clone(&log));
            follow(stderr, Arc::clone(&log));
        }
        Self { name: name.to_owned(), child, log }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that contains `text` and answers what follows it in that line.
    pub fn wait_for_line(&self, text: &str) -> String {
        self.find_line(text).unwrap_or_else(|| panic!("{} never said {text:?}", self.name))
    }

    /// The same of a program that may end without having said it.
    pub fn find_line(&self, text: &str) -> Option<String> {
        let rest = self.log.wait(|written| {
            let rest = written.lines.iter().find_map(|line| line.split_once(text));
            let rest = rest.map(|(_, rest)| rest.trim().to_owned());
            (rest.is_some() || written.ended == 2).then_some(rest)
        });
        rest.flatten()
    }

    /// Everything it wrote so far.
    pub fn log(&self) -> String {
        self.log.written().lines.join("\n")
    }

    /// Sends a signal by name: TERM, KILL, STOP, CONT.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "no SIG{signal} to {}", self.name);
    }

    /// Freezes it, and waits until it is: its threads go on for a moment after the signal was sent.
    pub fn freeze(&self) {
        self.signal("STOP");
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let frozen = retry_on_intr(|| waitid(WaitId::Pid(Pid::from_child(&self.child)), stopped));
        frozen.expect("a child of ours can be waited for");
    }

    /// Kills it on the spot, as kill -9 does, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("a child of ours can be killed");
        self.child.wait().expect("a child of ours can be waited for");
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.ended().0
    }

    /// Waits until it ends by itself; answers how, and everything it wrote.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let ended = self.log.wait(|written| (written.ended == 2).then_some(()));
        assert!(ended.is_some(), "{} does not stop", self.name);
        let status = self.child.wait().expect("a child of ours can be waited for");
        (status, self.log())
    }

    /// The most memory it ever had resident, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// The memory it has resident now, in bytes.
    pub fn resident_memory(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, which: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the program runs");
        let line = status.lines().find_map(|line| line.strip_prefix(which));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.expect("Linux tells a process's memory") * 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let mut text = String::new();
            for line in self.log().lines() {
                let _ = writeln!(text, "  {} | {line}", self.name);
            }
            eprint!("{text}");
        }
    }
}

fn follow(output: impl std::io::Read + Send + 'static, log: Arc<Log>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            log.written().lines.push(line);
            log.more.notify_all();
        }
        log.written().ended += 1;
        log.more.notify_all();
    });
}
