//! How fast the models were of late.

use std::collections::{HashMap, VecDeque};

use photo_core::ModelName;

use crate::client::Queues;

/// How many looks back are kept.
pub(super) const LOOKS: usize = 60;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The rates of each model, the newest at the end.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<ModelName, VecDeque<f64>>);

impl History {
    /// Takes a look in. Models that are gone are forgotten.
    pub(super) fn add(&mut self, queues: &Queues) {
        let mut before = std::mem::take(&mut self.0);
        for queue in &queues.models {
            let mut rates = before.remove(&queue.model).unwrap_or_default();
            if rates.len() == LOOKS {
                rates.pop_front();
            }
            rates.push_back(queue.rate_per_second.unwrap_or(0.0));
            self.0.insert(queue.model.clone(), rates);
        }
    }

    /// The last rates of a model as a line of bars, as many as fit; the highest is full.
    pub(super) fn sparkline(&self, model: &ModelName, width: usize) -> String {
        let Some(rates) = self.0.get(model) else { return String::new() };
        let highest = rates.iter().copied().fold(0.0, f64::max);
        let begin = rates.len().saturating_sub(width);
        rates.iter().skip(begin).map(|rate| bar(*rate, highest)).collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "one of eight"
)]
fn bar(rate: f64, highest: f64) -> char {
    if rate <= 0.0 || highest <= 0.0 {
        return ' ';
    }
    let step = (rate / highest * BARS.len() as f64).ceil() as usize;
    BARS[step.clamp(1, BARS.len()) - 1]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_rates_are_drawn_up_to_the_highest() {
        let mut history = History::default();
        for rate in [json!(null), json!(1), json!(4), json!(8)] {
            let queue = json!({
                "model": "a", "queued": {"high": 0, "normal": 0, "low": 0}, "waiting": 0,
                "running": 0, "failed": 0, "hold": null, "rate_per_second": rate,
                "oldest_queued_at": null,
            });
            let queues = json!({"models": [queue], "at": "2026-01-01T00:00:00Z"});
            history.add(&serde_json::from_value(queues).unwrap());
        }
        let model = "a".parse().unwrap();
        assert_eq!(history.sparkline(&model, 10), " ▁▄█");
        assert_eq!(history.sparkline(&model, 2), "▄█");
        assert_eq!(history.sparkline(&"b".parse().unwrap(), 2), "");
    }
}
