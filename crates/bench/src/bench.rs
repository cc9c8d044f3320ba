//! What all measurements share.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::cores::Cores;
use crate::machine::Observer;
use crate::peer::Peers;
use crate::plan::Plan;

/// What all measurements share.
pub struct Bench {
    /// How much is measured.
    pub plan: Plan,
    /// What runs where.
    pub cores: Cores,
    /// What is seen of the machine meanwhile.
    pub machine: Observer,
    /// Other systems, unless we measure without them.
    pub peers: Option<Peers>,
    folder: TempDir,
    folders: Cell<usize>,
}

impl Bench {
    /// With all data below `folder`, which is on the disk that is measured: beside this program,
    /// if not said otherwise.
    pub fn new(
        plan: Plan,
        cores: Cores,
        peers: Option<Peers>,
        folder: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => build_folder()?,
        };
        let made = tempfile::Builder::new().prefix("bench-").tempdir_in(&folder);
        let made =
            made.with_context(|| format!("no folder can be made in {}", folder.display()))?;
        let folders = Cell::new(0);
        Ok(Self { plan, cores, machine: Observer::begin()?, peers, folder: made, folders })
    }

    /// A new folder. It goes with all the others at the end: see [`photo_tests::files::empty`].
    pub fn folder(&self) -> io::Result<PathBuf> {
        let number = self.folders.replace(self.folders.get() + 1);
        let folder = self.folder.path().join(number.to_string());
        fs::create_dir(&folder)?;
        Ok(folder)
    }
}

/// Has cargo build the programs that are measured, as this one was built.
pub fn build_programs() -> anyhow::Result<()> {
    let folder = build_folder()?;
    let target = folder.parent().context("cargo builds into target/<profile>")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--profile", profile, "-p", "photo-api", "-p", "photo-dispatcher"]);
    build.arg("--target-dir").arg(target);
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    let built =
        built.context("cargo cannot be started; --no-build measures what is built already")?;
    ensure!(built.success(), "what is to be measured cannot be built");
    Ok(())
}

/// Where cargo put this program.
pub fn build_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("a running program has a path")?;
    Ok(own.parent().context("a program is in a folder")?.to_owned())
}
