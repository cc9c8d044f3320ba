//! What the program says: data on standard output, messages and progress on standard error.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{
    MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle,
};

use crate::text::{bytes, printable};

/// How often a bar is drawn again that shows what it is not told of.
const REDRAW_INTERVAL: Duration = Duration::from_millis(500);

/// Writes what is said so that progress bars and lines do not run into each other. Bars are drawn
/// on a terminal only.
#[derive(Debug)]
pub(crate) struct Reporter {
    bars: MultiProgress,
    quiet: bool,
    verbose: bool,
    has_complained: AtomicBool,
    /// How many bytes of photos went out.
    bytes_sent: Arc<AtomicU64>,
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
            bytes_sent: Arc::default(),
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
        let template =
            format!("{{bar:30}} {{human_pos}} of {{human_len}} {unit}, {{rate}}, {{eta}} left");
        let style = ProgressStyle::with_template(&template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        self.add(ProgressBar::new(0).with_style(style.with_key("rate", write_rate)))
    }

    /// A bar over files that are sent, with how many bytes went out: one file may take long.
    pub(crate) fn sending_bar(&self) -> ProgressBar {
        let template = "{bar:30} {human_pos} of {human_len} files, {sent}, {rate}, {eta} left";
        self.sending(ProgressBar::new(0), template)
    }

    /// The same where nobody knows how many files are to come.
    pub(crate) fn sending_counter(&self) -> ProgressBar {
        self.sending(ProgressBar::no_length(), "{human_pos} files, {sent}, {rate}")
    }

    fn sending(&self, bar: ProgressBar, template: &str) -> ProgressBar {
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bytes_sent = self.bytes_sent();
        let write_sent = move |_: &ProgressState, output: &mut dyn fmt::Write| {
            // What cannot be written is written again in a moment.
            let _ = write!(output, "{} sent", bytes(bytes_sent.load(Ordering::Relaxed)));
        };
        let style = style.with_key("rate", write_rate).with_key("sent", write_sent);
        let bar = self.add(bar.with_style(style));
        if self.shows_bars() {
            bar.enable_steady_tick(REDRAW_INTERVAL);
        }
        bar
    }

    /// Where the bytes of photos are counted that go out.
    pub(crate) fn bytes_sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_sent)
    }

    /// A count of what passes in `unit`, with its rate, where nobody knows how much is to come.
    pub(crate) fn counter(&self, unit: &str) -> ProgressBar {
        let style = ProgressStyle::with_template(&format!("{{human_pos}} {unit}, {{rate}}"));
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        self.add(ProgressBar::no_length().with_style(style.with_key("rate", write_rate)))
    }

    /// Shows a bar until it is dropped.
    fn add(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar.with_finish(ProgressFinish::AndClear))
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

/// So many a second, as exactly as a person wants to know.
fn write_rate(state: &ProgressState, output: &mut dyn fmt::Write) {
    let rate = state.per_sec();
    // What cannot be written is written again in a moment.
    let _ = if rate < 10.0 { write!(output, "{rate:.1}/s") } else { write!(output, "{rate:.0}/s") };
}
