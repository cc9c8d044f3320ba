//! `GET /events` and `POST /predict/events`: told instead of asking again and again.
//!
//! The cursor that every event carries is a moment of the job store's time, before which all
//! changes were told. So any api on the same store can go on where another one ended. That time
//! goes on when the clock is set back; a cursor that is ahead of it is of another store, and then
//! all is told.

mod request;
mod resumed;
mod stream;

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::Stream;

use self::request::StreamRequest;
pub(crate) use self::request::{EventsRequest, KEYS, KEYS_BESIDE_BODY, MAX_IMAGES_IN_QUERY};
use self::resumed::Resumed;
use self::stream::{ImageStream, LiveStream};
use crate::app::AppState;
use crate::http::problem::Problem;

/// Tells of the images in the query, or of all.
pub(crate) async fn follow(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let stream_request = StreamRequest::from_query(&state, &request).await?;
    if request.method() == Method::HEAD {
        // Not begun: what is told has no end, and nobody would hear it.
        return Ok(answer(futures_util::stream::empty()));
    }
    begin(state.into_inner(), stream_request).await
}

/// Tells of the images in the body.
pub(crate) async fn follow_many(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let stream_request =
        StreamRequest::from_query(&state, &request).await?.with_body(&state, body).await?;
    begin(state.into_inner(), stream_request).await
}

async fn begin(
    state: Arc<AppState>,
    stream_request: StreamRequest,
) -> Result<HttpResponse, Problem> {
    let StreamRequest { images, cursor, filter } = stream_request;
    match images {
        Some(images) => {
            let resumed = Resumed::at(&state, cursor).await;
            Ok(answer(ImageStream::new(state, images, filter, resumed)?.into_body()))
        }
        None => Ok(answer(LiveStream::new(state)?.into_body())),
    }
}

fn answer(body: impl Stream<Item = Result<Bytes, Infallible>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // nginx would collect the events until it has enough of them.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body)
}
