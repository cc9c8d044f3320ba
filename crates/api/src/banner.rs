//! `GET /`: what this is.

use actix_web::{HttpResponse, Responder};
use serde_json::json;

pub(crate) async fn show() -> impl Responder {
    HttpResponse::Ok().json(json!({
        "name": "PhotoAnalysisServer",
        "version": env!("CARGO_PKG_VERSION"),
        "status": "running",
        "detail": "POST photos and model names to /predict; GET results from /predict/<hash>.",
        "links": {
            "models": "/models",
            "predict": "/predict",
            "ready": "/health/ready",
        },
    }))
}
