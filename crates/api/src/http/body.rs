//! Reading small bodies whole, and the JSON in them.

use std::time::Duration;

use actix_web::web;
use serde::de::DeserializeOwned;

use crate::http::request_error::RequestError;
use crate::http::text::shorten;

/// How long a small body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_body(
    body: web::Payload,
    limit: usize,
) -> Result<web::Bytes, RequestError> {
    match tokio::time::timeout(BODY_TIMEOUT, body.to_bytes_limited(limit)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(error))) => {
            Err(RequestError::Unreadable(format!("The body cannot be read: {error}.")))
        }
        Ok(Err(_)) => {
            Err(RequestError::Unreadable(format!("The body has more than {limit} bytes.")))
        }
        Err(_) => Err(RequestError::TooSlow),
    }
}

/// Reads a body of at most `limit` bytes as JSON, of which `form` is an example.
pub(crate) async fn read_json<T: DeserializeOwned>(
    body: web::Payload,
    limit: usize,
    form: &str,
) -> Result<T, RequestError> {
    parse_json(&read_body(body, limit).await?, form)
}

/// Reads a body that has arrived as JSON, of which `form` is an example. An error names the place
/// of what is wrong.
pub(crate) fn parse_json<T: DeserializeOwned>(body: &[u8], form: &str) -> Result<T, RequestError> {
    // Some editors and shells begin every text with a byte order mark.
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = error.path().to_string();
        let place = if place == "." { String::new() } else { format!("`{}`: ", shorten(&place)) };
        format!("{place}{}", error.into_inner())
    });
    let value = value.and_then(|value| json.end().map(|()| value).map_err(|it| it.to_string()));
    value.map_err(|error| RequestError::Unreadable(format!("The body is not {form}: {error}.")))
}

/// Reads names as clients send them in a text: one, several with commas, or a JSON array.
pub(crate) fn split_list(field: &str, text: &str) -> Result<Vec<String>, RequestError> {
    let text = text.trim();
    let wrong = |error: serde_json::Error| {
        RequestError::Unreadable(format!("`{field}` is not a JSON array of texts: {error}."))
    };
    let mut names: Vec<String> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(wrong)?
    } else if text.starts_with('"') {
        vec![serde_json::from_str(text).map_err(wrong)?]
    } else {
        text.split(',').map(|name| name.trim().to_owned()).collect()
    };
    names.retain(|name| !name.is_empty());
    Ok(names)
}
