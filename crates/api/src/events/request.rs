//! Reading which images and jobs a client wants events about.

use actix_web::{HttpRequest, web};
use photo_core::{ImageKey, ModelName, UnixMillis};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::app::job_views::ModelFilter;
use crate::http::body::split_list;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::request_error::RequestError;
use crate::jobs::selection::{self, SelectionError};

/// What the query of `GET /events` may say.
pub(crate) const KEYS: &[&str] = &["images", "keys", "models", "last_event_id"];

/// What the query of `POST /predict/events` may say.
pub(crate) const KEYS_BESIDE_BODY: &[&str] = &["last_event_id"];

/// The most images in a query: a URL may have 64 KiB, and every comma may be three bytes.
pub(crate) const MAX_IMAGES_IN_QUERY: usize = 1_000;

/// What browsers send when they come back.
const LAST_EVENT_ID: &str = "last-event-id";

/// What a stream is to be about.
pub(super) struct StreamRequest {
    /// The images named in the query, if it names any.
    pub(super) images: Option<Vec<ImageKey>>,
    /// Where an earlier stream of the client ended.
    pub(super) cursor: Option<UnixMillis>,
    /// Whose jobs alone are meant.
    pub(super) filter: ModelFilter,
}

/// The body of `POST /predict/events`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventsQuestion)]
pub(crate) struct EventsRequest {
    #[schema(value_type = Vec<ImageKey>, min_items = 1, max_items = 10_000)]
    images: Vec<String>,
    /// Only the jobs of these models; without it all.
    #[schema(value_type = Option<Vec<ModelName>>, min_items = 1, max_items = 1_000)]
    models: Option<Vec<String>>,
}

impl StreamRequest {
    pub(super) async fn from_query(
        state: &AppState,
        request: &HttpRequest,
    ) -> Result<Self, Problem> {
        let query = Query::parse(request.query_string());
        let header = request.headers().get(LAST_EVENT_ID);
        let mut cursor = header.and_then(|id| parse_cursor(id.to_str().ok()?));
        let mut names: Option<Vec<String>> = None;
        for (name, value) in query.pairs() {
            let value = value.unwrap_or_default();
            match name {
                "images" | "keys" => {
                    names.get_or_insert_default().extend(split_list(name, value)?);
                }
                "last_event_id" => cursor = cursor.or(parse_cursor(value)),
                _ => {}
            }
        }
        if names.as_ref().is_some_and(|names| names.len() > MAX_IMAGES_IN_QUERY) {
            return Err(SelectionError::TooManyPhotos { limit: MAX_IMAGES_IN_QUERY }.into());
        }
        let images = names.as_deref().map(parse_images).transpose()?;
        let filter = selection::filter_of_query(state, &query).await?;
        if images.is_none() && filter.models().is_some() {
            let what = "`models` is for a stream about some images: name them as `images`.";
            return Err(RequestError::Unreadable(what.to_owned()).into());
        }
        Ok(Self { images, cursor, filter })
    }

    /// Adds what a body names.
    pub(super) async fn with_body(
        self,
        state: &AppState,
        body: web::Payload,
    ) -> Result<Self, Problem> {
        let form = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}";
        let body: EventsRequest = selection::read(body, form).await?;
        let filter = selection::filter(state, body.models.as_deref()).await?;
        Ok(Self { images: Some(parse_images(&body.images)?), filter, ..self })
    }
}

fn parse_images(hashes: &[String]) -> Result<Vec<ImageKey>, Problem> {
    if hashes.is_empty() {
        let what = "No image is named. Without `images`, GET /events tells of all that happens.";
        return Err(RequestError::Unreadable(what.to_owned()).into());
    }
    selection::images(hashes)
}

/// A text that is not ours is no cursor, and then all images are sent: a client must not be
/// locked out by what it remembers of another server.
fn parse_cursor(text: &str) -> Option<UnixMillis> {
    text.trim().parse().ok().map(UnixMillis)
}
