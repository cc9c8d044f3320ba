//! The programs that are measured, as cargo builds them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

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
