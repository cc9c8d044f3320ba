//! A server that answers clients as a test wants it to.

use std::sync::{Arc, Mutex};

use photo_tests::http::{self, Request};
use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// It answers one request on each connection, until it is dropped.
pub struct Fake {
    pub url: String,
    requests: Arc<Mutex<Vec<Arc<Request>>>>,
    serving: JoinHandle<()>,
}

/// An answer as it goes over the wire.
pub struct Reply(String);

impl Reply {
    /// One with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::whole(status, "content-type: application/json\r\n", &body.to_string())
    }

    /// A problem that passes within a second.
    pub fn busy(status: u16, body: &Value) -> Self {
        let headers = "content-type: application/problem+json\r\nretry-after: 1\r\n";
        Self::whole(status, headers, &body.to_string())
    }

    /// A stream of events that ends where it should.
    pub fn events(text: &str) -> Self {
        Self::whole(200, "content-type: text/event-stream\r\n", text)
    }

    /// A stream of events that ends in the middle of one.
    pub fn cut(text: &str) -> Self {
        let length = text.len();
        let head = "content-type: text/event-stream\r\ntransfer-encoding: chunked";
        Self(format!("HTTP/1.1 200 .\r\n{head}\r\n\r\n{length:x}\r\n{text}\r\n"))
    }

    fn whole(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("{headers}content-length: {length}\r\nconnection: close");
        Self(format!("HTTP/1.1 {status} .\r\n{head}\r\n\r\n{body}"))
    }
}

impl Fake {
    /// Starts one that answers as `reply` says, which is told how many requests there were before.
    pub async fn start(mut reply: impl FnMut(usize, &Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                // Some open connections that they do not use.
                let Ok(Some(request)) = http::read(&mut stream).await else { continue };
                let request = Arc::new(request);
                let number = seen.lock().unwrap().len();
                seen.lock().unwrap().push(Arc::clone(&request));
                let Reply(text) = reply(number, &request);
                // Whoever has hung up is missed where the test counts.
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        Self { url, requests, serving }
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Arc<Request>> {
        self.requests.lock().unwrap().clone()
    }

    /// Their paths and queries.
    pub fn targets(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.target.clone()).collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
