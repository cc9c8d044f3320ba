//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{
    cancel, completions, failures, fsck, man, models, queues, results, retry, status, submit, wait,
};
use crate::ending::EXIT_CODES;

const EXAMPLES: &str = "Examples:
  photoctl models
  photoctl submit photos/ --recursive --model average_color --wait
  photoctl submit *.jpg --model average_color,sharpness > photos.md5
  photoctl wait --from photos.md5 --timeout 1h
  photoctl results --from photos.md5 --format csv > results.csv
  find . -newer last -name '*.jpg' -print0 | photoctl submit --from - -0 --model sharpness
  curl -s https://example.org/a.jpg | photoctl submit - --model sharpness --wait
  photoctl queues --watch

What goes wrong is said on standard error, a line each that begins with \"photoctl: \"; the rest goes
on, and the exit code tells of it.";

/// What stands over the options that every command understands.
const GLOBAL: &str = "Options of every command";

/// Sends photos to a PhotoAnalysisServer, follows their jobs and reads the results.
///
/// Photos are named by their MD5, by their paths, by folders, or by lists (--from) of any of these:
/// one a line, or as submit, md5sum, md5 of macOS, and Get-FileHash of PowerShell write them. What a
/// command finds goes to standard output; everything else that it has to say goes to standard
/// error. On a terminal the output is for people, elsewhere it is for programs. A server that is
/// reached by https:// must show a certificate that the machine trusts, or that one of those in the
/// file named by the environment variable SSL_CERT_FILE vouches for.
#[derive(Debug, Parser)]
#[command(name = "photoctl", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
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

    /// Say nothing but what went wrong
    #[arg(short, long, global = true, help_heading = GLOBAL, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more: every file that is left out as no photo, and why
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Submit(submit::Args),
    Status(status::Args),
    Wait(wait::Args),
    Results(results::Args),
    Models(models::Args),
    Queues(queues::Args),
    Retry(retry::Args),
    Cancel(cancel::Args),
    Failures(failures::Args),
    Fsck(fsck::Args),
    Completions(completions::Args),
    Man(man::Args),
}
