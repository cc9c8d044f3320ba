//! The times that are the dispatcher's own and not configured.

use std::time::Duration;

use crate::http::HttpSettings;

/// How long things take that no operator has to choose. Tests shorten them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most a job waits after its first failed attempt. Doubles with every further failure.
    pub retry_base: Duration,
    /// The most a job waits after a failed attempt, however often it failed.
    pub retry_cap: Duration,
    /// The longest time that is waited because a service asks for it (`Retry-After`).
    pub asked_cap: Duration,
    /// After so many failures in a row an endpoint is given a rest, and asked for its status.
    pub failures_in_a_row: u32,
    /// How long, about, it is left alone first if others work meanwhile. Doubles each time that
    /// it fails again.
    pub rest_base: Duration,
    /// The longest such time, but for one whose calls take long: a replica that only fails costs
    /// one attempt in that time.
    pub rest_cap: Duration,
    /// How long, about, a job waits whose service cannot work now and did not say for how long.
    pub setback: Duration,
    /// How long after an endpoint went down it is asked for its status. Doubles while it is down.
    pub probe_base: Duration,
    /// The longest time between two such questions.
    pub probe_cap: Duration,
    /// How long, about, an endpoint is left alone after an answer that every photo would get,
    /// before it is tried with one. Doubles while it answers so.
    pub trial_base: Duration,
    /// The longest time between two such trials.
    pub trial_cap: Duration,
    /// How often, about, the store is asked which models and endpoints there are.
    pub survey: Duration,
    /// How often, about, announced endpoints that fall silent are asked for their status.
    pub renewal: Duration,
    /// How long the store shows why a model's jobs wait, unless told again before.
    pub hold: Duration,
    /// How often the store is told that the dispatcher is alive, and how it stands.
    pub report: Duration,
    /// How long connections to services and their addresses are kept.
    pub http: HttpSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry_base: Duration::from_secs(1),
            retry_cap: Duration::from_mins(5),
            asked_cap: Duration::from_hours(1),
            failures_in_a_row: 5,
            rest_base: Duration::from_secs(1),
            rest_cap: Duration::from_secs(10),
            setback: Duration::from_secs(1),
            probe_base: Duration::from_millis(250),
            // Work is to resume within about a second of the first good answer.
            probe_cap: Duration::from_secs(1),
            trial_base: Duration::from_millis(250),
            trial_cap: Duration::from_secs(5),
            survey: Duration::from_secs(1),
            renewal: Duration::from_secs(5),
            hold: Duration::from_secs(10),
            report: Duration::from_secs(2),
            http: HttpSettings::default(),
        }
    }
}
