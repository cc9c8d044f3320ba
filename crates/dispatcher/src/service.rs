//! The client of model services: how photos are sent to them, and what their answers mean.

mod answer;
mod body;
mod failure;
mod filename;
mod multipart;
mod openapi;
mod status;
mod words;

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use photo_config::ServiceUrl;
use photo_core::ports::ImageStore;
use photo_core::{ImageKey, JobError, JobErrorKind};

use crate::http::{HttpClient, HttpSettings, Request, Response, Reuse};

pub use answer::{Answer, BodyEnd, Prediction};
pub use failure::{Blame, Failure};
pub use status::Readiness;

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
    http: HttpClient,
}

impl ServiceClient {
    /// A client without connections yet.
    pub fn new(settings: HttpSettings) -> Self {
        Self { http: HttpClient::new(settings) }
    }

    /// Has a photo looked at.
    pub async fn predict(
        &self,
        question: Question<'_>,
        images: &dyn ImageStore,
    ) -> Result<Prediction, Failure> {
        let asked = async {
            let sending = Arc::default();
            let response = match question.generation {
                Generation::Multipart | Generation::Either => {
                    multipart::send(self, &question, images, &sending).await?
                }
                Generation::Filename => filename::send(self, &question, images).await?,
            };
            let prediction = body::read(response, question.max_answer_bytes).await.prediction()?;
            if question.generation != Generation::Filename && !sending.is_whole() {
                // It did not want all of the photo, or read the file by itself.
                let checked = images.check(question.image).await;
                checked.map_err(|error| failure::not_read(&error))?;
            }
            Ok(prediction)
        };
        tokio::time::timeout(question.timeout, asked).await.unwrap_or_else(|_| {
            let message = format!("the service did not answer within {:?}", question.timeout);
            Err(JobError::new(JobErrorKind::Timeout, message).into())
        })
    }

    /// Sends a request, over a kept connection if there is one. `None` if the service closed that
    /// before it answered anything: most likely it never saw the request, which is to be sent once
    /// more, by [`Self::send_anew`].
    async fn send(&self, request: Request) -> Option<Result<Response, Failure>> {
        match self.http.send(request, Reuse::Allowed).await {
            Err(error) if error.is_stale() => None,
            // The service was tired of waiting for a request, and did not mean this one.
            Ok(response) if response.status() == 408 && response.is_reused() => None,
            sent => Some(sent.map_err(Failure::from)),
        }
    }

    /// Sends a request over a connection of its own.
    async fn send_anew(&self, request: Request) -> Result<Response, Failure> {
        Ok(self.http.send(request, Reuse::Never).await?)
    }

    /// Sends a request without a body.
    async fn ask(&self, method: Method, url: &str) -> Result<Response, Failure> {
        let request = || {
            let request = Request::new(method.clone(), url)?;
            let is_post = method == Method::POST;
            let length = is_post.then_some((CONTENT_LENGTH, HeaderValue::from_static("0")));
            Ok::<_, Failure>(request.with_headers(length))
        };
        match self.send(request()?).await {
            Some(sent) => sent,
            None => self.send_anew(request()?).await,
        }
    }
}
