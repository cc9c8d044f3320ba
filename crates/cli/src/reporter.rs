//! What the program says: data on standard output, messages and progress on standard error.

use std::borrow::Cow;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::text::printable;

/// Writes what is said so that progress bars and lines do not run into each other. Bars are drawn
/// on a terminal only.
#[derive(Debug)]
pub(crate) struct Reporter {
    bars: MultiProgress,
    quiet: bool,
    verbose: bool,
    has_complained: AtomicBool,
}

impl Reporter {
    /// A reporter that says nothing but failures, or more than usual.
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Self {
            bars: MultiProgress::with_draw_target(target),
            quiet,
            verbose,
            has_complained: AtomicBool::new(false),
        }
    }

    /// Says what a person wants to know.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.write(text);
        }
    }

    /// Says what only one who asked for more wants to know.
    pub(crate) fn explain(&self, text: &str) {
        if self.verbose {
            self.write(text);
        }
    }

    /// Says what went wrong.
    pub(crate) fn complain(&self, text: &str) {
        self.has_complained.store(true, Ordering::Relaxed);
        self.write(&format!("photoctl: {text}"));
    }

    /// Whether anything went wrong.
    pub(crate) fn has_complained(&self) -> bool {
        self.has_complained.load(Ordering::Relaxed)
    }

    /// Writes data to standard output.
    pub(crate) fn print(
        &self,
        write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.bars.suspend(|| {
            let mut output = BufWriter::new(io::stdout().lock());
            write(&mut output)?;
            output.flush()
        })
    }

    /// A bar over what is counted in `unit`, with its rate and the time left.
    pub(crate) fn bar(&self, unit: &str) -> ProgressBar {
        let template = format!(
            "{{bar:30}} {{human_pos}} of {{human_len}} {unit}, {{per_sec}}, {{eta}} left {{msg}}"
        );
        let style = ProgressStyle::with_template(&template);
        let bar =
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bars.add(bar)
    }

    /// Whether bars are seen by anybody.
    pub(crate) fn shows_bars(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// Nobody can be told that standard error is closed.
    fn write(&self, text: &str) {
        let lines: Vec<Cow<'_, str>> = text.lines().map(printable).collect();
        self.bars.suspend(|| {
            let _ = writeln!(io::stderr().lock(), "{}", lines.join("\n"));
        });
    }
}
