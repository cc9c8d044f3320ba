//! Ours against a ceiling, a peer or a bound, and whether the machine was quiet enough to tell.

use serde::Serialize;

use crate::stats::{Series, quantile};

/// A ratio is told if the middle half of the repeats, ours and the other's, lie within this share
/// of their median.
pub const QUIET: f64 = 0.1;

/// From so few rounds nobody can tell how quiet the machine was.
const FEWEST: usize = 3;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// One figure of ours and what it is held against.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Our repeats.
    pub ours: Series,
    /// The other's, of the same rounds. Without one our figure itself is held against the target.
    pub theirs: Option<Series>,
    /// What is asked for, if anything.
    pub target: Option<Target>,
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judgement {
    /// Ours divided by theirs, or ours alone: the median over the rounds. `None` if the machine was
    /// too noisy.
    pub ratio: Option<f64>,
    /// The larger spread of both. `None` from too few rounds.
    pub noise: Option<f64>,
    /// Whether the target is met, if there is one.
    pub verdict: Verdict,
}

/// Whether a target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// The machine was too noisy to tell.
    Noisy,
    /// There is none.
    NoTarget,
}

impl Target {
    fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

impl Comparison {
    /// Ours divided by theirs, with a target for the ratio.
    pub fn ratio(ours: Series, theirs: Series, target: Option<Target>) -> Self {
        Self { ours, theirs: Some(theirs), target }
    }

    /// Ours alone, with a bound.
    pub fn bound(ours: Series, target: Target) -> Self {
        Self { ours, theirs: None, target: Some(target) }
    }

    /// What it says. Where the repeats are too far apart no ratio is told; the target still is met
    /// or not if every one of our repeats says the same against every one of theirs.
    pub fn judge(&self) -> Judgement {
        let noise = self.noise();
        if noise.is_some_and(|noise| noise <= QUIET) {
            let ratio = quantile(&self.ratios(), 0.5);
            return Judgement { ratio: Some(ratio), noise, verdict: self.verdict(&[ratio]) };
        }
        let (ours, theirs) = (self.ours.range(), self.theirs.as_ref().map(Series::range));
        let extremes =
            theirs.map_or([ours.0, ours.1], |(least, most)| [ours.0 / most, ours.1 / least]);
        let verdict = match noise {
            None if self.target.is_some() => Verdict::Noisy,
            _ => self.verdict(&extremes),
        };
        Judgement { ratio: None, noise, verdict }
    }

    fn noise(&self) -> Option<f64> {
        let Some(theirs) = &self.theirs else {
            return Some(self.ours.spread());
        };
        let rounds = self.ours.values.len().min(theirs.values.len());
        (rounds >= FEWEST).then(|| self.ours.spread().max(theirs.spread()))
    }

    /// Round by round: what slowed down a whole round slowed down both.
    fn ratios(&self) -> Vec<f64> {
        let ours = self.ours.values.iter();
        match &self.theirs {
            Some(theirs) => ours.zip(&theirs.values).map(|(ours, theirs)| ours / theirs).collect(),
            None => ours.copied().collect(),
        }
    }

    fn verdict(&self, figures: &[f64]) -> Verdict {
        let Some(target) = self.target else { return Verdict::NoTarget };
        let met = figures.iter().filter(|figure| target.holds(**figure)).count();
        match met {
            0 => Verdict::NotMet,
            all if all == figures.len() => Verdict::Met,
            _ => Verdict::Noisy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(ours: &[f64], theirs: &[f64]) -> Judgement {
        let series = |values: &[f64]| Series::new("it", "1/s", values.to_vec());
        let target = Some(Target::AtLeast(0.8));
        Comparison::ratio(series(ours), series(theirs), target).judge()
    }

    #[test]
    fn on_a_quiet_machine_the_ratio_of_the_rounds_decides() {
        let judgement = compare(&[90.0, 91.0, 89.0], &[100.0, 101.0, 99.0]);
        assert_eq!(judgement.verdict, Verdict::Met);
        assert_eq!(judgement.ratio, Some(0.9));
        assert_eq!(compare(&[79.0; 3], &[100.0; 3]).verdict, Verdict::NotMet);
    }

    #[test]
    fn on_a_noisy_machine_no_ratio_is_told() {
        let judgement = compare(&[90.0, 60.0, 140.0], &[100.0, 101.0, 99.0]);
        assert_eq!((judgement.ratio, judgement.verdict), (None, Verdict::Noisy));
    }

    #[test]
    fn what_holds_for_all_repeats_is_told_all_the_same() {
        assert_eq!(compare(&[900.0, 600.0, 1400.0], &[100.0; 3]).verdict, Verdict::Met);
        assert_eq!(compare(&[9.0, 6.0, 14.0], &[100.0; 3]).verdict, Verdict::NotMet);
    }

    #[test]
    fn one_round_says_nothing_about_noise() {
        let judgement = compare(&[90.0], &[100.0]);
        assert_eq!((judgement.ratio, judgement.noise), (None, None));
        assert_eq!(judgement.verdict, Verdict::Noisy);
    }

    #[test]
    fn a_bound_is_held_against_our_own_figure() {
        let ours = Series::new("memory", "bytes", vec![120.0]);
        let judgement = Comparison::bound(ours, Target::AtMost(130.0)).judge();
        assert_eq!((judgement.ratio, judgement.verdict), (Some(120.0), Verdict::Met));
    }
}
