//! Uploads of one photo each, made so cheaply that the api is what is measured.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, Bytes};
use photo_tests::photos::bmp_of;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::ReadHalf;
use tokio::net::{TcpSocket, TcpStream};

use crate::world::MODEL;

const BOUNDARY: &str = "photo-overload";

/// How much of a photo the kernel takes from a client before the api reads it, which the kernel
/// doubles for what it needs itself: more than a client on another machine begins with. Through the
/// loopback device it would take a megabyte at once, and the api's core would have to free it when
/// it hangs up.
const SEND_BUFFER: u32 = 128 << 10;

/// Where in a BMP the pixels begin.
const PIXELS: usize = 54;

/// All uploads of one run. They are the same but for eight bytes of the photo, which makes each
/// photo another one.
pub struct Uploads {
    address: SocketAddr,
    begin: Vec<u8>,
    rest: Bytes,
    next: AtomicU64,
}

impl Uploads {
    /// Uploads of photos of about this size to the api at `address`.
    pub fn new(address: SocketAddr, photo_bytes: usize) -> Self {
        let height = photo_bytes.div_ceil(3 * 256);
        let photo = bmp_of(256, u32::try_from(height).unwrap_or(u32::MAX), 1);
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"images\"; \
             filename=\"photo.bmp\"\r\n\r\n"
        );
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        let length = part.len() + photo.len() + end.len();
        let head = format!(
            "POST /predict?models={MODEL} HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let begin = [head.as_bytes(), part.as_bytes(), &photo[..PIXELS]].concat();
        let rest = Bytes::from([&photo[PIXELS + 8..], end.as_bytes()].concat());
        Self { address, begin, rest, next: AtomicU64::new(0) }
    }

    /// A new connection to the api.
    pub async fn connect(&self) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends the next photo, and answers the status it is answered with. As with curl and most HTTP
    /// libraries, an answer that comes early is read at once, and the rest is not sent.
    pub async fn send(&self, stream: &mut TcpStream) -> io::Result<u16> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let begin = [&self.begin[..], &number.to_le_bytes()].concat();
        let mut photo = Buf::chain(&begin[..], self.rest.clone());
        let (mut reader, mut writer) = stream.split();
        let mut answer = pin!(read_answer(&mut reader));
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            sent = writer.write_all_buf(&mut photo) => match sent {
                Ok(()) => {}
                // Whoever is cut off while sending may still find why.
                Err(error) => return answer.await.map_err(|_| error),
            },
        }
        answer.await
    }
}

async fn read_answer(stream: &mut ReadHalf<'_>) -> io::Result<u16> {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if let Some((status, length)) = parse(&buffer[..filled])
            && filled >= length
        {
            return Ok(status);
        }
    }
}

/// The status of an answer and its length, head and body, once the head is there.
fn parse(text: &[u8]) -> Option<(u16, usize)> {
    let head = text.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head_text = std::str::from_utf8(&text[..head]).ok()?;
    let mut lines = head_text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    Some((status, head + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_body() {
        let text = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(text), Some((429, text.len())));
        assert_eq!(parse(&text[..40]), None);
    }
}
