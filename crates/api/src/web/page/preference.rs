//! Whether a client is a browser that shows pages to a person, by its `Accept` (RFC 9110, 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header, Quality, QualityItem};
use actix_web::mime::{self, Mime};

/// Whether the client prefers HTML to JSON. A client that takes anything, as programs do, does not.
pub(crate) fn prefers_html(request: &HttpRequest) -> bool {
    let Ok(Accept(ranges)) = Accept::parse(request) else { return false };
    wish(&ranges, &mime::TEXT_HTML) > wish(&ranges, &mime::APPLICATION_JSON)
}

/// How much a type is wished for, and how expressly: the most specific range counts.
fn wish(ranges: &[QualityItem<Mime>], wanted: &Mime) -> (Quality, u8) {
    let matching = ranges.iter().filter_map(|range| {
        let (kind, subtype) = (range.item.type_(), range.item.subtype());
        let specificity = match (kind == wanted.type_(), subtype == wanted.subtype()) {
            (true, true) => 2,
            (true, false) if subtype == mime::STAR => 1,
            (false, _) if kind == mime::STAR => 0,
            _ => return None,
        };
        Some((specificity, range.quality))
    });
    matching
        .max_by_key(|(specificity, _)| *specificity)
        .map_or((Quality::ZERO, 0), |(specificity, quality)| (quality, specificity))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asks(accept: &str) -> bool {
        prefers_html(&TestRequest::default().insert_header(("accept", accept)).to_http_request())
    }

    #[test]
    fn browsers_prefer_html() {
        assert!(asks("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
        assert!(asks("text/html, */*"));
        assert!(asks("text/*, application/json;q=0.4"));
        assert!(asks("application/json;q=0.5, text/html;q=0.6"));
    }

    #[test]
    fn programs_do_not() {
        assert!(!asks("*/*"));
        assert!(!asks("application/json"));
        assert!(!asks("application/json, text/html"));
        assert!(!asks("text/html;q=0, */*;q=0.1"));
        assert!(!asks("image/png"));
        assert!(!asks("nonsense"));
        assert!(!prefers_html(&TestRequest::default().to_http_request()));
    }
}
