//! `fsck`: a walk over all images that an operator asks for.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use photo_config::program;

use crate::{Caretaker, Depth, Mode, SHELVES};

/// What an operator can ask a program for instead of its work.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Compare photos, records and job store, and mend what does not agree
    ///
    /// Queues again what was accepted and is lost in the job store, gives it finished results back,
    /// writes down results that the records lack, and removes what is past its retention or left
    /// behind by programs that died. Writes damaged records anew, by the photos and the job store.
    /// Tells which unfinished jobs have lost their image. Photos are not read, only looked for,
    /// unless the check is deep. Safe while everything
    /// runs, except on a sqlite: store, which belongs to one program. The api does the same by
    /// itself, after the job store lost something and once a day.
    Fsck {
        /// Read all photos and compare them with their MD5 and SHA-256; damaged ones are set aside,
        /// and mended when they are posted again
        #[arg(long)]
        deep: bool,

        /// Change nothing; exit with 1 if job store and records do not agree
        #[arg(long)]
        dry_run: bool,
    },
}

impl Caretaker {
    /// Does what `command` asks for, and tells what came of it on standard output.
    pub async fn obey(&self, command: &Command) -> anyhow::Result<()> {
        let Command::Fsck { dry_run, deep } = command;
        let depth = if *deep { Depth::Deep } else { Depth::Shallow };
        let mode = if *dry_run { Mode::Look } else { Mode::Mend };
        // Shown only where somebody watches: not in a file or a pipe.
        let bar = ProgressBar::new(u64::from(SHELVES)).with_style(
            ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} of about {duration}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        let began = Instant::now();
        let report = self.check(mode, depth, |shelves, _| {
            bar.set_position(u64::from(shelves));
            ControlFlow::Continue(())
        });
        let report = report.await?;
        bar.finish_and_clear();
        let done = if *dry_run { "nothing was changed" } else { "all of it done" };
        program::print(&format!("{report}\n{done}, in {:.1} s\n", began.elapsed().as_secs_f64()))?;
        if report.unmended > 0 {
            bail!("{} things could not be read or mended", report.unmended);
        }
        if *dry_run && report.has_findings() {
            bail!("run fsck without --dry-run to mend this");
        }
        Ok(())
    }
}
