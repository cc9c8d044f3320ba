//! Hints of what changed.

use std::time::Duration;

use crate::{ImageKey, UnixMillis};

/// Why somebody who follows jobs should look at them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Jobs of images were put in line, claimed, given back, ended, or asked to be cancelled.
    Images {
        /// When, in the store's time ([`StoreClock`]).
        at: UnixMillis,
        /// Whose, each once.
        images: Vec<ImageKey>,
    },
    /// Hints may have been missed: look at everything.
    Reset,
}

/// What time it is for a store.
///
/// A store measures by a time of its own, which goes on at its pace when the clock is set back, and
/// tells the times at which jobs changed by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreClock {
    /// The store's time.
    pub now: UnixMillis,
    /// How far that is ahead of the clock: by as much as the clock was set back so far. Never
    /// falls.
    pub ahead: Duration,
}

impl StoreClock {
    /// A clock time before which jobs changed only if they changed before this moment of the
    /// store's time; `None` for a moment that is yet to come, which is another store's.
    pub fn clock_time_at(self, moment: UnixMillis) -> Option<UnixMillis> {
        let ahead = u64::try_from(self.ahead.as_millis()).unwrap_or(u64::MAX);
        (moment <= self.now).then(|| UnixMillis(moment.0.saturating_sub(ahead)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_the_store_is_as_much_earlier_on_a_clock_that_was_set_back() {
        let clock = StoreClock { now: UnixMillis(5_000), ahead: Duration::from_secs(1) };
        assert_eq!(clock.clock_time_at(UnixMillis(4_000)), Some(UnixMillis(3_000)));
        assert_eq!(clock.clock_time_at(UnixMillis(5_000)), Some(UnixMillis(4_000)));
        assert_eq!(clock.clock_time_at(UnixMillis(5_001)), None);
    }
}
