//! What dispatchers say of themselves. They end with this process, and so do their words.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::{DispatcherId, DispatcherReport, DispatcherView};

/// What each of them said last, and when it falls silent.
#[derive(Debug, Default)]
pub(super) struct Reports(Mutex<HashMap<DispatcherId, (DispatcherView, u64)>>);

impl Reports {
    /// Keeps what a dispatcher says for `lifetime`, or forgets it if that is nothing.
    pub(super) fn keep(&self, report: &DispatcherReport, lifetime: Duration, now: UnixMillis) {
        // Every change is complete before anything can panic.
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.retain(|_, (_, silent_at)| *silent_at > now.0);
        if lifetime.is_zero() {
            reports.remove(&report.id);
        } else {
            let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
            let view = DispatcherView { report: report.clone(), seen_at: now };
            reports.insert(report.id, (view, now.0.saturating_add(lifetime)));
        }
    }

    /// Those that have not fallen silent.
    pub(super) fn living(&self, now: UnixMillis) -> Vec<DispatcherView> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let living = reports.values().filter(|(_, silent_at)| *silent_at > now.0);
        let mut views: Vec<_> = living.map(|(view, _)| view.clone()).collect();
        DispatcherView::sort(&mut views);
        views
    }
}
