//! Turns uploads away in front of the HTTP server while there is no room for them.
//!
//! The server itself would read away what a refused client goes on sending, which costs as much as
//! taking it in: clients that are turned away would slow down those that are let in. Here the first
//! bytes are peeked at, the answer is the same for all, and what follows is not read.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::ResponseError;
use actix_web::body::MessageBody;
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::admission::AdmissionControl;
use crate::http::problem::Problem;

/// How an upload begins; a blank or a query follows.
const UPLOAD_REQUEST_START: &[u8] = b"POST /predict";

/// How long the first bytes of a connection are waited for.
const FIRST_BYTES_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client that was turned away may take to hang up. One that is cut off while it sends
/// may miss the answer.
const HANG_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// How many of them may take that time; the others are cut off at once.
const MAX_LINGERING: usize = 256;

/// How much of what they go on sending is read: all of a small request.
const MAX_DISCARDED_BYTES: usize = 64 << 10;

/// Lets connections through to the server.
#[derive(Clone)]
pub(crate) struct UploadGate {
    admission: Arc<AdmissionControl>,
    stop: CancellationToken,
    answer: Bytes,
    lingering: Arc<Semaphore>,
}

impl UploadGate {
    /// A gate that is shut while no upload is admitted, and keeps at most `connections` connections
    /// of clients that it turned away. Once `stop` is cancelled it waits for no client.
    pub(crate) fn new(
        admission: Arc<AdmissionControl>,
        connections: usize,
        stop: CancellationToken,
    ) -> Self {
        let answer = answer(&admission.too_many_uploads().into());
        let lingering = Arc::new(Semaphore::new(connections.min(MAX_LINGERING)));
        Self { admission, stop, answer, lingering }
    }

    /// Returns the connection, of which nothing was read, if the server is to have it. What is not
    /// plainly an upload is left to the server.
    pub(crate) async fn let_in(self, mut stream: TcpStream) -> io::Result<TcpStream> {
        // Asked only when there is something to refuse: a permit may have become free by then.
        if !self.is_upload(&stream).await? || !self.admission.is_full() {
            return Ok(stream);
        }
        stream.write_all(&self.answer).await?;
        if let Ok(_place) = self.lingering.try_acquire() {
            stream.shutdown().await?;
            let hung_up = async {
                if let Ok(RefusedClient::Sends) = read_away(&stream).await {
                    sleep(HANG_UP_TIMEOUT).await;
                }
            };
            // Either way the client has its answer.
            let _ = timeout(HANG_UP_TIMEOUT, hung_up).await;
        }
        Err(io::ErrorKind::ConnectionRefused.into())
    }

    async fn is_upload(&self, stream: &TcpStream) -> io::Result<bool> {
        let mut begin = [0; UPLOAD_REQUEST_START.len() + 1];
        tokio::select! {
            biased;
            peeked = stream.peek(&mut begin) => {
                peeked?;
                Ok(begin.starts_with(UPLOAD_REQUEST_START) && b" ?".contains(&begin[UPLOAD_REQUEST_START.len()]))
            }
            () = self.stop.cancelled() => Ok(false),
            () = sleep(FIRST_BYTES_TIMEOUT) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// What a client does that was refused.
enum RefusedClient {
    HungUp,
    Sends,
}

/// Reads until the client hangs up or has sent more than is read.
async fn read_away(stream: &TcpStream) -> io::Result<RefusedClient> {
    let mut read = 0;
    while read < MAX_DISCARDED_BYTES {
        stream.readable().await?;
        match stream.try_read(&mut [0; 8 << 10]) {
            Ok(0) => return Ok(RefusedClient::HungUp),
            Ok(len) => read += len,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(RefusedClient::Sends)
}

/// What the server would answer to a request that fails with this, and that it hangs up.
fn answer(problem: &Problem) -> Bytes {
    let response = problem.error_response();
    let mut text = format!("HTTP/1.1 {}\r\nconnection: close\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    text.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    text.extend(body);
    text.into()
}
