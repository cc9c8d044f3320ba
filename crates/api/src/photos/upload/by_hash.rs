//! `POST /predict` with a JSON body: for photos that are all stored.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::mime::{self, Mime};
use actix_web::{HttpRequest, web};
use photo_core::job::{Priority, SubmitMode};
use photo_core::{ImageKey, ModelName};
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::Fields;
use super::form::{UploadForm, include};
use crate::app::AppState;
use crate::http::body::{parse_json, read_body};
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;

/// The most bytes of a hash in the body: itself, and as much again for white space.
const MAX_HASH_BYTES: usize = 80;

/// The most bytes of all else. A thousand names fit.
const MAX_OTHER_BYTES: usize = 100 * 1024;

/// What a body looks like.
const FORM: &str = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}";

/// Photos that are all stored, and what is to be done with them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PredictByHash)]
pub(crate) struct PredictByHash {
    #[schema(value_type = Vec<ImageKey>, min_items = 1, max_items = 1_000)]
    images: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Vec<ModelName>, max_items = 1_000)]
    models: Vec<String>,
    #[serde(default)]
    priority: Option<Priority>,
    #[serde(default)]
    rerun: Option<bool>,
    #[serde(default)]
    #[schema(format = "uri", max_length = 2_000)]
    callback: Option<String>,
}

/// Whether the request has such a body.
pub(super) fn is_json(request: &HttpRequest) -> bool {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|text| text.parse::<Mime>().ok());
    media_type.is_some_and(|it| it.essence_str() == mime::APPLICATION_JSON.essence_str())
}

/// Reads the body of a request whose query said `fields`.
pub(super) async fn read(
    state: &AppState,
    body: web::Payload,
    mut fields: Fields,
) -> Result<UploadForm, Problem> {
    let limit = state.stores.config.api.max_images;
    let body = read_body(body, limit.saturating_mul(MAX_HASH_BYTES) + MAX_OTHER_BYTES).await?;
    let body: PredictByHash = parse_json(&body, FORM).map_err(|error| {
        RequestError::Unreadable(format!(
            "{error} Photos themselves are sent as a form: curl -F images=@photo.jpg -F models=NAME."
        ))
    })?;
    let had_room = fields.models().len();
    fields.add_names(body.models)?;
    fields.priority = body.priority.unwrap_or(fields.priority);
    if let Some(rerun) = body.rerun {
        fields.mode = if rerun { SubmitMode::Rerun } else { SubmitMode::New };
    }
    fields.callback = body.callback.or(fields.callback);
    let mut upload = state.stores.images.begin(state.stores.config.api.image_limits()).await?;
    let mut photos = Vec::new();
    include(&body.images, limit, &mut photos, &mut *upload)?;
    Ok(UploadForm { fields, photos, upload, had_room, ignored_fields: Vec::new() })
}
