//! A receiver of callbacks, which answers as a test wants.

use photo_tests::http::{self, Request};
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::app::DEADLINE;

/// Listens on a free port of this machine.
pub struct Receiver {
    pub port: u16,
    requests: mpsc::UnboundedReceiver<Request>,
    _listening: AbortOnDropHandle<()>,
}

impl Receiver {
    /// One that gives these answers, one after the other, and the last of them for ever: each a
    /// status and what stands behind the status line.
    pub async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = mpsc::unbounded_channel();
        let mut answers = answers.to_vec();
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut connection = BufReader::new(stream);
                // Somebody may connect and say nothing.
                let Ok(Some(request)) = http::read(&mut connection).await else { continue };
                sender.send(request).unwrap();
                let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
                let text = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
                let _ = tokio::io::AsyncWriteExt::write_all(&mut connection, text.as_bytes()).await;
            }
        });
        Self { port, requests, _listening: AbortOnDropHandle::new(listening) }
    }

    /// The next request.
    pub async fn next(&mut self) -> Request {
        tokio::time::timeout(DEADLINE, self.requests.recv()).await.unwrap().unwrap()
    }

    /// The requests that nobody has asked for yet.
    pub fn unread(&mut self) -> usize {
        std::iter::from_fn(|| self.requests.try_recv().ok()).count()
    }
}
