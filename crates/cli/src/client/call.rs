//! One call: a request, and its answer read as far as it may go.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::problem::Problem;
use super::{CallError, Server};

/// The most bytes of an answer: the results of a thousand images, and what stands around them.
const MOST_ANSWER: usize = 128 << 20;

/// The most bytes of a failure.
const MOST_PROBLEM: usize = 1 << 20;

impl Server {
    /// Makes a call with a short request, and reads the answer.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, CallError> {
        let response = self.open_in_time(request).await?;
        self.parse(&self.read(response).await?)
    }

    /// Sends a short request and answers what comes, of which only the head is there.
    pub(super) async fn open_in_time(
        &self,
        request: RequestBuilder,
    ) -> Result<Response, CallError> {
        let opened = timeout(self.silence, self.open(request)).await;
        opened.map_err(|_| self.too_silent(self.silence))?
    }

    /// Posts a question and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        question: &impl Serialize,
    ) -> Result<T, CallError> {
        self.persist(|| self.call(self.post(path).json(question))).await
    }

    /// Sends a request and answers what comes, of which only the head is there, if it is no
    /// failure.
    pub(super) async fn open(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        // A failure of which the words are lost is one all the same.
        let body = self.collect(response, MOST_PROBLEM).await.unwrap_or_default();
        Err(CallError::Refused(Problem::read(status, &headers, &body)))
    }

    /// The whole body of an answer.
    pub(super) async fn read(&self, response: Response) -> Result<Vec<u8>, CallError> {
        self.collect(response, MOST_ANSWER).await
    }

    /// Reads what the server says in JSON.
    pub(super) fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, CallError> {
        serde_json::from_slice(body).map_err(|error| self.garbled(&error.to_string()))
    }

    pub(super) fn garbled(&self, cause: &str) -> CallError {
        CallError::Garbled { server: self.name.clone(), cause: cause.to_owned() }
    }

    pub(super) fn broken(&self, cause: &str) -> CallError {
        CallError::Broken { server: self.name.clone(), cause: cause.to_owned() }
    }

    pub(super) fn lost(&self, error: &reqwest::Error) -> CallError {
        CallError::of_transport(&self.name, error)
    }

    /// What a peer that says nothing for too long is taken for.
    pub(super) fn too_silent(&self, limit: Duration) -> CallError {
        self.broken(&format!("nothing came or went for {}", humantime::format_duration(limit)))
    }

    /// The next piece of an answer, which must not be long in coming.
    pub(super) async fn next_piece(
        &self,
        response: &mut Response,
    ) -> Result<Option<bytes::Bytes>, CallError> {
        let piece = timeout(self.silence, response.chunk()).await;
        let piece = piece.map_err(|_| self.too_silent(self.silence))?;
        piece.map_err(|error| self.lost(&error))
    }

    async fn collect(&self, mut response: Response, most: usize) -> Result<Vec<u8>, CallError> {
        let mut body = Vec::new();
        while let Some(piece) = self.next_piece(&mut response).await? {
            if body.len() + piece.len() > most {
                return Err(self.garbled(&format!("more than {most} bytes")));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}
