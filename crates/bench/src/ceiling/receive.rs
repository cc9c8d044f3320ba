//! An actix-web server that takes the same form as the api and drops it, and that answers the same
//! question as the api always with the same text, at once or after a question to Redis.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::error::ErrorBadGateway;
use actix_web::http::header::ContentType;
use actix_web::web::{Data, Path};
use actix_web::{App, HttpResponse, HttpServer, web};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncCommands, Client, RedisResult};
use futures_util::TryStreamExt;
use tokio::sync::OnceCell;

/// As long as the status of an image with one finished job.
const STATUS: &str = r#"{"image":"1d52825755108a2a6df146737f6149cb","status":"SUCCEEDED","results":{"noop":{"isGreen":0,"isRed":1}},"jobs":{"noop":{"state":"SUCCEEDED","attempts":1,"failures":0,"priority":"normal","submitted_at":"2026-11-23T03:32:30.246Z","started_at":"2026-11-23T03:32:30.247Z","finished_at":"2026-11-23T03:32:30.264Z"}}}"#;

/// As the api keeps connections.
const IDLE: Duration = Duration::from_secs(15);

/// A worker's connection to Redis.
struct Asked {
    redis: Client,
    connection: OnceCell<MultiplexedConnection>,
}

/// Serves until the process ends, with as many workers as there are cores.
pub fn serve(redis: Option<&str>) -> anyhow::Result<()> {
    let redis = redis.map(Client::open).transpose()?;
    actix_web::rt::System::new().block_on(async {
        let app = move || {
            let asked = redis.clone().map(|redis| Asked { redis, connection: OnceCell::new() });
            App::new()
                .app_data(Data::new(asked))
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

async fn status(
    image: Path<String>,
    asked: Data<Option<Asked>>,
) -> actix_web::Result<HttpResponse> {
    if let Some(asked) = &**asked {
        asked.get(&image).await.map_err(ErrorBadGateway)?;
    }
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(STATUS))
}

impl Asked {
    async fn get(&self, key: &str) -> RedisResult<Option<Vec<u8>>> {
        let connect = || self.redis.get_multiplexed_async_connection();
        self.connection.get_or_try_init(connect).await?.clone().get(key).await
    }
}
