//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::documents::{completions, man};
use crate::commands::{
    cancel, failures, fsck, models, queues, results, retry, status, submit, wait,
};
use crate::ending::EXIT_CODES;
use crate::options::Common;

const EXAMPLES: &str = "Examples:
  photoctl models
  photoctl submit photos/ --recursive --model average_color --wait
  photoctl submit *.jpg --model average_color,sharpness > photos.md5
  photoctl wait --from photos.md5 --timeout 1h
  photoctl results --from photos.md5 --format csv > results.csv
  find . -newer last -name '*.jpg' -print0 | photoctl submit --from - -0 --model sharpness
  curl -s https://example.org/a.jpg | photoctl submit - --model sharpness --wait
  photoctl queues --watch

Errors are written to standard error, a line each that begins with \"photoctl: \"; the other photos
continue, and the exit code says that something failed.";

/// Sends photos to a PhotoAnalysisServer, follows their jobs and reads the results.
///
/// Photos are named by their MD5, by paths, by folders, or by lists (--from) of these: one per
/// line, or as submit, md5sum, md5 of macOS, and Get-FileHash of PowerShell write them. Results go
/// to standard output, everything else to standard error. On a terminal the output is for people,
/// elsewhere for programs. A server at https:// must have a certificate that the machine trusts, or
/// one that the certificates in the file named by the environment variable SSL_CERT_FILE sign.
#[derive(Debug, Parser)]
#[command(name = "photoctl", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: Command,
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
