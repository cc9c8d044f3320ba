//! Tools of tests that are installed once, into cargo's target folder.

pub mod newman;
pub mod venv;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with all that is `required`. `make` fills it when it is first asked for, and it is kept
/// for as long as that stays the same. Tests that ask at once wait for the one that makes it.
pub(crate) fn installed(name: &str, required: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    required.hash(&mut hasher);
    let base = target_folder().join(name);
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
    folder
}

/// Runs a command to its end, which must be a good one.
pub(crate) fn run(command: &mut Command) {
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
