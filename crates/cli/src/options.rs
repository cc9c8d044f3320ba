//! The options that every command has.

use std::path::PathBuf;

/// The heading of the options that every command has.
const GLOBAL: &str = "Options of every command";

/// The options that every command has.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// The server's address [default: http://127.0.0.1:5000]
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "PHOTO_SERVER",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) server: Option<String>,

    /// The configuration file [default: photo.toml, if there is one]
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "PHOTO_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) config: Option<PathBuf>,

    /// Write errors only
    #[arg(short, long, global = true, help_heading = GLOBAL, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Write more: every file that is skipped because it is no photo, and why
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub(crate) verbose: bool,
}
