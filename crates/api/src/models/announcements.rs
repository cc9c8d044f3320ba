//! `POST /model/register` and `/register`: model services announce themselves, and go on doing so
//! as a sign of life.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use photo_config::ServiceUrl;
use photo_core::ModelName;
use photo_core::job::Announcement;
use serde::Deserialize;
use serde_json::{Number, json};
use thiserror::Error;

use crate::app::AppState;
use crate::app::model_services::is_off_limits_error;
use crate::app::stores::StoreDeadline;
use crate::http::body::read_body;
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::http::text::shorten;
use crate::http::whole_number;

/// How long services are asked to wait until others of their kind have gone, in seconds.
const RETRY_SERVICES_SECONDS: u64 = 30;

/// What is said where a service cannot be reached that is on this machine, or on the one around
/// this container.
const HINT: &str = "A service that runs in a container, or outside of the one that this server runs \
    in, is reached there only if it listens beyond 127.0.0.1, such as on 0.0.0.0.";

/// The header in which services send their key.
const KEY_HEADER: &str = "api_key";

/// The most bytes of an announcement.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The most models that may announce themselves. Each costs every dispatcher a little for ever.
const MAX_MODELS: usize = 1_000;

/// The most services of one model that may be announced at the same time.
const MAX_ENDPOINTS: usize = 100;

/// So many have announced themselves that no more may.
#[derive(Debug, Error)]
pub(crate) enum AnnouncementError {
    #[error(
        "{limit} {of} have announced themselves, and no more are taken. Name the model in the \
         configuration instead."
    )]
    TooManyServices { of: &'static str, limit: usize },
}

impl From<AnnouncementError> for Problem {
    fn from(error: AnnouncementError) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many services", &error)
            .with_retry_after(RETRY_SERVICES_SECONDS)
    }
}

/// Every shape an announcement has had over the releases of the services.
#[derive(Deserialize)]
struct AnnouncementBody {
    #[serde(alias = "modelName")]
    name: ModelName,
    #[serde(default, alias = "modelPort")]
    port: Option<Port>,
    #[serde(default)]
    socket: Option<String>,
}

/// A port, as a number or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Port {
    Number(Number),
    Text(String),
}

impl AnnouncementBody {
    fn url(&self, host: &str) -> Result<ServiceUrl, String> {
        let port = match (&self.socket, &self.port) {
            (Some(socket), _) => {
                let refuse = |error| format!("`socket` is {:?}: {error}", shorten(socket));
                return socket.parse().map_err(refuse);
            }
            (None, Some(Port::Number(number))) => whole_number::parse(number),
            (None, Some(Port::Text(text))) => text.trim().parse().ok(),
            (None, None) => return Err("`port` or `socket` is missing".to_owned()),
        };
        let port = port.filter(|port| *port > 0).ok_or("`port` is not a port")?;
        ServiceUrl::from_port(host, port).map_err(|e| e.to_string())
    }
}

/// The model that announces itself with this body, and where its service is; a port is one of
/// `host`. An error says what is wrong with the body.
pub fn read_announcement(body: &[u8], host: &str) -> Result<(ModelName, ServiceUrl), String> {
    let body: AnnouncementBody = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let url = body.url(host)?;
    Ok((body.name, url))
}

pub(crate) async fn announce(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    if !has_key(&request, &state) {
        let detail = "Unable to validate credentials.";
        return Ok(HttpResponse::build(StatusCode::UNAUTHORIZED)
            .json(json!({"status": "failure", "detail": detail})));
    }
    let unreadable = |error: String| {
        RequestError::Unreadable(format!(
            "The announcement cannot be read: {error}. Expected is \
             {{\"name\": …, \"port\": …}} or {{\"name\": …, \"socket\": \"http://host:port\"}}."
        ))
    };
    let body = read_body(body, MAX_BODY_BYTES).await?;
    let defaults = &state.stores.config.model_defaults;
    let (model, url) = read_announcement(&body, &defaults.host).map_err(unreadable)?;
    let service = AnnouncingService {
        model,
        url,
        from: request.peer_addr().map(|it| it.ip().to_canonical()),
    };
    let AnnouncingService { model, url, from } = &service;
    let settings = state.stores.config.model(model);
    if !settings.takes_announcements {
        // Those that are configured are used whether they announce themselves or not.
        return Ok(if settings.urls.contains(url) {
            service.heard("Model has already been registered.")
        } else {
            service.refused(
                &state,
                "the model is configured, and takes no other services unless its \
                operator says `announce = true` of it",
            )
        });
    }
    if url.is_off_limits() {
        return Ok(service.refused(&state, OFF_LIMITS));
    }

    // A service that is known may be busy with a photo and slow to answer: that it announces
    // itself is sign enough of its life.
    let mut deadline = StoreDeadline::new();
    let models = deadline.wait(state.stores.jobs.models()).await?;
    let known = models.iter().find(|known| known.name == *model && !known.forgotten);
    let endpoints = known.map_or(&[][..], |known| &known.endpoints);
    let is_known = endpoints.iter().any(|endpoint| endpoint.url == url.as_str());
    let others = models.iter().filter(|known| !known.forgotten).count();
    if known.is_none() && others >= MAX_MODELS {
        return Err(AnnouncementError::TooManyServices { of: "models", limit: MAX_MODELS }.into());
    }
    if !is_known && endpoints.len() >= MAX_ENDPOINTS {
        return Err(AnnouncementError::TooManyServices {
            of: "services of this model",
            limit: MAX_ENDPOINTS,
        }
        .into());
    }
    if !is_known
        && let Err(error) = state.model_services.client.get(format!("{url}/status")).send().await
    {
        return Ok(if is_off_limits_error(&error) {
            service.refused(&state, OFF_LIMITS)
        } else {
            service.unreachable(&state, &error)
        });
    }
    let announcement = Announcement {
        model: model.clone(),
        url: url.as_str().to_owned(),
        lifetime: defaults.silence,
        from: *from,
    };
    let is_new = deadline.wait(state.stores.jobs.announce(&announcement)).await?;
    state.model_services.told_refusals.clear(model, url.as_str());
    if is_new {
        tracing::info!(%model, endpoint = %url, ?from, "a model service announced itself");
        return Ok(service.heard("Model has been successfully registered to server."));
    }
    Ok(service.heard("Model has already been registered."))
}

/// Why an address is not taken.
const OFF_LIMITS: &str = "no model service can be at its address, which is of no machine, of many, or one \
    where a machine is told its own secrets";

/// A service that announces itself, and the address it calls from. Services read the status alone,
/// and go on announcing themselves whatever it is.
struct AnnouncingService {
    model: ModelName,
    url: ServiceUrl,
    from: Option<IpAddr>,
}

impl AnnouncingService {
    fn heard(&self, detail: &str) -> HttpResponse {
        HttpResponse::Ok().json(json!({"status": "success", "model": self.model, "detail": detail}))
    }

    fn refused(&self, state: &AppState, why: &str) -> HttpResponse {
        let Self { model, url, from } = self;
        if state.model_services.told_refusals.is_news(model, url.as_str()) {
            tracing::warn!(%model, endpoint = %url, ?from, "an announcement is not taken: {why}");
        }
        let detail = format!("The announcement of {url} is not taken: {why}.");
        self.failed(StatusCode::FORBIDDEN, &detail)
    }

    fn unreachable(&self, state: &AppState, error: &reqwest::Error) -> HttpResponse {
        let Self { model, url, from } = self;
        if state.model_services.told_refusals.is_news(model, url.as_str()) {
            tracing::warn!(
                %model, endpoint = %url, ?from, error = ?error,
                "announced, but does not answer GET /status"
            );
        }
        let mut detail = format!(
            "Unable to establish successful connection to model. Tried was GET {url}/status."
        );
        if url.is_this_machine() {
            detail = format!("{detail} {HINT}");
        }
        self.failed(StatusCode::OK, &detail)
    }

    fn failed(&self, status: StatusCode, detail: &str) -> HttpResponse {
        HttpResponse::build(status)
            .json(json!({"status": "failure", "model": self.model, "detail": detail}))
    }
}

/// Whether the service may announce itself. Compares every byte, so that the time taken tells
/// nothing about the key.
fn has_key(request: &HttpRequest, state: &AppState) -> bool {
    let Some(key) = &state.stores.config.api.register_key else { return true };
    let key = key.reveal().as_bytes();
    let given = request.headers().get(KEY_HEADER).map_or(&[][..], |value| value.as_bytes());
    given.len() == key.len() && given.iter().zip(key).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}
