//! What the server can be asked, as an OpenAPI 3.1 document: `GET /openapi.json`.
//!
//! The schemas are derived from the types that are read and written, and the failures from the
//! features' errors, as [`crate::http::problem::Problem`] sends them; the operations are listed
//! here by topic. Tests compare them with the routes, and the document with its copy in the source
//! tree, `crates/api/openapi.json`.

mod content;
mod events;
mod examples;
mod operation;
mod operators;
mod photos;
mod problems;
mod results;
mod schemas;
mod server;

use std::sync::LazyLock;

use actix_web::http::header::{self, EntityTag};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use self::operation::Operation;
use self::schemas::{Members, Schemas};
use crate::http::access::AccessError;
use crate::http::etag;
use crate::http::request_error::RequestError;

/// What is said of the whole.
const ABOUT: &str = "Upload photos, name the models to run on them, read the results.\n\n\
    A photo is identified by the MD5 of its bytes, and asking twice for the same photo and \
    model is asking for the same job. `POST /predict` answers once every photo and every job \
    of the request is stored; states and results are read by hash, waited for, followed as \
    events, or posted to a callback.\n\n\
    Failures are `application/problem+json`, except an announcement that is not accepted \
    (`/model/register`), and a request whose head cannot be read: that is answered with 400, \
    408 or 431 and without a body. An unknown path is answered with 404 \
    (`components/responses/UnknownPath`), and a method that is not listed with 405 and \
    `Allow` (`components/responses/WrongMethod`). A request that a browser marks as that of \
    another site's page is answered with 403 (`components/responses/OtherSite`) unless the \
    operator lists its origin, whose pages get CORS headers; a request that calls a server \
    on loopback by an unknown name with 421 (`components/responses/UnknownHost`). An unknown \
    key in a query, and a body that cannot be read, are answered with 400, a compressed body \
    with 415 (`components/responses/CompressedBody`). Every path may end in a slash. Hashes \
    are answered in lower case and read in capitals too. Limits are those of the default \
    configuration.";

/// The document as it is served, and what tells one from another.
static SERVED: LazyLock<(String, EntityTag)> = LazyLock::new(|| {
    let text = document().to_string();
    let tag = EntityTag::new_strong(hex::encode(Sha256::digest(&text)));
    (text, tag)
});

/// Tells what the server can be asked.
pub(crate) async fn show(request: HttpRequest) -> HttpResponse {
    let (text, tag) = &*SERVED;
    let is_known = etag::is_known(&request, tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(header::ETag(tag.clone()))
        // Asked again each time, so that a new version of the program is described at once.
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_known {
        return response.finish();
    }
    response.content_type("application/json").body(text.as_str())
}

/// The OpenAPI document.
pub fn document() -> Value {
    let mut paths = Paths::default();
    photos::describe(&mut paths);
    results::describe(&mut paths);
    events::describe(&mut paths);
    server::describe(&mut paths);
    operators::describe(&mut paths);
    let schemas = paths.schemas.into_iter().map(|(name, schema)| (name, json!(schema)));
    let mut schemas: Members = schemas.collect();
    schemas.insert("Problem".to_owned(), problems::schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "PhotoAnalysisServer",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": paths.tags,
        "paths": paths.operations,
        "components": {
            "schemas": schemas,
            "responses": {
                "UnknownPath": problems::response(&[RequestError::UnknownPath("/nothing".to_owned()).into()]),
                "CompressedBody":
                    problems::response(&[RequestError::Compressed("gzip".to_owned()).into()]),
                "WrongMethod": problems::response(&[RequestError::WrongMethod { allowed: "GET, HEAD" }.into()]),
                "OtherSite": problems::response(&[AccessError::OtherSite {
                    origin: Some("http://localhost:3000".to_owned()),
                }.into()]),
                "UnknownHost": problems::response(&[AccessError::UnknownHost {
                    host: "photos.example.org".to_owned(),
                }.into()]),
            },
        },
    })
}

/// The operations described so far.
#[derive(Default)]
struct Paths {
    tags: Vec<Value>,
    operations: Members,
    schemas: Schemas,
}

impl Paths {
    /// What follows has this topic.
    fn topic(&mut self, name: &str, text: &str) {
        self.tags.push(json!({"name": name, "description": text}));
    }

    /// Something that is read, by `GET` and by `HEAD`.
    fn get(&mut self, path: &str, operation: Operation) {
        self.add(path, "head", operation.clone().into_head());
        self.add(path, "get", operation);
    }

    fn post(&mut self, path: &str, operation: Operation) {
        self.add(path, "post", operation);
    }

    fn delete(&mut self, path: &str, operation: Operation) {
        self.add(path, "delete", operation);
    }

    fn add(&mut self, path: &str, method: &str, operation: Operation) {
        let tag = self.tags.last().and_then(|tag| tag["name"].as_str()).unwrap_or_default();
        let (operation, schemas) = operation.into_parts(tag);
        self.schemas.extend(schemas);
        let path = self.operations.entry(path).or_insert_with(|| json!({}));
        path[method] = operation;
    }
}
