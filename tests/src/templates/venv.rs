//! The Python that model services run in.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What has to be installed.
const REQUIREMENTS: &str = include_str!("../../templates/requirements.txt");

/// A Python that has all of [`REQUIREMENTS`]. It is made when first asked for, which takes a
/// minute and the network, and kept in cargo's target folder for as long as they stay the same.
/// Tests that ask at once wait for the one that makes it.
pub(super) fn python() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    REQUIREMENTS.hash(&mut hasher);
    let base = target_folder().join("template-venv");
    let folder = base.join(format!("{:016x}", hasher.finish()));
    fs::create_dir_all(&base).expect("cargo's target folder can be written");
    let lock = File::create(base.join("lock")).expect("cargo's target folder can be written");
    lock.lock().expect("a file can be locked");
    // Written last: without it, somebody died over this folder.
    let complete = folder.join("complete");
    if !complete.is_file() {
        make(&folder);
        File::create(complete).expect("cargo's target folder can be written");
    }
    folder.join("bin/python")
}

fn make(folder: &Path) {
    let requirements = folder.join("requirements.txt");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    fs::write(&requirements, REQUIREMENTS).expect("a folder just made can be written");
    let mut install = Command::new(folder.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
    run(&mut install);
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
}

/// Cargo's target folder.
fn target_folder() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    // Where it is relative, cargo was most likely started in the workspace's own folder.
    workspace.join(chosen.unwrap_or_else(|| "target".into()))
}
