//! What a client wants to be told.

use actix_web::{HttpRequest, web};
use photo_core::{ImageKey, UnixMillis};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::named;

/// The most images in a query: a URL may have 64 KiB, and every comma may be three bytes.
pub(crate) const MOST_IN_QUERY: usize = 1_000;

/// What browsers send when they come back.
const LAST_EVENT_ID: &str = "last-event-id";

/// What a request's head asks for.
pub(super) struct Question {
    /// The images named in the query, if it names any.
    pub(super) images: Option<Vec<ImageKey>>,
    /// Where an earlier stream of the client ended.
    pub(super) cursor: Option<UnixMillis>,
}

/// The body of `POST /predict/events`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventsQuestion)]
pub(crate) struct Body {
    #[schema(value_type = Vec<ImageKey>, min_items = 1, max_items = 10_000)]
    images: Vec<String>,
}

impl Question {
    pub(super) fn from_query(request: &HttpRequest) -> Result<Self, ApiError> {
        let header = request.headers().get(LAST_EVENT_ID);
        let mut cursor = header.and_then(|id| parse_cursor(id.to_str().ok()?));
        let mut names: Option<Vec<String>> = None;
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            match &*name {
                "images" | "keys" => {
                    let some = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                    names.get_or_insert_default().extend(some.map(str::to_owned));
                }
                "last_event_id" => cursor = cursor.or(parse_cursor(&value)),
                _ => {}
            }
        }
        if names.as_ref().is_some_and(|names| names.len() > MOST_IN_QUERY) {
            return Err(ApiError::TooManyPhotos { limit: MOST_IN_QUERY });
        }
        let images = names.as_deref().map(parse_images).transpose()?;
        Ok(Self { images, cursor })
    }
}

/// Reads the images of a body.
pub(super) async fn read_images(body: web::Payload) -> Result<Vec<ImageKey>, ApiError> {
    let body: Body = named::read(body, "{\"images\": [\"<hash>\", …]}").await?;
    parse_images(&body.images)
}

fn parse_images(hashes: &[String]) -> Result<Vec<ImageKey>, ApiError> {
    if hashes.is_empty() {
        let what = "No image is named. Without `images`, GET /events tells of all that happens.";
        return Err(ApiError::BadRequest(what.to_owned()));
    }
    named::images(hashes)
}

/// Whatever is not ours is no cursor, and then all is told from the beginning: a client must not be
/// locked out by what it remembers of another server.
fn parse_cursor(text: &str) -> Option<UnixMillis> {
    text.trim().parse().ok().map(UnixMillis)
}
