//! HTTP/1.1 as cheaply as it can be spoken: what is asked is there in full before, and nothing but
//! status and body is read of the answer.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::buf::Chain;
use bytes::{Buf, Bytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much is read at a time, in bytes.
const READ: usize = 16 * 1024;

/// One request, as it goes over the wire.
pub type RequestBytes = Chain<Bytes, Bytes>;

/// A connection that is kept.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub struct WireResponse<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Wire {
    /// A new connection.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ) })
    }

    /// Sends a question and reads the answer.
    pub async fn ask(&mut self, mut question: impl Buf) -> io::Result<WireResponse<'_>> {
        self.stream.write_all_buf(&mut question).await?;
        self.buffer.clear();
        let (status, body_at, end) = loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                break (head.status, head.len, head.len + head.body_len);
            }
            self.read().await?;
        };
        while self.buffer.len() < end {
            self.read().await?;
        }
        Ok(WireResponse { status, body: &self.buffer[body_at..end] })
    }

    async fn read(&mut self) -> io::Result<()> {
        self.buffer.reserve(READ);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// As much of an answer's head as is needed.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    len: usize,
    body_len: usize,
}

impl Head {
    /// The head, once it is there in full.
    fn parse(text: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&text[..end]).map_err(io::Error::other)?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("that is not HTTP"))?;
        let length = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let body_len =
            length.ok_or_else(|| io::Error::other("the answer does not say its length"))?;
        Ok(Some(Self { status, len: end + 4, body_len }))
    }
}

/// Servers hang up on those that say nothing for some seconds; then it is too late to ask.
const IDLE: Duration = Duration::from_secs(1);

/// Connections to one server that are not in use.
pub struct Pool {
    address: SocketAddr,
    idle: RefCell<Vec<(Wire, Instant)>>,
}

impl Pool {
    /// A pool without connections yet.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, idle: RefCell::default() }
    }

    /// A connection that was used a moment ago, or a new one.
    pub async fn take(&self) -> io::Result<Wire> {
        let idle = self.idle.borrow_mut().pop();
        match idle {
            Some((wire, since)) if since.elapsed() < IDLE => Ok(wire),
            _ => Wire::connect(self.address).await,
        }
    }

    /// Keeps a connection for the next one who needs one.
    pub fn give_back(&self, wire: Wire) {
        self.idle.borrow_mut().push((wire, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let text = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}";
        let head = Head { status: 202, len: text.len() - 2, body_len: 2 };
        assert_eq!(Head::parse(text).unwrap(), Some(head));
        assert_eq!(Head::parse(&text[..40]).unwrap(), None);
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
