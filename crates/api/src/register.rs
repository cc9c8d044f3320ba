//! `POST /model/register` and `/register`: model services announce themselves, and go on doing so
//! as a sign of life.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::ModelName;
use photo_core::config::ServiceUrl;
use photo_core::job::Announcement;
use serde::Deserialize;
use serde_json::{Number, json};

use crate::body::read_body;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store_time::StoreTime;
use crate::whole;

/// The header in which services send their key.
const KEY_HEADER: &str = "api_key";

/// The most bytes of an announcement.
const MOST_BYTES: usize = 16 * 1024;

/// The most models that may announce themselves. Each costs every dispatcher a little for ever.
const MOST_MODELS: usize = 1_000;

/// The most services of one model that may be announced at the same time.
const MOST_ENDPOINTS: usize = 100;

/// Every shape an announcement has had over the releases of the services.
#[derive(Deserialize)]
struct Body {
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

impl Body {
    fn url(&self, host: &str) -> Result<ServiceUrl, String> {
        let port = match (&self.socket, &self.port) {
            (Some(socket), _) => return socket.parse().map_err(|e| format!("`socket`: {e}")),
            (None, Some(Port::Number(number))) => whole::parse(number),
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
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let url = body.url(host)?;
    Ok((body.name, url))
}

pub(crate) async fn announce(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    if !has_key(&request, &state) {
        let detail = "Unable to validate credentials.";
        return Ok(HttpResponse::build(StatusCode::UNAUTHORIZED)
            .json(json!({"status": "failure", "detail": detail})));
    }
    let unreadable = |error: String| {
        ApiError::BadRequest(format!(
            "The announcement cannot be read: {error}. Expected is \
             {{\"name\": …, \"port\": …}} or {{\"name\": …, \"socket\": \"http://host:port\"}}."
        ))
    };
    let body = read_body(body, MOST_BYTES).await?;
    let defaults = &state.config.model_defaults;
    let (model, url) = read_announcement(&body, &defaults.host).map_err(unreadable)?;

    // A service that is known may be busy with a photo and slow to answer: that it announces
    // itself is sign enough of its life.
    let mut time = StoreTime::new();
    let models = time.wait(state.jobs.models()).await?;
    let known = models.iter().find(|known| known.name == model);
    let endpoints = known.map_or(&[][..], |known| &known.endpoints);
    let is_known = endpoints.iter().any(|endpoint| endpoint == url.as_str());
    if known.is_none() && models.len() >= MOST_MODELS {
        return Err(ApiError::TooManyServices { of: "models", limit: MOST_MODELS });
    }
    if !is_known && endpoints.len() >= MOST_ENDPOINTS {
        return Err(ApiError::TooManyServices {
            of: "services of this model",
            limit: MOST_ENDPOINTS,
        });
    }
    if !is_known && state.services.get(format!("{url}/status")).send().await.is_err() {
        tracing::warn!(%model, endpoint = %url, "announced, but does not answer GET /status");
        let detail = "Unable to establish successful connection to model.";
        return Ok(
            HttpResponse::Ok().json(json!({"status": "failure", "model": model, "detail": detail}))
        );
    }
    let announcement = Announcement {
        model: model.clone(),
        url: url.as_str().to_owned(),
        lifetime: defaults.silence,
    };
    let detail = if time.wait(state.jobs.announce(&announcement)).await? {
        tracing::info!(%model, endpoint = %url, "a model service announced itself");
        "Model has been successfully registered to server."
    } else {
        "Model has already been registered."
    };
    Ok(HttpResponse::Ok().json(json!({"status": "success", "model": model, "detail": detail})))
}

/// Whether the service may announce itself. Compares every byte, so that the time taken tells
/// nothing about the key.
fn has_key(request: &HttpRequest, state: &AppState) -> bool {
    let Some(key) = &state.config.api.register_key else { return true };
    let key = key.reveal().as_bytes();
    let given = request.headers().get(KEY_HEADER).map_or(&[][..], |value| value.as_bytes());
    given.len() == key.len() && given.iter().zip(key).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}
