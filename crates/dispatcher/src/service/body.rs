//! Reading what a service answers, without trusting its length.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, RETRY_AFTER};

use super::answer::{Answer, BodyEnd};
use crate::http::Response;

/// Reads an answer of at most `limit` bytes.
pub async fn read(mut response: Response, limit: u64) -> Answer {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let mut body = Vec::new();
    if is_encoded(response.headers()) {
        return Answer { status, retry_after, body, end: BodyEnd::Encoded };
    }
    let end = loop {
        match response.chunk().await {
            Ok(Some(piece)) if (body.len() + piece.len()) as u64 > limit => {
                break BodyEnd::TooLong { limit };
            }
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => break BodyEnd::Complete,
            Err(_) => break BodyEnd::Broken,
        }
    };
    Answer { status, retry_after, body, end }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !value.is_empty() && !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What `Retry-After` says, as seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    date.duration_since(jiff::Timestamp::now()).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_anything_else_is_ignored() {
        assert_eq!(header("7"), Some(Duration::from_secs(7)));
        let until = header("Tue, 31 Dec 2999 23:59:59 GMT");
        assert!(until.is_some_and(|time| time > Duration::from_hours(24)));
        assert_eq!(header("Fri, 31 Dec 1999 23:59:59 GMT"), None);
        assert_eq!(header("soon"), None);
        assert_eq!(header("-1"), None);
    }
}
