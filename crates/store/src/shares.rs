//! Which priority gives the next job, for the store that is no script; `claim.lua` does the same.

use photo_core::job::Priority;
use photo_core::job::PriorityWeights;

/// How far each priority of a model is behind its share, in the order of [`Priority::ALL`]. They
/// add up to zero, and none is ever further off than the sum of the weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shares([i64; 3]);

impl Shares {
    /// The priority that gives the next job, of those that have one: smooth weighted round robin.
    pub(crate) fn next(
        &mut self,
        weights: PriorityWeights,
        has_jobs: impl Fn(Priority) -> bool,
    ) -> Option<Priority> {
        let (mut first, mut gained): (Option<Priority>, i64) = (None, 0);
        for priority in Priority::ALL.into_iter().filter(|priority| has_jobs(*priority)) {
            let weight = i64::from(weights.of(priority));
            self.0[priority as usize] += weight;
            gained += weight;
            if first.is_none_or(|first| self.0[priority as usize] > self.0[first as usize]) {
                first = Some(priority);
            }
        }
        self.0[first? as usize] -= gained;
        first
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn started(shares: &mut Shares, weights: PriorityWeights, jobs: u16) -> [u16; 3] {
        let mut started = [0; 3];
        for _ in 0..jobs {
            started[shares.next(weights, |_| true).unwrap() as usize] += 1;
        }
        started
    }

    #[test]
    fn jobs_of_all_priorities_are_mixed_evenly() {
        let mut shares = Shares::default();
        let letter = |priority| match priority {
            Priority::High => 'H',
            Priority::Normal => 'N',
            Priority::Low => 'L',
        };
        let weights = PriorityWeights::default();
        let order: String =
            (0..21).filter_map(|_| shares.next(weights, |_| true)).map(letter).collect();
        assert_eq!(order, "HHNHHHHNHHLHHHNHHHNHH");
        assert_eq!(shares, Shares::default());
    }

    proptest! {
        #[test]
        fn whatever_was_queued_before_each_has_its_share_once_all_are_busy(
            weights in [1..=PriorityWeights::MAX, 1..=PriorityWeights::MAX, 1..=PriorityWeights::MAX],
            queued in prop::collection::vec([any::<bool>(), any::<bool>(), any::<bool>()], 0..200),
        ) {
            let total: u16 = weights.iter().sum();
            let by_weight = PriorityWeights::new(weights).unwrap();
            let mut shares = Shares::default();
            for queued in queued {
                shares.next(by_weight, |priority| queued[priority as usize]);
                prop_assert_eq!(shares.0.iter().sum::<i64>(), 0);
                prop_assert!(shares.0.iter().all(|share| share.unsigned_abs() <= total.into()));
            }
            // What was owed is settled in the first rounds.
            for _ in 0..3 {
                started(&mut shares, by_weight, total);
            }
            prop_assert_eq!(started(&mut shares, by_weight, total), weights);
        }
    }
}
