//! `GET /`: what this is, for programs; for people, the page.

use actix_web::http::header::VARY;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::error::ApiError;
use crate::page;

pub(crate) async fn show(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if page::prefers_html(&request) {
        return page::show(&request);
    }
    Ok(HttpResponse::Ok().insert_header((VARY, "accept")).json(json!({
        "name": "PhotoAnalysisServer",
        "version": env!("CARGO_PKG_VERSION"),
        "status": "running",
        "detail": "POST photos and model names to /predict; GET results from /predict/<hash>.",
        "links": {
            "models": "/models",
            "predict": "/predict",
            "ready": "/health/ready",
        },
    })))
}
