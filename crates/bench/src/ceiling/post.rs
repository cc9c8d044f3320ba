//! A bare hyper client that posts the same bodies to the same service as the dispatcher does.

use std::cell::Cell;
use std::net::SocketAddr;
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

/// Posts photos of so many bytes, so many at a time, for so long.
pub fn run(
    address: SocketAddr,
    generation: Generation,
    bytes: usize,
    concurrency: usize,
    time: Duration,
) -> anyhow::Result<Outcome> {
    let post = Post { address, generation, bodies: bodies(generation, bytes), turn: Cell::new(0) };
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
    generation: Generation,
    bodies: Vec<Bytes>,
    turn: Cell<usize>,
}

fn bodies(generation: Generation, bytes: usize) -> Vec<Bytes> {
    let photo = Photo::new(bytes);
    match generation {
        Generation::Multipart => (0..BODIES).map(|_| load::body("image_file", &photo)).collect(),
        Generation::Filename => vec![Bytes::new()],
    }
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
        let request = match self.generation {
            Generation::Multipart => {
                request.uri("/predict").header(CONTENT_TYPE, load::content_type())
            }
            // As long as the name of a photo is.
            Generation::Filename => request.uri(format!("/predict?filename=ab%2F{turn:032x}.jpg")),
        };
        let body = self.bodies[turn % self.bodies.len()].clone();
        let answer = sender.send_request(request.body(Full::new(body))?).await?;
        ensure!(answer.status() == StatusCode::OK, "the service answered {}", answer.status());
        answer.into_body().collect().await?;
        Ok(())
    }
}
