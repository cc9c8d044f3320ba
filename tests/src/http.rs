//! As much of HTTP/1.1 as a model service needs that must also be able to speak it wrongly.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection to a caller.
pub type Connection = BufReader<TcpStream>;

/// A request, read whole.
#[derive(Debug)]
pub struct Request {
    /// Its path and query.
    pub target: String,
    /// The lines of its headers.
    pub headers: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// Reads the next request; `None` once the caller has gone.
pub async fn read(connection: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if connection.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut headers) = (0, String::new());
    loop {
        line.clear();
        if connection.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        headers.push_str(&line);
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok(Some(Request { target, headers, body }))
}

/// Answers with a JSON body.
pub async fn answer(connection: &mut Connection, status: u16, body: &str) -> io::Result<()> {
    let text = text(status, body);
    connection.write_all(text.as_bytes()).await
}

/// An answer as it goes over the wire.
pub fn text(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Ends when the caller, who has nothing more to say, hangs up.
pub async fn hung_up(connection: &Connection) {
    // Either way there is nobody left who could read an answer.
    let _ = connection.get_ref().peek(&mut [0]).await;
}

impl Request {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// The content of the form's one part.
    pub fn part(&self) -> Option<&[u8]> {
        let first_line = find(&self.body, b"\r\n")?;
        let end = [b"\r\n", &self.body[..first_line]].concat();
        let begin = find(&self.body, b"\r\n\r\n")? + 4;
        let content = &self.body[begin..];
        Some(&content[..find(content, &end)?])
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_form_is_found_whatever_its_bytes() {
        let body = b"--x\r\nname: a\r\n\r\n\r\nBM\r\n\r\n--\r\n\r\n--x--\r\n".to_vec();
        let request = Request { target: String::new(), headers: String::new(), body };
        assert_eq!(request.part(), Some(&b"\r\nBM\r\n\r\n--\r\n"[..]));
        let request = Request { body: b"--x\r\nBM".to_vec(), ..request };
        assert_eq!(request.part(), None);
    }
}
