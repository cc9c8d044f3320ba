//! `GET /`: what this is, for programs; for people, the page.

use actix_web::http::header::VARY;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::page;

/// What this is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Banner {
    name: &'static str,
    version: &'static str,
    status: &'static str,
    detail: &'static str,
    links: Links,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
struct Links {
    models: &'static str,
    predict: &'static str,
    ready: &'static str,
    /// For programs.
    openapi: &'static str,
    /// For people.
    documentation: &'static str,
}

impl Banner {
    /// The banner of this version.
    pub(crate) fn new() -> Self {
        Self {
            name: "PhotoAnalysisServer",
            version: env!("CARGO_PKG_VERSION"),
            status: "running",
            detail: "POST photos and model names to /predict; GET results from /predict/<hash>.",
            links: Links {
                models: "/models",
                predict: "/predict",
                ready: "/health/ready",
                openapi: "/openapi.json",
                documentation: "/docs",
            },
        }
    }
}

pub(crate) async fn show(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if page::prefers_html(&request) {
        return page::show(&request);
    }
    Ok(HttpResponse::Ok().insert_header((VARY, "accept")).json(Banner::new()))
}
