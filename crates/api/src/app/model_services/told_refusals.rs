//! Announcements come again every ten seconds, and so does what is wrong with them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use photo_core::ModelName;

/// More than this is not remembered, and is told again.
const MOST: usize = 1_000;

/// What operators were told of announcements that are not taken.
#[derive(Debug, Default)]
pub(crate) struct ToldRefusals(Mutex<HashSet<(ModelName, String)>>);

impl ToldRefusals {
    /// Whether this is news: a service whose announcement was taken, or that was never heard of.
    pub(crate) fn is_news(&self, model: &ModelName, url: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST {
            told.clear();
        }
        told.insert((model.clone(), url.to_owned()))
    }

    /// The announcement was taken.
    pub(crate) fn clear(&self, model: &ModelName, url: &str) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(&(model.clone(), url.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_once_until_the_announcement_is_taken() {
        let (told, model) = (ToldRefusals::default(), "m".parse().unwrap());
        assert!(told.is_news(&model, "http://h:1"));
        assert!(!told.is_news(&model, "http://h:1"));
        assert!(told.is_news(&model, "http://h:2"));
        told.clear(&model, "http://h:1");
        assert!(told.is_news(&model, "http://h:1"));
        assert!(!told.is_news(&model, "http://h:2"));
    }
}
