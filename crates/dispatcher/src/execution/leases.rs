//! The jobs this dispatcher holds, and keeping hold of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use photo_core::JobId;
use photo_core::job::{Held, Lease};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::context::{DispatcherContext, within};

/// Every lease the dispatcher holds, from the claim until the job's outcome is recorded.
#[derive(Debug)]
pub struct Leases {
    /// How long a lease lasts.
    length: Duration,
    held: Mutex<HashMap<Lease, watch::Sender<Hold>>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Hold {
    /// The job is ours until then, by our own clock.
    Until(Instant),
    CancelAsked,
    Lost,
}

/// Why a job must be let go of before its attempt has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetGo {
    /// Somebody wants it cancelled.
    CancelAsked,
    /// It belongs to another.
    Lost,
    /// The lease may be over: it could not be extended in time.
    Expired,
}

/// One lease held; dropped, it is no longer extended.
#[derive(Debug)]
pub struct HeldLease {
    /// The lease.
    pub lease: Lease,
    leases: Arc<Leases>,
    hold: watch::Receiver<Hold>,
}

impl Leases {
    /// None held yet; each will last `length`.
    pub fn new(length: Duration) -> Self {
        Self { length, held: Mutex::default() }
    }

    /// Holds a lease that was asked for at `sent`.
    pub fn hold(self: &Arc<Self>, lease: Lease, sent: Instant) -> HeldLease {
        let (sender, hold) = watch::channel(Hold::Until(self.deadline(sent)));
        self.lock().insert(lease.clone(), sender);
        HeldLease { lease, leases: Arc::clone(self), hold }
    }

    /// Has a job let go of whose cancellation was asked for.
    pub fn cancel(&self, job: &JobId) {
        for (lease, sender) in self.lock().iter() {
            if lease.id == *job {
                sender.send_replace(Hold::CancelAsked);
            }
        }
    }

    /// Extends all leases every third of their length, until the dispatcher is over.
    pub async fn keep(self: Arc<Self>, context: Arc<DispatcherContext>) {
        let mut away = false;
        loop {
            // A failed extension is tried again while there is time for another try.
            let pause = if away { self.length / 10 } else { self.length / 3 };
            let pause = context.over.run_until_cancelled(tokio::time::sleep(pause));
            if pause.await.is_none() {
                return;
            }
            let leases: Vec<Lease> = self.lock().keys().cloned().collect();
            if leases.is_empty() {
                continue;
            }
            let sent = Instant::now();
            match within(self.length / 3, context.store.extend(&leases, self.length)).await {
                Ok(answers) => {
                    if std::mem::take(&mut away) {
                        info!("leases can be extended again");
                    }
                    self.note(&leases, &answers, sent);
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        warn!(%error, leases = leases.len(), "leases could not be extended");
                    }
                }
            }
        }
    }

    fn note(&self, leases: &[Lease], answers: &[Held], sent: Instant) {
        let until = self.deadline(sent);
        let held = self.lock();
        for (lease, answer) in leases.iter().zip(answers) {
            // Leases given back meanwhile are of no interest.
            if let Some(sender) = held.get(lease) {
                sender.send_if_modified(|hold| {
                    // Once a job is to be let go of, nothing changes that.
                    let open = matches!(hold, Hold::Until(_));
                    if open {
                        *hold = match answer {
                            Held::Extended => Hold::Until(until),
                            Held::CancelAsked => Hold::CancelAsked,
                            Held::Lost => Hold::Lost,
                        };
                    }
                    open
                });
            }
        }
    }

    /// Until when a lease asked for at `sent` is surely ours. The store counts from when it got
    /// the question, so this is early by the question's way; the margin is for clocks that run
    /// apart and for the time it takes to break off a call.
    fn deadline(&self, sent: Instant) -> Instant {
        sent + self.length.mul_f64(0.9)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, watch::Sender<Hold>>> {
        // Every change is complete before anything can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldLease {
    /// Ends when the job must be let go of.
    pub async fn let_go(&mut self) -> LetGo {
        loop {
            let hold = *self.hold.borrow_and_update();
            let until = match hold {
                Hold::CancelAsked => return LetGo::CancelAsked,
                Hold::Lost => return LetGo::Lost,
                Hold::Until(until) => until,
            };
            tokio::select! {
                biased;
                // The sender lives as long as the lease is held, so this is no error.
                _ = self.hold.changed() => {}
                () = tokio::time::sleep_until(until) => return LetGo::Expired,
            }
        }
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.lease);
    }
}

#[cfg(test)]
mod tests {
    use photo_core::ImageKey;

    use super::*;

    fn lease(fence: u64) -> Lease {
        let id = JobId::new(ImageKey::from_bytes([7; 16]), "wood".parse().unwrap());
        Lease { id, fence }
    }

    fn leases(length: Duration) -> Arc<Leases> {
        Arc::new(Leases::new(length))
    }

    #[tokio::test]
    async fn a_job_is_let_go_of_when_it_is_lost_or_cancelled() {
        let leases = leases(Duration::from_hours(1));
        let now = Instant::now();
        let (mut lost, mut cancelled) = (leases.hold(lease(1), now), leases.hold(lease(2), now));
        leases.note(&[lease(1), lease(2)], &[Held::Lost, Held::Extended], now);
        assert_eq!(lost.let_go().await, LetGo::Lost);
        leases.cancel(&lease(2).id);
        assert_eq!(cancelled.let_go().await, LetGo::CancelAsked);
        // A late answer changes nothing.
        leases.note(&[lease(2)], &[Held::Extended], now);
        assert_eq!(cancelled.let_go().await, LetGo::CancelAsked);
    }

    #[tokio::test]
    async fn a_lease_that_is_not_extended_ends_before_its_time() {
        let leases = leases(Duration::from_millis(200));
        let sent = Instant::now();
        let mut held = leases.hold(lease(1), sent);
        assert_eq!(held.let_go().await, LetGo::Expired);
        assert!(sent.elapsed() >= Duration::from_millis(180));
    }

    #[tokio::test]
    async fn an_extended_lease_lasts_from_when_the_extension_was_asked_for() {
        let leases = leases(Duration::from_millis(200));
        let mut held = leases.hold(lease(1), Instant::now());
        let sent = Instant::now() + Duration::from_millis(100);
        leases.note(&[lease(1)], &[Held::Extended], sent);
        assert_eq!(held.let_go().await, LetGo::Expired);
        assert!(Instant::now() >= sent + Duration::from_millis(180));
    }

    #[test]
    fn a_lease_given_back_is_no_longer_extended_and_a_later_one_of_the_job_still_is() {
        let leases = leases(Duration::from_secs(15));
        let now = Instant::now();
        let (earlier, _later) = (leases.hold(lease(1), now), leases.hold(lease(2), now));
        drop(earlier);
        let held: Vec<Lease> = leases.lock().keys().cloned().collect();
        assert_eq!(held, [lease(2)]);
    }
}
