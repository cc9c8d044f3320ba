//! Numbers in the middle and at the edge.

/// The value below which this share of the values is; 0.5 is the median.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = (share * last as f64).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// The value in the middle.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// A count to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
pub fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_in_their_order() {
        let values = [3.0, 1.0, 2.0];
        let found = [0.0, 0.5, 1.0].map(|share| quantile(&values, share).to_bits());
        assert_eq!(found, [1.0_f64, 2.0, 3.0].map(f64::to_bits));
        assert!(median(&[]).is_nan());
    }
}
