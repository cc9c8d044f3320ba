//! The form of `POST /predict`: a byte that says in what pieces it arrives, a line with the query,
//! a line with the content type, and the body.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::http::{StatusCode, Uri};
use actix_web::test::TestRequest;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use photo_core::ImageKey;

use crate::app::{Answer, Api, MAX_PIXELS};
use crate::split_line;

thread_local! {
    static API: LazyCell<Api> = LazyCell::new(Api::start);
}

/// A form is accepted with all its photos, or refused without a trace; and how it was cut into
/// pieces on its way decides nothing.
pub fn check(input: &[u8]) {
    let Some((piece, rest)) = input.split_first() else { return };
    let (query, rest) = split_line(rest);
    let (content_type, body) = split_line(rest);
    let Ok(uri) = Uri::try_from([b"/predict?", query].concat()) else { return };
    let Ok(content_type) = HeaderValue::from_bytes(content_type) else { return };
    API.with(|api| {
        let whole = post(api, &uri, &content_type, body, body.len().max(1));
        let pieces = post(api, &uri, &content_type, body, usize::from(piece % 64) + 1);
        assert_eq!(whole, pieces, "in pieces of {}", piece % 64 + 1);
    });
}

/// Posts a form; answers what of the answer is the same if it is posted again.
fn post(
    api: &Api,
    uri: &Uri,
    content_type: &HeaderValue,
    body: &[u8],
    size: usize,
) -> (StatusCode, BTreeSet<ImageKey>, Option<String>) {
    let pieces: Vec<_> = body.chunks(size).map(|it| Ok(Bytes::copy_from_slice(it))).collect();
    // Otherwise the pieces are put together before anybody looks at them.
    let pieces = stream::iter(pieces).then(async |piece| {
        tokio::task::yield_now().await;
        piece
    });
    let payload: Payload = Payload::Stream { payload: Box::pin(pieces) };
    let request = TestRequest::post()
        .uri(&uri.to_string())
        .insert_header(("content-type", content_type.clone()));
    let Answer { status, body } = api.ask(request, Some(payload));
    let images: BTreeSet<ImageKey> = body["images"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|hash| hash.as_str().and_then(|hash| hash.parse().ok()).expect("a hash"))
        .collect();
    if status == StatusCode::ACCEPTED {
        assert!(!images.is_empty() && !body["jobs"].as_array().is_none_or(Vec::is_empty));
        assert_eq!(api.files().len(), 2 * images.len(), "a photo and a record each");
        for image in &images {
            assert!(api.take_photo(*image) <= MAX_PIXELS);
        }
    } else {
        assert!(status.is_client_error() && images.is_empty(), "{status} {body}");
    }
    assert!(api.files().is_empty(), "{status}: {:?}", api.files());
    (status, images, body["detail"].as_str().map(str::to_owned))
}
