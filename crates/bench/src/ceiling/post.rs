//! A bare hyper client that posts the same bodies to the same service as the dispatcher does.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::load;
use crate::photo::Photo;
use crate::role::Outcome;
use crate::service::Generation;

/// How many different bodies there are.
const BODIES: usize = 64;

/// What is posted.
pub enum Bodies {
    /// Forms that are there in memory.
    Ready(Vec<Bytes>),
    /// Forms whose photos are read each time.
    Files(Vec<PathBuf>),
    /// The name of a photo, and nothing else.
    Names,
}

impl Bodies {
    /// Photos of so many bytes, or those that are named in a file, for a service of this
    /// generation.
    pub fn new(
        generation: Generation,
        bytes: usize,
        photos: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let photo = Photo::new(bytes);
        Ok(match (generation, photos) {
            (Generation::Filename, _) => Self::Names,
            (Generation::Multipart, None) => {
                Self::Ready((0..BODIES).map(|_| load::model_body(&photo)).collect())
            }
            (Generation::Multipart, Some(photos)) => {
                let photos = std::fs::read_to_string(photos)?;
                Self::Files(photos.lines().map(PathBuf::from).collect())
            }
        })
    }

    fn next(&self, turn: usize) -> anyhow::Result<Bytes> {
        match self {
            Self::Ready(bodies) => Ok(bodies[turn % bodies.len()].clone()),
            Self::Files(photos) => {
                let photo = &photos[turn % photos.len()];
                load::model_body_of(photo).with_context(|| photo.display().to_string())
            }
            Self::Names => Ok(Bytes::new()),
        }
    }
}

/// Posts these, so many at a time, for so long.
pub fn run(
    address: SocketAddr,
    bodies: Bodies,
    concurrency: usize,
    time: Duration,
) -> anyhow::Result<Outcome> {
    let post = Post { address, bodies, turn: Cell::new(0) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Outcome::of(|| {
        runtime.block_on(async {
            let end = Instant::now() + time;
            // On one thread: tasks are spawned for the connections only.
            let posted = try_join_all((0..concurrency).map(|_| post.until(end))).await?;
            Ok(posted.into_iter().sum())
        })
    })
}

struct Post {
    address: SocketAddr,
    bodies: Bodies,
    turn: Cell<usize>,
}

impl Post {
    async fn until(&self, end: Instant) -> anyhow::Result<usize> {
        let stream =
            TcpStream::connect(self.address).await.context("no connection to the service")?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut posted = 0;
        while Instant::now() < end {
            self.post(&mut sender).await?;
            posted += 1;
        }
        Ok(posted)
    }

    async fn post(&self, sender: &mut SendRequest<Full<Bytes>>) -> anyhow::Result<()> {
        let turn = self.turn.replace(self.turn.get() + 1);
        let request =
            Request::builder().method(Method::POST).header(HOST, self.address.to_string());
        let request = match self.bodies {
            Bodies::Ready(_) | Bodies::Files(_) => {
                request.uri("/predict").header(CONTENT_TYPE, load::content_type())
            }
            // As long as the name of a photo is.
            Bodies::Names => request.uri(format!("/predict?filename=ab%2F{turn:032x}.jpg")),
        };
        let body = self.bodies.next(turn)?;
        let answer = sender.send_request(request.body(Full::new(body))?).await?;
        ensure!(answer.status() == StatusCode::OK, "the service answered {}", answer.status());
        answer.into_body().collect().await?;
        Ok(())
    }
}
