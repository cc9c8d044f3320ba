//! A client that costs little, so that thousands fit beside the api.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How the event begins that ends a stream.
const DONE: &[u8] = b"event: done";

/// How an image's event begins.
const IMAGE: &[u8] = b"event: image";

/// A stream of events that is open.
pub struct Client {
    stream: TcpStream,
    /// The end of what was read, in which an event may begin.
    tail: Vec<u8>,
}

impl Client {
    /// Follows these images; answers once the first of them is told.
    pub async fn follow(api: SocketAddr, images: &[String]) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(api).await.context("no connection")?;
        let images = images.join(",");
        let request = format!("GET /events?images={images} HTTP/1.1\r\nHost: {api}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut client = Self { stream, tail: Vec::new() };
        client.read_to(IMAGE).await?;
        Ok(client)
    }

    /// Reads on until it is told that all is done.
    pub async fn until_done(mut self) -> anyhow::Result<()> {
        self.read_to(DONE).await
    }

    async fn read_to(&mut self, wanted: &[u8]) -> anyhow::Result<()> {
        loop {
            if self.tail.windows(wanted.len()).any(|text| text == wanted) {
                return Ok(());
            }
            let begun = self.tail.len().saturating_sub(DONE.len().max(IMAGE.len()));
            self.tail.drain(..begun);
            let mut piece = [0; 1024];
            let len = self.stream.read(&mut piece).await?;
            if len == 0 {
                bail!("the stream ended: {}", String::from_utf8_lossy(&self.tail));
            }
            ensure!(!piece[..len].starts_with(b"HTTP/1.1 4"), "refused");
            self.tail.extend_from_slice(&piece[..len]);
        }
    }
}
