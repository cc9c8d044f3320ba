//! How the priorities share a model's dispatchers.

use serde::{Deserialize, Deserializer, Serialize};

use crate::job::Priority;

/// How many jobs of each priority are started while all three have jobs queued, in proportion. A
/// priority without queued jobs leaves its share to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PriorityWeights([u16; 3]);

/// Why three numbers are no [`PriorityWeights`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the weights of high, normal and low are three whole numbers from 1 to {max}, as in \
     `priority_weights = [16, 4, 1]`",
    max = PriorityWeights::MAX
)]
pub struct InvalidWeights;

impl PriorityWeights {
    /// The largest weight.
    pub const MAX: u16 = 1_000;

    /// Weights in the order of [`Priority::ALL`], each from 1 to [`PriorityWeights::MAX`].
    pub fn new(weights: [u16; 3]) -> Result<Self, InvalidWeights> {
        let is_valid = |weight: &u16| (1..=Self::MAX).contains(weight);
        if weights.iter().all(is_valid) { Ok(Self(weights)) } else { Err(InvalidWeights) }
    }

    /// The weight of one priority.
    pub fn of(self, priority: Priority) -> u16 {
        self.0[priority as usize]
    }

    /// The weights in the order of [`Priority::ALL`].
    pub fn as_array(self) -> [u16; 3] {
        self.0
    }
}

impl Default for PriorityWeights {
    fn default() -> Self {
        Self([16, 4, 1])
    }
}

impl<'de> Deserialize<'de> for PriorityWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as wider numbers, so that what is out of bounds is told in our words.
        let weights = Vec::<i64>::deserialize(deserializer)?;
        let narrow = |weight: i64| u16::try_from(weight).map_err(|_| InvalidWeights);
        let weights = weights.into_iter().map(narrow).collect::<Result<Vec<_>, _>>();
        let weights = weights.and_then(|weights| {
            Self::new(weights.try_into().map_err(|_: Vec<u16>| InvalidWeights)?)
        });
        weights.map_err(serde::de::Error::custom)
    }
}
