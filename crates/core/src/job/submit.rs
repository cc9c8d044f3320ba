//! Jobs on their way into the store.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{JobId, JobState};

/// Which share of a model its queued jobs have while jobs of other priorities are queued, too.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// The largest share.
    High,
    /// The usual.
    #[default]
    Normal,
    /// The smallest share.
    Low,
}

impl Priority {
    /// All priorities, most urgent first; the index is the number kept in the store.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];
}

impl std::str::FromStr for Priority {
    type Err = InvalidPriority;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "high" => Ok(Self::High),
            "normal" => Ok(Self::Normal),
            "low" => Ok(Self::Low),
            _ => Err(InvalidPriority),
        }
    }
}

/// Why a text is not a [`Priority`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a priority is high, normal or low")]
pub struct InvalidPriority;

/// A job to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Which photo and model.
    pub id: JobId,
    /// Where it goes in line.
    pub priority: Priority,
    /// Whether its image's record says that it ended before. A store that does not know such a job
    /// answers [`Submitted::Forgotten`] instead of queueing it, to be given its ending back.
    /// Without effect on [`SubmitMode::Rerun`].
    pub ended_before: bool,
}

/// What becomes of jobs that were submitted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubmitMode {
    /// They stay as they are, except that cancelled ones are queued again.
    #[default]
    New,
    /// Finished ones are queued again and their outcome is forgotten.
    Rerun,
    /// They stay as they are, cancelled ones too, and are not counted as submitted again: for
    /// jobs that were accepted before and that the store may have lost.
    Refill,
    /// As [`SubmitMode::Refill`], but nothing is done: only the answers are given.
    Look,
}

/// What a submission did with one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// It is in line because of this submission.
    Queued,
    /// It was there before and is in this state.
    Exists(JobState),
    /// It ended before and the store has forgotten it: nothing was done.
    Forgotten,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_three_words_are_priorities(text in "high|normal|low|[a-zA-Z ]{0,8}") {
            match text.parse::<Priority>() {
                Ok(priority) => {
                    prop_assert_eq!(serde_json::to_value(priority).unwrap(), text);
                }
                Err(InvalidPriority) => {
                    prop_assert!(!["high", "normal", "low"].contains(&text.as_str()));
                }
            }
        }
    }
}
