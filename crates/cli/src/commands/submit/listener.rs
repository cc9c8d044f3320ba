//! What is heard of a submission, and who is told.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use photo_core::ImageKey;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, UnboundedSender};

use crate::ending::{Ending, Trouble};
use crate::follow::{News, Rule};
use crate::list;
use crate::output::{Detail, FormatArgs, Results, Shown, is_terminal};
use crate::reporter::Reporter;
use crate::submission::{Settled, Tally, Way};
use crate::text::{count, count_of};

/// How much is told at once.
const BATCH: usize = 256;

/// Counts and tells what becomes of photos.
pub(super) struct Listener<'a> {
    reporter: &'a Reporter,
    rule: &'a Rule,
    output: Output,
    tally: Tally,
    sending: ProgressBar,
    waiting: Option<Waiting>,
    /// Where images go that are waited for, as long as there are more to come.
    to_follow: Option<UnboundedSender<ImageKey>>,
}

/// What goes to standard output before any result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// Every photo that the server has, in the format of md5sum.
    List,
    /// What became of every photo, as JSON.
    Lines,
    /// Nothing: it is the results that go there, or a person sees the progress.
    Nothing,
}

/// The images that are waited for.
struct Waiting {
    results: Results,
    bar: ProgressBar,
    paths: HashMap<ImageKey, PathBuf>,
    succeeded: u64,
    failed: u64,
}

impl<'a> Listener<'a> {
    pub(super) fn new(
        reporter: &'a Reporter,
        rule: &'a Rule,
        format: FormatArgs,
        to_follow: Option<UnboundedSender<ImageKey>>,
        sending: ProgressBar,
    ) -> Result<Self, Trouble> {
        let (given, form) = (format.given()?, format.format()?);
        let waiting = to_follow.is_some().then(|| Waiting {
            results: Results::new(form, Detail::Results, &rule.models),
            bar: reporter.bar("photos done"),
            paths: HashMap::new(),
            succeeded: 0,
            failed: 0,
        });
        let output = match waiting {
            Some(_) => Output::Nothing,
            None if given.is_some() => Output::Lines,
            None if is_terminal() => Output::Nothing,
            None => Output::List,
        };
        let tally = Tally::default();
        Ok(Self { reporter, rule, output, tally, sending, waiting, to_follow })
    }

    /// Listens until everything is told.
    pub(super) async fn listen(
        &mut self,
        mut settled: Receiver<Settled>,
        mut news: Receiver<News>,
    ) -> Result<(), Trouble> {
        let (mut more_settled, mut more_news) = (true, true);
        let (mut files, mut images) = (Vec::new(), Vec::new());
        while more_settled || more_news {
            tokio::select! {
                heard = settled.recv_many(&mut files, BATCH), if more_settled => {
                    more_settled = heard > 0;
                    self.files(&files)?;
                    files.clear();
                }
                heard = news.recv_many(&mut images, BATCH), if more_news => {
                    more_news = heard > 0;
                    self.images(&images)?;
                    images.clear();
                }
            }
            if !more_settled {
                self.sending.finish_and_clear();
                self.to_follow = None;
            }
        }
        Ok(())
    }

    /// Tells how it ended.
    pub(super) fn end(mut self, ended: Result<(), Trouble>) -> Result<Ending, Trouble> {
        self.sending.finish_and_clear();
        if self.output == Output::Lines {
            let line = json!({"summary": self.tally});
            self.reporter.print(|output| writeln!(output, "{line}"))?;
        }
        self.reporter.say(&self.tally.to_string());
        let mut failed = self.tally.refused;
        if let Some(waiting) = &mut self.waiting {
            waiting.bar.finish_and_clear();
            self.reporter.print(|output| waiting.results.end(output))?;
            self.reporter.say(&format!(
                "{} done: {} succeeded, {} failed",
                count_of(waiting.succeeded + waiting.failed, "photo"),
                count(waiting.succeeded),
                count(waiting.failed)
            ));
            failed += waiting.failed;
        }
        match ended {
            Ok(()) if failed > 0 => Ok(Ending::SomeFailed),
            Ok(()) => Ok(Ending::Done),
            Err(trouble) => {
                if trouble.may_pass() {
                    self.reporter.say("the same command goes on; what the server has is kept");
                }
                Err(trouble)
            }
        }
    }

    /// Takes in what became of files.
    fn files(&mut self, files: &[Settled]) -> Result<(), Trouble> {
        for settled in files {
            self.tally.count(settled);
            match settled {
                Settled::Accepted { photo, .. } | Settled::Known(photo) => {
                    self.follow(photo.key, &photo.path);
                }
                Settled::Twice(photo) => self.reporter.explain(&format!(
                    "{} has the same content as another photo",
                    photo.path.display()
                )),
                Settled::LeftOut { path, why } => {
                    self.reporter.explain(&format!("{} {why}", path.display()));
                }
                Settled::Folder(path) => {
                    self.reporter.explain(&format!("{} is not looked into", path.display()));
                }
                Settled::Refused { path, why, .. } => {
                    self.reporter.complain(&format!("{} {why}", path.display()));
                }
            }
            if !matches!(settled, Settled::Folder(_)) {
                self.sending.inc(1);
            }
        }
        if self.output == Output::Nothing || files.is_empty() {
            return Ok(());
        }
        let output = self.output;
        Ok(self.reporter.print(|to| {
            for settled in files {
                match (output, described(settled)) {
                    (Output::Lines, Some(line)) => writeln!(to, "{line}")?,
                    (Output::List, _) => {
                        if let Some((image, path)) = kept(settled) {
                            list::write(to, image, path)?;
                        }
                    }
                    _ => {}
                }
            }
            Ok(())
        })?)
    }

    fn follow(&mut self, image: ImageKey, path: &Path) {
        if let (Some(waiting), Some(to_follow)) = (&mut self.waiting, &self.to_follow) {
            waiting.paths.insert(image, path.to_owned());
            waiting.bar.inc_length(1);
            // Whoever follows ends after this one, or with an error of its own.
            let _ = to_follow.send(image);
        }
    }

    /// Takes in what became of images.
    fn images(&mut self, news: &[News]) -> Result<(), Trouble> {
        let Some(waiting) = &mut self.waiting else { return Ok(()) };
        let mut settled: Vec<Shown<'_>> = Vec::new();
        for news in news {
            let (image, view) = match news {
                News::Settled(view) => (view.image, Some(&**view)),
                News::Unknown(image) => (*image, None),
            };
            if view.is_some_and(|view| self.rule.is_success(view)) {
                waiting.succeeded += 1;
            } else {
                waiting.failed += 1;
            }
            settled.push((image, waiting.paths.remove(&image), view));
        }
        waiting.bar.inc(settled.len() as u64);
        Ok(self.reporter.print(|output| waiting.results.write(output, &settled))?)
    }
}

/// The photo and its hash, if the server has it or will have.
fn kept(settled: &Settled) -> Option<(ImageKey, &Path)> {
    match settled {
        Settled::Accepted { photo, .. } | Settled::Known(photo) | Settled::Twice(photo) => {
            Some((photo.key, &photo.path))
        }
        _ => None,
    }
}

/// What became of a photo, for programs.
fn described(settled: &Settled) -> Option<Value> {
    let path = |path: &Path| path.display().to_string();
    let photo = |photo: &crate::find::Photo, outcome: &str| {
        let path = path(&photo.path);
        json!({"image": photo.key, "path": path, "bytes": photo.bytes, "outcome": outcome})
    };
    match settled {
        Settled::Accepted { photo: it, jobs, way } => {
            let outcome = if *way == Way::Sent { "sent" } else { "stored" };
            let mut line = photo(it, outcome);
            line["jobs"] = json!(jobs);
            Some(line)
        }
        Settled::Known(it) => Some(photo(it, "known")),
        Settled::Twice(it) => Some(photo(it, "twice")),
        Settled::Refused { path: it, image, why } => {
            let why = why.to_string();
            Some(json!({"image": image, "path": path(it), "outcome": "refused", "error": why}))
        }
        Settled::LeftOut { .. } | Settled::Folder(_) => None,
    }
}
