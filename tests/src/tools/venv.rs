//! A Python with what some tests need beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{installed, run};

/// A Python that has all of these requirements, as pip reads them, in a folder of this name. Making
/// it takes a minute and the network.
pub fn python(name: &str, requirements: &str) -> PathBuf {
    installed(name, requirements, |folder| make(folder, requirements)).join("bin/python")
}

fn make(folder: &Path, requirements: &str) {
    let file = folder.join("requirements.txt");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    fs::write(&file, requirements).expect("a folder just made can be written");
    let mut install = Command::new(folder.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(file);
    run(&mut install);
}
