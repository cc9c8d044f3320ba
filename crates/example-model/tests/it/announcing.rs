//! A service that tells a server about itself.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use example_model::{Announcement, announce};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Generous: nothing here takes longer than a few milliseconds.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a server was told: the header `api_key` and the body.
type Told = (Option<String>, Value);

/// A server that notes what it is told and answers the first announcement with 500.
fn start_server() -> (Url, UnboundedReceiver<Told>, ServerHandle) {
    let (tell, told) = unbounded_channel::<Told>();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let first = web::Data::new(std::sync::atomic::AtomicBool::new(true));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(tell.clone()))
            .app_data(first.clone())
            .route("/model/register", web::post().to(register))
    });
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    tokio::spawn(server);
    (url, told, handle)
}

async fn register(
    request: HttpRequest,
    body: web::Json<Value>,
    tell: web::Data<UnboundedSender<Told>>,
    first: web::Data<std::sync::atomic::AtomicBool>,
) -> HttpResponse {
    let key = request.headers().get("api_key").map(|key| key.to_str().unwrap().to_owned());
    tell.send((key, body.into_inner())).unwrap();
    if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
        HttpResponse::InternalServerError().finish()
    } else {
        HttpResponse::Ok().json(json!({"status": "success", "model": "m", "detail": "done"}))
    }
}

#[tokio::test]
async fn it_goes_on_after_a_failure_and_after_a_success_until_it_is_stopped() {
    let (server, mut told, handle) = start_server();
    let stop = CancellationToken::new();
    let announcement = Announcement {
        server,
        name: "m".to_owned(),
        socket: "http://example:5005/".parse().unwrap(),
        api_key: Some("secret".to_owned()),
        every: Duration::from_millis(1),
    };
    let announcer = tokio::spawn(announce(announcement, stop.clone()));
    for _ in 0..4 {
        let (key, body) = timeout(DEADLINE, told.recv()).await.unwrap().unwrap();
        assert_eq!(key.as_deref(), Some("secret"));
        assert_eq!(body, json!({"name": "m", "socket": "http://example:5005"}));
    }
    stop.cancel();
    timeout(DEADLINE, announcer).await.unwrap().unwrap();
    handle.stop(false).await;
}
