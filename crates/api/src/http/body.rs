//! Reading small bodies whole.

use std::time::Duration;

use actix_web::web;

use crate::http::error::ApiError;

/// How long a small body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body of at most `limit` bytes.
pub(crate) async fn read_body(body: web::Payload, limit: usize) -> Result<web::Bytes, ApiError> {
    match tokio::time::timeout(PATIENCE, body.to_bytes_limited(limit)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(error))) => {
            Err(ApiError::BadRequest(format!("The body cannot be read: {error}.")))
        }
        Ok(Err(_)) => Err(ApiError::BadRequest(format!("The body has more than {limit} bytes."))),
        Err(_) => Err(ApiError::TooSlow),
    }
}
