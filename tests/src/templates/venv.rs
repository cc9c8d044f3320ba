//! The Python that model services run in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{installed, run};

/// What has to be installed.
const REQUIREMENTS: &str = include_str!("../../templates/requirements.txt");

/// A Python that has all of [`REQUIREMENTS`]. Making it takes a minute and the network.
pub(super) fn python() -> PathBuf {
    installed("template-venv", REQUIREMENTS, make).join("bin/python")
}

fn make(folder: &Path) {
    let requirements = folder.join("requirements.txt");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    fs::write(&requirements, REQUIREMENTS).expect("a folder just made can be written");
    let mut install = Command::new(folder.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
    run(&mut install);
}
