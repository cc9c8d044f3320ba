//! A bare hyper client that posts the same bodies to the same service as the dispatcher does.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
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
use crate::photos::photo::Photo;
use crate::process::outcome::ProcessOutcome;
use crate::service::Generation;

/// How many different bodies there are.
const BODIES: usize = 64;

/// As much of a record as is read to know its photo, in bytes.
const HEAD: usize = 512;

/// About as long as a line that says how a job ended, in bytes.
const LINE: usize = 200;

/// What is posted.
pub struct Bodies {
    generation: Generation,
    /// Forms that are there in memory.
    ready: Vec<Bytes>,
    /// Photos with records beside them. If there are any, what the dispatcher must do with the
    /// files of each is done too.
    stored: Vec<PathBuf>,
}

impl Bodies {
    /// Photos of so many bytes, or those that are named in a file, for a service of this
    /// generation.
    pub fn new(
        generation: Generation,
        bytes: usize,
        photos: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let photos = photos.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
        let stored: Vec<_> = photos.lines().map(PathBuf::from).collect();
        let mut ready = Vec::new();
        if stored.is_empty() && generation == Generation::Multipart {
            let photo = Photo::new(bytes);
            ready.resize_with(BODIES, || load::model_body(&photo));
        }
        Ok(Self { generation, ready, stored })
    }

    fn next(&self, turn: usize) -> io::Result<Bytes> {
        let photo = self.stored(turn);
        if let Some(photo) = photo {
            let record = File::open(photo.with_extension("jsonl"))?;
            record.read_at(&mut [0; HEAD], 0)?;
        }
        match (self.generation, photo) {
            (Generation::Multipart, None) => Ok(self.ready[turn % self.ready.len()].clone()),
            (Generation::Multipart, Some(photo)) => load::model_body_of(photo),
            (Generation::Filename, None) => Ok(Bytes::new()),
            (Generation::Filename, Some(photo)) => {
                // Whether it is there, and whole.
                File::open(photo)?.metadata()?;
                Ok(Bytes::new())
            }
        }
    }

    /// Notes that the service has answered.
    fn answered(&self, turn: usize) -> io::Result<()> {
        let Some(photo) = self.stored(turn) else { return Ok(()) };
        let mut line = [b' '; LINE];
        line[LINE - 1] = b'\n';
        File::options().append(true).open(photo.with_extension("jsonl"))?.write_all(&line)
    }

    fn stored(&self, turn: usize) -> Option<&Path> {
        self.stored.get(turn % self.stored.len().max(1)).map(PathBuf::as_path)
    }
}

/// Posts these, so many at a time, for so long.
pub fn run(
    address: SocketAddr,
    bodies: Bodies,
    concurrency: usize,
    time: Duration,
) -> anyhow::Result<ProcessOutcome> {
    let post = Post { address, bodies, turn: Cell::new(0) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    ProcessOutcome::of(|| {
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
        let request = match self.bodies.generation {
            Generation::Multipart => {
                request.uri("/predict").header(CONTENT_TYPE, load::content_type())
            }
            // As long as the name of a photo is.
            Generation::Filename => request.uri(format!("/predict?filename=ab%2F{turn:032x}.jpg")),
        };
        let body = self.bodies.next(turn).context("a stored photo cannot be used")?;
        let answer = sender.send_request(request.body(Full::new(body))?).await?;
        ensure!(answer.status() == StatusCode::OK, "the service answered {}", answer.status());
        answer.into_body().collect().await?;
        Ok(self.bodies.answered(turn)?)
    }
}
