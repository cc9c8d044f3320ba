//! Requests byte by byte, as no client library would send them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::App;

/// One part of a form: what stands in its head after `form-data`, and its content.
pub type Part<'a> = (&'a str, &'a [u8]);

/// A form with the boundary `x`.
pub fn form_of(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(b"--x\r\nContent-Disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--x--\r\n");
    body
}

/// The head of a form's request, with these header lines.
pub fn head(path: &str, headers: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=x\r\n{headers}\r\n\r\n"
    )
    .into_bytes()
}

/// What a client does that has sent its request.
pub enum AndThen {
    Wait,
    /// It says that nothing more will come.
    HangUp,
}

/// Posts a form whose length is said truly; answers status and body.
pub async fn post(app: &App, path: &str, form: &[u8]) -> (u16, String) {
    let head = head(path, &format!("Content-Length: {}", form.len()));
    send(app, &[&head, form].concat(), AndThen::Wait).await
}

/// Sends this; answers status and body of what comes back. A status of 0 says that the connection
/// was closed without an answer.
pub async fn send(app: &App, request: &[u8], then: AndThen) -> (u16, String) {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    // A server that has answered may close before all is sent.
    let _ = stream.write_all(request).await;
    if let AndThen::HangUp = then {
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        if matches!(stream.read_buf(&mut answer).await, Ok(0) | Err(_)) {
            break;
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), body.to_owned())
}

/// Whether an answer with a length has come to its end.
fn is_whole(answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next());
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| body.len() >= length)
}
