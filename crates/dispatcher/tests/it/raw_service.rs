//! A model service that decides for every request when it answers, and what becomes of the
//! connection then.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use crate::fake_service::GOOD;

/// What becomes of a request for a prediction.
#[derive(Clone)]
pub enum Turn {
    /// It is read to its end and answered like this; the connection stays.
    Answer(String),
    /// It is answered like this once its head is there, and the connection is closed under the
    /// rest.
    EarlyAnswer(String),
    /// The connection is closed at once.
    HangUp,
}

/// A request as the service sees it.
#[derive(Clone, Copy)]
pub struct Seen {
    /// How many requests for predictions came before it, over all connections.
    pub before: usize,
    /// How many requests its connection carried before it.
    pub on_connection: usize,
}

pub struct RawService {
    pub address: SocketAddr,
    pub url: String,
    counts: Arc<Counts>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct Counts {
    calls: AtomicUsize,
    connections: AtomicUsize,
}

/// A whole answer with a JSON body, and perhaps more headers.
pub fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

/// A good answer.
pub fn good() -> Turn {
    Turn::Answer(http("200 OK", "", GOOD))
}

impl RawService {
    pub async fn start(turn: impl Fn(Seen) -> Turn + Send + Sync + 'static) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), turn)
    }

    pub fn listen(
        listener: TcpListener,
        turn: impl Fn(Seen) -> Turn + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let counts = Arc::<Counts>::default();
        let (turn, counted) = (Arc::new(turn), Arc::clone(&counts));
        let task = tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                counted.connections.fetch_add(1, Ordering::SeqCst);
                let (turn, counts) = (Arc::clone(&turn), Arc::clone(&counted));
                tokio::spawn(async move { serve(peer, &*turn, &counts).await });
            }
        });
        let url = format!("http://{address}");
        Self { address, url, counts, _task: AbortOnDropHandle::new(task) }
    }

    /// How many predictions were asked for.
    pub fn calls(&self) -> usize {
        self.counts.calls.load(Ordering::SeqCst)
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut peer: TcpStream,
    turn: &(dyn Fn(Seen) -> Turn + Send + Sync),
    counts: &Counts,
) -> Option<()> {
    let mut buffer = Vec::new();
    for on_connection in 0.. {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            read(&mut peer, &mut buffer).await?;
        };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        buffer.drain(..end);
        let mut answer = http("200 OK", "", r#"{"status": "success"}"#);
        if head.starts_with("post /predict") {
            let before = counts.calls.fetch_add(1, Ordering::SeqCst);
            match turn(Seen { before, on_connection }) {
                Turn::Answer(text) => answer = text,
                Turn::EarlyAnswer(text) => {
                    peer.write_all(text.as_bytes()).await.ok()?;
                    // What was not read makes the system reset the connection.
                    return None;
                }
                Turn::HangUp => return None,
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        while buffer.len() < length {
            read(&mut peer, &mut buffer).await?;
        }
        buffer.drain(..length);
        peer.write_all(answer.as_bytes()).await.ok()?;
    }
    None
}

async fn read(peer: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = peer.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}
