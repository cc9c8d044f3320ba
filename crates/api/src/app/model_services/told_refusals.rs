//! Refused announcements that the log has told of: services repeat them every ten seconds, and the
//! log does not.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use photo_core::ModelName;

/// The most refusals that are remembered; beyond that all are forgotten, and told again.
const MAX_REMEMBERED: usize = 1_000;

/// The refusals that the log has told of.
#[derive(Debug, Default)]
pub(crate) struct ToldRefusals(Mutex<HashSet<(ModelName, String)>>);

impl ToldRefusals {
    /// Notes a refusal; returns whether the log has not told of it yet.
    pub(crate) fn is_news(&self, model: &ModelName, url: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MAX_REMEMBERED {
            told.clear();
        }
        told.insert((model.clone(), url.to_owned()))
    }

    /// Forgets a refusal: the announcement was accepted.
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
