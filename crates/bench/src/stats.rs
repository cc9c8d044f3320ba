//! What several repeats of one measurement say together.

use std::time::Duration;

use serde::Serialize;

/// The repeats of one measurement, one value per round.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// What was measured.
    pub name: String,
    /// In what.
    pub unit: &'static str,
    /// Once per round.
    pub values: Vec<f64>,
}

impl Series {
    /// A series of these values.
    pub fn new(name: impl Into<String>, unit: &'static str, values: Vec<f64>) -> Self {
        Self { name: name.into(), unit, values }
    }

    /// Round by round the sum of these values and the other's.
    pub fn plus(&self, name: &str, other: &Self) -> Self {
        let sums = self.values.iter().zip(&other.values).map(|(one, other)| one + other);
        Self::new(name, self.unit, sums.collect())
    }

    /// The value in the middle.
    pub fn median(&self) -> f64 {
        quantile(&self.values, 0.5)
    }

    /// How far the middle half of the repeats is apart, as a share of the median. One outlier in
    /// five does not change it much. One at most: more says nothing more.
    pub fn spread(&self) -> f64 {
        let apart = quantile(&self.values, 0.75) - quantile(&self.values, 0.25);
        if apart == 0.0 { 0.0 } else { (apart / self.median()).min(1.0) }
    }

    /// The smallest and the largest value.
    pub fn range(&self) -> (f64, f64) {
        let from = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        (from, self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The value below which this share of all values lies, between two of them where it has to be.
/// Not a number if there are none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share.clamp(0.0, 1.0) * float(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into what is in memory"
    )]
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor())
}

/// The same of times, in milliseconds.
pub fn quantile_ms(times: &[Duration], share: f64) -> f64 {
    let times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1_000.0).collect();
    quantile(&times, share)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "nothing here is counted beyond 2^52")]
pub fn float(count: usize) -> f64 {
    count as f64
}

/// Megabytes, as disks and networks count them.
pub fn megabytes(count: usize, bytes: usize) -> f64 {
    float(count) * float(bytes) / 1e6
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these can be told exactly")]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_decides_the_spread() {
        let series = Series::new("it", "s", vec![100.0, 90.0, 110.0, 95.0, 900.0]);
        assert_eq!(series.median(), 100.0);
        assert_eq!(series.spread(), 0.15);
        assert_eq!(series.range(), (90.0, 900.0));
    }

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
        let times = [Duration::from_millis(3), Duration::from_millis(1)];
        assert_eq!(quantile_ms(&times, 1.0), 3.0);
    }
}
