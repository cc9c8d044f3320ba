//! `GET /models`: which models can be named, and how they are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use actix_web::{HttpResponse, web};
use photo_core::job::{KnownEndpoint, KnownModel};
use photo_core::{JobError, ModelName, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::app::stores::StoreDeadline;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub(crate) struct Models {
    /// Their names.
    models: Vec<ModelName>,
    /// More about each.
    details: BTreeMap<ModelName, ModelDetail>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Model)]
struct ModelDetail {
    /// Where its services are: the configured ones and those that announced themselves.
    endpoints: BTreeSet<String>,
    /// Those among them that announced themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    announced: Vec<Announced>,
    /// Why its jobs cannot be done now, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hold: Option<JobError>,
    /// What the model can say, once it has said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    classes: Option<serde_json::Value>,
    /// The most requests at once.
    concurrency: u32,
    /// How many jobs are queued.
    queued: u64,
    /// How many jobs wait for a time.
    waiting: u64,
    /// How many jobs a dispatcher has.
    running: u64,
    /// How many failed jobs can be tried again.
    failed: u64,
}

/// A service that announced itself.
#[derive(Serialize, ToSchema)]
#[schema(as = AnnouncedService)]
struct Announced {
    url: String,
    /// The address that the announcement came from which made it known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String)]
    from: Option<IpAddr>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    at: Option<UnixMillis>,
}

pub(crate) async fn list(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let mut deadline = StoreDeadline::new();
    let known = deadline.wait(state.stores.jobs.models()).await?;
    let mut known: BTreeMap<ModelName, KnownModel> =
        known.into_iter().filter(|it| !it.forgotten).map(|it| (it.name.clone(), it)).collect();
    let names: BTreeSet<ModelName> =
        state.model_names.all().into_iter().chain(known.keys().cloned()).collect();
    let models: Vec<ModelName> = names.into_iter().collect();
    let stats = deadline.wait(state.stores.jobs.stats(Some(&models))).await?;
    let details = models.iter().zip(stats).map(|(name, stats)| {
        let settings = state.stores.config.model(name);
        let mut known = known.remove(name);
        let configured = settings.urls.iter().map(ToString::to_string);
        let announced = known.iter_mut().flat_map(|model| model.endpoints.drain(..));
        let announced: Vec<Announced> =
            announced.filter(|_| settings.takes_announcements).map(Announced::from).collect();
        let detail = ModelDetail {
            endpoints: configured.chain(announced.iter().map(|it| it.url.clone())).collect(),
            announced,
            concurrency: settings.concurrency,
            queued: stats.queued.iter().sum(),
            waiting: stats.waiting,
            running: stats.running,
            failed: stats.failed,
            hold: known.as_ref().and_then(|model| model.hold.clone()),
            classes: known.and_then(|model| model.classes),
        };
        (name.clone(), detail)
    });
    let details = details.collect();
    Ok(HttpResponse::Ok().json(Models { models, details }))
}

impl From<KnownEndpoint> for Announced {
    fn from(KnownEndpoint { url, from, since }: KnownEndpoint) -> Self {
        Self { url, from, at: since }
    }
}
