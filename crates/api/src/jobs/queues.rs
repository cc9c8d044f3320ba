//! `GET /queues`: what there is to do, how fast it goes, and who does it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use photo_core::job::{DispatcherId, DispatcherView, EndpointState, Priority};
use photo_core::{JobError, ModelName, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::app::throughput::MeasuredQueue;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub(crate) struct Queues {
    models: Vec<ModelQueue>,
    /// Those that are alive.
    dispatchers: Vec<Dispatcher>,
    /// The server's time.
    at: UnixMillis,
}

#[derive(Serialize, ToSchema)]
struct ModelQueue {
    model: ModelName,
    queued: Lines,
    /// Jobs that wait for a time.
    waiting: u64,
    /// Jobs that a dispatcher has.
    running: u64,
    /// Failed jobs that can be tried again.
    failed: u64,
    /// The most requests at once.
    concurrency: u32,
    /// Why its queued jobs cannot be done now.
    #[schema(required)]
    hold: Option<JobError>,
    /// How many jobs finish per second, by the latest measurement.
    #[schema(required)]
    rate_per_second: Option<f64>,
    /// When the oldest queued job was submitted.
    #[schema(required)]
    oldest_queued_at: Option<UnixMillis>,
    /// What happened since the job store was made.
    counters: BTreeMap<String, u64>,
    /// Its services.
    endpoints: Vec<Endpoint>,
}

/// Queued jobs.
#[derive(Serialize, ToSchema)]
struct Lines {
    high: u64,
    normal: u64,
    low: u64,
}

/// A model's service as all dispatchers together see it.
#[derive(Serialize, ToSchema)]
struct Endpoint {
    /// Where it is.
    url: String,
    state: SeenAs,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    since: Option<UnixMillis>,
    /// How many requests it has.
    in_flight: u64,
}

/// The best that a dispatcher says of an endpoint; nothing if none says anything, or has called it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SeenAs {
    Up,
    Resting,
    Down,
    Unknown,
}

#[derive(Serialize, ToSchema)]
struct Dispatcher {
    id: DispatcherId,
    /// The machine it runs on.
    host: String,
    /// Its process there.
    pid: u32,
    version: String,
    started_at: UnixMillis,
    /// When it was last heard of.
    seen_at: UnixMillis,
    /// How many jobs it has.
    in_flight: u32,
    /// Whether it is stopping and claims no more jobs.
    stopping: bool,
}

/// Tells of all queues and dispatchers.
pub(crate) async fn list(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let (known, dispatchers) = tokio::try_join!(
        state.throughput.queues(&state.stores, None),
        state.stores.jobs.dispatchers()
    )?;
    let is_known = |model: &ModelName| known.iter().any(|it| it.view.stats.model == *model);
    // Those that are configured and that nobody has asked for yet.
    let mut others = state.model_names.all();
    others.retain(|model| !is_known(model));
    let mut queues = known;
    if !others.is_empty() {
        queues.extend(state.throughput.queues(&state.stores, Some(&others)).await?);
        queues.sort_by(|one, other| one.view.stats.model.cmp(&other.view.stats.model));
    }
    let models = queues.into_iter().map(|queue| describe(&state, queue, &dispatchers)).collect();
    let dispatchers = dispatchers.into_iter().map(Dispatcher::from).collect();
    Ok(HttpResponse::Ok().json(Queues { models, dispatchers, at: state.stores.clock.now() }))
}

fn describe(state: &AppState, queue: MeasuredQueue, dispatchers: &[DispatcherView]) -> ModelQueue {
    let MeasuredQueue { view, rate } = queue;
    let settings = state.stores.config.model(&view.stats.model);
    let configured = settings.urls.iter().map(ToString::to_string);
    let announced = view.announced.iter().filter(|_| settings.takes_announcements).cloned();
    let urls: BTreeSet<String> = configured.chain(announced).collect();
    let of = |priority: Priority| view.stats.queued[priority as usize];
    ModelQueue {
        queued: Lines {
            high: of(Priority::High),
            normal: of(Priority::Normal),
            low: of(Priority::Low),
        },
        waiting: view.stats.waiting,
        running: view.stats.running,
        failed: view.stats.failed,
        concurrency: settings.concurrency,
        rate_per_second: rate.map(|rate| rate.rounded()),
        oldest_queued_at: view.oldest_at(),
        endpoints: endpoints(&view.stats.model, urls, dispatchers),
        hold: view.hold,
        model: view.stats.model,
        counters: view.stats.counters.into_iter().collect(),
    }
}

/// The endpoints that are configured or announced, and those that dispatchers have beside them.
fn endpoints(
    model: &ModelName,
    urls: BTreeSet<String>,
    dispatchers: &[DispatcherView],
) -> Vec<Endpoint> {
    let unknown = |url: String| {
        let nothing = Endpoint {
            url: url.clone(),
            state: SeenAs::Unknown,
            reason: None,
            since: None,
            in_flight: 0,
        };
        (url, (nothing, None))
    };
    let mut endpoints: BTreeMap<String, (Endpoint, Option<(EndpointState, bool)>)> =
        urls.into_iter().map(unknown).collect();
    let reports = dispatchers.iter().flat_map(|dispatcher| &dispatcher.report.endpoints);
    for report in reports.filter(|report| report.model == *model) {
        let entry = endpoints.entry(report.url.clone());
        let (endpoint, best) = entry.or_insert_with_key(|url| unknown(url.clone()).1);
        endpoint.in_flight += u64::from(report.in_flight);
        let seen = (report.state, report.untried);
        if best.is_none_or(|best| seen < best) {
            *best = Some(seen);
            endpoint.state = match seen {
                (EndpointState::Up, true) => SeenAs::Unknown,
                (state, _) => state.into(),
            };
            (endpoint.reason, endpoint.since) = (report.reason.clone(), report.since);
        }
    }
    endpoints.into_values().map(|(endpoint, _)| endpoint).collect()
}

impl From<EndpointState> for SeenAs {
    fn from(state: EndpointState) -> Self {
        match state {
            EndpointState::Up => Self::Up,
            EndpointState::Resting => Self::Resting,
            EndpointState::Down => Self::Down,
        }
    }
}

impl From<DispatcherView> for Dispatcher {
    fn from(view: DispatcherView) -> Self {
        let report = view.report;
        Self {
            id: report.id,
            host: report.host,
            pid: report.pid,
            version: report.version,
            started_at: report.started_at,
            seen_at: view.seen_at,
            in_flight: report.in_flight,
            stopping: report.stopping,
        }
    }
}
