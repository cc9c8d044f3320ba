//! A model service that does what a test wants.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use photo_core::ImageKey;
use serde_json::json;
use tokio::sync::watch;

use crate::world::eventually;

/// A good answer of the newest generation.
pub const GOOD: &str =
    r#"{"status": "success", "result": {"classes": ["oak", "elm"], "result": {"oak": 0.75}}}"#;

/// How a service takes photos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    Multipart,
    Filename,
    /// By name, which it does not describe.
    FilenameUntold,
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    pub retry_after: Option<&'static str>,
}

/// A request for a prediction, as it arrived.
#[derive(Debug, Clone)]
pub struct Call {
    pub began: Instant,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub content_length: Option<usize>,
    pub body: web::Bytes,
}

pub struct FakeService {
    pub url: String,
    desk: web::Data<Desk>,
    server: actix_web::dev::ServerHandle,
}

struct Desk {
    takes: Takes,
    /// Given one after the other, and then [`Desk::usually`].
    next: Mutex<VecDeque<Reply>>,
    usually: Mutex<Reply>,
    /// What is always answered about the photo whose file has this name.
    about: Mutex<Option<(String, Reply)>>,
    status: Mutex<Reply>,
    calls: Mutex<Vec<Call>>,
    /// When it was asked for its status.
    asked: Mutex<Vec<Instant>>,
    starts: AtomicUsize,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    /// Whether predictions are given; while not, they take for ever.
    open: watch::Sender<bool>,
}

pub fn reply(status: u16, body: &str) -> Reply {
    Reply { status, body: body.to_owned(), retry_after: None }
}

impl FakeService {
    pub fn start(takes: Takes) -> Self {
        Self::listen(takes, TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn listen(takes: Takes, listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = web::Data::new(Desk {
            takes,
            next: Mutex::default(),
            usually: Mutex::new(reply(200, GOOD)),
            about: Mutex::default(),
            status: Mutex::new(reply(200, r#"{"status": "success"}"#)),
            calls: Mutex::default(),
            asked: Mutex::default(),
            starts: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            open: watch::Sender::new(true),
        });
        let app_desk = desk.clone();
        let app = move || {
            App::new()
                .app_data(app_desk.clone())
                .app_data(web::PayloadConfig::new(1 << 30))
                .route("/predict", web::post().to(predict))
                .route("/openapi.json", web::get().to(description))
                .route("/status", web::get().to(status))
                .route("/status", web::post().to(start))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            // A client that hangs up is noticed before the answer.
            .h1_allow_half_closed(false)
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, desk, server: handle }
    }

    /// The next predictions are answered like this, then as usual.
    pub fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.desk.next.lock().unwrap().extend(replies);
    }

    /// Predictions are answered like this.
    pub fn usually(&self, reply: Reply) {
        *self.desk.usually.lock().unwrap() = reply;
    }

    /// Predictions about this photo, which comes in the request, are answered like this.
    pub fn about(&self, photo: ImageKey, reply: Reply) {
        *self.desk.about.lock().unwrap() = Some((photo.to_string(), reply));
    }

    pub fn status(&self, reply: Reply) {
        *self.desk.status.lock().unwrap() = reply;
    }

    /// Lets predictions wait, or lets them go.
    pub fn set_open(&self, open: bool) {
        self.desk.open.send_replace(open);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.desk.calls.lock().unwrap().clone()
    }

    /// When it was asked for its status.
    pub fn asked(&self) -> Vec<Instant> {
        self.desk.asked.lock().unwrap().clone()
    }

    /// How often it was told to start.
    pub fn starts(&self) -> usize {
        self.desk.starts.load(Ordering::SeqCst)
    }

    pub fn in_flight(&self) -> usize {
        self.desk.in_flight.load(Ordering::SeqCst)
    }

    /// The most requests there were at once.
    pub fn peak(&self) -> usize {
        self.desk.peak.load(Ordering::SeqCst)
    }

    pub async fn until_in_flight(&self, count: usize) {
        eventually(&format!("{count} requests in flight"), async || {
            (self.in_flight() == count).then_some(())
        })
        .await;
    }

    pub async fn until_called(&self, count: usize) {
        eventually(&format!("{count} calls"), async || (self.calls().len() >= count).then_some(()))
            .await;
    }
}

impl Drop for FakeService {
    fn drop(&mut self) {
        self.desk.open.send_replace(true);
        // The stop is asked for at once; its future only tells when it is done.
        drop(self.server.stop(false));
    }
}

/// Counts a request for as long as its client waits for it.
struct Counted<'a>(&'a Desk);

impl<'a> Counted<'a> {
    fn new(desk: &'a Desk) -> Self {
        let now = desk.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        desk.peak.fetch_max(now, Ordering::SeqCst);
        Self(desk)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn predict(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).unwrap();
    let call = Call {
        began: Instant::now(),
        filename: query.iter().find(|(key, _)| key == "filename").map(|(_, v)| v.clone()),
        content_type: header(CONTENT_TYPE).map(str::to_owned),
        content_length: header(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        body,
    };
    let form = String::from_utf8_lossy(&call.body).contains(r#"name="image_file""#);
    let missing = match desk.takes {
        Takes::Multipart if !form => Some(["body", "image_file"]),
        Takes::Filename | Takes::FilenameUntold if call.filename.is_none() => {
            Some(["query", "filename"])
        }
        _ => None,
    };
    let about = desk.about.lock().unwrap().clone();
    let about = about.filter(|(photo, _)| String::from_utf8_lossy(&call.body).contains(photo));
    desk.calls.lock().unwrap().push(call);
    if let Some([place, name]) = missing {
        let detail = format!(
            r#"{{"detail": [{{"loc": ["{place}", "{name}"], "msg": "field required", "type": "value_error.missing"}}]}}"#
        );
        return answer(&reply(422, &detail));
    }
    let counted = Counted::new(&desk);
    desk.open.subscribe().wait_for(|open| *open).await.unwrap();
    drop(counted);
    let next = about.map(|(_, reply)| reply).or_else(|| desk.next.lock().unwrap().pop_front());
    answer(&next.unwrap_or_else(|| desk.usually.lock().unwrap().clone()))
}

async fn description(desk: web::Data<Desk>) -> HttpResponse {
    let predict = match desk.takes {
        Takes::Multipart => json!({"requestBody": {"content": {"multipart/form-data": {}}}}),
        Takes::Filename => json!({"parameters": [{"name": "filename", "in": "query"}]}),
        Takes::FilenameUntold => return HttpResponse::NotFound().finish(),
    };
    HttpResponse::Ok().json(json!({"paths": {"/predict": {"post": predict}}}))
}

async fn status(desk: web::Data<Desk>) -> HttpResponse {
    desk.asked.lock().unwrap().push(Instant::now());
    answer(&desk.status.lock().unwrap())
}

/// The earliest generation is ready once it was told to start.
async fn start(desk: web::Data<Desk>) -> HttpResponse {
    desk.starts.fetch_add(1, Ordering::SeqCst);
    let ready = reply(200, r#"{"result": "True"}"#);
    *desk.usually.lock().unwrap() = reply(200, r#"{"result": {"early": true}}"#);
    *desk.status.lock().unwrap() = ready.clone();
    answer(&ready)
}

fn answer(reply: &Reply) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(reply.status).unwrap());
    if let Some(retry_after) = reply.retry_after {
        response.insert_header(("retry-after", retry_after));
    }
    response.content_type("application/json").body(reply.body.clone())
}
