//! A model service that writes whatever it likes, and does not have to speak HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::eventually;

/// What the service does to one who asked: it writes `first`, and then goes on.
#[derive(Clone)]
pub struct Script {
    pub first: Vec<u8>,
    pub then: Then,
}

#[derive(Clone, Copy)]
pub enum Then {
    /// It closes the connection.
    Close,
    /// It cuts the connection.
    Reset,
    /// It waits for the other side to go.
    Hold,
    /// It writes this again and again, as fast as it is read.
    Forever(&'static [u8]),
    /// It writes this again and again, with pauses.
    Slowly(&'static [u8]),
}

pub struct HostileService {
    pub url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    asked: AtomicUsize,
    written: AtomicUsize,
    done: AtomicUsize,
}

pub fn script(first: impl Into<Vec<u8>>, then: Then) -> Script {
    Script { first: first.into(), then }
}

/// A good head for a body that ends with the connection.
pub const OK: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// A whole answer.
pub fn answer(status: &str, body: &str) -> Script {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    script(text, Then::Close)
}

impl HostileService {
    /// A service that plays the script for the path asked for.
    pub async fn start(play: impl Fn(&str) -> Script + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Seen>::default();
        let (play, noted) = (Arc::new(play), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                let (play, seen) = (Arc::clone(&play), Arc::clone(&noted));
                tokio::spawn(async move { serve(peer, &*play, &seen).await });
            }
        });
        Self { url, seen }
    }

    /// How many bytes it has got rid of.
    pub fn written(&self) -> usize {
        self.seen.written.load(Ordering::SeqCst)
    }

    /// Waits until nobody listens to it any more.
    pub async fn until_left(&self) {
        eventually("the service is left", async || {
            let asked = self.seen.asked.load(Ordering::SeqCst);
            (asked > 0 && self.seen.done.load(Ordering::SeqCst) == asked).then_some(())
        })
        .await;
    }
}

async fn serve(mut peer: TcpStream, play: &(dyn Fn(&str) -> Script + Sync), seen: &Seen) {
    // All of the request is read first: closing before would reset the connection.
    let mut request = Vec::new();
    while !is_whole(&request) {
        if matches!(peer.read_buf(&mut request).await, Ok(0) | Err(_)) {
            return;
        }
    }
    seen.asked.fetch_add(1, Ordering::SeqCst);
    let head = String::from_utf8_lossy(&request);
    let script = play(head.split(' ').nth(1).unwrap_or_default());
    write(&mut peer, script, seen).await;
    seen.done.fetch_add(1, Ordering::SeqCst);
}

fn is_whole(request: &[u8]) -> bool {
    let has_form = request.starts_with(b"POST /predict");
    request.ends_with(b"--\r\n") || (!has_form && request.ends_with(b"\r\n\r\n"))
}

async fn write(peer: &mut TcpStream, script: Script, seen: &Seen) {
    let mut piece = script.first;
    let (next, pause) = match script.then {
        Then::Forever(again) => (again.repeat(8192 / again.len()), None),
        Then::Slowly(again) => (again.to_vec(), Some(Duration::from_millis(5))),
        Then::Close | Then::Reset | Then::Hold => (Vec::new(), None),
    };
    loop {
        if peer.write_all(&piece).await.is_err() {
            return;
        }
        seen.written.fetch_add(piece.len(), Ordering::SeqCst);
        if next.is_empty() {
            break;
        }
        piece.clone_from(&next);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    match script.then {
        Then::Reset => peer.set_zero_linger().unwrap(),
        Then::Hold => drop(peer.read_to_end(&mut Vec::new()).await),
        _ => {}
    }
}
