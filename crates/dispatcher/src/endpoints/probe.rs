//! Finds out when an endpoint that is down can work again.

use std::sync::Arc;
use std::time::Duration;

use photo_config::ServiceUrl;
use photo_core::{JobErrorKind, ModelName};
use tokio::time::Instant;
use tracing::{debug, info};

use super::pool::{EndpointId, Endpoints};
use crate::backoff::{about, doubled};
use crate::context::DispatcherContext;
use crate::service::{Failure, Readiness};
use crate::settings::Settings;

/// How often a service that says it is asleep is told to start.
const START_AGAIN: Duration = Duration::from_secs(10);

/// What an endpoint is waited for.
pub enum Until {
    /// That this time is over: it has too much to do, which its status does not show.
    Time(Duration),
    /// The same, for one that is then tried with one photo.
    Trial(Duration),
    /// That its status is good, which it is not asked for before this time is over.
    Ready {
        /// How long it is left alone.
        not_before: Duration,
        /// How much longer, as long as other endpoints work.
        while_others_work: Duration,
    },
}

impl Until {
    /// What to wait for after this failure.
    pub fn after(failure: &Failure, settings: &Settings) -> Self {
        let asked_for = failure.asked_for(settings.asked_cap);
        match failure.error.kind {
            JobErrorKind::Overloaded => Self::Time(asked_for.unwrap_or(about(settings.setback))),
            _ => Self::Ready {
                not_before: asked_for.unwrap_or_default(),
                while_others_work: Duration::ZERO,
            },
        }
    }
}

/// The watch over one endpoint that is down.
pub struct Probe {
    /// Its model.
    pub model: ModelName,
    /// The endpoints of that model.
    pub endpoints: Arc<Endpoints>,
    /// Which endpoint.
    pub id: EndpointId,
    /// Its address.
    pub url: ServiceUrl,
    /// How often it went down since its last prediction. One whose status is good and whose
    /// predictions are not is asked less and less often.
    pub setbacks: u32,
}

impl Probe {
    /// Waits until the endpoint can work and takes it into use again. Ends early if the endpoint
    /// is gone or the dispatcher over.
    pub async fn run(self, until: Until, context: Arc<DispatcherContext>) {
        let is_trial = matches!(until, Until::Trial(_));
        let back = async {
            match until {
                Until::Time(pause) | Until::Trial(pause) => {
                    tokio::time::sleep(pause).await;
                    true
                }
                Until::Ready { not_before, while_others_work } => {
                    tokio::time::sleep(not_before).await;
                    let alone = self.endpoints.none_ready();
                    // Either way it is time to ask.
                    let _ = tokio::time::timeout(while_others_work, alone).await;
                    self.ready(&context).await
                }
            }
        };
        if context.over.run_until_cancelled(back).await == Some(true)
            && let Some(down) = self.endpoints.set_ready(self.id)
        {
            let (model, url, down_ms) = (&self.model, &self.url, down.as_millis());
            if is_trial {
                debug!(%model, %url, down_ms, "endpoint is tried");
            } else {
                info!(%model, %url, down_ms, "endpoint is back");
            }
        }
    }

    /// Asks for the status until it is good; `false` if the endpoint is gone before that.
    async fn ready(&self, context: &DispatcherContext) -> bool {
        let Settings { probe_base, probe_cap, asked_cap, .. } = context.settings;
        let mut doublings = self.setbacks.saturating_sub(1);
        let mut started: Option<Instant> = None;
        let mut asked_for = None;
        loop {
            let pause = asked_for.take();
            let pause = pause.unwrap_or_else(|| about(doubled(probe_base, probe_cap, doublings)));
            tokio::time::sleep(pause).await;
            doublings = doublings.saturating_add(1);
            let reason = match context.services.status(&self.url).await {
                Readiness::Ready => return true,
                Readiness::NotReady(failure) => {
                    asked_for = failure.asked_for(asked_cap);
                    Some(failure.error)
                }
                Readiness::Asleep => {
                    if started.is_none_or(|last| last.elapsed() >= START_AGAIN) {
                        started = Some(Instant::now());
                        context.services.start(&self.url).await;
                    }
                    None
                }
            };
            if !self.endpoints.still_down(self.id, reason) {
                return false;
            }
        }
    }
}
