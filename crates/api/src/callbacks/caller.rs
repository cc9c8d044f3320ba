//! One POST on a connection of its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;
use url::{Position, Url};

use super::address::resolve;

/// How long a call may take, from resolving the host to its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of an answer's head. Its body is not read.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// The value of `User-Agent`.
const USER_AGENT_NAME: &str = concat!("PhotoAnalysisServer/", env!("CARGO_PKG_VERSION"));

/// Makes calls, each on a connection of its own.
pub(super) struct CallbackCaller {
    tls: TlsConnector,
    allow_private: bool,
}

impl CallbackCaller {
    pub(super) fn new(allow_private: bool) -> Self {
        Self { tls: Arc::new(photo_tls::client_config()).into(), allow_private }
    }

    /// Posts JSON; returns the answer's status.
    pub(super) async fn post(
        &self,
        url: &Url,
        headers: [(&'static str, String); 3],
        body: Bytes,
    ) -> anyhow::Result<StatusCode> {
        // The host as it stands in the URL, with the port if that is not the usual one.
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(target)
            .header(HOST, host)
            .header(USER_AGENT, USER_AGENT_NAME)
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), value);
        }
        let request = request.body(Full::new(body)).context("the address cannot be asked for")?;
        let answered = timeout(CALL_TIMEOUT, self.send(url, request)).await;
        answered.with_context(|| format!("no answer within {} s", CALL_TIMEOUT.as_secs()))?
    }

    async fn send(&self, url: &Url, request: Request<Full<Bytes>>) -> anyhow::Result<StatusCode> {
        let addresses = resolve(url, self.allow_private).await?;
        let tcp = TcpStream::connect(&addresses[..]).await.context("no connection")?;
        if url.scheme() == "http" {
            return exchange(tcp, request).await;
        }
        let name = url.host_str().unwrap_or_default();
        // Certificates have an address without the brackets that it has in a URL.
        let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(name).context("no certificate can be for this host")?;
        let tls = self.tls.connect(name, tcp).await.map_err(|error| {
            let why = photo_tls::why_not(&error).unwrap_or_else(|| error.to_string());
            anyhow!("no TLS connection: {why}")
        })?;
        exchange(tls, request).await
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> anyhow::Result<StatusCode>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(io)
        .await
        .context("no HTTP")?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request).await.context("no answer")?;
    Ok(response.status())
}
