//! One client's connection. The server above it times the first head alone and waits for a reader
//! for ever; here a client that has the connection and does nothing with it is cut off.
//!
//! A connection is either in a request, from its head to the last byte of its answer, or it is the
//! client's turn. In a request nothing is timed here but a reader that takes nothing, or too
//! little: a long poll and a stream of events may be silent for as long as they like, and bodies
//! have limits of their own.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Extensions, Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::http::access::LocalAddress;
use crate::server::throughput_meter::ThroughputMeter;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientTimeouts {
    /// From the end of one answer to the end of the next request's head.
    pub(crate) next_head: Duration,
    /// To take anything at all of its answer.
    pub(crate) reading: Duration,
    /// How much of it, over that time, in bytes a second.
    pub(crate) reading_rate: u64,
}

/// A stream that fails once its client has taken too long.
pub(crate) struct Connection<T> {
    stream: T,
    /// Our end of it.
    local: LocalAddress,
    timeouts: ClientTimeouts,
    turn: Turn,
    meter: ThroughputMeter,
    timer: Pin<Box<Sleep>>,
}

/// Whose turn it is on a connection: the client's, or the server's while a request is under way.
#[derive(Clone)]
struct Turn(Rc<TurnState>);

struct TurnState {
    /// Since when it is the client's turn; `None` while a request is under way.
    clients: Cell<Option<Instant>>,
    /// Whether the answer may be read at any pace: a stream of events, of which a client that falls
    /// behind gets the latest only.
    unhurried: Cell<bool>,
}

/// A request under way.
struct UnderWay(Turn);

/// The body of an answer; with its end the request is over.
pub(crate) struct TimedBody<B> {
    body: B,
    _request: Option<UnderWay>,
}

impl<T> Connection<T> {
    /// A connection on which nothing was said yet.
    pub(crate) fn new(stream: T, timeouts: ClientTimeouts) -> Self {
        let now = Instant::now();
        let timer = Box::pin(tokio::time::sleep_until(now));
        let state = TurnState { clients: Cell::new(Some(now)), unhurried: Cell::new(false) };
        let meter = ThroughputMeter::new(timeouts.reading, timeouts.reading_rate);
        let local = LocalAddress(None);
        Self { stream, local, timeouts, turn: Turn(Rc::new(state)), meter, timer }
    }

    /// The same, of which this end has an address.
    pub(crate) fn at(self, local: LocalAddress) -> Self {
        Self { local, ..self }
    }

    /// Puts what [`attend`] and others need beside the connection's requests.
    pub(crate) fn introduce(&self, to: &mut Extensions) {
        to.insert(self.local);
        to.insert(self.turn.clone());
    }

    /// An error once `deadline` is past; until then the task is woken for it.
    fn poll_late(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(cx).map(|()| io::ErrorKind::TimedOut.into())
    }
}

/// Has a request count as under way until the last byte of its answer was handed over.
pub(crate) fn attend<S, B>(
    request: ServiceRequest,
    app: &S,
) -> impl Future<Output = Result<ServiceResponse<TimedBody<B>>, Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let under_way = request.request().conn_data::<Turn>().map(Turn::begin);
    let answer = app.call(request);
    async move {
        let answer = answer.await?;
        if let Some(UnderWay(turn)) = &under_way {
            turn.0.unhurried.set(answer.headers().get(CONTENT_TYPE).is_some_and(is_events));
        }
        Ok(answer.map_body(|_, body| TimedBody { body, _request: under_way }))
    }
}

fn is_events(media_type: &HeaderValue) -> bool {
    media_type.as_bytes().starts_with(b"text/event-stream")
}

impl Turn {
    fn begin(&self) -> UnderWay {
        self.0.clients.set(None);
        UnderWay(self.clone())
    }

    /// The end of an answer may be on its way for a while yet.
    fn put_off(&self) {
        self.0.clients.set(self.0.clients.get().map(|_| Instant::now()));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.clients.set(Some(Instant::now()));
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_pending() {
            let (since, is_slow) = self.meter.wait(Instant::now());
            if is_slow && !self.turn.0.unhurried.get() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let deadline = since + self.timeouts.reading;
            return self.poll_late(deadline, cx).map(Err);
        }
        if let Poll::Ready(Ok(bytes)) = written {
            self.meter.take(Instant::now(), bytes);
        }
        self.turn.put_off();
        written
    }

    // The server flushes whenever it has done what it could, so here every turn is timed.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if let Some(since) = self.turn.0.clients.get() {
            let deadline = since + self.timeouts.next_head;
            if let Poll::Ready(late) = self.poll_late(deadline, cx) {
                return Poll::Ready(Err(late));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<B: MessageBody + Unpin> MessageBody for TimedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use actix_http::{HttpService, KeepAlive, Protocol};
    use actix_service::{ServiceFactory, map_config};
    use actix_web::dev::AppConfig;
    use actix_web::{App, HttpResponse, web};
    use futures_util::{FutureExt, StreamExt};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::time::{sleep, timeout};

    use super::*;

    const LIMITS: ClientTimeouts = ClientTimeouts {
        next_head: Duration::from_secs(25),
        reading: Duration::from_secs(30),
        reading_rate: 5,
    };

    /// So much longer than any limit that it never comes if one holds.
    const NEVER: Duration = Duration::from_hours(1);

    /// The client's end of a connection that holds 1 KiB on the way. Time passes at once when
    /// nothing else happens.
    async fn connect() -> DuplexStream {
        let app = App::new()
            .wrap_fn(attend)
            .route("/quick", web::to(|| async { "quick" }))
            .route("/large", web::to(|| async { "x".repeat(100_000) }))
            .route("/slow", web::to(|| sleep(NEVER).map(|()| "slow")))
            .route("/many-events", web::to(|| async { many_events() }))
            .route("/events", web::to(|| async { HttpResponse::Ok().streaming(events()) }));
        let http = HttpService::build()
            // Its own clock stays behind when a test's time jumps ahead.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .on_connect_ext(Connection::introduce)
            .finish(map_config(app, |()| AppConfig::default()));
        let http = http.new_service(()).await.unwrap();
        let (client, server) = tokio::io::duplex(1024);
        let connection = Connection::new(server, LIMITS);
        actix_web::rt::spawn(http.call((connection, Protocol::Http1, None)));
        client
    }

    fn many_events() -> HttpResponse {
        HttpResponse::Ok().content_type("text/event-stream").body("x".repeat(100_000))
    }

    /// Two events, of which the second is long in coming.
    fn events() -> impl futures_util::Stream<Item = Result<Bytes, Error>> {
        futures_util::stream::iter([Duration::ZERO, NEVER]).then(async |pause| {
            sleep(pause).await;
            Ok(Bytes::from_static(b"event"))
        })
    }

    /// Asks, and reads until what came ends like this.
    async fn ask(client: &mut DuplexStream, request: &str, end: &str) {
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0, "it was cut off");
        }
    }

    fn get(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    /// How long it takes until the client is cut off, which sends a byte every second.
    async fn cut_off_after(mut client: DuplexStream, byte: Option<&[u8]>) -> u64 {
        let start = Instant::now();
        let (mut read, mut write) = tokio::io::split(&mut client);
        let dribbling = async {
            while let Some(byte) = byte {
                sleep(Duration::from_secs(1)).await;
                if write.write_all(byte).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let mut rest = Vec::new();
        tokio::select! {
            read = timeout(NEVER, read.read_to_end(&mut rest)) => drop(read.unwrap()),
            () = dribbling => {}
        }
        start.elapsed().as_secs()
    }

    #[actix_web::test]
    async fn the_next_head_must_be_there_in_time_however_it_comes() {
        tokio::time::pause();
        let mut client = connect().await;
        for _ in 0..3 {
            ask(&mut client, &get("/quick"), "quick").await;
            sleep(Duration::from_secs(14)).await;
        }
        client.write_all(b"GET /quick HTTP/1.1\r\nx: ").await.unwrap();
        assert_eq!(cut_off_after(client, Some(b"x")).await, 11, "a second for the byte it notices");

        let mut client = connect().await;
        ask(&mut client, &get("/quick"), "quick").await;
        client.write_all(b"GET /quick").await.unwrap();
        assert_eq!(cut_off_after(client, None).await, 25);
    }

    #[actix_web::test]
    async fn a_beginning_that_came_with_the_request_before_does_not_buy_time() {
        tokio::time::pause();
        let mut client = connect().await;
        ask(&mut client, &(get("/quick") + "GET /quick HTTP/1.1\r\nHos"), "quick").await;
        assert!(cut_off_after(client, Some(b"x")).await <= 25);
    }

    #[actix_web::test]
    async fn a_body_that_nobody_reads_must_end_in_time() {
        tokio::time::pause();
        let post = "POST /quick HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        for byte in [None, Some(b"1\r\nx\r\n".as_slice())] {
            let mut client = connect().await;
            ask(&mut client, post, "quick").await;
            assert!(cut_off_after(client, byte).await <= 25);
        }
    }

    #[actix_web::test]
    async fn an_answer_may_be_long_in_coming() {
        tokio::time::pause();
        let mut client = connect().await;
        ask(&mut client, &get("/slow"), "slow").await;
        ask(&mut client, &get("/events"), "event\r\n0\r\n\r\n").await;
        ask(&mut client, &get("/quick"), "quick").await;
    }

    #[actix_web::test]
    async fn a_reader_may_be_slow_but_not_stop() {
        tokio::time::pause();
        let mut client = connect().await;
        client.write_all(get("/large").as_bytes()).await.unwrap();
        let mut part = [0; 200];
        for _ in 0..20 {
            client.read_exact(&mut part).await.unwrap();
            sleep(Duration::from_secs(29)).await;
        }
        sleep(Duration::from_secs(2)).await;
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert!(rest.len() <= 1024, "only what was on its way");
    }

    #[actix_web::test]
    async fn a_reader_must_keep_up_a_rate_but_not_with_events() {
        tokio::time::pause();
        for (path, is_cut_off) in [("/large", true), ("/many-events", false)] {
            let mut client = connect().await;
            client.write_all(get(path).as_bytes()).await.unwrap();
            let mut part = [0; 100];
            let mut read = 0;
            while read < 20_000 && client.read_exact(&mut part).await.is_ok() {
                read += part.len();
                sleep(Duration::from_secs(25)).await;
            }
            assert_eq!(read < 20_000, is_cut_off, "{path}: {read}");
        }
    }
}
