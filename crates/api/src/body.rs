//! Reading small bodies whole.

use actix_web::web;

use crate::error::ApiError;

/// A body of at most `limit` bytes.
pub(crate) async fn read_body(body: web::Payload, limit: usize) -> Result<web::Bytes, ApiError> {
    match body.to_bytes_limited(limit).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(ApiError::BadRequest(format!("The body cannot be read: {error}."))),
        Err(_) => Err(ApiError::BadRequest(format!("The body has more than {limit} bytes."))),
    }
}
