//! An actix-web server that takes the same form as the api and drops it, and that answers the same
//! question as the api always with the same text.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::http::header::ContentType;
use actix_web::web::Path;
use actix_web::{App, HttpResponse, HttpServer, web};
use futures_util::TryStreamExt;

/// As long as the status of an image with one finished job.
const STATUS: &str = r#"{"image":"1d52825755108a2a6df146737f6149cb","status":"SUCCEEDED","results":{"noop":{"isGreen":0,"isRed":1}},"jobs":{"noop":{"state":"SUCCEEDED","attempts":1,"failures":0,"priority":"normal","submitted_at":"2026-11-23T03:32:30.246Z","started_at":"2026-11-23T03:32:30.247Z","finished_at":"2026-11-23T03:32:30.264Z"}}}"#;

/// As the api keeps connections.
const IDLE: Duration = Duration::from_secs(15);

/// Serves until the process ends, with as many workers as there are cores.
pub fn serve() -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let app = || {
            App::new()
                .route("/predict", web::post().to(drop_form))
                .route("/predict/{image}", web::get().to(status))
        };
        let workers = std::thread::available_parallelism()?.get();
        let server = HttpServer::new(app).workers(workers).keep_alive(IDLE).bind("127.0.0.1:0")?;
        for address in server.addrs() {
            println!("listening on http://{address}");
        }
        Ok(server.run().await?)
    })
}

async fn drop_form(mut form: Multipart) -> actix_web::Result<HttpResponse> {
    let mut received = 0;
    while let Some(mut part) = form.try_next().await? {
        while let Some(bytes) = part.try_next().await? {
            received += bytes.len();
        }
    }
    Ok(HttpResponse::Accepted().json(serde_json::json!({ "images": [], "bytes": received })))
}

async fn status(_image: Path<String>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(STATUS)
}
