//! A model service that does nothing, as cheaply as that can be done: it reads what it is sent and
//! answers as services of March 2021 do.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use clap::ValueEnum;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The model that everything is measured with.
pub const MODEL: &str = "noop";

/// What it sees in every photo.
const PREDICTION: &str = r#"{"status":"success","result":{"classes":["isGreen","isRed"],"result":{"isGreen":0,"isRed":1}}}"#;

const STATUS: &str =
    r#"{"status":"success","detail":"Model ready to receive prediction requests."}"#;

const TAKES_FORMS: &str = r#"{"paths":{"/predict":{"post":{"requestBody":{"content":{"multipart/form-data":{"schema":{}}}}}}}}"#;

const TAKES_NAMES: &str =
    r#"{"paths":{"/predict":{"post":{"parameters":[{"name":"filename","in":"query"}]}}}}"#;

/// How a service takes photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Generation {
    /// In the request, as the file part `image_file`.
    Multipart,
    /// By name, which it does not look at.
    Filename,
}

impl Generation {
    /// Its name in configurations and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Multipart => "multipart",
            Self::Filename => "filename",
        }
    }
}

/// Serves until the process ends; each prediction takes this time, however many there are at once.
#[tokio::main(flavor = "current_thread")]
pub async fn serve(generation: Generation, takes: Duration) -> anyhow::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = service_fn(move |request| answer(request, generation, takes));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
        // One that breaks is the caller's trouble, who tells of it.
        tokio::spawn(connection);
    }
}

async fn answer(
    request: Request<Incoming>,
    generation: Generation,
    takes: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let answer = match (request.method(), request.uri().path()) {
        (&Method::POST, "/predict") => predict(request, generation, takes).await,
        (&Method::GET, "/status") => json(StatusCode::OK, STATUS),
        (&Method::GET, "/openapi.json") => match generation {
            Generation::Multipart => json(StatusCode::OK, TAKES_FORMS),
            Generation::Filename => json(StatusCode::OK, TAKES_NAMES),
        },
        _ => json(StatusCode::NOT_FOUND, r#"{"detail":"Not Found"}"#),
    };
    Ok(answer)
}

async fn predict(
    mut request: Request<Incoming>,
    generation: Generation,
    takes: Duration,
) -> Response<Full<Bytes>> {
    let named = request.uri().query().is_some_and(|query| query.starts_with("filename="));
    let mut received = 0;
    while let Some(frame) = request.body_mut().frame().await {
        match frame {
            Ok(frame) => received += frame.data_ref().map_or(0, Bytes::len),
            Err(_) => return json(StatusCode::BAD_REQUEST, r#"{"detail":"broken off"}"#),
        }
    }
    let whole = match generation {
        Generation::Multipart => received > 0,
        Generation::Filename => named,
    };
    if !whole {
        return json(StatusCode::UNPROCESSABLE_ENTITY, r#"{"detail":"no photo"}"#);
    }
    if !takes.is_zero() {
        tokio::time::sleep(takes).await;
    }
    json(StatusCode::OK, PREDICTION)
}

fn json(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
