//! What an unfinished job waits for, in words.

use std::time::Duration;

use photo_core::job::{DispatcherView, EndpointReport, JobView};
use photo_core::{JobError, JobState, UnixMillis};

use super::queue_position::QueuePosition;
use crate::app::throughput::{MeasuredQueue, Rate};

const NOBODY: &str = "No dispatcher is alive to do it: start one.";

/// A job and all around it that matters.
pub(super) struct Situation<'a> {
    pub(super) job: &'a JobView,
    pub(super) position: QueuePosition,
    pub(super) queue: &'a MeasuredQueue,
    pub(super) dispatchers: &'a [DispatcherView],
    /// How many attempts may fail.
    pub(super) max_attempts: u32,
}

impl Situation<'_> {
    /// Says it, for a job that is so far off.
    pub(super) fn explain(&self, left: Option<Duration>) -> String {
        let job = self.job;
        match (job.state, job.due_at, &job.held_by_model) {
            (JobState::Running, ..) => self.running(),
            (_, Some(due_at), _) => self.waiting(due_at),
            (_, None, Some(reason)) => self.held(reason),
            (_, None, None) => self.in_line(left),
        }
    }

    fn running(&self) -> String {
        let job = self.job;
        if job.cancel_asked {
            return "To be cancelled, as soon as its dispatcher lets go of it.".to_owned();
        }
        let since = job.started_at.unwrap_or(job.changed_at);
        let failed = match job.failures {
            0 => String::new(),
            failures => format!("; {failures} of at most {} failed", self.max_attempts),
        };
        format!("Being worked on since {since}: attempt {}{failed}.", job.attempts)
    }

    fn waiting(&self, due_at: UnixMillis) -> String {
        let why = self.job.error.as_ref().map_or("it could not be done then", |it| &it.message);
        match self.job.failures {
            0 => format!("Waits until {due_at}, which uses up no attempt: {}", sentence(why)),
            failures => format!(
                "Waits until {due_at} to be tried again. {failures} of at most {} attempts failed, \
                 the last one with: {}",
                self.max_attempts,
                sentence(why)
            ),
        }
    }

    fn held(&self, reason: &JobError) -> String {
        let why = sentence(&reason.message);
        if self.dispatchers.is_empty() {
            return format!("Waits for its model: {why} {NOBODY}");
        }
        let services = match self.endpoints().as_slice() {
            [] => "As soon as a service for it is configured or announces itself, its jobs go on \
                   by themselves."
                .to_owned(),
            [one] => format!(
                "Its service {} has been out of use{}. It is asked every second or so whether it \
                 can work again; then its jobs go on by themselves.",
                one.url,
                since(one.since)
            ),
            many => format!(
                "All its {} services are out of use, the last one to go{}. They are asked every \
                 second or so whether they can work again; then its jobs go on by themselves.",
                many.len(),
                since(many.iter().filter_map(|endpoint| endpoint.since).max())
            ),
        };
        format!("Waits for its model: {why} {services}")
    }

    fn in_line(&self, left: Option<Duration>) -> String {
        let stats = &self.queue.view.stats;
        let place = match (self.position.at_most, self.position.estimate) {
            (0, _) => "Next in line".to_owned(),
            (at_most, Some(about)) if about < at_most => {
                format!("In line behind about {} of its model, at most {at_most}", others(about))
            }
            (at_most, _) => format!("In line behind at most {} of its model", others(at_most)),
        };
        if self.dispatchers.is_empty() {
            return format!("{place}. {NOBODY}");
        }
        if self.dispatchers.iter().all(|dispatcher| dispatcher.report.stopping) {
            return format!("{place}, but every dispatcher is stopping: start another one.");
        }
        if self.endpoints().is_empty() {
            return format!(
                "{place}, but no dispatcher knows a service of its model: it must be configured, \
                 or announce itself."
            );
        }
        let running = match stats.running {
            0 => String::new(),
            running => format!(", and {running} are being worked on"),
        };
        let pace = match (self.queue.rate, left) {
            (Some(rate), _) if rate.jobs == 0 => {
                format!("none has ended in the last {:.0} s{running}", rate.seconds)
            }
            (Some(rate), Some(left)) => {
                format!("{} a second end of late: done in about {}", pace(&rate), words(left))
            }
            (Some(rate), None) => format!("{} a second end of late", pace(&rate)),
            (None, _) => format!("how fast that goes is not known yet{running}"),
        };
        format!("{place}; {pace}.")
    }

    /// The endpoints of the job's model, each as the dispatcher sees it that sees it best.
    fn endpoints(&self) -> Vec<&EndpointReport> {
        let mut endpoints: Vec<&EndpointReport> = self
            .dispatchers
            .iter()
            .flat_map(|dispatcher| &dispatcher.report.endpoints)
            .filter(|endpoint| endpoint.model == self.job.model)
            .collect();
        endpoints.sort_by_key(|endpoint| (&endpoint.url, endpoint.state));
        endpoints.dedup_by_key(|endpoint| &endpoint.url);
        endpoints
    }
}

fn others(count: u64) -> String {
    if count == 1 { "1 other job".to_owned() } else { format!("{count} other jobs") }
}

/// A rate with as many digits as tell something.
fn pace(rate: &Rate) -> String {
    match rate.per_second() {
        fast if fast >= 10.0 => format!("{fast:.0}"),
        slow if slow >= 0.1 => format!("{slow:.1}"),
        slowest => format!("{slowest:.3}"),
    }
}

fn words(left: Duration) -> String {
    let seconds = left.as_secs_f64().ceil().max(1.0);
    humantime::format_duration(Duration::from_secs_f64(seconds)).to_string()
}

fn since(time: Option<UnixMillis>) -> String {
    time.map_or_else(String::new, |time| format!(" since {time}"))
}

/// Somebody's words with a full stop.
fn sentence(words: &str) -> String {
    let words = words.trim_end();
    if words.ends_with(['.', '!', '?', '…']) { words.to_owned() } else { format!("{words}.") }
}

#[cfg(test)]
mod tests;
