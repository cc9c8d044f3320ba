//! `/health`: for load balancers and supervisors.

use std::time::Duration;

use actix_web::{HttpResponse, Responder, web};
use photo_core::ports::{ImageStoreError, StoreError};
use serde_json::json;

use crate::app::AppState;
use crate::http::problem::Problem;

/// How long a store may take to answer before it counts as away. Longer than the job store waits
/// for its server, so that it says itself what is wrong.
const STORE_TIMEOUT: Duration = Duration::from_secs(4);

/// Whether the process runs at all. The answer is the proof: it is given by the workers that do the
/// work, and a worker whose loop is stuck does not answer, so that the probe times out.
pub(crate) async fn live() -> impl Responder {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// Whether photos would be accepted now: both stores answer.
pub(crate) async fn ready(state: web::Data<AppState>) -> Result<impl Responder, Problem> {
    let late = || "no answer in time";
    let (jobs, images) = tokio::join!(
        tokio::time::timeout(STORE_TIMEOUT, state.stores.jobs.ping()),
        tokio::time::timeout(STORE_TIMEOUT, state.stores.images.ping()),
    );
    jobs.unwrap_or_else(|_| Err(StoreError::unavailable(late())))?;
    images.unwrap_or_else(|_| Err(ImageStoreError::unavailable(late())))?;
    Ok(HttpResponse::Ok().json(json!({"status": "ready"})))
}
