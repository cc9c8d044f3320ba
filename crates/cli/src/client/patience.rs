//! Trying again: when, how often, and for how long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::{CallError, Server};

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause, unless the server asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// For how long a server is tried that has never answered, as its address may be wrong; unless
/// somebody has said for how long to try.
const FIRST_CONTACT: Duration = Duration::from_secs(2);

/// For how long the calls to a server are tried without any success, from the first failure on.
/// Whatever succeeds ends that for all of them.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    /// The same for a server that has never answered.
    first_contact: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the first call failed of those since the last success.
    failing_since: Option<Instant>,
    was_reached: bool,
    /// What was last said about a failure.
    said: Option<String>,
}

/// The attempts at one call.
#[derive(Debug)]
pub(crate) struct Attempts<'a> {
    server: &'a Server,
    failures: u32,
}

impl Patience {
    /// One that tries for so long, as nobody has said anything else.
    pub(crate) fn of(limit: Duration) -> Self {
        Self { first_contact: limit.min(FIRST_CONTACT), ..Self::asked_for(limit) }
    }

    /// One that tries for as long as somebody wants, also a server that is still to be started.
    pub(crate) fn asked_for(limit: Duration) -> Self {
        Self { limit, first_contact: limit, state: Mutex::default() }
    }

    /// One that tries everything once.
    pub(crate) fn none() -> Self {
        Self::of(Duration::ZERO)
    }

    /// For how long is tried, unless everything is tried once.
    pub(super) fn limit(&self) -> Option<Duration> {
        (!self.limit.is_zero()).then_some(self.limit)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// The attempts at a call that is about to be made.
    pub(crate) fn attempts(&self) -> Attempts<'_> {
        Attempts { server: self, failures: 0 }
    }

    /// Makes a call, and makes it again while it may pass.
    pub(crate) async fn persist<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut attempts = self.attempts();
        loop {
            match call().await {
                Ok(answer) => {
                    attempts.succeeded();
                    return Ok(answer);
                }
                Err(error) => attempts.pause(error).await?,
            }
        }
    }
}

impl Attempts<'_> {
    /// Notes that the server does what it is asked for.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        let mut state = self.server.patience.state();
        state.failing_since = None;
        state.was_reached = true;
        if state.said.take().is_some() {
            self.server.reporter.say("the server answers again");
        }
    }

    /// Waits until the next attempt is due. The error comes back if there is to be none.
    pub(crate) async fn pause(&mut self, error: CallError) -> Result<(), CallError> {
        if !error.may_pass() || self.server.patience.limit.is_zero() {
            return Err(error);
        }
        if let Some(after) = self.server.patience.is_over(&error, Instant::now()) {
            return Err(CallError::GaveUp { last: Box::new(error), after });
        }
        self.tell(&error);
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures += 1;
        // Those who failed together do not come back together.
        let pause = pause.mul_f64(rand::rng().random_range(0.5..1.0));
        let asked_for = error.problem().and_then(|problem| problem.retry_after);
        tokio::time::sleep(pause.max(asked_for.unwrap_or_default())).await;
        Ok(())
    }

    /// Says what the server lacks, once for all calls that fail of it.
    fn tell(&self, error: &CallError) {
        let text = error.to_string();
        let mut state = self.server.patience.state();
        // What breaks for the first time is mended before anybody needs to know.
        if self.failures > 0 && state.said.as_ref() != Some(&text) {
            self.server.reporter.say(&format!("{text}; trying again"));
            state.said = Some(text);
        }
    }
}

impl Patience {
    /// Takes a failure in; answers how long was tried, if that was long enough.
    fn is_over(&self, error: &CallError, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        state.was_reached |= !matches!(error, CallError::Unreachable { .. });
        let since = *state.failing_since.get_or_insert(now);
        let limit = if state.was_reached { self.limit } else { self.first_contact };
        (now.saturating_duration_since(since) >= limit).then_some(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_some_time_after_the_first_failure_however_long_all_was_well() {
        let limit = Duration::from_mins(10);
        let patience = Patience::of(limit);
        let text = String::new;
        let unreachable = CallError::Unreachable { server: text(), cause: text() };
        let broken = CallError::Broken { server: text(), cause: text() };
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(patience.is_over(&unreachable, after(0)), None);
        assert_eq!(patience.is_over(&unreachable, after(2)), Some(FIRST_CONTACT), "no such server");
        assert_eq!(patience.is_over(&broken, after(3)), None, "it is there");
        assert_eq!(patience.is_over(&unreachable, after(599)), None);
        assert_eq!(patience.is_over(&unreachable, after(600)), Some(limit));
        let asked_for = Patience::asked_for(limit);
        assert_eq!(asked_for.is_over(&unreachable, after(0)), None);
        assert_eq!(asked_for.is_over(&unreachable, after(599)), None, "it may be started yet");
        assert_eq!(asked_for.is_over(&unreachable, after(600)), Some(limit));
        patience.state().failing_since = None;
        assert_eq!(patience.is_over(&broken, after(9_000)), None);
        assert_eq!(patience.is_over(&broken, after(9_600)), Some(limit));
    }
}
