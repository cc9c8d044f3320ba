//! The client of model services: how photos are sent to them, and what their answers mean.

mod answer;
mod body;
mod failure;
mod filename;
mod multipart;
mod openapi;
mod status;

use std::time::Duration;

use photo_core::config::ServiceUrl;
use photo_core::ports::ImageStore;
use photo_core::{ImageKey, JobError, JobErrorKind};

pub use answer::{Answer, Prediction};
pub use body::BodyEnd;
pub use failure::{Blame, Failure};
pub use status::Readiness;

/// Services keep idle connections for 5 s (uvicorn's default). Ours go before that, so that no
/// request is sent into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(3);

/// A host that does not answer at all is given up after this long.
const CONNECT: Duration = Duration::from_secs(3);

/// Which way of taking photos a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The photo is in the request, as the file part `image_file`.
    Multipart,
    /// The request names a file on a volume that the service shares: `?filename=`.
    Filename,
    /// Nobody knows: the photo is in the request and its name in the query, and the service takes
    /// the one it wants.
    Either,
}

/// One question to one service.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The service.
    pub url: &'a ServiceUrl,
    /// How it takes photos.
    pub generation: Generation,
    /// The photo it is asked about.
    pub image: ImageKey,
    /// How long it may take, from the connection to the answer's last byte.
    pub timeout: Duration,
    /// How long its answer may be.
    pub max_answer_bytes: u64,
}

/// Asks model services. Clones share their connections.
#[derive(Debug, Clone)]
pub struct ServiceClient {
    http: reqwest::Client,
}

impl ServiceClient {
    /// A client without connections yet.
    pub fn new() -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("photo-dispatcher/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(photo_tls::client_config())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { http })
    }

    /// Has a photo looked at.
    pub async fn predict(
        &self,
        question: Question<'_>,
        images: &dyn ImageStore,
    ) -> Result<Prediction, Failure> {
        let asked = async {
            let response = match question.generation {
                Generation::Multipart | Generation::Either => {
                    multipart::send(&self.http, &question, images).await?
                }
                Generation::Filename => filename::send(&self.http, &question, images).await?,
            };
            body::read(response, question.max_answer_bytes).await.prediction()
        };
        tokio::time::timeout(question.timeout, asked).await.unwrap_or_else(|_| {
            let message = format!("the service did not answer within {:?}", question.timeout);
            Err(JobError::new(JobErrorKind::Timeout, message).into())
        })
    }
}
