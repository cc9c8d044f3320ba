//! Newman, which runs Postman collections.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::tools::{installed, run};

/// What has to be installed, and of it every version.
const PACKAGE: &str = include_str!("../../newman/package.json");
const LOCK: &str = include_str!("../../newman/package-lock.json");

/// A command that is newman. Installing it takes some seconds and the network.
pub fn command() -> Command {
    let folder = installed("newman", LOCK, make);
    let mut command = Command::new("node");
    command.arg(folder.join("node_modules/newman/bin/newman.js"));
    command
}

fn make(folder: &Path) {
    fs::create_dir_all(folder).expect("cargo's target folder can be written");
    for (name, text) in [("package.json", PACKAGE), ("package-lock.json", LOCK)] {
        fs::write(folder.join(name), text).expect("cargo's target folder can be written");
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    run(&mut install);
}
