//! `GET /openapi.json`: the part of the service's description that tells a server how to send
//! photos. The services' template answers it too.

use actix_web::web::{Data, Json};
use serde_json::{Value, json};

use crate::service::Service;

pub(crate) async fn show(service: Data<Service>) -> Json<Value> {
    let answers = json!({"200": {"description": "The measurement."}});
    let predict = match service.folder {
        None => json!({
            "requestBody": {"required": true, "content": {"multipart/form-data": {"schema": {
                "type": "object",
                "required": ["image_file"],
                "properties": {"image_file": {"type": "string", "format": "binary"}},
            }}}},
            "responses": answers,
        }),
        Some(_) => json!({
            "parameters": [{"name": "filename", "in": "query", "schema": {"type": "string"}}],
            "responses": answers,
        }),
    };
    let info = json!({"title": "example-model", "version": env!("CARGO_PKG_VERSION")});
    Json(json!({"openapi": "3.1.0", "info": info, "paths": {"/predict": {"post": predict}}}))
}
