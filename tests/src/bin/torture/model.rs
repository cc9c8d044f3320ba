//! The four models: what each answers, and how it misbehaves.

use std::time::Duration;

use photo_core::{ImageKey, PhotoHasher};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// No photo meets more spoilt calls of one model than this, so that the torture has an end.
const MOST_SPOILT: u32 = 3;

/// A model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Answers at once.
    Fast,
    /// Takes its time.
    Slow,
    /// Fails now and then, and says so.
    Flaky,
    /// Falls silent, talks nonsense or hangs up now and then.
    Hostile,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// The result.
    Answer,
    /// A failure with words, as status 500.
    Fail,
    /// No answer for as long as the caller listens.
    Silence,
    /// Something that is not HTTP.
    Nonsense,
    /// A good answer's first half.
    Half,
    /// The end of the connection.
    HangUp,
}

impl Model {
    /// All models.
    pub const ALL: [Self; 4] = [Self::Fast, Self::Slow, Self::Flaky, Self::Hostile];

    /// What clients call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Flaky => "flaky",
            Self::Hostile => "hostile",
        }
    }

    /// The most calls at once.
    pub const fn limit(self) -> usize {
        match self {
            Self::Fast => 4,
            Self::Slow => 5,
            Self::Flaky | Self::Hostile => 6,
        }
    }

    /// How long a call takes.
    pub const fn delay(self) -> Duration {
        match self {
            Self::Fast => Duration::from_millis(2),
            Self::Slow => Duration::from_millis(100),
            Self::Flaky | Self::Hostile => Duration::from_millis(40),
        }
    }

    /// What it sees in a photo: something that only these bytes and this model have.
    pub fn result(self, photo: &[u8]) -> Value {
        let mut hasher = PhotoHasher::default();
        hasher.update(photo);
        json!({"model": self.name(), "sha256": hasher.finish().sha256})
    }

    /// What becomes of the call that is the `earlier`-th for this photo, counted from 0.
    pub fn behaviour(self, seed: u64, photo: ImageKey, earlier: u32) -> Behaviour {
        if earlier >= MOST_SPOILT {
            return Behaviour::Answer;
        }
        let of_photo =
            photo.as_bytes().iter().fold(seed, |n, byte| n.rotate_left(8) ^ u64::from(*byte));
        let mut rng = StdRng::seed_from_u64(of_photo.rotate_left(7) ^ u64::from(earlier));
        match self {
            Self::Flaky if rng.random_bool(0.2) => Behaviour::Fail,
            Self::Hostile => match rng.random_range(0..100) {
                0..3 => Behaviour::Silence,
                3..6 => Behaviour::Nonsense,
                6..9 => Behaviour::Half,
                9..12 => Behaviour::HangUp,
                _ => Behaviour::Answer,
            },
            Self::Fast | Self::Slow | Self::Flaky => Behaviour::Answer,
        }
    }
}
