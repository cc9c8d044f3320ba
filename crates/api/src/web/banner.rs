//! `GET /`: what this is, for programs; for people, the page.

use actix_web::http::header::VARY;
use actix_web::{HttpRequest, HttpResponse, web};
use photo_config::ApiConfig;
use photo_core::PhotoFormat;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::http::problem::Problem;
use crate::web::page;

/// What this is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Banner {
    name: &'static str,
    version: &'static str,
    status: &'static str,
    detail: &'static str,
    limits: Limits,
    links: Links,
}

/// What is accepted, so that a client need not send what would be refused.
#[derive(Serialize, ToSchema)]
struct Limits {
    /// The kinds of photo.
    #[schema(value_type = Vec<String>)]
    formats: &'static [PhotoFormat],
    /// The most bytes of one photo.
    image_bytes: u64,
    /// The most pixels of one photo, by its header.
    image_pixels: u64,
    /// The most photos of one request.
    images: usize,
    /// The most jobs of one request.
    jobs: usize,
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
    /// The banner of this version, configured so.
    pub(crate) fn new(api: &ApiConfig) -> Self {
        let limits = Limits {
            formats: &PhotoFormat::ALL,
            image_bytes: api.max_image_bytes.as_u64(),
            image_pixels: api.max_pixels,
            images: api.max_images,
            jobs: api.max_jobs,
        };
        Self {
            limits,
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

pub(crate) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    if page::prefers_html(&request) {
        return page::show(&request);
    }
    Ok(HttpResponse::Ok()
        .insert_header((VARY, "accept"))
        .json(Banner::new(&state.stores.config.api)))
}
