//! The server, over HTTP.
//!
//! Every call ends: what does not answer for too long is given up. Calls that may be made twice are
//! tried again while the server is away or has no room ([`Patience`]).

mod call;
mod call_error;
mod event_stream;
mod images;
mod operators;
mod patience;
mod predict;
mod problem;
mod sse;
mod upload;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use photo_config::PhotoctlConfig;
use reqwest::RequestBuilder;
use url::Url;

pub(crate) use call_error::CallError;
pub(crate) use event_stream::{Event, EventStream};
pub(crate) use images::MOST_IMAGES;
pub(crate) use operators::Step;
pub(crate) use patience::{Attempts, Patience};
pub(crate) use predict::Asked;
pub(crate) use upload::UploadError;
pub(crate) use wire::{
    Accepted, AcceptedJob, CancelledJob, Failures, ImageView, JobView, Lacking, Models, Queue,
    Queues,
};

use crate::reporter::Reporter;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an answer may take, or the next piece of a stream or of an upload.
const SILENCE: Duration = Duration::from_secs(45);

/// How long a connection that is not used is kept: the server keeps it for five seconds, and must
/// not be the first to hang up.
const IDLE: Duration = Duration::from_secs(3);

/// Why a server cannot be called at all: its address, or this machine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ServerSetupError(String);

/// A server.
#[derive(Debug)]
pub(crate) struct Server {
    http: reqwest::Client,
    /// Without a slash at its end.
    base: String,
    /// The same without a password.
    name: String,
    silence: Duration,
    patience: Patience,
    reporter: Arc<Reporter>,
}

impl Server {
    /// The server that the configuration names. Nothing is sent yet.
    pub(crate) fn new(
        config: &PhotoctlConfig,
        patience: Patience,
        reporter: Arc<Reporter>,
    ) -> Result<Self, ServerSetupError> {
        let url = parse_address(&config.server)?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("photoctl/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(photo_tls::client_config())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ServerSetupError(format!("HTTP cannot be spoken: {error}")))?;
        let mut shown = url.clone();
        // An address without a password has none to take away.
        let _ = shown.set_password(None);
        Ok(Self {
            http,
            base: url.as_str().trim_end_matches('/').to_owned(),
            name: shown.as_str().trim_end_matches('/').to_owned(),
            silence: SILENCE.min(patience.limit().unwrap_or(config.give_up_after)),
            patience,
            reporter,
        })
    }

    /// The address as it may be shown.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }
}

fn parse_address(text: &str) -> Result<Url, ServerSetupError> {
    let wrong = |why: &str| {
        ServerSetupError(format!(
            "the server's address {why}; --server, PHOTO_SERVER or photoctl.server in photo.toml \
             name it, as http://host:port or https://host:port"
        ))
    };
    // The text may hold a password and is not repeated.
    let url = Url::parse(text).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    match url.scheme() {
        "http" | "https" if url.query().is_some() || url.fragment().is_some() => {
            Err(wrong("must not have a query or a fragment"))
        }
        "http" | "https" => Ok(url),
        _ => Err(wrong("does not begin with http:// or https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_and_nothing_behind_the_path() {
        for good in ["http://127.0.0.1:5000", "https://photos/", "http://u:p@proxy/photos/"] {
            assert!(parse_address(good).is_ok(), "{good}");
        }
        for bad in ["", "photos:5000", "localhost", "https://photos/?a=b", "http://photos/#a"] {
            let why = parse_address(bad).unwrap_err().to_string();
            assert!(why.contains("--server"), "{bad}: {why}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = PhotoctlConfig {
            server: "http://user:secret@photos/".to_owned(),
            ..PhotoctlConfig::default()
        };
        let reporter = Arc::new(Reporter::new(true, false));
        let server = Server::new(&config, Patience::none(), reporter).unwrap();
        assert_eq!(server.name(), "http://user@photos");
    }
}
