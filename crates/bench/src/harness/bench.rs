//! What all measurements share.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context;
use tempfile::TempDir;

use crate::harness::machine::Observer;
use crate::harness::plan::Plan;
use crate::installed_peers::InstalledPeers;
use crate::process::cores::Cores;
use crate::programs::build_folder;

/// What all measurements share.
pub struct Bench {
    /// How much is measured.
    pub plan: Plan,
    /// What runs where.
    pub cores: Cores,
    /// What is seen of the machine meanwhile.
    pub machine: Observer,
    /// Other systems, unless we measure without them.
    pub peers: Option<InstalledPeers>,
    folder: TempDir,
    folders: Cell<usize>,
}

impl Bench {
    /// With all data below `folder`, which is on the disk that is measured: beside this program,
    /// if not said otherwise.
    pub fn new(
        plan: Plan,
        cores: Cores,
        peers: Option<InstalledPeers>,
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
