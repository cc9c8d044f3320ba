//! What dispatchers say of themselves, for operators and for those who wait.

use serde::{Deserialize, Serialize};

use super::DispatcherId;
use crate::{ModelName, UnixMillis};

/// What a dispatcher says of itself every other second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatcherReport {
    /// Which dispatcher.
    pub id: DispatcherId,
    /// The machine it runs on.
    pub host: String,
    /// Its process there.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// When it was started.
    pub started_at: UnixMillis,
    /// How many jobs it has.
    pub in_flight: u32,
    /// Whether it was told to stop and takes no more.
    pub stopping: bool,
    /// How the model services look to it.
    pub endpoints: Vec<EndpointReport>,
}

/// How one endpoint looks to one dispatcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointReport {
    /// Whose endpoint.
    pub model: ModelName,
    /// Where it is.
    pub url: String,
    /// Whether it is in use.
    pub state: EndpointState,
    /// If it is not, since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMillis>,
    /// If it is not, why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many requests the dispatcher has there.
    pub in_flight: u32,
    /// Whether the dispatcher has not called it yet, so that it only supposes that it can use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untried: bool,
}

/// Whether a dispatcher uses an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointState {
    /// It does.
    Up,
    /// It only failed, and is left alone for a while.
    Resting,
    /// It cannot work, and is asked every second or so whether it can again.
    Down,
}

/// A dispatcher that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatcherView {
    /// What it said last.
    pub report: DispatcherReport,
    /// When, by the clock of the store's machine.
    pub seen_at: UnixMillis,
}

impl DispatcherView {
    /// Puts dispatchers in the order in which people look for them.
    pub fn sort(dispatchers: &mut [Self]) {
        dispatchers.sort_by(|one, other| {
            let place = |it: &Self| (it.report.started_at, it.report.pid, it.report.id.to_string());
            one.report.host.cmp(&other.report.host).then_with(|| place(one).cmp(&place(other)))
        });
    }
}
