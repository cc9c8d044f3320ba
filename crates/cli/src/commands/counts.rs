//! How many images are how far.

use crate::client::ImageView;
use crate::ending::Ending;
use crate::follow::Rule;
use crate::text::count;

/// How many images are how far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) unfinished: u64,
    pub(super) unknown: u64,
}

impl Counts {
    /// Counts an image; `None` for one of which no job is known.
    pub(super) fn count(&mut self, rule: &Rule, view: Option<&ImageView>) {
        match view {
            Some(view) if !rule.knows(view) => self.unknown += 1,
            Some(view) if !rule.settles(view) => self.unfinished += 1,
            Some(view) if rule.is_success(view) => self.succeeded += 1,
            Some(_) => self.failed += 1,
            None => self.unknown += 1,
        }
    }

    /// Those of which all jobs have ended.
    pub(super) fn done(&self) -> u64 {
        self.succeeded + self.failed
    }

    pub(super) fn all(&self) -> u64 {
        self.done() + self.unfinished + self.unknown
    }

    /// How many are not known, and what to do about them, if there are any.
    pub(super) fn unknown_in_words(&self, rule: &Rule) -> Option<String> {
        let of_models = if rule.models.is_empty() { "" } else { " with these models" };
        let number = count(self.unknown);
        let words =
            format!("{number} not known to the server{of_models} (photoctl submit sends photos)");
        (self.unknown > 0).then_some(words)
    }

    pub(super) fn ending(&self) -> Ending {
        if self.failed + self.unknown > 0 {
            Ending::SomeFailed
        } else if self.unfinished > 0 {
            Ending::Unfinished
        } else {
            Ending::Done
        }
    }
}
