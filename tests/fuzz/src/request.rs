//! Everything clients ask but forms: a byte for the method, a line with path and query, a line for
//! `If-None-Match`, and the body.

use std::cell::LazyCell;

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;

use crate::app::Api;
use crate::split_line;

thread_local! {
    static API: LazyCell<Api> = LazyCell::new(Api::start);
}

/// Any question has an answer. An announcement has a name and an address, or is refused.
pub fn check(input: &[u8]) {
    let Some((method, rest)) = input.split_first() else { return };
    let (path, rest) = split_line(rest);
    let (known, body) = split_line(rest);
    if let Ok((model, url)) = photo_api::read_announcement(body, "localhost") {
        assert_eq!(model.as_str().parse().as_ref(), Ok(&model));
        assert_eq!(url.as_str().parse().as_ref(), Ok(&url));
    }
    let Ok(uri) = Uri::try_from([b"/", path].concat()) else { return };
    let Ok(known) = HeaderValue::from_bytes(known) else { return };
    let methods = [Method::GET, Method::POST, Method::HEAD, Method::DELETE];
    let request = TestRequest::default()
        .method(methods[usize::from(method % 4)].clone())
        .uri(&uri.to_string())
        .insert_header(("if-none-match", known))
        .set_payload(body.to_vec());
    API.with(|api| api.ask(request, None));
}
