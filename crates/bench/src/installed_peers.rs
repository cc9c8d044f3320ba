//! Other systems that do the same jobs, from their own packages, run by the scripts in `peers/`.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::programs::build_folder;

/// What is installed, and the scripts that run it.
const FILES: [(&str, &str); 10] = [
    ("requirements.txt", include_str!("../peers/requirements.txt")),
    ("package.json", include_str!("../peers/package.json")),
    ("package-lock.json", include_str!("../peers/package-lock.json")),
    ("jobs.py", include_str!("../peers/jobs.py")),
    ("rq_enqueue.py", include_str!("../peers/rq_enqueue.py")),
    ("celery_tasks.py", include_str!("../peers/celery_tasks.py")),
    ("celery_enqueue.py", include_str!("../peers/celery_enqueue.py")),
    ("server.py", include_str!("../peers/server.py")),
    ("bullmq_worker.js", include_str!("../peers/bullmq_worker.js")),
    ("bullmq_enqueue.js", include_str!("../peers/bullmq_enqueue.js")),
];

/// The packages whose versions are told.
const PYTHON: [&str; 4] = ["rq", "celery", "fastapi", "uvicorn"];

/// The peers, installed.
pub struct InstalledPeers {
    /// Where they and the scripts are.
    pub folder: PathBuf,
}

impl InstalledPeers {
    /// Installs them from PyPI and npm into cargo's target folder, which takes a minute and the
    /// network. They are kept for as long as the scripts and versions stay the same.
    pub fn install() -> anyhow::Result<Self> {
        let mut hasher = DefaultHasher::new();
        FILES.hash(&mut hasher);
        let base = build_folder()?.join("bench-peers");
        let folder = base.join(format!("{:016x}", hasher.finish()));
        fs::create_dir_all(&folder)?;
        let lock = File::create(base.join("lock"))?;
        lock.lock()?;
        // Written last: without it, somebody died over this folder.
        let complete = folder.join("complete");
        if !complete.is_file() {
            eprintln!("installing the peers from PyPI and npm");
            install(&folder)
                .context("the peers cannot be installed; --no-peers measures without")?;
            File::create(complete)?;
        }
        Ok(Self { folder })
    }

    /// Names and versions of what was installed.
    pub fn versions(&self) -> anyhow::Result<Vec<String>> {
        let line = "import importlib.metadata as m, sys; \
                    print('Python', sys.version.split()[0], *(n + ' ' + m.version(n) for n in sys.argv[1:]), sep='\\n')";
        let python = output(self.python("python").args(["-c", line]).args(PYTHON))?;
        let mut python = python.lines();
        // The first two lines are the name and the version of the language.
        let language = [python.next(), python.next()].map(Option::unwrap_or_default).join(" ");
        let node = output(Command::new("node").arg("--version"))?;
        let packages: serde_json::Value = serde_json::from_str(FILES[1].1)?;
        let bullmq = packages["dependencies"]["bullmq"].as_str().unwrap_or_default();
        let versions = [language].into_iter().chain(python.map(str::to_owned));
        Ok(versions.chain([format!("Node {}", node.trim()), format!("BullMQ {bullmq}")]).collect())
    }

    /// A program of the Python environment, run beside the scripts.
    pub fn python(&self, program: &str) -> Command {
        self.beside_the_scripts(Command::new(self.folder.join("venv/bin").join(program)))
    }

    /// A script for Node.
    pub fn node(&self, script: &str) -> Command {
        let mut command = self.beside_the_scripts(Command::new("node"));
        command.arg(script);
        command
    }

    fn beside_the_scripts(&self, mut command: Command) -> Command {
        command.current_dir(&self.folder).env("PYTHONPATH", &self.folder);
        command
    }
}

fn install(folder: &Path) -> anyhow::Result<()> {
    for (name, text) in FILES {
        fs::write(folder.join(name), text)?;
    }
    let venv = folder.join("venv");
    output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"]);
    output(pip.current_dir(folder))?;
    let mut npm = Command::new("npm");
    output(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))?;
    Ok(())
}

/// Runs a command to its end; answers what it wrote.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let ended = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "{command:?}: {}\n{said}", ended.status);
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
