//! What dispatchers say of themselves. They end with this process, and so do their words.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::{DispatcherId, DispatcherReport, DispatcherView};

use crate::embedded::columns::{later, natural};
use crate::embedded::time::Moment;

/// What each of them said last, and when it falls silent.
#[derive(Debug, Default)]
pub(crate) struct Reports(Mutex<HashMap<DispatcherId, (DispatcherView, i64)>>);

impl Reports {
    /// Keeps what a dispatcher says for `lifetime`, or forgets it if that is nothing.
    pub(crate) fn report(&self, report: &DispatcherReport, lifetime: Duration, moment: Moment) {
        // Every change is complete before anything can panic.
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.retain(|_, (_, silent_at)| *silent_at > moment.now);
        if lifetime.is_zero() {
            reports.remove(&report.id);
        } else {
            let seen_at = UnixMillis(natural(moment.wall()));
            let view = DispatcherView { report: report.clone(), seen_at };
            reports.insert(report.id, (view, later(moment.now, lifetime)));
        }
    }

    /// Those that have not fallen silent.
    pub(crate) fn dispatchers(&self, moment: Moment) -> Vec<DispatcherView> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let living = reports.values().filter(|(_, silent_at)| *silent_at > moment.now);
        let mut views: Vec<_> = living.map(|(view, _)| view.clone()).collect();
        DispatcherView::sort(&mut views);
        views
    }
}
