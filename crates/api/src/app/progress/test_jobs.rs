//! Jobs and queues that tests are made of.

use photo_core::job::{JobView, ModelStats, Priority, QueueView};
use photo_core::{JobState, UnixMillis};

use crate::app::throughput::{MeasuredQueue, Rate};

pub(super) const NOON: UnixMillis = UnixMillis(1_700_000_000_000);

pub(super) fn job(state: JobState) -> JobView {
    JobView {
        model: "wood".parse().unwrap(),
        state,
        priority: Priority::Normal,
        attempts: 0,
        failures: 0,
        cancel_asked: false,
        submitted_at: NOON,
        started_at: None,
        changed_at: NOON,
        due_at: None,
        held_by_model: None,
        result: None,
        error: None,
    }
}

pub(super) fn queue(rate: Option<Rate>) -> MeasuredQueue {
    let stats = ModelStats {
        model: "wood".parse().unwrap(),
        queued: [0; 3],
        waiting: 0,
        running: 0,
        failed: 0,
        counters: [].into(),
    };
    let view = QueueView { stats, hold: None, announced: Vec::new(), lines: [None; 3] };
    MeasuredQueue { view, rate }
}
